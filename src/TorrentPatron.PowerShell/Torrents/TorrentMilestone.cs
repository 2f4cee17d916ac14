namespace TorrentPatron.PowerShell.Torrents;

/// <summary>A stage of a torrent that can be waited for.</summary>
public enum TorrentMilestone
{
    /// <summary>The torrent's metadata is known.</summary>
    Metadata,

    /// <summary>Every wanted piece is verified and written.</summary>
    Completed,

    /// <summary>It has reached its seed goal and is suspended.</summary>
    SeedGoal,

    /// <summary>It has been stopped.</summary>
    Stopped,
}

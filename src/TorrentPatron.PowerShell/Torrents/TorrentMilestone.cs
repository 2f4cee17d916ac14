namespace TorrentPatron.PowerShell.Torrents;

/// <summary>What in a torrent's life can be waited for.</summary>
public enum TorrentMilestone
{
    /// <summary>What is in the torrent is known.</summary>
    Metadata,

    /// <summary>Every wanted piece is verified and written.</summary>
    Completed,

    /// <summary>It has seeded as much as it was told to, and rests.</summary>
    SeedGoal,

    /// <summary>It has been stopped.</summary>
    Stopped,
}

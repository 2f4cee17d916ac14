namespace TorrentPatron.Service.Automation;

/// <summary>The events that can run a hook.</summary>
public enum TorrentHookEvent
{
    /// <summary>
    /// Every wanted piece has been downloaded or found by a check. Not raised if the saved state already said so, unless saved hooks still have
    /// to run for it: they run at least once, hooks of other events at most once.
    /// </summary>
    Completed,

    /// <summary>The torrent stopped by itself.</summary>
    Failed,

    /// <summary>The torrent has reached its seed goal and is suspended.</summary>
    SeedGoalReached,

    /// <summary>The metadata of a torrent that was started from a magnet link has arrived.</summary>
    MetadataReceived,

    /// <summary>A running torrent has been removed.</summary>
    Removed,

    /// <summary>The torrent has a problem that may need attention.</summary>
    Warning,
}

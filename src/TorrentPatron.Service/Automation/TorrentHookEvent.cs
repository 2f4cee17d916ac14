namespace TorrentPatron.Service.Automation;

/// <summary>What can run a hook.</summary>
public enum TorrentHookEvent
{
    /// <summary>
    /// Every wanted piece has been downloaded or found by a check. Not where the saved state knew it already, unless saved hooks have still to
    /// run for it: they run at least once, those of other events at most once.
    /// </summary>
    Completed,

    /// <summary>The torrent stopped by itself.</summary>
    Failed,

    /// <summary>The torrent has seeded enough and is suspended.</summary>
    SeedGoalReached,

    /// <summary>The metadata of a torrent that was started from a link has arrived.</summary>
    MetadataReceived,

    /// <summary>A torrent that ran has been removed.</summary>
    Removed,

    /// <summary>Something about a torrent may want attention.</summary>
    Warning,
}

using TorrentPatron.Service;

namespace TorrentPatron.PowerShell.Events;

/// <summary>The events of a <see cref="Patron"/> that can be subscribed to, by name.</summary>
public enum TorrentEvent
{
    /// <summary>A torrent has been started.</summary>
    NewTorrentCreated,

    /// <summary>A torrent could not be started.</summary>
    TorrentStartFail,

    /// <summary>A torrent that already runs was started again.</summary>
    TorrentAlreadyDownloading,

    /// <summary>A torrent's status: every few seconds, and at once when its state changes.</summary>
    TorrentStatusUpdate,

    /// <summary>The metadata of a torrent that was started from a magnet link has arrived.</summary>
    MetadataReceived,

    /// <summary>A torrent's state has changed.</summary>
    StateChanged,

    /// <summary>Every wanted piece of a torrent is verified and on disk. Raised once in a run.</summary>
    Completed,

    /// <summary>A torrent has reached its seed goal and is suspended.</summary>
    SeedGoalReached,

    /// <summary>A torrent has been removed.</summary>
    Removed,

    /// <summary>A torrent has a problem that may need attention.</summary>
    Warning,
}

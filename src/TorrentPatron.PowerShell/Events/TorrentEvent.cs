using TorrentPatron.Service;

namespace TorrentPatron.PowerShell.Events;

/// <summary>What can be subscribed to: the events of a <see cref="Patron"/>, by name.</summary>
public enum TorrentEvent
{
    /// <summary>A torrent has been started.</summary>
    NewTorrentCreated,

    /// <summary>A torrent could not be started.</summary>
    TorrentStartFail,

    /// <summary>A torrent was asked for that runs already.</summary>
    TorrentAlreadyDownloading,

    /// <summary>How a torrent stands: every few seconds, and at once when its state changes.</summary>
    TorrentStatusUpdate,

    /// <summary>What is in a torrent that was started without is known now.</summary>
    MetadataReceived,

    /// <summary>A torrent went from one state into another.</summary>
    StateChanged,

    /// <summary>A torrent has every wanted piece, verified and on disk. Once in a run.</summary>
    Completed,

    /// <summary>A torrent has seeded enough and rests.</summary>
    SeedGoalReached,

    /// <summary>A torrent has been removed.</summary>
    Removed,

    /// <summary>Something about a torrent may want attention.</summary>
    Warning,
}

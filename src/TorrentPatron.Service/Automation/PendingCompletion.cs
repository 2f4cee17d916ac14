using TorrentPatron.Protocol;

namespace TorrentPatron.Service.Automation;

/// <summary>A completion of a torrent whose hooks still have to run. Guarded by the lock of <see cref="PendingCompletions"/>.</summary>
/// <param name="torrent">Which torrent.</param>
internal sealed class PendingCompletion(TorrentId torrent)
{
    /// <summary>Which torrent.</summary>
    public TorrentId Torrent => torrent;

    /// <summary>Number of services that have begun a hook for it, including this one.</summary>
    public int Tries { get; set; }

    /// <summary>Whether this service is among them.</summary>
    public bool IsBegun { get; set; }

    /// <summary>Whether this service has seen the torrent complete.</summary>
    public bool IsTaken { get; set; }

    /// <summary>The hooks that are waiting or running.</summary>
    public HashSet<Guid> Open { get; } = [];

    /// <summary>The hooks that have ended.</summary>
    public HashSet<Guid> Ended { get; } = [];
}

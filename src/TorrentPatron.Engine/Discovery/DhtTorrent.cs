using System.Net;
using TorrentPatron.Protocol;

namespace TorrentPatron.Engine.Discovery;

/// <summary>A torrent that is looked up and announced in the DHT. Disposing it ends this.</summary>
internal sealed class DhtTorrent : DueTorrent, IDisposable
{
    private readonly DhtNode _node;

    internal DhtTorrent(DhtNode node, InfoHash torrent, Func<bool> isSeed, Action<IReadOnlyList<IPEndPoint>, AddressBlock> onPeers)
        : base(torrent)
    {
        _node = node;
        IsSeed = isSeed;
        OnPeers = onPeers;
    }

    /// <summary>When it was last searched for; null if never. Guarded by the node's lock.</summary>
    internal TimeSpan? LastSearch { get; set; }

    /// <summary>The result of the last search, in one IP version; null if none has ended. Guarded by the node's lock.</summary>
    internal DhtSearchResult? LastResult { get; set; }

    /// <summary>Time until the next search if no peer is found. Guarded by the node's lock.</summary>
    internal TimeSpan Retry { get; set; }

    /// <summary>Peers found in the last search. Guarded by the node's lock.</summary>
    internal int FoundPeers { get; set; }

    /// <summary>Its searches in progress. Guarded by the node's lock.</summary>
    internal List<DhtSearch> Searches { get; } = [];

    internal Func<bool> IsSeed { get; }

    internal Action<IReadOnlyList<IPEndPoint>, AddressBlock> OnPeers { get; }

    /// <summary>Requests an earlier search, because more peers are wanted: at least a minute after the last one.</summary>
    public void Hurry() => _node.Hurry(this);

    /// <inheritdoc/>
    public void Dispose() => _node.Remove(this);
}

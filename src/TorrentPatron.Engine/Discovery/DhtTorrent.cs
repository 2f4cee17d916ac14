using System.Net;
using TorrentPatron.Protocol;

namespace TorrentPatron.Engine.Discovery;

/// <summary>A torrent whose peers are looked for in the DHT, and that is announced there. Disposing ends that.</summary>
internal sealed class DhtTorrent : IDisposable
{
    private readonly DhtNode _node;

    internal DhtTorrent(DhtNode node, InfoHash torrent, Func<bool> isSeed, Action<IReadOnlyList<IPEndPoint>, AddressBlock> onPeers)
    {
        _node = node;
        InfoHash = torrent;
        IsSeed = isSeed;
        OnPeers = onPeers;
    }

    /// <summary>The torrent.</summary>
    public InfoHash InfoHash { get; }

    /// <summary>When it was last searched for; null: not yet. Guarded by the node's lock.</summary>
    internal TimeSpan? LastSearch { get; set; }

    /// <summary>When it is to be searched for again. Guarded by the node's lock.</summary>
    internal TimeSpan Due { get; set; }

    /// <summary>How the last search went, that of one IP version; null: none is over. Guarded by the node's lock.</summary>
    internal DhtSearchResult? LastResult { get; set; }

    /// <summary>Time after which it is searched for again where nobody is found. Guarded by the node's lock.</summary>
    internal TimeSpan Retry { get; set; }

    /// <summary>Peers found by the last search. Guarded by the node's lock.</summary>
    internal int FoundPeers { get; set; }

    /// <summary>The searches for it under way. Guarded by the node's lock.</summary>
    internal List<DhtSearch> Searches { get; } = [];

    internal Func<bool> IsSeed { get; }

    internal Action<IReadOnlyList<IPEndPoint>, AddressBlock> OnPeers { get; }

    /// <summary>Searches sooner than is due, because more peers are wanted: a minute after the last search at the earliest.</summary>
    public void Hurry() => _node.Hurry(this);

    /// <inheritdoc/>
    public void Dispose() => _node.Remove(this);
}

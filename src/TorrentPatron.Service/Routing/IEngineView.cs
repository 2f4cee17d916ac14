using TorrentPatron.Engine.Client;
using TorrentPatron.Protocol;
using TorrentPatron.Protocol.Metainfo;

namespace TorrentPatron.Service.Routing;

/// <summary>
/// A patron's view of the running engine: snapshots of its torrents, and their changes. A hybrid is found by each of its hashes. Thread-safe.
/// </summary>
internal interface IEngineView
{
    /// <summary>Why the torrents can no longer be seen, although they may continue; null if they can, or if the engine has ended.</summary>
    TorrentError? Fault { get; }

    /// <summary>A snapshot of one torrent, or null. Never waits.</summary>
    TorrentStatus? GetStatus(TorrentId torrent);

    /// <summary>Snapshots of all torrents, in the order in which they were started. Never waits.</summary>
    IReadOnlyList<TorrentStatus> GetStatuses();

    /// <summary>A torrent's metainfo; null if it does not run or is not known yet.</summary>
    TorrentMetainfo? GetMetainfo(TorrentId torrent);

    /// <summary>A torrent's files.</summary>
    IReadOnlyList<FileSnapshot> GetFiles(TorrentId torrent);

    /// <summary>A torrent's connected peers.</summary>
    IReadOnlyList<PeerSnapshot> GetPeers(TorrentId torrent);

    /// <summary>The latest peers of a torrent whose connections have ended.</summary>
    IReadOnlyList<ClosedPeer> GetClosedPeers(TorrentId torrent);

    /// <summary>Whether a patron owns a torrent. Never waits.</summary>
    bool Owns(IRequester requester, TorrentId torrent);

    /// <summary>Watches a torrent's statuses from now on.</summary>
    StatusWatch Watch(TorrentId torrent);

    /// <summary>Watches the statuses of many torrents from now on.</summary>
    /// <param name="torrents">The torrents; null means all.</param>
    StatusFeed Feed(IReadOnlyCollection<TorrentId>? torrents);

    /// <summary>Completes when patrons have received the engine's messages so far.</summary>
    Task CatchUpAsync(CancellationToken cancellationToken);
}

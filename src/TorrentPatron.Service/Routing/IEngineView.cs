using TorrentPatron.Engine.Client;
using TorrentPatron.Protocol;
using TorrentPatron.Protocol.Metainfo;

namespace TorrentPatron.Service.Routing;

/// <summary>The running engine as patrons see it: snapshots of its torrents, and their changes. Thread-safe.</summary>
internal interface IEngineView
{
    /// <summary>Why the torrents can no longer be seen, although they may run on; null: they can, or the engine has ended.</summary>
    TorrentError? Fault { get; }

    /// <summary>A snapshot of one torrent, or null. Never waits.</summary>
    TorrentStatus? GetStatus(TorrentId torrent);

    /// <summary>Snapshots of all torrents, in the order in which they were started. Never waits.</summary>
    IReadOnlyList<TorrentStatus> GetStatuses();

    /// <summary>What is in a torrent; null where it does not run or that is not known.</summary>
    TorrentMetainfo? GetMetainfo(TorrentId torrent);

    /// <summary>A torrent's files.</summary>
    IReadOnlyList<FileSnapshot> GetFiles(TorrentId torrent);

    /// <summary>A torrent's connected peers.</summary>
    IReadOnlyList<PeerSnapshot> GetPeers(TorrentId torrent);

    /// <summary>The latest peers of a torrent whose connections have ended.</summary>
    IReadOnlyList<ClosedPeer> GetClosedPeers(TorrentId torrent);

    /// <summary>Whether a torrent is a patron's own. Never waits.</summary>
    bool Owns(IRequester requester, TorrentId torrent);

    /// <summary>Sees a torrent's statuses from now on.</summary>
    StatusWatch Watch(TorrentId torrent);

    /// <summary>Sees the statuses of many torrents from now on.</summary>
    /// <param name="torrents">Which torrents; null: all.</param>
    StatusFeed Feed(IReadOnlyCollection<TorrentId>? torrents);

    /// <summary>Completes when patrons have been given what the engine has said until now.</summary>
    Task CatchUpAsync(CancellationToken cancellationToken);
}

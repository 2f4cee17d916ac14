using TorrentPatron.Engine.Limits;
using TorrentPatron.Engine.Pieces;
using TorrentPatron.Engine.Shared;
using TorrentPatron.Protocol.Metainfo;
using TorrentPatron.Protocol.WebSeeds;

namespace TorrentPatron.Engine.WebSeeds;

/// <summary>The resources that the web seeds of one torrent share.</summary>
/// <param name="metainfo">The torrent.</param>
/// <param name="selection">The wanted pieces.</param>
/// <param name="active">The pieces in flight.</param>
/// <param name="handler">The swarm.</param>
/// <param name="engine">The engine's shared resources.</param>
/// <param name="backPressure">The torrent's share of the bytes waiting for the disk.</param>
/// <param name="download">The torrent's own limit for receiving.</param>
internal sealed class WebSeedTorrent(
    TorrentMetainfo metainfo, PieceSelection selection, ActivePieces active, IBlockHandler handler, EngineResources engine, BackPressure backPressure,
    RateLimiter download)
{
    /// <summary>The torrent.</summary>
    public TorrentMetainfo Metainfo => metainfo;

    /// <summary>The wanted pieces.</summary>
    public PieceSelection Selection => selection;

    /// <summary>The pieces in flight.</summary>
    public ActivePieces Active => active;

    /// <summary>The swarm.</summary>
    public IBlockHandler Handler => handler;

    /// <summary>The engine's shared resources.</summary>
    public EngineResources Engine => engine;

    /// <summary>The torrent's share of the bytes waiting for the disk.</summary>
    public BackPressure BackPressure => backPressure;

    /// <summary>
    /// The limits for receiving: the torrent's own, and the one over all torrents. Web seeds belong to no peer class.
    /// </summary>
    public RateLimiterPair Limits => new(download, engine.Download);

    /// <summary>The addresses of the files; created at the first request to a web seed.</summary>
    public WebSeedUrls Urls => field ??= new WebSeedUrls(metainfo);

    /// <summary>Maps the torrent's bytes to files; created in the same way.</summary>
    public FileRanges Ranges => field ??= new FileRanges(metainfo);
}

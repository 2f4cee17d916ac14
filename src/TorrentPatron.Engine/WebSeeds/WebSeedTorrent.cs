using TorrentPatron.Engine.Limits;
using TorrentPatron.Engine.Pieces;
using TorrentPatron.Engine.Shared;
using TorrentPatron.Protocol.Metainfo;
using TorrentPatron.Protocol.WebSeeds;

namespace TorrentPatron.Engine.WebSeeds;

/// <summary>What the web seeds of one torrent share.</summary>
/// <param name="metainfo">The torrent.</param>
/// <param name="selection">Which pieces are wanted.</param>
/// <param name="active">The pieces in flight.</param>
/// <param name="handler">The swarm.</param>
/// <param name="engine">The engine's shared resources.</param>
/// <param name="backPressure">The torrent's share of the bytes that wait for disks.</param>
/// <param name="download">The torrent's own limit on what it receives.</param>
internal sealed class WebSeedTorrent(
    TorrentMetainfo metainfo, PieceSelection selection, ActivePieces active, IBlockHandler handler, EngineResources engine, BackPressure backPressure,
    RateLimiter download)
{
    /// <summary>The torrent.</summary>
    public TorrentMetainfo Metainfo => metainfo;

    /// <summary>Which pieces are wanted.</summary>
    public PieceSelection Selection => selection;

    /// <summary>The pieces in flight.</summary>
    public ActivePieces Active => active;

    /// <summary>The swarm.</summary>
    public IBlockHandler Handler => handler;

    /// <summary>The engine's shared resources.</summary>
    public EngineResources Engine => engine;

    /// <summary>The torrent's share of the bytes that wait for disks.</summary>
    public BackPressure BackPressure => backPressure;

    /// <summary>The limits on what is received: the torrent's own, and that over all torrents. A web seed is of no class of peers.</summary>
    public RateLimiterPair Limits => new(download, engine.Download);

    /// <summary>The addresses of the files; made when the first web seed is asked.</summary>
    public WebSeedUrls Urls => field ??= new WebSeedUrls(metainfo);

    /// <summary>Where the files lie among the torrent's bytes; made likewise.</summary>
    public FileRanges Ranges => field ??= new FileRanges(metainfo);
}

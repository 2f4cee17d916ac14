using TorrentPatron.Protocol;
using TorrentPatron.Protocol.Magnets;
using TorrentPatron.Protocol.Metainfo;

namespace TorrentPatron.Service.Sources;

/// <summary>What was found at a source: a torrent, or a link to one whose metadata has to be fetched from peers. One of them is there.</summary>
public sealed record SourceContent
{
    /// <summary>Takes a torrent.</summary>
    /// <param name="metainfo">The torrent.</param>
    public SourceContent(TorrentMetainfo metainfo)
    {
        ArgumentNullException.ThrowIfNull(metainfo);
        Metainfo = metainfo;
        TorrentId = metainfo.TorrentId;
    }

    /// <summary>Takes a link.</summary>
    /// <param name="magnet">The link.</param>
    public SourceContent(MagnetLink magnet)
    {
        ArgumentNullException.ThrowIfNull(magnet);
        Magnet = magnet;
        TorrentId = magnet.TorrentId;
    }

    /// <summary>The torrent; null where a link was found.</summary>
    public TorrentMetainfo? Metainfo { get; }

    /// <summary>The link; null where a torrent was found.</summary>
    public MagnetLink? Magnet { get; }

    /// <summary>How near its source is; what it names beside the torrent's trackers may be no nearer.</summary>
    public AddressReach Reach { get; init; }

    /// <summary>Which torrent.</summary>
    public TorrentId TorrentId { get; }
}

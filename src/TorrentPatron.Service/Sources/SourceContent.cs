using TorrentPatron.Protocol;
using TorrentPatron.Protocol.Magnets;
using TorrentPatron.Protocol.Metainfo;

namespace TorrentPatron.Service.Sources;

/// <summary>The content of a source: either metainfo, or a magnet link whose metadata has to be fetched from peers.</summary>
public sealed record SourceContent
{
    /// <summary>Creates content with metainfo.</summary>
    /// <param name="metainfo">The metainfo.</param>
    public SourceContent(TorrentMetainfo metainfo)
    {
        ArgumentNullException.ThrowIfNull(metainfo);
        Metainfo = metainfo;
        TorrentId = metainfo.TorrentId;
    }

    /// <summary>Creates content with a magnet link.</summary>
    /// <param name="magnet">The link.</param>
    public SourceContent(MagnetLink magnet)
    {
        ArgumentNullException.ThrowIfNull(magnet);
        Magnet = magnet;
        TorrentId = magnet.TorrentId;
    }

    /// <summary>The metainfo; null for a magnet link.</summary>
    public TorrentMetainfo? Metainfo { get; }

    /// <summary>The magnet link; null for metainfo.</summary>
    public MagnetLink? Magnet { get; }

    /// <summary>The reach of its source, which limits the addresses that it may name, except trackers.</summary>
    public AddressReach Reach { get; init; }

    /// <summary>Which torrent.</summary>
    public TorrentId TorrentId { get; }
}

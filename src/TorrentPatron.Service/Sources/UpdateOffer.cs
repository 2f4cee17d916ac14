using TorrentPatron.Protocol;
using TorrentPatron.Protocol.Metainfo;

namespace TorrentPatron.Service.Sources;

/// <summary>What the update address of a torrent (BEP 39) offers.</summary>
public sealed class UpdateOffer
{
    internal UpdateOffer(TorrentMetainfo? torrent = null, AddressReach reach = default, TorrentSignature signature = default)
    {
        Torrent = torrent;
        Reach = reach;
        Signature = signature;
    }

    /// <summary>The newer torrent; null: none is offered.</summary>
    public TorrentMetainfo? Torrent { get; }

    /// <summary>How near the host is that the newer torrent came from; what it names beside its trackers may be no nearer.</summary>
    public AddressReach Reach { get; }

    /// <summary>Whether the newer torrent is signed by whoever made the older one.</summary>
    public TorrentSignature Signature { get; }
}

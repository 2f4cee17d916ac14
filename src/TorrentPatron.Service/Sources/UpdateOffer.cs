using TorrentPatron.Protocol;
using TorrentPatron.Protocol.Metainfo;

namespace TorrentPatron.Service.Sources;

/// <summary>The newer torrent, if any, that a torrent's update address offers (BEP 39).</summary>
public sealed class UpdateOffer
{
    internal UpdateOffer(TorrentMetainfo? torrent = null, AddressReach reach = default, TorrentSignature signature = default)
    {
        Torrent = torrent;
        Reach = reach;
        Signature = signature;
    }

    /// <summary>The newer torrent; null if none is offered.</summary>
    public TorrentMetainfo? Torrent { get; }

    /// <summary>The reach of the server that sent the newer torrent; addresses in it, except trackers, may not be nearer.</summary>
    public AddressReach Reach { get; }

    /// <summary>Whether the older torrent's publisher has signed the newer one.</summary>
    public TorrentSignature Signature { get; }
}

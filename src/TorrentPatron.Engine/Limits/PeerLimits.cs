using System.Net;

namespace TorrentPatron.Engine.Limits;

/// <summary>The limits that hold for one peer: its torrent's own and, as long as the peer is of it, those of its class. Thread-safe.</summary>
/// <param name="download">The torrent's limit on what it receives.</param>
/// <param name="upload">The torrent's limit on what it sends.</param>
/// <param name="classes">The classes.</param>
/// <param name="address">The peer's address.</param>
internal sealed class PeerLimits(RateLimiter download, RateLimiter upload, PeerClassTable classes, IPAddress address)
{
    private volatile PeerClassLimits _class = classes.Of(address);

    /// <summary>The peer's class.</summary>
    public PeerClassLimits Class
    {
        get
        {
            PeerClassLimits known = _class;
            return known.IsOutdated ? _class = classes.Of(address) : known;
        }
    }

    /// <summary>The limit on what comes by the peer's transport, so that another one gets its share (<see cref="MixedMode"/>); null: none.</summary>
    public RateLimiter? TransportDownload { get; init; }

    /// <summary>The limit on what is sent by the peer's transport; as <see cref="TransportDownload"/>.</summary>
    public RateLimiter? TransportUpload { get; init; }

    /// <summary>The limits on what is received from the peer.</summary>
    public RateLimiterPair Download => new(download, Class.Download, TransportDownload);

    /// <summary>The limits on what is sent to it.</summary>
    public RateLimiterPair Upload => new(upload, Class.Upload, TransportUpload);
}

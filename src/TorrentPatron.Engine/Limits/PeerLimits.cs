using System.Net;

namespace TorrentPatron.Engine.Limits;

/// <summary>The limits of one peer: its torrent's own, and those of its current class. Thread-safe.</summary>
/// <param name="download">The torrent's limit for receiving.</param>
/// <param name="upload">The torrent's limit for sending.</param>
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

    /// <summary>
    /// The limit for receiving over the peer's transport, so that the other transport gets its share (<see cref="MixedMode"/>);
    /// null means none.
    /// </summary>
    public RateLimiter? TransportDownload { get; init; }

    /// <summary>The limit for sending over the peer's transport; see <see cref="TransportDownload"/>.</summary>
    public RateLimiter? TransportUpload { get; init; }

    /// <summary>The limits for receiving from the peer.</summary>
    public RateLimiterPair Download => new(download, Class.Download, TransportDownload);

    /// <summary>The limits for sending to it.</summary>
    public RateLimiterPair Upload => new(upload, Class.Upload, TransportUpload);
}

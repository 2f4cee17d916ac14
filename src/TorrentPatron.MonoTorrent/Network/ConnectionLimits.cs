using System.Net;
using TorrentPatron.Engine.Limits;

namespace TorrentPatron.MonoTorrent.Network;

/// <summary>The rate limits of a torrent's connections.</summary>
/// <param name="Download">The torrent's own limit for receiving.</param>
/// <param name="Upload">The torrent's own limit for sending.</param>
/// <param name="Classes">The peer classes, which have limits too.</param>
internal sealed record ConnectionLimits(RateLimiter Download, RateLimiter Upload, PeerClassTable Classes)
{
    /// <summary>The rate limits of the connection to one peer.</summary>
    /// <param name="peer">Its address in MonoTorrent's form.</param>
    public PeerLimits For(Uri peer) =>
        new(Download, Upload, Classes, IPAddress.TryParse(peer.Host, out IPAddress? address) ? address : IPAddress.None);
}

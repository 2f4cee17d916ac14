using System.Net;
using TorrentPatron.Engine.Limits;

namespace TorrentPatron.MonoTorrent.Network;

/// <summary>What bounds a torrent's connections.</summary>
/// <param name="Download">The torrent's own limit on what is received.</param>
/// <param name="Upload">Its own limit on what is sent.</param>
/// <param name="Classes">The classes of peers, each of which has its limits too.</param>
internal sealed record ConnectionLimits(RateLimiter Download, RateLimiter Upload, PeerClassTable Classes)
{
    /// <summary>What bounds the connection to one peer.</summary>
    /// <param name="peer">Its address, as MonoTorrent has it.</param>
    public PeerLimits For(Uri peer) =>
        new(Download, Upload, Classes, IPAddress.TryParse(peer.Host, out IPAddress? address) ? address : IPAddress.None);
}

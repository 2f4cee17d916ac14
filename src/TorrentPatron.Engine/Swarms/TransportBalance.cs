using System.Runtime.InteropServices;
using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Limits;
using TorrentPatron.Engine.Peers;
using TorrentPatron.Engine.Timing;

namespace TorrentPatron.Engine.Swarms;

/// <summary>
/// Limits TCP where it would starve uTP (<see cref="MixedMode"/>), in each direction, over all torrents. Only peers on the
/// internet count and are limited, because they share our line; those in our own network do not. Used only in its owner's beat.
/// </summary>
/// <param name="download">The limit for receiving over TCP.</param>
/// <param name="upload">The limit for sending over TCP.</param>
internal sealed class TransportBalance(RateLimiter download, RateLimiter upload)
{
    private readonly MixedMode _download = new();
    private readonly MixedMode _upload = new();
    private readonly List<TimeSpan> _delaysIn = [];
    private readonly List<TimeSpan> _delaysOut = [];

    /// <summary>Whether TCP is limited now.</summary>
    public bool IsActive => _download.Limit + _upload.Limit > 0;

    /// <summary>Updates the limits; called about once a second.</summary>
    /// <param name="peers">The peers of all torrents.</param>
    /// <param name="now">The time.</param>
    public void Update(IEnumerable<PeerTransfer> peers, Instant now)
    {
        Span<TransportLoad> loadIn = stackalloc TransportLoad[2], loadOut = stackalloc TransportLoad[2];
        _delaysIn.Clear();
        _delaysOut.Clear();
        foreach (PeerTransfer transfer in peers)
        {
            PeerConnection peer = transfer.Peer;
            if (!peer.IsOfInternet)
                continue;
            bool isUtp = peer.Transport == PeerTransport.Utp;
            int index = isUtp ? 1 : 0;
            bool receives = transfer.Download.Requested > 0;
            // Data that uTP has accepted may wait long in its own queue.
            TimeSpan? sendDelay = peer.SendDelay;
            bool sends = sendDelay is not null || peer.Sender.IsSending || peer.Sender.Uploads.Count > 0;
            loadIn[index] = new TransportLoad(loadIn[index].Peers + (receives ? 1 : 0), loadIn[index].Rate + transfer.Standing.DownloadRate);
            loadOut[index] = new TransportLoad(loadOut[index].Peers + (sends ? 1 : 0), loadOut[index].Rate + transfer.Standing.UploadRate);
            if (isUtp && receives)
                _delaysIn.Add(peer.ReceiveDelay);
            if (isUtp && sends)
                _delaysOut.Add(sendDelay ?? TimeSpan.Zero);
        }

        Set(download, _download.Update(loadIn[0], loadIn[1], Median(_delaysIn), now));
        Set(upload, _upload.Update(loadOut[0], loadOut[1], Median(_delaysOut), now));
    }

    private static void Set(RateLimiter limiter, long rate)
    {
        if (limiter.Rate != rate)
            limiter.Rate = rate;
    }

    /// <summary>
    /// The delay of at least half of the peers: a queue on our side delays all of them, one elsewhere a single one.
    /// </summary>
    private static TimeSpan Median(List<TimeSpan> delays)
    {
        if (delays.Count == 0)
            return TimeSpan.Zero;
        CollectionsMarshal.AsSpan(delays).Sort();
        return delays[(delays.Count - 1) / 2];
    }
}

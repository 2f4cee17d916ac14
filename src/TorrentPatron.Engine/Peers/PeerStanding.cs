namespace TorrentPatron.Engine.Peers;

/// <summary>
/// How fast blocks flow between a connected peer and us, and whether it holds the optimistic slot. Written by
/// <see cref="Swarms.SwarmPeers"/> alone, in the torrent's beat; others read single values.
/// </summary>
internal sealed class PeerStanding
{
    private long _received;
    private long _sent;

    /// <summary>Bytes/s of payload from it, smoothed.</summary>
    public long DownloadRate { get; private set; }

    /// <summary>Bytes/s of payload to it, smoothed.</summary>
    public long UploadRate { get; private set; }

    /// <summary>Whether it was unchoked by chance, to see what it gives.</summary>
    public bool IsOptimistic { get; set; }

    /// <summary>Follows the counts of payload.</summary>
    /// <param name="received">Bytes received from it in all.</param>
    /// <param name="sent">Bytes sent to it in all.</param>
    /// <param name="seconds">Time since the last call; more than 0.</param>
    public void Measure(long received, long sent, double seconds)
    {
        // Most of hundreds of peers are idle.
        if (received == _received && sent == _sent && (DownloadRate | UploadRate) == 0)
            return;
        DownloadRate = Smooth(DownloadRate, (received - _received) / seconds);
        UploadRate = Smooth(UploadRate, (sent - _sent) / seconds);
        (_received, _sent) = (received, sent);
    }

    private static long Smooth(long before, double now) => before == 0 ? (long)now : (long)(before * 0.6 + now * 0.4);
}

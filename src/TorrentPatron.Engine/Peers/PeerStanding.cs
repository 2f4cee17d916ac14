namespace TorrentPatron.Engine.Peers;

/// <summary>
/// The rates of a connected peer, and whether it holds the optimistic slot. Written only by <see cref="Swarms.SwarmPeers"/>, in
/// the torrent's beat; others read single values.
/// </summary>
internal sealed class PeerStanding
{
    private long _received;
    private long _sent;

    /// <summary>Bytes/s of payload from it, smoothed.</summary>
    public long DownloadRate { get; private set; }

    /// <summary>Bytes/s of payload to it, smoothed.</summary>
    public long UploadRate { get; private set; }

    /// <summary>Whether it holds the optimistic slot.</summary>
    public bool IsOptimistic { get; set; }

    /// <summary>Updates the rates from the payload counts.</summary>
    /// <param name="received">Total bytes received from it.</param>
    /// <param name="sent">Total bytes sent to it.</param>
    /// <param name="seconds">Time since the last call; more than 0.</param>
    public void Measure(long received, long sent, double seconds)
    {
        // With hundreds of peers, most are idle.
        if (received == _received && sent == _sent && (DownloadRate | UploadRate) == 0)
            return;
        DownloadRate = Smooth(DownloadRate, (received - _received) / seconds);
        UploadRate = Smooth(UploadRate, (sent - _sent) / seconds);
        (_received, _sent) = (received, sent);
    }

    private static long Smooth(long before, double now) => before == 0 ? (long)now : (long)(before * 0.6 + now * 0.4);
}

namespace TorrentPatron.Engine.Discovery;

/// <summary>A torrent's peer search without trackers. Disposing ends it.</summary>
/// <param name="dht">The search in the DHT; null if it is off.</param>
/// <param name="local">The search in the local network; null if it is off.</param>
internal sealed class PeerSearch(DhtTorrent? dht, LocalTorrent? local) : IDisposable
{
    /// <summary>Requests an earlier search, because more peers are wanted.</summary>
    public void Hurry() => dht?.Hurry();

    /// <inheritdoc/>
    public void Dispose()
    {
        dht?.Dispose();
        local?.Dispose();
    }
}

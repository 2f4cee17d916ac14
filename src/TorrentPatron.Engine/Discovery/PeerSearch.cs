namespace TorrentPatron.Engine.Discovery;

/// <summary>The search for one torrent's peers without trackers. Disposing ends it.</summary>
/// <param name="dht">That in the DHT; null: it is off.</param>
/// <param name="local">That in the local network; null: it is off.</param>
internal sealed class PeerSearch(DhtTorrent? dht, LocalTorrent? local) : IDisposable
{
    /// <summary>Searches sooner than is due, because more peers are wanted.</summary>
    public void Hurry() => dht?.Hurry();

    /// <inheritdoc/>
    public void Dispose()
    {
        dht?.Dispose();
        local?.Dispose();
    }
}

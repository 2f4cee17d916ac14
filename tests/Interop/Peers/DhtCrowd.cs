using System.Net;
using TorrentPatron.Engine;
using TorrentPatron.Engine.Client;
using TorrentPatron.Interop.Tests.Tools;

namespace TorrentPatron.Interop.Tests.Peers;

/// <summary>Our engines without a torrent that are only nodes of a DHT on this machine.</summary>
internal sealed class DhtCrowd : IAsyncDisposable
{
    private readonly List<TorrentClient> _engines = [];

    private DhtCrowd()
    {
    }

    /// <summary>The end points of the nodes.</summary>
    public IReadOnlyList<IPEndPoint> Nodes => [.. _engines.Select(engine => engine.GetClientStatus().Dht!.EndPoints[0])];

    /// <summary>Number of peers announced to the nodes.</summary>
    public int StoredPeers => _engines.Sum(engine => engine.GetClientStatus().Dht!.StoredPeers);

    /// <summary>Starts nodes, with the first as the entry point of each, and waits until each knows some others.</summary>
    /// <param name="count">Number of nodes.</param>
    /// <param name="address">The address of each; null: the loopback address.</param>
    public static async Task<DhtCrowd> StartAsync(int count, Func<int, IPAddress>? address = null)
    {
        var crowd = new DhtCrowd();
        for (int i = 0; i < count; i++)
        {
            crowd._engines.Add(new TorrentClient(new ClientSettings
            {
                BindAddress = address?.Invoke(i) ?? IPAddress.Loopback,
                DiskThreads = 1,
                Dht = new DhtSettings { IsEnabled = true, BootstrapNodes = [.. crowd.Nodes.Take(1).Select(node => node.ToString())] },
            }));
        }

        await Patience.UntilAsync(
            _ => Task.FromResult(crowd._engines.TrueForAll(engine => engine.GetClientStatus().Dht is { } dht && dht.NodesIPv4 + dht.NodesIPv6 >= Math.Min(8, count - 1))),
            "the nodes know each other", () => string.Join('\n', crowd._engines.Select(engine => engine.GetClientStatus().Dht)));
        return crowd;
    }

    /// <summary>Waits until a peer has announced itself: a peer that searches sooner repeats its search only after a while.</summary>
    public Task WaitForAnnounceAsync() => Patience.UntilAsync(
        _ => Task.FromResult(StoredPeers > 0), "a peer has been announced", () => string.Join('\n', _engines.Select(engine => engine.GetClientStatus().Dht)),
        Patience.OfDht);

    public async ValueTask DisposeAsync()
    {
        foreach (TorrentClient engine in _engines)
            await engine.DisposeAsync();
    }
}

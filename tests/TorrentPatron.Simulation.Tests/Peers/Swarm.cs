using TorrentPatron.Simulation.Simulator;

namespace TorrentPatron.Simulation.Peers;

/// <summary>A seed and leechers that find each other by a tracker.</summary>
internal sealed class Swarm : IAsyncDisposable
{
    private readonly SwarmTorrent _torrent;

    private Swarm(SwarmTorrent torrent, Node seed, Node[] leechers) => (_torrent, Seed, Leechers) = (torrent, seed, leechers);

    public Node Seed { get; }

    public IReadOnlyList<Node> Leechers { get; }

    public static async Task<Swarm> MakeAsync(
        World world, SwarmTorrent torrent, int leechers, SimulatedTracker tracker, long up = 1_000_000)
    {
        var seed = new Node(world, seed: 1, world.Network.Join(up: up), tracker);
        await seed.SeedAsync(torrent);
        var others = new Node[leechers];
        for (int i = 0; i < leechers; i++)
        {
            others[i] = new Node(world, seed: 2 + i, world.Network.Join(up: up), tracker);
            await others[i].StartAsync(torrent);
        }

        return new Swarm(torrent, seed, others);
    }

    public bool IsComplete() => Leechers.All(leecher => leecher.Has(_torrent));

    /// <summary>Checks that every node has every byte and received no wrong one.</summary>
    public void AssertComplete()
    {
        foreach (Node leecher in Leechers)
        {
            _torrent.AssertIsIn(leecher.Folder);
            Assert.Equal(0, leecher.Status(_torrent).FailedPieces);
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (Node leecher in Leechers)
            await leecher.DisposeAsync();
        await Seed.DisposeAsync();
    }
}

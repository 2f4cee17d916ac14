using TorrentPatron.Engine.Client;
using TorrentPatron.Simulation.Peers;
using TorrentPatron.Simulation.Simulator;

namespace TorrentPatron.Simulation.Scenarios;

/// <summary>Swarms of our engines, with and without disturbances.</summary>
public sealed class SwarmScenarios
{
    private const int Piece = 32 * 1024;

    [Fact]
    public Task Fifty_peers_get_everything_from_one_seed() => World.RunAsync(seed: 1, async world =>
    {
        var torrent = new SwarmTorrent(1, Piece, 32 * Piece);
        var tracker = new SimulatedTracker(world);
        await using Swarm swarm = await Swarm.MakeAsync(world, torrent, leechers: 50, tracker);

        await world.UntilAsync(swarm.IsComplete, TimeSpan.FromMinutes(10), "all fifty are complete");
        swarm.AssertComplete();
    });

    [Fact]
    public Task A_swarm_in_which_all_suggest_pieces_completes() => World.RunAsync(seed: 7, async world =>
    {
        var torrent = new SwarmTorrent(1, Piece, 64 * Piece);
        await using var seed = new Node(world, 1, world.Network.Join(up: 200_000), settings: settings => settings with { SuggestPieces = true });
        await seed.SeedAsync(torrent);
        var leechers = new List<Node>();
        for (int i = 0; i < 6; i++)
        {
            leechers.Add(new Node(world, 2 + i, world.Network.Join(up: 200_000), settings: settings => settings with { SuggestPieces = true }));
            await leechers[i].StartAsync(torrent, [seed.EndPoint, .. leechers.Take(i).Select(other => other.EndPoint)]);
        }

        await world.UntilAsync(() => leechers.All(leecher => leecher.Has(torrent)), TimeSpan.FromMinutes(5), "all are complete");
        foreach (Node leecher in leechers)
        {
            torrent.AssertIsIn(leecher.Folder);
            await leecher.DisposeAsync();
        }
    });

    [Fact]
    public async Task The_same_seed_gives_the_same_swarm()
    {
        (long Events, TimeSpan Elapsed)[] runs = new (long, TimeSpan)[2];
        for (int run = 0; run < runs.Length; run++)
        {
            int number = run;
            await World.RunAsync(seed: 2, async world =>
            {
                var torrent = new SwarmTorrent(2, Piece, 16 * Piece);
                var tracker = new SimulatedTracker(world);
                await using (Swarm swarm = await Swarm.MakeAsync(world, torrent, leechers: 8, tracker))
                    await world.UntilAsync(swarm.IsComplete, TimeSpan.FromMinutes(10), "all are complete");
                runs[number] = (world.Events, world.Elapsed);
            });
        }

        Assert.Equal(runs[0], runs[1]);
    }

    [Fact]
    public Task Constantly_breaking_connections_only_slow_it_down() => World.RunAsync(seed: 3, async world =>
    {
        var torrent = new SwarmTorrent(3, Piece, 64 * Piece);
        var tracker = new SimulatedTracker(world);
        await using Swarm swarm = await Swarm.MakeAsync(world, torrent, leechers: 10, tracker, up: 100_000);
        void BreakSome()
        {
            world.Network.Break(_ => world.Random.Next(20) == 0);
            world.Schedule(TimeSpan.FromSeconds(2), BreakSome);
        }

        BreakSome();
        await world.UntilAsync(swarm.IsComplete, TimeSpan.FromMinutes(30), "all are complete");
        swarm.AssertComplete();
    });

    [Fact]
    public Task A_swarm_cut_in_two_continues_when_the_cut_is_repaired() => World.RunAsync(seed: 4, async world =>
    {
        var torrent = new SwarmTorrent(4, Piece, 64 * Piece);
        var tracker = new SimulatedTracker(world);
        await using Swarm swarm = await Swarm.MakeAsync(world, torrent, leechers: 10, tracker, up: 50_000);
        await world.PassAsync(TimeSpan.FromSeconds(10));
        Node[] apart = [.. swarm.Leechers.Take(5)];
        world.Network.Cut(apart.Select(node => node.Host));
        await world.PassAsync(TimeSpan.FromMinutes(5));
        Assert.All(apart, node => Assert.False(node.Has(torrent)));

        world.Network.Mend();
        await world.UntilAsync(swarm.IsComplete, TimeSpan.FromMinutes(30), "all are complete");
        swarm.AssertComplete();
    });

    [Fact]
    public Task A_slow_peer_does_not_hold_up_the_end() => World.RunAsync(seed: 5, async world =>
    {
        var torrent = new SwarmTorrent(5, Piece, 64 * Piece);
        await using var fast = new Node(world, 1, world.Network.Join(up: 200_000));
        await using var slow = new Node(world, 2, world.Network.Join(up: 500));
        await using var leecher = new Node(world, 3);
        await fast.SeedAsync(torrent);
        await slow.SeedAsync(torrent);
        TimeSpan begun = world.Elapsed;
        await leecher.StartAsync(torrent, slow.EndPoint, fast.EndPoint);

        // 2 MiB at 200 kB/s take 10 s; a single block of the slow peer takes 30 s.
        await world.UntilAsync(() => leecher.Has(torrent), TimeSpan.FromMinutes(5), "the download is complete");
        Assert.InRange(world.Elapsed - begun, TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(25));
        Assert.Equal(0, leecher.Status(torrent).FailedPieces);
    });

    [Fact]
    public Task Every_peer_gets_about_its_share_of_the_line() => World.RunAsync(seed: 6, async world =>
    {
        var torrent = new SwarmTorrent(6, Piece, 128 * Piece);
        await using var seed = new Node(world, 1, world.Network.Join(TimeSpan.FromMilliseconds(50), up: 1_000_000));
        await using var leecher = new Node(world, 2, world.Network.Join(TimeSpan.FromMilliseconds(50)));
        await seed.SeedAsync(torrent);
        TimeSpan begun = world.Elapsed;
        await leecher.StartAsync(torrent, seed.EndPoint);
        await world.UntilAsync(() => leecher.Has(torrent), TimeSpan.FromMinutes(5), "the download is complete");

        // 4 MiB at 1 MB/s, with a round trip of 200 ms at the beginning: the pipeline soon fills and stays full.
        Assert.InRange(world.Elapsed - begun, TimeSpan.FromSeconds(4), TimeSpan.FromSeconds(7));
    });
}

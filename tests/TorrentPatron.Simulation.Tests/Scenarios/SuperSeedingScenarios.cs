using TorrentPatron.Engine.Client;
using TorrentPatron.Protocol.Filters;
using TorrentPatron.Simulation.Peers;
using TorrentPatron.Simulation.Simulator;

namespace TorrentPatron.Simulation.Scenarios;

/// <summary>A first seed that spreads its pieces sparingly (BEP 16).</summary>
public sealed class SuperSeedingScenarios
{
    private const int Piece = 32 * 1024;
    private static readonly TorrentOptions Sparingly = new() { SuperSeeding = true };

    [Fact]
    public async Task A_super_seed_sends_little_more_than_one_copy_and_less_than_a_seed()
    {
        double sparingly = await SpreadAsync(isSuper: true);
        double usual = await SpreadAsync(isSuper: false);
        Assert.InRange(sparingly, 1, 1.5);
        Assert.True(sparingly < usual, $"{sparingly} copies, and {usual} without super-seeding");
    }

    [Fact]
    public Task A_lone_peer_gets_everything_from_a_super_seed() => World.RunAsync(seed: 2, async world =>
    {
        var torrent = new SwarmTorrent(2, Piece, 20 * Piece);
        await using Node seed = await SeedAsync(world, torrent, isSuper: true);
        await using var leecher = new Node(world, 2);
        await leecher.StartAsync(torrent, seed.EndPoint);
        await world.UntilAsync(() => leecher.Has(torrent), TimeSpan.FromMinutes(5), "the download is complete");
        torrent.AssertIsIn(leecher.Folder);
    });

    [Fact]
    public Task Two_peers_that_do_not_know_each_other_get_everything_from_a_super_seed() => World.RunAsync(seed: 3, async world =>
    {
        var torrent = new SwarmTorrent(3, Piece, 20 * Piece);
        await using Node seed = await SeedAsync(world, torrent, isSuper: true);
        await using Node first = NewPeer(world, 2, seed);
        await using Node second = NewPeer(world, 3, seed);
        await first.StartAsync(torrent, seed.EndPoint);
        await second.StartAsync(torrent, seed.EndPoint);
        await world.UntilAsync(() => first.Has(torrent) && second.Has(torrent), TimeSpan.FromHours(2), "both are complete");
    });

    [Fact]
    public Task A_super_seed_offers_everything_at_once_if_another_seed_connects_or_the_option_is_switched_off() => World.RunAsync(seed: 4, async world =>
    {
        var torrent = new SwarmTorrent(4, Piece, 64 * Piece);
        foreach (bool byCommand in new[] { true, false })
        {
            await using Node seed = await SeedAsync(world, torrent, isSuper: true, up: 2_000_000);
            await using Node idle = NewPeer(world, 2, seed);
            await using Node leecher = NewPeer(world, 3, seed);
            await idle.StartAsync(torrent, seed.EndPoint);
            await leecher.StartAsync(torrent, seed.EndPoint);
            await world.PassAsync(TimeSpan.FromSeconds(15));
            Assert.False(leecher.Has(torrent));

            await using var other = new Node(world, 4);
            if (byCommand)
            {
                await seed.SendAsync(id => new SetTorrent(id, torrent.Metainfo.TorrentId, new TorrentOptions { SuperSeeding = false }));
                Assert.False(seed.Status(torrent).SuperSeeding);
            }
            else
            {
                await other.SeedAsync(torrent, seed.EndPoint);
            }

            // 2 MiB twice at 2 MB/s.
            await world.UntilAsync(() => leecher.Has(torrent) && idle.Has(torrent), TimeSpan.FromSeconds(15), "both are complete");
        }
    });

    [Fact]
    public Task A_download_with_the_option_super_seeds_once_it_is_complete() => World.RunAsync(seed: 5, async world =>
    {
        var torrent = new SwarmTorrent(5, Piece, 40 * Piece);
        await using var first = new Node(world, 1, world.Network.Join(up: 500_000));
        await first.SeedAsync(torrent);
        await using var second = new Node(world, 2, world.Network.Join(up: 500_000));
        await second.StartAsync(torrent, first.EndPoint);
        await second.SendAsync(id => new SetTorrent(id, torrent.Metainfo.TorrentId, Sparingly));
        await world.UntilAsync(() => second.Has(torrent), TimeSpan.FromMinutes(2), "the second is complete");
        await first.SendAsync(id => new CloseTorrent(id, torrent.Metainfo.TorrentId));
        await using var leecher = new Node(world, 3);
        await leecher.StartAsync(torrent, second.EndPoint);
        await world.UntilAsync(() => leecher.Client.GetPeers(torrent.Metainfo.TorrentId).Count > 0, TimeSpan.FromMinutes(1), "they are connected");
        Assert.InRange(leecher.Client.GetPeers(torrent.Metainfo.TorrentId)[0].PercentComplete, 0, 10);
        await world.UntilAsync(() => leecher.Has(torrent), TimeSpan.FromMinutes(5), "the third is complete");
    });

    /// <summary>Creates an engine that connects only to the seed.</summary>
    private static Node NewPeer(World world, int number, Node seed)
    {
        Assert.True(AddressRange.TryParse(seed.EndPoint.Address.ToString(), out AddressRange range));
        return new Node(world, number, settings: settings => settings with { Filter = new AddressFilter(null, AddressRanges.Of([range])) });
    }

    /// <returns>Number of copies that the seed has sent when all ten are complete.</returns>
    private static async Task<double> SpreadAsync(bool isSuper)
    {
        double copies = 0;
        await World.RunAsync(seed: 1, async world =>
        {
            var torrent = new SwarmTorrent(1, Piece, 128 * Piece);
            await using Node seed = await SeedAsync(world, torrent, isSuper);
            var leechers = new List<Node>();
            for (int i = 0; i < 10; i++)
            {
                leechers.Add(new Node(world, 2 + i, world.Network.Join(up: 100_000)));
                await leechers[i].StartAsync(torrent, [seed.EndPoint, .. leechers.Take(i).Select(other => other.EndPoint)]);
            }

            await world.UntilAsync(() => leechers.TrueForAll(leecher => leecher.Has(torrent)), TimeSpan.FromMinutes(30), "all are complete");
            copies = (double)seed.Status(torrent).BytesSent / torrent.Metainfo.TotalSize;
            TestContext.Current.TestOutputHelper?.WriteLine($"super: {isSuper}, copies: {copies:F2}, time: {world.Elapsed}");
            foreach (Node leecher in leechers)
            {
                torrent.AssertIsIn(leecher.Folder);
                await leecher.DisposeAsync();
            }
        });
        return copies;
    }

    private static async Task<Node> SeedAsync(World world, SwarmTorrent torrent, bool isSuper, long up = 200_000)
    {
        var seed = new Node(world, 1, world.Network.Join(up: up));
        await seed.SeedAsync(torrent);
        if (isSuper)
            await seed.SendAsync(id => new SetTorrent(id, torrent.Metainfo.TorrentId, Sparingly));
        return seed;
    }
}

using System.Net;
using TorrentPatron.Engine.Client;
using TorrentPatron.Protocol.Magnets;
using TorrentPatron.Protocol.Trackers;
using TorrentPatron.Simulation.Peers;
using TorrentPatron.Simulation.Simulator;

namespace TorrentPatron.Simulation.Scenarios;

/// <summary>Temporary outages of the network on either side.</summary>
public sealed class OutageScenarios
{
    private const int Piece = 32 * 1024;

    private static readonly TimeSpan Soon = TimeSpan.FromMinutes(3);
    private static readonly TimeSpan RareInterval = TimeSpan.FromMinutes(30);

    [Theory]
    [InlineData(10)]
    [InlineData(600)]
    public Task After_an_outage_of_the_only_peer_the_download_continues_without_a_tracker(int minutes) =>
        World.RunAsync(seed: 1, async world =>
        {
            var torrent = new SwarmTorrent(1, Piece, 8 * Piece);
            await using var seed = new Node(world, 1);
            await seed.SeedAsync(torrent);
            var tracker = new SimulatedTracker(world);
            IPEndPoint[] once = [seed.EndPoint];
            tracker.Answer = _ => new AnnounceResponse { Interval = TimeSpan.FromDays(1), MinInterval = TimeSpan.FromDays(1), Peers = once };
            world.Network.Cut(seed.Host);
            await using var node = new Node(world, 2, tracker: tracker);
            await node.StartAsync(torrent);
            await world.PassAsync(TimeSpan.FromMinutes(minutes));
            once = [];

            world.Network.Mend();
            await world.UntilAsync(() => node.Has(torrent), Soon, "the download is complete");

            Assert.Single(tracker.Announces, announce => announce.Request.Event == AnnounceEvent.Started);
        });

    [Fact]
    public Task After_an_outage_of_our_own_network_in_the_middle_all_peers_are_dialled_again() => World.RunAsync(seed: 2, async world =>
    {
        var torrent = new SwarmTorrent(2, Piece, 400 * Piece);
        var seeds = new List<Node>();
        for (int i = 0; i < 8; i++)
        {
            seeds.Add(new Node(world, 10 + i, world.Network.Join(up: 40 * 1024)));
            await seeds[i].SeedAsync(torrent);
        }

        var tracker = new SimulatedTracker(world)
        {
            Answer = _ => new AnnounceResponse { Interval = RareInterval, Peers = [.. seeds.Select(seed => seed.EndPoint)] },
        };
        await using var leecher = new Node(world, 2, tracker: tracker);
        await leecher.StartAsync(torrent);
        await world.UntilAsync(() => leecher.Status(torrent) is { ConnectedPeers: 8, CompletedSize: > 0 }, Soon, "the download is under way");

        world.Network.Cut(leecher.Host);
        await world.PassAsync(TimeSpan.FromMinutes(20));
        Assert.Equal((0, 8), (leecher.Status(torrent).ConnectedPeers, leecher.Status(torrent).KnownPeers));
        world.Network.Mend();

        await world.UntilAsync(() => leecher.Status(torrent).ConnectedPeers == 8, Soon, "all peers are connected again");
        await world.UntilAsync(() => leecher.Has(torrent), TimeSpan.FromHours(1), "the download is complete");
        foreach (Node seed in seeds)
            await seed.DisposeAsync();
    });

    [Fact]
    public Task After_an_outage_the_metadata_of_a_link_is_fetched_from_the_peer_that_could_not_be_reached() => World.RunAsync(seed: 3, async world =>
    {
        var torrent = new SwarmTorrent(3, Piece, 8 * Piece);
        await using var seed = new Node(world, 1);
        await seed.SeedAsync(torrent);
        var tracker = new SimulatedTracker(world)
        {
            Answer = _ => new AnnounceResponse { Interval = TimeSpan.FromDays(1), MinInterval = TimeSpan.FromDays(1), Peers = [seed.EndPoint] },
        };
        world.Network.Cut(seed.Host);
        await using var node = new Node(world, 2, tracker: tracker);
        MagnetLink link = MagnetLink.Of(torrent.Metainfo) with { Trackers = [Node.Tracker.OriginalString] };
        await node.SendAsync(id => new CreateNewTorrent(id, link, node.Folder) { ResumeStore = new MemoryResumeStore() });
        await world.PassAsync(TimeSpan.FromMinutes(10));
        Assert.Equal(TorrentState.FetchingMetadata, node.Status(torrent).State);

        world.Network.Mend();
        await world.UntilAsync(() => node.Has(torrent), Soon, "the download is complete");
    });

    [Theory]
    [InlineData(0, 7)]
    [InlineData(20, 22)]
    public Task A_download_without_any_peer_asks_its_trackers_again_as_soon_as_they_allow(int minInterval, int minutes) =>
        World.RunAsync(seed: 4, async world =>
        {
            var torrent = new SwarmTorrent(4, Piece, 8 * Piece);
            await using var seed = new Node(world, 1);
            await seed.SeedAsync(torrent);
            IPEndPoint[] peers = [];
            var tracker = new SimulatedTracker(world)
            {
                Answer = _ => new AnnounceResponse { Interval = RareInterval, MinInterval = TimeSpan.FromMinutes(minInterval), Peers = peers },
            };
            await using var node = new Node(world, 2, tracker: tracker);
            await node.StartAsync(torrent);
            await world.PassAsync(TimeSpan.FromMinutes(1));
            peers = [seed.EndPoint];

            await world.UntilAsync(() => node.Has(torrent), TimeSpan.FromMinutes(minutes), "the download is complete");

            Assert.InRange(tracker.Announces[1].Time - tracker.Announces[0].Time, TimeSpan.FromMinutes(Math.Max(5, minInterval)), TimeSpan.FromMinutes(minutes));
        });

    [Fact]
    public Task A_seed_without_any_peer_keeps_to_the_interval_of_its_tracker() => World.RunAsync(seed: 5, async world =>
    {
        var torrent = new SwarmTorrent(5, Piece, 8 * Piece);
        var tracker = new SimulatedTracker(world) { Answer = _ => new AnnounceResponse { Interval = RareInterval } };
        await using var seed = new Node(world, 1, tracker: tracker);
        await seed.SeedAsync(torrent);
        await world.PassAsync(TimeSpan.FromMinutes(91));

        Assert.Equal(4, tracker.Announces.Count);
    });
}

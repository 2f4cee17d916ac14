using System.Net;
using TorrentPatron.Engine.Client;
using TorrentPatron.Protocol.Trackers;
using TorrentPatron.Simulation.Peers;
using TorrentPatron.Simulation.Simulator;

namespace TorrentPatron.Simulation.Scenarios;

/// <summary>Trackers that fail, lie, or name too many peers.</summary>
public sealed class TrackerScenarios
{
    private const int Piece = 32 * 1024;

    private static readonly TimeSpan Long = TimeSpan.FromHours(2);

    [Fact]
    public Task Trackers_receive_our_announced_address_and_encryption_setting() => World.RunAsync(seed: 40, async world =>
    {
        var torrent = new SwarmTorrent(40, Piece, 4 * Piece);
        var outside = System.Net.IPAddress.Parse("81.2.69.142");
        AnnounceRequest? told = null;
        var tracker = new SimulatedTracker(world)
        {
            Answer = request =>
            {
                told = request;
                return new AnnounceResponse { Seeders = 7, Leechers = 3 };
            },
        };
        await using var node = new Node(
            world, 1, tracker: tracker, settings: settings => settings with { AnnounceAddress = outside, Encryption = EncryptionPolicy.Require });
        await node.StartAsync(torrent);
        await world.UntilAsync(() => node.Status(torrent).SwarmSeeds is not null, TimeSpan.FromMinutes(1), "the tracker has answered");
        Assert.Equal(outside, told!.Address);
        Assert.True(told.SupportsEncryption && told.RequiresEncryption);
        Assert.Equal((7, 3), (node.Status(torrent).SwarmSeeds, node.Status(torrent).SwarmLeechers));
    });

    [Fact]
    public Task A_failing_tracker_is_asked_less_often_and_used_again_when_it_returns() => World.RunAsync(seed: 1, async world =>
    {
        var torrent = new SwarmTorrent(1, Piece, 8 * Piece);
        var tracker = new SimulatedTracker(world);
        await using var seed = new Node(world, 1, tracker: tracker);
        await seed.SeedAsync(torrent);
        await world.PassAsync(TimeSpan.FromSeconds(5));
        tracker.Answer = _ => throw new TrackerFailureException("The tracker refused: \u001B[31mgo away");
        await using var node = new Node(world, 2, tracker: tracker);
        await node.StartAsync(torrent);
        await world.PassAsync(TimeSpan.FromHours(1));

        Assert.InRange(tracker.Announces.Count, 5, 40);
        Assert.NotEmpty(node.Status(torrent).Warnings);
        Assert.Equal(TorrentState.Downloading, node.Status(torrent).State);
        tracker.Answer = null;
        await world.UntilAsync(() => node.Has(torrent), Long, "the download is complete");
    });

    [Fact]
    public Task A_tracker_that_names_thousands_of_false_peers_does_not_hide_the_real_one() => World.RunAsync(seed: 2, async world =>
    {
        var torrent = new SwarmTorrent(2, Piece, 8 * Piece);
        var tracker = new SimulatedTracker(world);
        await using var seed = new Node(world, 1);
        await seed.SeedAsync(torrent);
        IPEndPoint real = seed.EndPoint;
        tracker.Answer = request => new AnnounceResponse
        {
            Interval = AnnounceResponse.ShortestInterval,
            Peers =
            [
                .. Enumerable.Range(0, 500).Select(_ => new IPEndPoint(world.Random.Next(1, int.MaxValue), world.Random.Next(1, 65536))),
                new IPEndPoint(IPAddress.Any, 1), new IPEndPoint(IPAddress.Broadcast, 1), new IPEndPoint(IPAddress.Parse("239.1.1.1"), 1),
                new IPEndPoint(IPAddress.Loopback, 1), real,
            ],
        };
        await using var node = new Node(world, 2, tracker: tracker);
        await node.StartAsync(torrent);
        await world.UntilAsync(() => node.Has(torrent), Long, "the download is complete");

        Assert.InRange(node.Status(torrent).KnownPeers, 1, 1000);
    });

    [Fact]
    public Task A_tracker_that_never_answers_does_not_hold_up_a_swarm() => World.RunAsync(seed: 3, async world =>
    {
        var torrent = new SwarmTorrent(3, Piece, 8 * Piece);
        var tracker = new SimulatedTracker(world) { Latency = TimeSpan.FromDays(1) };
        await using var seed = new Node(world, 1);
        await seed.SeedAsync(torrent);
        await using var node = new Node(world, 2, tracker: tracker);
        await node.StartAsync(torrent, seed.EndPoint);
        await world.UntilAsync(() => node.Has(torrent), TimeSpan.FromMinutes(1), "the download is complete by a peer given by hand");
        TimeSpan before = world.Elapsed;
        await node.SendAsync(id => new CloseTorrent(id, torrent.Metainfo.TorrentId));

        Assert.InRange(world.Elapsed - before, TimeSpan.Zero, TimeSpan.FromSeconds(10));
    });

    [Fact]
    public Task Intervals_within_bounds_are_respected() => World.RunAsync(seed: 4, async world =>
    {
        var torrent = new SwarmTorrent(4, Piece, 8 * Piece);
        var tracker = new SimulatedTracker(world) { Answer = _ => new AnnounceResponse { Interval = TimeSpan.FromHours(1) } };
        await using var node = new Node(world, 1, tracker: tracker);
        await node.StartAsync(torrent);
        await world.PassAsync(TimeSpan.FromHours(10));

        // Four more announces at the beginning because it has no peer.
        Assert.InRange(tracker.Announces.Count, 9, 16);
    });
}

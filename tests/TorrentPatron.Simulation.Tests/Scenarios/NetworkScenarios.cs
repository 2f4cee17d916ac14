using System.Net;
using TorrentPatron.Engine.Client;
using TorrentPatron.Protocol.Trackers;
using TorrentPatron.Simulation.Peers;
using TorrentPatron.Simulation.Simulator;

namespace TorrentPatron.Simulation.Scenarios;

/// <summary>Trackers over HTTP and UDP, the DHT, local discovery and names, all on the simulated network.</summary>
public sealed class NetworkScenarios
{
    private const int Piece = 32 * 1024;

    private static readonly Uri Http = new("http://tracker.example/announce");
    private static readonly Uri Udp = new("udp://udp.tracker.example:6969/announce");
    private static readonly TimeSpan Long = TimeSpan.FromMinutes(30);

    [Fact]
    public Task A_swarm_forms_through_an_HTTP_tracker() => World.RunAsync(seed: 1, async world =>
    {
        var torrent = new SwarmTorrent(1, Piece, 16 * Piece);
        SimulatedTracker tracker = ServeHttp(world);
        await using var seed = new Node(world, 1, announces: Http);
        await seed.SeedAsync(torrent);
        await using var first = new Node(world, 2, announces: Http);
        await using var second = new Node(world, 3, announces: Http);
        await first.StartAsync(torrent);
        await second.StartAsync(torrent);

        await world.UntilAsync(() => first.Has(torrent) && second.Has(torrent), Long, "both downloads are complete");
        Assert.Equal(AnnounceEvent.Started, tracker.Announces[0].Request.Event);
        await seed.SendAsync(id => new CloseTorrent(id, torrent.Metainfo.TorrentId));
        Assert.Equal(AnnounceEvent.Stopped, tracker.Announces[^1].Request.Event);
    });

    [Fact]
    public Task A_tracker_whose_first_address_does_not_answer_is_asked_at_its_second() => World.RunAsync(seed: 2, async world =>
    {
        var torrent = new SwarmTorrent(2, Piece, 8 * Piece);
        var tracker = new SimulatedTracker(world);
        SimulatedHost host = world.Network.Join();
        _ = new SimulatedHttpTracker(tracker, host);
        world.Network.Name("tracker.example", IPAddress.Parse("10.9.9.9"), host.Address);
        await using var node = new Node(world, 1, announces: Http);
        await node.StartAsync(torrent);

        await world.UntilAsync(() => tracker.Announces.Count > 0, TimeSpan.FromSeconds(10), "the tracker has been asked");
        Assert.InRange(tracker.Announces[0].Time, TimeSpan.FromMilliseconds(250), TimeSpan.FromSeconds(3));
    });

    [Fact]
    public Task An_unknown_tracker_name_is_a_warning_and_the_tracker_is_asked_once_it_resolves() => World.RunAsync(seed: 3, async world =>
    {
        var torrent = new SwarmTorrent(3, Piece, 8 * Piece);
        await using var node = new Node(world, 1, announces: Http);
        await node.StartAsync(torrent);
        await world.UntilAsync(
            () => node.Status(torrent).Warnings.Any(warning => warning.Message.Contains("host name", StringComparison.Ordinal)), Long,
            "the status says that the name is not known");

        SimulatedTracker tracker = ServeHttp(world);
        await world.UntilAsync(() => tracker.Announces.Count > 0, Long, "the tracker has been asked");
    });

    [Fact]
    public Task A_disconnected_host_announces_again_when_the_connection_is_restored() => World.RunAsync(seed: 4, async world =>
    {
        var torrent = new SwarmTorrent(4, Piece, 8 * Piece);
        SimulatedTracker tracker = ServeHttp(world);
        await using var seed = new Node(world, 1, announces: Http);
        await seed.SeedAsync(torrent);
        await using var node = new Node(world, 2, announces: Http);
        world.Network.Cut(node.Host);
        await node.StartAsync(torrent);
        await world.PassAsync(TimeSpan.FromMinutes(10));
        Assert.DoesNotContain(tracker.Announces, announce => announce.Request.Left > 0);

        world.Network.Mend();
        await world.UntilAsync(() => node.Has(torrent), Long, "the download is complete");
    });

    [Fact]
    public Task A_swarm_forms_through_a_UDP_tracker_although_a_third_of_the_datagrams_is_lost() => World.RunAsync(seed: 5, async world =>
    {
        var torrent = new SwarmTorrent(5, Piece, 16 * Piece);
        var tracker = new SimulatedTracker(world);
        SimulatedUdpTracker served = ServeUdp(world, tracker);
        world.Network.Loss = 0.33;
        await using var seed = new Node(world, 1, announces: Udp);
        await seed.SeedAsync(torrent);
        await using var node = new Node(world, 2, announces: Udp);
        await node.StartAsync(torrent);

        await world.UntilAsync(() => node.Has(torrent), TimeSpan.FromHours(1), "the download is complete");
        Assert.Contains(tracker.Announces, announce => announce.Request.Left == 0);
        Assert.Equal(2, served.Askers.Count);
    });

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public Task UDP_trackers_are_asked_from_the_listening_port_whether_the_DHT_is_on_or_off(bool hasDht) => World.RunAsync(seed: 6, async world =>
    {
        var torrent = new SwarmTorrent(6, Piece, 8 * Piece);
        SimulatedUdpTracker served = ServeUdp(world, new SimulatedTracker(world));
        await using var node = new Node(world, 1, settings: made => made with { Dht = made.Dht with { IsEnabled = hasDht } }, announces: Udp);
        await node.StartAsync(torrent);
        await world.UntilAsync(() => served.Askers.Count > 0, Long, "the tracker has been asked");

        Assert.Equal([node.EndPoint], served.Askers);
        Assert.Equal(hasDht ? node.EndPoint : null, node.Client.GetClientStatus().Dht?.EndPoints[0]);
    });

    [Fact]
    public Task A_torrent_is_found_by_the_DHT_alone_among_thirty_nodes_although_datagrams_are_lost() => World.RunAsync(seed: 7, async world =>
    {
        var torrent = new SwarmTorrent(7, Piece, 16 * Piece);
        world.Network.Loss = 0.05;
        var nodes = new List<Node>();
        for (int i = 0; i < 30; i++)
            nodes.Add(new Node(world, 10 + i, settings: WithDht));
        world.Network.Name("router.example", nodes[0].Host.Address);
        await world.PassAsync(TimeSpan.FromMinutes(5));
        await nodes[3].SeedAsync(torrent);
        await world.PassAsync(TimeSpan.FromMinutes(1));
        await nodes[^1].StartAsync(torrent);

        await world.UntilAsync(() => nodes[^1].Has(torrent), Long, "the download is complete");
        Assert.InRange(nodes[^1].Client.GetClientStatus().Dht!.NodesIPv4, 8, 29);
        foreach (Node node in nodes)
            await node.DisposeAsync();
    });

    [Fact]
    public Task A_torrent_is_found_in_the_local_network() => World.RunAsync(seed: 8, async world =>
    {
        var torrent = new SwarmTorrent(8, Piece, 8 * Piece);
        await using var seed = new Node(world, 1, settings: made => made with { LocalDiscovery = true });
        await seed.SeedAsync(torrent);
        await using var node = new Node(world, 2, settings: made => made with { LocalDiscovery = true });
        await node.StartAsync(torrent);

        await world.UntilAsync(() => node.Has(torrent), TimeSpan.FromMinutes(6), "the download is complete");
    });

    [Fact]
    public async Task The_same_seed_gives_the_same_world_with_HTTP_and_UDP_trackers_in_it()
    {
        (long Events, TimeSpan Elapsed)[] runs = new (long, TimeSpan)[2];
        for (int run = 0; run < runs.Length; run++)
        {
            int number = run;
            await World.RunAsync(seed: 9, async world =>
            {
                var torrent = new SwarmTorrent(9, Piece, 8 * Piece);
                ServeUdp(world, ServeHttp(world));
                world.Network.Loss = 0.1;
                await using (var seed = new Node(world, 1, announces: [Http, Udp]))
                await using (var node = new Node(world, 2, announces: [Http, Udp]))
                {
                    await seed.SeedAsync(torrent);
                    await node.StartAsync(torrent);
                    await world.UntilAsync(() => node.Has(torrent), Long, "the download is complete");
                }

                runs[number] = (world.Events, world.Elapsed);
            });
        }

        Assert.Equal(runs[0], runs[1]);
    }

    private static ClientSettings WithDht(ClientSettings made) => made with
    {
        ListenPort = 6881,
        Dht = new DhtSettings { IsEnabled = true, BootstrapNodes = ["router.example:6881"] },
    };

    private static SimulatedTracker ServeHttp(World world)
    {
        var tracker = new SimulatedTracker(world);
        SimulatedHost host = world.Network.Join();
        world.Network.Name(Http.Host, host.Address);
        _ = new SimulatedHttpTracker(tracker, host);
        return tracker;
    }

    private static SimulatedUdpTracker ServeUdp(World world, SimulatedTracker tracker)
    {
        SimulatedHost host = world.Network.Join();
        world.Network.Name(Udp.Host, host.Address);
        return new SimulatedUdpTracker(tracker, host, Udp.Port);
    }
}

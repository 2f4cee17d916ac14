using System.Net;
using TorrentPatron.Engine.Network;
using TorrentPatron.Protocol.Trackers;
using TorrentPatron.Protocol.Wire;
using TorrentPatron.Simulation.Peers;
using TorrentPatron.Simulation.Simulator;

namespace TorrentPatron.Simulation.Scenarios;

/// <summary>A swarm with more hostile peers than honest ones.</summary>
public sealed class HostileSwarmScenarios(ITestOutputHelper output)
{
    private const int Piece = 32 * 1024;
    private const int Honest = 50;
    private const int Hostile = 200;

    [Theory]
    [InlineData(100, 1.3)]
    [InlineData(40, 2)]
    public async Task Two_hundred_hostile_peers_and_a_hostile_tracker_slow_fifty_honest_peers_only_a_little(int places, double ratio)
    {
        TimeSpan quiet = await DownloadAsync(places, hostile: 0);
        TimeSpan attacked = await DownloadAsync(places, Hostile);

        output.WriteLine($"{quiet.TotalSeconds:F1} s without them, {attacked.TotalSeconds:F1} s with them: {attacked / quiet:F2}");
        Assert.InRange(attacked / quiet, 0.5, ratio);
    }

    [Fact]
    public Task Places_held_by_silent_hosts_are_soon_free_for_others() => World.RunAsync(seed: 3, async world =>
    {
        const int Places = 40, Hosts = 80, Newcomers = 10;
        var torrent = new SwarmTorrent(1, Piece, 4 * Piece);
        await using var seed = new Node(world, 1, settings: settings => settings with { MaxPeersPerTorrent = Places });
        await seed.SeedAsync(torrent);
        bool isOver = false;
        for (int i = 1; i <= Hosts; i++)
            _ = HoldAsync(world.Network.Join(), i);
        await world.PassAsync(TimeSpan.FromSeconds(40));

        int served = 0;
        for (int i = 1; i <= Newcomers; i++)
        {
            using FakePeer peer = await FakePeer.ConnectAsync(world, seed, torrent, 1000 + i);
            peer.Send(MessageId.Interested);
            await world.UntilAsync(() => peer.IsClosed || peer.Count(MessageId.Unchoke) > 0, TimeSpan.FromMinutes(2), "a newcomer is unchoked or disconnected");
            served += peer.IsClosed ? 0 : 1;
        }

        isOver = true;
        Assert.Equal(Newcomers, served);

        async Task HoldAsync(SimulatedHost host, int id)
        {
            while (!isOver)
            {
                try
                {
                    using var peer = new FakePeer(world, await host.ConnectAsync(seed.EndPoint, NetworkUse.Peers, CancellationToken.None));
                    peer.Shake(torrent.Metainfo.InfoHash, id);
                    while (!peer.IsClosed && !isOver)
                        await Task.Delay(TimeSpan.FromSeconds(2), world.Time);
                }
                catch (IOException)
                {
                    // The connection was refused.
                }

                await Task.Delay(TimeSpan.FromSeconds(2), world.Time);
            }
        }
    });

    [Fact]
    public Task Idle_connections_from_an_address_do_not_block_others_there_and_busy_ones_stay() => World.RunAsync(seed: 4, async world =>
    {
        const int OfOneHost = 8;
        var torrent = new SwarmTorrent(1, Piece, 4 * Piece);
        await using var seed = new Node(world, 1);
        await seed.SeedAsync(torrent);
        SimulatedHost router = world.Network.Join();
        var peers = new List<FakePeer>();
        for (int i = 1; i <= OfOneHost; i++)
        {
            peers.Add(await FakePeer.ConnectAsync(world, seed, torrent, i, from: router));
            await world.PassAsync(TimeSpan.FromSeconds(1));
        }

        peers[0].Send(MessageId.Interested);
        await world.PassAsync(TimeSpan.FromSeconds(1));
        peers.Add(await FakePeer.ConnectAsync(world, seed, torrent, OfOneHost + 1, from: router));
        await world.PassAsync(TimeSpan.FromSeconds(1));
        Assert.Equal([peers[1]], peers.Where(peer => peer.IsClosed));

        foreach (FakePeer peer in peers.Where(peer => !peer.IsClosed))
            peer.Send(MessageId.Interested);
        await world.PassAsync(TimeSpan.FromSeconds(1));
        peers.Add(await FakePeer.ConnectAsync(world, seed, torrent, OfOneHost + 2, from: router));
        await world.PassAsync(TimeSpan.FromSeconds(1));
        Assert.Equal([peers[1], peers[^1]], peers.Where(peer => peer.IsClosed));
    });

    private async Task<TimeSpan> DownloadAsync(int places, int hostile)
    {
        TimeSpan took = default;
        await World.RunAsync(seed: 1, async world =>
        {
            var torrent = new SwarmTorrent(1, Piece, 128 * Piece);
            var good = new Uri($"http://{Serve(world, new SimulatedTracker(world))}/announce");
            var bad = new Uri($"http://{Serve(world, Liar(world))}/announce");
            Uri[] trackers = hostile > 0 ? [bad, good] : [good];
            var nodes = new Node[Honest + 1];
            for (int i = 0; i < nodes.Length; i++)
                nodes[i] = new Node(world, seed: 1 + i, world.Network.Join(up: 100_000), settings: settings => settings with { MaxPeersPerTorrent = places }, announces: trackers);
            await nodes[0].SeedAsync(torrent);
            HostileCrowd? crowd = hostile > 0 ? new HostileCrowd(world, torrent, nodes, hostile, targets: 12) : null;
            // They take all the seed's places before other peers connect.
            await world.PassAsync(TimeSpan.FromMinutes(2));
            TimeSpan began = world.Elapsed;
            foreach (Node node in nodes[1..])
                await node.StartAsync(torrent);

            await world.UntilAsync(() => nodes.All(node => node.Has(torrent)), TimeSpan.FromHours(1), "all honest peers are complete");
            took = world.Elapsed - began;
            output.WriteLine($"{crowd?.Dialled ?? 0} hostile connections, {world.Events} events");
            crowd?.IsOver = true;
            foreach (Node node in nodes)
            {
                torrent.AssertIsIn(node.Folder);
                await node.DisposeAsync();
            }
        });
        return took;
    }

    private static IPEndPoint Serve(World world, SimulatedTracker tracker)
    {
        SimulatedHost host = world.Network.Join();
        _ = new SimulatedHttpTracker(tracker, host);
        return new IPEndPoint(host.Address, 80);
    }

    /// <summary>A tracker that names a thousand unused addresses.</summary>
    private static SimulatedTracker Liar(World world) => new(world)
    {
        Answer = _ => new AnnounceResponse
        {
            Interval = TimeSpan.FromMinutes(2),
            Peers = [.. Enumerable.Range(0, 1000).Select(i => new IPEndPoint(new IPAddress([9, 9, (byte)(i >> 8), (byte)i]), 6881))],
        },
    };
}

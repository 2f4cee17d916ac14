using System.Net;
using TorrentPatron.Engine.Client;
using TorrentPatron.Protocol.Wire;
using TorrentPatron.Simulation.Peers;
using TorrentPatron.Simulation.Simulator;

namespace TorrentPatron.Simulation.Scenarios;

/// <summary>Peers that send wrong data, among honest ones.</summary>
public sealed class PoisonScenarios
{
    private const int Piece = 128 * 1024;

    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 2)]
    [InlineData(3, 15)]
    [InlineData(4, 15)]
    [InlineData(5, 15)]
    public Task One_poisoner_among_five_peers_is_banned_and_the_download_completes(int seed, int every) =>
        World.RunAsync(seed, async world =>
        {
            var torrent = new SwarmTorrent(seed, Piece, 40 * Piece);
            var peers = new List<FakePeer>[5];
            SimulatedHost[] hosts =
                [.. Enumerable.Range(0, 5).Select(_ => world.Network.Join(TimeSpan.FromMilliseconds(world.Random.Next(5, 200)), up: 200_000))];
            IPEndPoint[] endPoints =
                [.. hosts.Select((host, i) => Listen(world, torrent, i, isWrong: i == 2 ? Every(every) : null, peers[i] = [], host))];
            await using var leecher = new Node(world, seed);
            await leecher.StartAsync(torrent, endPoints);
            await world.UntilAsync(() => leecher.Has(torrent), TimeSpan.FromMinutes(10), "the download is complete");

            torrent.AssertIsIn(leecher.Folder);
            Assert.InRange(leecher.Status(torrent).FailedPieces, 1, 40);
            await world.PassAsync(TimeSpan.FromMinutes(10));

            // A peer given by hand is always dialled again unless it is banned.
            Assert.Single(peers[2]);
            for (int i = 0; i < 5; i++)
                Assert.Equal(i == 2, await IsRefusedAsync(world, leecher, torrent, hosts[i], i));
        });

    [Fact]
    public Task A_peer_that_sends_one_wrong_block_and_leaves_is_recognised_when_it_returns() => World.RunAsync(seed: 6, async world =>
    {
        // One piece of many blocks: two peers fetch it together.
        var torrent = new SwarmTorrent(6, 1 << 20, 1 << 20);
        await using var leecher = new Node(world, 1);
        await leecher.StartAsync(torrent);
        SimulatedHost host = world.Network.Join();
        using FakePeer poisoner = await FakePeer.ConnectAsync(world, leecher, torrent, id: 1, from: host);
        poisoner.Requested = range =>
        {
            if (poisoner.Count(MessageId.Request) == 1)
                poisoner.SendBlock(torrent, range, isWrong: true);
        };
        poisoner.Offer();
        await world.UntilAsync(() => poisoner.Count(MessageId.Request) > 0, TimeSpan.FromMinutes(1), "it is asked");
        await world.PassAsync(TimeSpan.FromSeconds(1));
        poisoner.Dispose();

        using FakePeer honest = await FakePeer.ConnectAsync(world, leecher, torrent, id: 2);
        honest.Serve(torrent);
        honest.Chat();
        await world.UntilAsync(() => leecher.Has(torrent), TimeSpan.FromMinutes(5), "the download is complete");

        Assert.Equal(1, leecher.Status(torrent).FailedPieces);
        using FakePeer again = await FakePeer.ConnectAsync(world, leecher, torrent, id: 1, from: host);
        await world.UntilAsync(() => again.IsClosed, TimeSpan.FromSeconds(10), "it is refused");
        using FakePeer other = await FakePeer.ConnectAsync(world, leecher, torrent, id: 3, from: host);
        await world.PassAsync(TimeSpan.FromSeconds(10));
        Assert.False(other.IsClosed, "another peer behind the same router is accepted");
    });

    [Fact]
    public Task A_swarm_of_poisoners_with_one_honest_peer_loses_to_it() => World.RunAsync(seed: 7, async world =>
    {
        var torrent = new SwarmTorrent(7, Piece, 40 * Piece);
        SimulatedHost[] hosts = [.. Enumerable.Range(0, 20).Select(_ => world.Network.Join(up: 200_000))];
        IPEndPoint[] endPoints = [.. hosts.Select((host, i) => Listen(world, torrent, i, i == 11 ? null : Chance(world, 0.3), [], host))];
        await using var leecher = new Node(world, 1);
        await leecher.StartAsync(torrent, endPoints);
        await world.UntilAsync(() => leecher.Has(torrent), TimeSpan.FromMinutes(30), "the download is complete");

        torrent.AssertIsIn(leecher.Folder);
        Assert.False(await IsRefusedAsync(world, leecher, torrent, hosts[11], 11));
    });

    [Theory]
    [InlineData(8, 1)]
    [InlineData(9, 1)]
    [InlineData(10, 3)]
    public Task One_wrong_block_in_each_piece_costs_little_more_than_those_blocks(int seed, int poisoners) => World.RunAsync(seed, async world =>
    {
        const int Large = 1 << 20;
        var torrent = new SwarmTorrent(seed, Large, 24 * Large);
        IPEndPoint[] honest =
            [.. Enumerable.Range(0, 3).Select(id => Listen(world, torrent, id, isWrong: null, [], world.Network.Join(up: 1_000_000)))];
        await using var leecher = new Node(world, seed);
        await leecher.StartAsync(torrent);
        int wrong = 0;
        for (int id = 10; id < 10 + poisoners; id++)
        {
            var poisoner = new HitAndRun(torrent, await FakePeer.ConnectAsync(world, leecher, torrent, id, isExtended: true));
            poisoner.Sent = () => wrong++;
            poisoner.Begin();
        }

        await world.UntilAsync(() => wrong > 0, TimeSpan.FromMinutes(1), "a wrong block is sent");
        await leecher.SendAsync(command => new AddSources(command, torrent.Metainfo.TorrentId, honest, []));
        await world.UntilAsync(() => leecher.Has(torrent), TimeSpan.FromMinutes(30), "the download is complete");

        torrent.AssertIsIn(leecher.Folder);
        TorrentStatus status = leecher.Status(torrent);
        TestContext.Current.SendDiagnosticMessage($"{wrong} wrong blocks, {status.FailedPieces} failed pieces, {status.BytesWasted} bytes wasted");
        Assert.InRange(wrong, 1, 24 * poisoners);
        Assert.InRange(status.BytesWasted, 1, 2L * wrong * BlockRequest.BlockLength + Large);
    });

    [Fact]
    public Task A_peer_that_sends_most_of_a_piece_with_one_wrong_block_and_then_stops_does_not_hold_it_up() => World.RunAsync(seed: 11, async world =>
    {
        var torrent = new SwarmTorrent(11, 1 << 20, 1 << 20);
        await using var leecher = new Node(world, 1);
        await leecher.StartAsync(torrent);
        SimulatedHost host = world.Network.Join();
        using FakePeer liar = await FakePeer.ConnectAsync(world, leecher, torrent, id: 1, from: host);
        liar.Requested = range =>
        {
            if (range.Begin < (1 << 20) - BlockRequest.BlockLength)
                liar.SendBlock(torrent, range, isWrong: range.Begin == 5 * BlockRequest.BlockLength);
        };
        liar.Offer();
        liar.Chat();
        await world.PassAsync(TimeSpan.FromSeconds(10));
        SimulatedHost other = world.Network.Join();
        using FakePeer honest = await FakePeer.ConnectAsync(world, leecher, torrent, id: 2, from: other);
        honest.Serve(torrent);
        honest.Chat();
        await world.UntilAsync(() => leecher.Has(torrent), TimeSpan.FromMinutes(4), "the download is complete");

        torrent.AssertIsIn(leecher.Folder);
        Assert.True(await IsRefusedAsync(world, leecher, torrent, host, 1));
        Assert.False(await IsRefusedAsync(world, leecher, torrent, other, 2));
    });

    /// <summary>A peer that sends one wrong block of each piece, then withdraws the piece (BEP 54), so that others complete it.</summary>
    private sealed class HitAndRun(SwarmTorrent torrent, FakePeer peer)
    {
        private readonly HashSet<int> _poisoned = [];

        public Action Sent { get; set; } = () => { };

        public void Begin()
        {
            peer.SendBytes([0, 0, 0, 26, 20, 0, .. "d1:md11:lt_donthavei1eee"u8]);
            peer.Requested = Answer;
            peer.Offer();
            peer.Chat();
        }

        private void Answer(BlockRequest range)
        {
            if (!_poisoned.Add(range.Piece))
            {
                peer.SendRange(MessageId.RejectRequest, range);
                return;
            }

            peer.SendBlock(torrent, range, isWrong: true);
            Sent();
            byte[] body = new byte[4];
            System.Buffers.Binary.BinaryPrimitives.WriteInt32BigEndian(body, range.Piece);
            if (NumberOfDontHave() is { } number)
                peer.Send(MessageId.Extended, [number, .. body]);
        }

        private byte? NumberOfDontHave()
        {
            foreach ((MessageId id, byte[] body) in peer.Messages)
            {
                if (id == MessageId.Extended && body[0] == 0 && ExtensionHandshake.TryRead(body.AsMemory(1), out ExtensionHandshake? hello))
                    return hello.Extensions.GetValueOrDefault(DontHaveMessage.ExtensionName);
            }

            return null;
        }
    }

    private static Predicate<BlockRequest> Every(int number)
    {
        int count = 0;
        return _ => ++count % number == 0;
    }

    private static Predicate<BlockRequest> Chance(World world, double share) => _ => world.Random.NextDouble() < share;

    private static IPEndPoint Listen(
        World world, SwarmTorrent torrent, int id, Predicate<BlockRequest>? isWrong, List<FakePeer> made, SimulatedHost host) =>
        FakePeer.Listen(world, host, torrent, id, peer =>
        {
            made.Add(peer);
            peer.Serve(torrent, isWrong);
            peer.Chat();
        });

    private static async Task<bool> IsRefusedAsync(World world, Node node, SwarmTorrent torrent, SimulatedHost from, int id)
    {
        using FakePeer peer = await FakePeer.ConnectAsync(world, node, torrent, id, from: from);
        await world.PassAsync(TimeSpan.FromSeconds(2));
        return peer.IsClosed;
    }
}

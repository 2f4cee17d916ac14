using System.Net;
using TorrentPatron.Engine.Client;
using TorrentPatron.Protocol.Metainfo;
using TorrentPatron.Protocol.Wire;
using TorrentPatron.Simulation.Peers;
using TorrentPatron.Simulation.Simulator;

namespace TorrentPatron.Simulation.Scenarios;

/// <summary>Wrong blocks of v2 torrents, detected by their own hashes (BEP 52).</summary>
public sealed class LeafScenarios
{
    private const int Block = BlockRequest.BlockLength;

    private static readonly TimeSpan Long = TimeSpan.FromMinutes(10);

    [Theory]
    [InlineData(1, MetainfoVersion.V2, 8, 1)]
    [InlineData(2, MetainfoVersion.V2, 8, 15)]
    [InlineData(3, MetainfoVersion.V2, 64, 1)]
    [InlineData(4, MetainfoVersion.V2, 64, 20)]
    [InlineData(5, MetainfoVersion.V2, 64, 100)]
    [InlineData(6, MetainfoVersion.Hybrid, 8, 15)]
    [InlineData(7, MetainfoVersion.Hybrid, 64, 20)]
    public async Task One_liar_among_five_peers_is_banned_soon_after_its_first_wrong_block_and_no_good_block_is_wasted(
        int seed, MetainfoVersion version, int blocks, int every)
    {
        SwarmTorrent torrent = await SwarmTorrent.MakeAsync(seed, version, blocks * Block, 2560L * Block);
        await World.RunAsync(seed, async world =>
        {
            var seeds = new Node[4];
            for (int i = 0; i < seeds.Length; i++)
            {
                seeds[i] = new Node(world, 10 + i, world.Network.Join(TimeSpan.FromMilliseconds(world.Random.Next(5, 100)), up: 400_000));
                await seeds[i].SeedAsync(torrent);
            }

            int sent = 0, wrong = 0;
            HashSet<int> poisoned = [];
            SimulatedHost host = world.Network.Join(TimeSpan.FromMilliseconds(30), up: 400_000);
            var made = new List<FakePeer>();
            IPEndPoint liar = FakePeer.Listen(world, host, torrent, 1, peer =>
            {
                made.Add(peer);
                peer.Serve(torrent, range =>
                {
                    if (++sent % every != 0)
                        return false;
                    wrong++;
                    poisoned.Add(range.Piece);
                    return true;
                });
                peer.Chat();
            });
            await using var leecher = new Node(world, seed);
            await leecher.StartAsync(torrent, [liar, .. seeds.Select(node => node.EndPoint)]);
            await world.UntilAsync(() => wrong > 0, Long, "a wrong block is sent");
            int before = sent;
            TimeSpan begun = world.Elapsed;
            await world.UntilAsync(() => made.TrueForAll(peer => peer.IsClosed), TimeSpan.FromMinutes(1), "the liar is banned");
            TestContext.Current.SendDiagnosticMessage(
                $"{version}, 1 of {every} wrong, {blocks} blocks a piece: out after {(world.Elapsed - begun).TotalSeconds:0.00} s and {sent - before} more blocks; "
                + $"{wrong} wrong in {poisoned.Count} pieces, {leecher.Status(torrent).BytesWasted / (double)Block} blocks wasted");
            await world.PassAsync(TimeSpan.FromSeconds(1));
            // Its first block is verified before it is asked for a second one.
            Assert.InRange(leecher.Status(torrent).BytesWasted, Block, every == 1 ? Block : (long)wrong * Block);

            await world.UntilAsync(() => leecher.Has(torrent), Long, "the download is complete");
            torrent.AssertIsIn(leecher.Folder);
            Assert.InRange(leecher.Status(torrent).FailedPieces, 0, poisoned.Count);
            Assert.Equal(0, leecher.HeldBytes);
            Assert.Equal(0, leecher.Client.Resources.BackPressure.Queued);
            using FakePeer again = await FakePeer.ConnectAsync(world, leecher, torrent, 1, from: host);
            await world.PassAsync(TimeSpan.FromSeconds(2));
            Assert.True(again.IsClosed, "it is still banned");
            foreach (Node node in seeds)
                await node.DisposeAsync();
        });
    }

    [Theory]
    [InlineData(11, 8)]
    [InlineData(12, 64)]
    [InlineData(13, 64)]
    [InlineData(14, 256)]
    public async Task Five_honest_peers_are_asked_for_more_soon_after_their_first_block(int seed, int blocks)
    {
        SwarmTorrent torrent = await SwarmTorrent.MakeAsync(seed, MetainfoVersion.V2, blocks * Block, 2560L * Block);
        await World.RunAsync(seed, async world =>
        {
            var seeds = new Node[5];
            for (int i = 0; i < seeds.Length; i++)
            {
                seeds[i] = new Node(world, 10 + i, world.Network.Join(TimeSpan.FromMilliseconds(world.Random.Next(5, 100)), up: 400_000));
                await seeds[i].SeedAsync(torrent);
            }

            await using var leecher = new Node(world, seed);
            await leecher.StartAsync(torrent, [.. seeds.Select(node => node.EndPoint)]);
            await world.UntilAsync(() => leecher.Status(torrent).BytesReceived > 20 * Block, Long, "each peer sends more than one block");
            TestContext.Current.SendDiagnosticMessage($"{blocks} blocks a piece: 20 blocks after {world.Elapsed.TotalSeconds:0.00} s");
            // Two round trips of up to 0.4 s: one for the first block, one for its hash.
            Assert.InRange(world.Elapsed.TotalSeconds, 0, 1.5);
            await world.UntilAsync(() => leecher.Has(torrent), Long, "the download is complete");
            torrent.AssertIsIn(leecher.Folder);
            foreach (Node node in seeds)
                await node.DisposeAsync();
        });
    }

    [Fact]
    public async Task A_peer_with_wrong_block_hashes_is_banned_and_one_without_them_does_no_harm()
    {
        SwarmTorrent torrent = await SwarmTorrent.MakeAsync(8, MetainfoVersion.V2, 16 * Block, 40L * 16 * Block);
        await World.RunAsync(seed: 8, async world =>
        {
            FakePeer? poisoner = null, liar = null, refuser = null;
            int refused = 0;
            IPEndPoint[] endPoints =
            [
                FakePeer.Listen(world, world.Network.Join(up: 400_000), torrent, 1, peer => (poisoner = peer).Serve(torrent, _ => true)),
                FakePeer.Listen(world, world.Network.Join(up: 400_000), torrent, 2, peer =>
                {
                    (liar = peer).HashesRequested = request =>
                    {
                        var body = new byte[HashRequest.BodyLength + (request.Length * MerkleTree.HashLength)];
                        request.Write(body);
                        peer.Send(MessageId.Hashes, body);
                    };
                    peer.Serve(torrent);
                }),
                FakePeer.Listen(world, world.Network.Join(up: 400_000), torrent, 3, peer =>
                {
                    (refuser = peer).HashesRequested = request =>
                    {
                        refused++;
                        var body = new byte[HashRequest.BodyLength];
                        request.Write(body);
                        peer.Send(MessageId.HashReject, body);
                    };
                    peer.Serve(torrent);
                    peer.Chat();
                }),
            ];
            await using var leecher = new Node(world, 8);
            await leecher.StartAsync(torrent, endPoints);
            await world.UntilAsync(() => leecher.Has(torrent), Long, "the download is complete");

            torrent.AssertIsIn(leecher.Folder);
            Assert.True(poisoner!.IsClosed, "the peer with wrong blocks is banned");
            Assert.True(liar!.IsClosed, "the peer with wrong hashes is banned");
            Assert.InRange(refused, 1, 100);
            Assert.Equal(0, leecher.Client.Resources.BackPressure.Queued);
        });
    }

    [Fact]
    public async Task Without_peers_that_send_block_hashes_the_liar_is_detected_as_in_version_1()
    {
        SwarmTorrent torrent = await SwarmTorrent.MakeAsync(9, MetainfoVersion.V2, 16 * Block, 40L * 16 * Block);
        await World.RunAsync(seed: 9, async world =>
        {
            FakePeer? poisoner = null;
            IPEndPoint[] endPoints = [.. Enumerable.Range(0, 3).Select(id => FakePeer.Listen(world, world.Network.Join(up: 400_000), torrent, id, peer =>
            {
                if (id == 0)
                    poisoner = peer;
                peer.Serve(torrent, range => id == 0 && range.Begin == 3 * Block);
                peer.Chat();
            }))];
            await using var leecher = new Node(world, 9);
            await leecher.StartAsync(torrent, endPoints);
            await world.UntilAsync(() => leecher.Has(torrent), Long, "the download is complete");
            torrent.AssertIsIn(leecher.Folder);
            Assert.True(poisoner!.IsClosed, "the liar is banned");
        });
    }
}

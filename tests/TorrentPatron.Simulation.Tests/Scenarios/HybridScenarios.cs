using System.Net;
using TorrentPatron.Engine.Client;
using TorrentPatron.Protocol;
using TorrentPatron.Protocol.Magnets;
using TorrentPatron.Protocol.Metainfo;
using TorrentPatron.Protocol.Wire;
using TorrentPatron.Simulation.Peers;
using TorrentPatron.Simulation.Simulator;

namespace TorrentPatron.Simulation.Scenarios;

/// <summary>Hybrid torrents (BEP 52) among peers that know one or both hashes, and v2 torrents without piece layers.</summary>
public sealed class HybridScenarios
{
    private const int Piece = 64 * 1024;

    private static readonly TimeSpan Long = TimeSpan.FromMinutes(10);

    [Fact]
    public async Task A_peer_that_knows_only_the_v2_hash_connects_with_it_and_completes()
    {
        SwarmTorrent torrent = await SwarmTorrent.MakeAsync(1, MetainfoVersion.Hybrid, Piece, 10 * Piece);
        await World.RunAsync(seed: 1, async world =>
        {
            await using var seed = new Node(world, 1);
            await seed.SeedAsync(torrent);
            await using var other = new Node(world, 2);
            await StartAsync(other, Link(torrent, hasV1: false));
            // Only the seed dials.
            await seed.SendAsync(id => new AddSources(id, torrent.Metainfo.TorrentId, [other.EndPoint], []));
            await world.UntilAsync(() => IsComplete(other), Long, "the download is complete");

            torrent.AssertIsIn(other.Folder);
            Assert.Equal(torrent.Metainfo.TorrentId.V1, MetainfoOf(other)!.TorrentId.V1);
        });
    }

    [Fact]
    public async Task A_peer_that_refuses_one_hash_of_a_hybrid_is_tried_once_with_the_other_and_that_is_remembered()
    {
        SwarmTorrent torrent = await SwarmTorrent.MakeAsync(2, MetainfoVersion.Hybrid, Piece, 10 * Piece);
        await World.RunAsync(seed: 2, async world =>
        {
            SimulatedHost host = world.Network.Join();
            List<Handshake> met = [];
            IPEndPoint endPoint = FakePeer.ListenTo(world, host, handshake =>
            {
                met.Add(handshake);
                return handshake.InfoHash == torrent.Metainfo.TorrentId.SecondWireHash;
            });
            await using var node = new Node(world, 1, settings: settings => settings with { Encryption = EncryptionPolicy.Off });
            await node.StartAsync(torrent, endPoint);
            await world.UntilAsync(() => node.Status(torrent).ConnectedPeers == 1, Long, "the peer is connected");
            Assert.Equal([torrent.Metainfo.TorrentId.V1!.Value, torrent.Metainfo.TorrentId.SecondWireHash!.Value], met.Select(handshake => handshake.InfoHash));
            Assert.Equal([true, false], met.Select(handshake => handshake.SupportsV2));

            // The peer stays silent, is disconnected, and is dialled again.
            await world.UntilAsync(() => met.Count > 2, TimeSpan.FromHours(1), "it is dialled again");
            Assert.Equal(torrent.Metainfo.TorrentId.SecondWireHash, met[2].InfoHash);
        });
    }

    [Fact]
    public async Task A_peer_that_refuses_both_hashes_is_tried_with_the_second_once()
    {
        SwarmTorrent torrent = await SwarmTorrent.MakeAsync(3, MetainfoVersion.Hybrid, Piece, 10 * Piece);
        await World.RunAsync(seed: 3, async world =>
        {
            List<Handshake> met = [];
            IPEndPoint endPoint = FakePeer.ListenTo(world, world.Network.Join(), handshake =>
            {
                met.Add(handshake);
                return false;
            });
            await using var node = new Node(world, 1, settings: settings => settings with { Encryption = EncryptionPolicy.Off });
            await node.StartAsync(torrent, endPoint);
            await world.UntilAsync(() => met.Count > 5, TimeSpan.FromHours(2), "it is dialled again and again");
            Assert.Single(met, handshake => handshake.InfoHash == torrent.Metainfo.TorrentId.SecondWireHash);
        });
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Once_its_metadata_has_arrived_a_hybrid_joins_the_swarms_of_both_hashes(bool isByV1)
    {
        SwarmTorrent torrent = await SwarmTorrent.MakeAsync(4, MetainfoVersion.Hybrid, Piece, 10 * Piece);
        await World.RunAsync(seed: 4, async world =>
        {
            var tracker = new SimulatedTracker(world);
            await using var seed = new Node(world, 1);
            await seed.SeedAsync(torrent);
            await using var middle = new Node(world, 2, tracker: tracker);
            await StartAsync(middle, Link(torrent, hasV1: isByV1, hasV2: !isByV1), seed.EndPoint);
            await world.UntilAsync(() => IsComplete(middle), Long, "the peer with a link is complete");
            await world.UntilAsync(() => MetainfoOf(middle)!.HasPieceLayers, Long, "its piece layers have been fetched");

            // It finds peers only through the tracker, and with the hash that the first link did not have.
            await using var last = new Node(world, 3, tracker: tracker);
            await StartAsync(last, Link(torrent, hasV1: !isByV1, hasV2: isByV1));
            await world.UntilAsync(() => IsComplete(last), Long, "the peer with the other link is complete");
            torrent.AssertIsIn(last.Folder);
        });
    }

    [Fact]
    public async Task A_v2_torrent_fetched_by_a_link_serves_its_hashes_to_others_at_once()
    {
        SwarmTorrent torrent = await SwarmTorrent.MakeAsync(8, MetainfoVersion.V2, Piece, 10 * Piece);
        await World.RunAsync(seed: 8, async world =>
        {
            await using var first = new Node(world, 2);
            await using (var seed = new Node(world, 1))
            {
                await seed.SeedAsync(torrent);
                await StartAsync(first, Link(torrent), seed.EndPoint);
                await world.UntilAsync(() => IsComplete(first), Long, "the first is complete");
            }

            await using var second = new Node(world, 3);
            await StartAsync(second, Link(torrent), first.EndPoint);
            await world.UntilAsync(() => IsComplete(second), Long, "the second is complete");
            torrent.AssertIsIn(second.Folder);
        });
    }

    [Fact]
    public async Task Peers_of_both_versions_share_one_swarm_of_a_hybrid()
    {
        SwarmTorrent torrent = await SwarmTorrent.MakeAsync(5, MetainfoVersion.Hybrid, Piece, 30 * Piece, 5, 7 * Piece + 100);
        await World.RunAsync(seed: 5, async world =>
        {
            var tracker = new SimulatedTracker(world);
            await using var seed = new Node(world, 1, world.Network.Join(up: 100_000), tracker);
            await seed.SeedAsync(torrent);
            await using var one = new Node(world, 2, tracker: tracker);
            await StartAsync(one, Link(torrent, hasV1: true, hasV2: false));
            await using var two = new Node(world, 3, tracker: tracker);
            await StartAsync(two, Link(torrent, hasV1: false, hasV2: true));
            await using var both = new Node(world, 4, tracker: tracker);
            await both.StartAsync(torrent);
            await world.UntilAsync(() => IsComplete(one) && IsComplete(two) && IsComplete(both), Long, "all are complete");
            torrent.AssertIsIn(one.Folder);
            torrent.AssertIsIn(two.Folder);
            torrent.AssertIsIn(both.Folder);
            Assert.All([one, two, both], node => Assert.Equal(0, Assert.Single(node.Client.GetStatuses()).FailedPieces));
        });
    }

    [Theory]
    [InlineData(MetainfoVersion.V2)]
    [InlineData(MetainfoVersion.Hybrid)]
    public async Task A_torrent_file_without_some_piece_layers_gets_them_from_peers_and_keeps_them(MetainfoVersion version)
    {
        SwarmTorrent whole = await SwarmTorrent.MakeAsync(6, version, Piece, 10 * Piece, 20 * Piece, 7);
        int longest = whole.Metainfo.Files.Index().First(file => file.Item.Length == 20 * Piece).Index;
        int other = whole.Metainfo.Files.Index().First(file => file.Item.Length == 10 * Piece).Index;
        TorrentMetainfo some = MetainfoReader.Read(Without(whole.Metainfo, longest));
        Assert.False(some.HasPieceLayers);
        Assert.False(some.PieceLayer(other).IsEmpty);
        await World.RunAsync(seed: 6, async world =>
        {
            await using var seed = new Node(world, 1);
            await seed.SeedAsync(whole);
            await using var node = new Node(world, 2);
            var store = new MemoryResumeStore();
            await node.StartAsync(new SwarmTorrent(some, whole.Data), store, seed.EndPoint);
            await world.UntilAsync(() => node.Has(whole), Long, "the download is complete");

            whole.AssertIsIn(node.Folder);
            await world.UntilAsync(() => MetainfoOf(node)!.HasPieceLayers, Long, "its piece layers have been fetched");
            Assert.Equal(whole.Metainfo.RawPieceLayers.ToArray(), store.Metainfo!.RawPieceLayers.ToArray());
            Assert.Equal(0, node.Client.Resources.MetadataMemory.Taken);
        });
    }

    [Fact]
    public async Task A_hybrid_without_piece_layers_downloads_from_peers_of_version_1()
    {
        SwarmTorrent whole = await SwarmTorrent.MakeAsync(7, MetainfoVersion.Hybrid, Piece, 10 * Piece);
        TorrentMetainfo bare = MetainfoReader.ReadInfo(whole.Metainfo.RawInfo, [], []);
        await World.RunAsync(seed: 7, async world =>
        {
            IPEndPoint seed = FakePeer.Listen(world, world.Network.Join(), whole, 1, peer => peer.Serve(whole));
            await using var node = new Node(world, 2);
            await node.StartAsync(new SwarmTorrent(bare, whole.Data), seed);
            await world.UntilAsync(() => node.Has(whole), Long, "the download is complete");
            Assert.False(MetainfoOf(node)!.HasPieceLayers);
        });
    }

    /// <summary>The torrent without the piece layer of one file.</summary>
    private static byte[] Without(TorrentMetainfo metainfo, int file)
    {
        TorrentMetainfo bare = MetainfoReader.ReadInfo(metainfo.RawInfo, [], []);
        string raw = System.Text.Encoding.Latin1.GetString(bare.Raw.Span);
        var layers = metainfo.Files.Index().Where(entry => entry.Index != file && metainfo.PieceLayer(entry.Index).Length > 0)
            .Select(entry => (Root: System.Text.Encoding.Latin1.GetString(entry.Item.PiecesRoot.Span), Layer: System.Text.Encoding.Latin1.GetString(metainfo.PieceLayer(entry.Index).Span)))
            .OrderBy(entry => entry.Root, StringComparer.Ordinal);
        return System.Text.Encoding.Latin1.GetBytes(
            raw[..^1] + "12:piece layersd" + string.Concat(layers.Select(entry => $"32:{entry.Root}{entry.Layer.Length}:{entry.Layer}")) + "ee");
    }

    private static MagnetLink Link(SwarmTorrent torrent, bool hasV1 = true, bool hasV2 = true) => new()
    {
        InfoHash = hasV1 ? torrent.Metainfo.TorrentId.V1 : null,
        InfoHashV2 = hasV2 ? torrent.Metainfo.TorrentId.V2 : null,
    };

    private static async Task StartAsync(Node node, MagnetLink link, params IPEndPoint[] peers) =>
        Assert.IsType<NewTorrentCreated>(await node.SendAsync(id => new CreateNewTorrent(id, link, node.Folder)
        {
            ResumeStore = new MemoryResumeStore(),
            Peers = peers,
            Trackers = node.Announces,
        }));

    private static bool IsComplete(Node node) => node.Client.GetStatuses() is [{ State: TorrentState.Seeding }];

    private static TorrentMetainfo? MetainfoOf(Node node) => TorrentId.TryParse(Assert.Single(node.Client.GetStatuses()).InfoHash, out TorrentId torrent) ? node.Client.GetMetainfo(torrent) : null;
}

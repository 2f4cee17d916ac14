using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Storage;
using TorrentPatron.Protocol.Metainfo;
using TorrentPatron.Protocol.Wire;
using TorrentPatron.Simulation.Peers;
using TorrentPatron.Simulation.Simulator;

namespace TorrentPatron.Simulation.Scenarios;

/// <summary>Equal files of a torrent, which v2 identifies by their roots (BEP 52).</summary>
public sealed class EqualFileScenarios
{
    private const int Piece = 64 * 1024;

    private static readonly TimeSpan Long = TimeSpan.FromMinutes(10);

    private static readonly byte[] Twin = SwarmTorrent.RandomBytes(1, (20 * Piece) + 100);
    private static readonly byte[] Other = SwarmTorrent.RandomBytes(2, (7 * Piece) + 5);
    private static readonly byte[] Small = SwarmTorrent.RandomBytes(3, 1000);

    public static TheoryData<MetainfoVersion> Versions => [MetainfoVersion.V2, MetainfoVersion.Hybrid];

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task Equal_files_are_fetched_once(MetainfoVersion version)
    {
        SwarmTorrent torrent = await MakeAsync(version);
        await World.RunAsync(seed: 1, async world =>
        {
            await using var first = new Node(world, 1, world.Network.Join(up: 300_000));
            await first.SeedAsync(torrent);
            await using var second = new Node(world, 2, world.Network.Join(up: 300_000));
            await second.SeedAsync(torrent);
            await using var node = new Node(world, 3);
            await node.StartAsync(torrent, first.EndPoint, second.EndPoint);
            await world.UntilAsync(() => node.Has(torrent), Long, "the download is complete");

            torrent.AssertIsIn(node.Folder);
            TorrentStatus status = node.Status(torrent);
            Assert.Equal(0, status.FailedPieces);
            // In the end game some blocks arrive twice; a hybrid's padding is transferred too.
            long once = Twin.Length + Other.Length + Small.Length + (version == MetainfoVersion.Hybrid ? 3 * Piece : 0);
            Assert.InRange(status.BytesReceived - status.BytesWasted, Twin.Length + Other.Length + Small.Length, once);
        });
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task An_existing_file_is_copied_to_equal_ones_without_any_peer(MetainfoVersion version)
    {
        SwarmTorrent torrent = await MakeAsync(version);
        await World.RunAsync(seed: 2, async world =>
        {
            await using var node = new Node(world, 1);
            torrent.WriteTo(node.Folder);
            foreach (TorrentFileEntry file in torrent.Metainfo.Files.Where(file => file.Path.EndsWith("file0.bin") || file.Path.EndsWith("file3.bin")))
                File.Delete(Path.Combine(node.Folder, file.Path));
            await node.StartAsync(torrent);
            await world.UntilAsync(() => node.Has(torrent), Long, "the torrent is complete");
            torrent.AssertIsIn(node.Folder);
            Assert.Equal(0, node.Status(torrent).BytesReceived);
        });
    }

    [Fact]
    public async Task A_file_is_fetched_if_no_peer_has_an_equal_one()
    {
        SwarmTorrent torrent = await MakeAsync(MetainfoVersion.V2);
        await World.RunAsync(seed: 3, async world =>
        {
            await using var node = new Node(world, 1);
            await node.StartAsync(torrent);
            using FakePeer peer = await FakePeer.ConnectAsync(world, node, torrent);
            // All but the pieces of the first of the equal files.
            int[] lacking = [.. Enumerable.Range(0, 21)];
            var pieces = new Bitfield(torrent.Metainfo.PieceCount);
            pieces.SetAll();
            foreach (int piece in lacking)
                pieces.Clear(piece);
            HashSet<int> asked = [];
            peer.Requested = range =>
            {
                asked.Add(range.Piece);
                peer.SendBlock(torrent, range);
            };
            peer.Send(MessageId.Bitfield, pieces.Bytes.ToArray());
            peer.Send(MessageId.Unchoke);
            peer.Chat();
            await world.UntilAsync(() => node.Has(torrent), Long, "the download is complete");
            torrent.AssertIsIn(node.Folder);
            Assert.DoesNotContain(asked, lacking.Contains);
        });
    }

    [Fact]
    public async Task A_skipped_copy_is_not_made_and_a_copy_wanted_alone_is_fetched()
    {
        SwarmTorrent torrent = await MakeAsync(MetainfoVersion.V2);
        await World.RunAsync(seed: 4, async world =>
        {
            await using var seed = new Node(world, 1);
            await seed.SeedAsync(torrent);
            await using var node = new Node(world, 2);
            FilePriority[] priorities = [FilePriority.Skip, FilePriority.Skip, FilePriority.Normal, FilePriority.Skip, FilePriority.Skip];
            await node.SendAsync(id => new CreateNewTorrent(id, torrent.Metainfo, node.Folder)
            {
                ResumeStore = new MemoryResumeStore(), Peers = [seed.EndPoint], FilePriorities = priorities,
            });
            await world.UntilAsync(() => node.Has(torrent), Long, "the file has arrived");
            torrent.AssertIsIn(node.Folder, torrent.Metainfo.Files[2]);
            Assert.False(File.Exists(Path.Combine(node.Folder, torrent.Metainfo.Files[0].Path)));

            // The second file, wanted later, is copied from it.
            priorities[0] = FilePriority.Normal;
            long received = node.Status(torrent).BytesReceived;
            await node.SendAsync(id => new SetFilePriorities(id, torrent.Metainfo.TorrentId, priorities));
            await world.UntilAsync(() => node.Status(torrent).IsComplete && node.Has(torrent), Long, "both files have arrived");
            torrent.AssertIsIn(node.Folder, torrent.Metainfo.Files[0]);
            Assert.Equal(received, node.Status(torrent).BytesReceived);
        });
    }

    [Fact]
    public async Task A_copy_that_turns_out_wrong_is_fetched()
    {
        SwarmTorrent torrent = await MakeAsync(MetainfoVersion.V2);
        await World.RunAsync(seed: 5, async world =>
        {
            await using var node = new Node(world, 1);
            torrent.WriteTo(node.Folder);
            File.Delete(Path.Combine(node.Folder, torrent.Metainfo.Files[2].Path));
            // A file that counts as complete has been changed since.
            string path = Path.Combine(node.Folder, torrent.Metainfo.Files[0].Path);
            using (FileStream file = File.OpenWrite(path))
            {
                file.Position = 3 * Piece;
                file.WriteByte((byte)~Twin[3 * Piece]);
            }

            var verified = new Bitfield(torrent.Metainfo.PieceCount);
            for (int piece = 0; piece < verified.Length; piece++)
            {
                if (piece is < 29 or > 49)
                    verified.Set(piece);
            }

            await node.StartAsync(torrent, new MemoryResumeStore { Data = new ResumeData { Verified = verified, Destination = node.Folder } });
            await world.UntilAsync(() => node.Status(torrent).VerifiedPieces == torrent.Metainfo.PieceCount - 1, Long, "all pieces but the changed one are copied");
            await using var seed = new Node(world, 2);
            await seed.SeedAsync(torrent);
            await node.SendAsync(id => new AddSources(id, torrent.Metainfo.TorrentId, [seed.EndPoint], []));
            await world.UntilAsync(() => node.Has(torrent), Long, "the piece is fetched");
            torrent.AssertIsIn(node.Folder, torrent.Metainfo.Files[2]);
        });
    }

    private static Task<SwarmTorrent> MakeAsync(MetainfoVersion version) =>
        SwarmTorrent.MakeAsync("equal", version, Piece, Twin, Other, Twin, Small, Small);
}

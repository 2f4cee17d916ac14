using System.Text;
using TorrentPatron.Protocol.Metainfo;

namespace TorrentPatron.Protocol.Tests.Metainfo;

/// <summary>Each rule of BEP 52 for file trees, roots, piece layers and hybrids, broken one at a time.</summary>
public sealed class HashTreeTests
{
    private const int Long = (5 * V2Torrent.PieceLength) + 1;

    private static readonly string LongFile = V2Torrent.File("a", Long);
    private static readonly string LongLayer = V2Torrent.Layer(Long);

    [Fact]
    public void A_v2_torrent_has_the_roots_and_layers_of_its_files()
    {
        TorrentMetainfo torrent = MetainfoReader.Read(V2Torrent.Make(LongFile + V2Torrent.File("b", 0) + V2Torrent.File("c", 20_000), LongLayer));

        Assert.True(torrent.HasPieceLayers);
        Assert.Equal(V2Torrent.Root(V2Torrent.Content(Long)), torrent.Files[0].PiecesRoot.ToArray());
        Assert.Equal(V2Torrent.PieceHashes(V2Torrent.Content(Long)).SelectMany(hash => hash), torrent.PieceLayer(0).ToArray());
        Assert.True(torrent.Files[1].PiecesRoot.IsEmpty);
        Assert.Equal(32, torrent.Files[2].PiecesRoot.Length);
        Assert.True(torrent.PieceLayer(2).IsEmpty);
        Assert.Equal(7, torrent.PieceCount);
        Assert.Equal([V2Torrent.PieceLength, 1, 20_000], [torrent.PieceSize(0), torrent.PieceSize(5), torrent.PieceSize(6)]);
        Assert.Equal([V2Torrent.PieceLength, V2Torrent.PieceLength], [torrent.PieceRoom(5), torrent.PieceRoom(6)]);
    }

    [Fact]
    public void A_v2_torrent_of_short_files_needs_no_layers()
    {
        byte[] torrent = Encoding.Latin1.GetBytes(
            $"d4:infod9:file treed{V2Torrent.File("a", V2Torrent.PieceLength)}e12:meta versioni2e4:name1:n12:piece lengthi{V2Torrent.PieceLength}eee");
        Assert.True(MetainfoReader.Read(torrent).HasPieceLayers);
    }

    [Fact]
    public void Equal_files_share_one_layer()
    {
        TorrentMetainfo torrent = MetainfoReader.Read(V2Torrent.Make(LongFile + V2Torrent.File("b", Long), LongLayer));
        Assert.Equal(torrent.PieceLayer(0).ToArray(), torrent.PieceLayer(1).ToArray());
    }

    [Fact]
    public void An_unsorted_tree_is_refused() =>
        AssertRefused(MetainfoFault.InvalidHashTree, "not sorted", V2Torrent.Make(V2Torrent.File("b", 5) + V2Torrent.File("a", 5)));

    [Fact]
    public void A_name_twice_in_a_folder_is_refused() =>
        AssertRefused(MetainfoFault.InvalidHashTree, "not sorted", V2Torrent.Make(V2Torrent.File("a", 5) + V2Torrent.File("a", 5)));

    [Fact]
    public void An_unsorted_folder_within_a_sorted_tree_is_refused() =>
        AssertRefused(
            MetainfoFault.InvalidHashTree, "not sorted",
            V2Torrent.Make($"1:ad{V2Torrent.File("z", 5)}{V2Torrent.File("b", 5)}e" + V2Torrent.File("c", 5)));

    [Fact]
    public void A_file_that_is_also_a_folder_is_refused() =>
        AssertRefused(
            MetainfoFault.InvalidHashTree, "both a file and a folder",
            V2Torrent.Make($"1:ad0:d6:lengthi0ee{V2Torrent.File("b", 5)}e"));

    [Fact]
    public void A_root_that_is_a_file_is_refused() =>
        AssertRefused(MetainfoFault.InvalidField, "no path", V2Torrent.Make("0:d6:lengthi0ee"));

    [Fact]
    public void A_file_without_a_root_is_refused()
    {
        AssertRefused(MetainfoFault.InvalidHashTree, "no root hash", V2Torrent.Make(V2Torrent.File("a", 5, root: null)));
        AssertRefused(MetainfoFault.InvalidHashTree, "no root hash", V2Torrent.Make(V2Torrent.File("a", 5, new byte[31])));
    }

    [Fact]
    public void A_file_without_a_length_is_refused() =>
        AssertRefused(MetainfoFault.MissingField, "length", V2Torrent.Make("1:ad0:d11:pieces root" + V2Torrent.Text(new byte[32]) + "ee"));

    [Fact]
    public void Lengths_that_add_up_to_more_than_is_possible_are_refused() =>
        AssertRefused(
            MetainfoFault.InvalidField, "total size is too large",
            V2Torrent.Make(V2Torrent.File("a", long.MaxValue - 5, new byte[32]) + V2Torrent.File("b", long.MaxValue - 5, new byte[32])));

    [Fact]
    public void A_tree_deeper_than_is_read_is_refused()
    {
        string tree = V2Torrent.File("f", 5);
        for (int i = 0; i < 100; i++)
            tree = $"1:ad{tree}e";
        AssertRefused(MetainfoFault.NotATorrent, "", V2Torrent.Make(tree));
    }

    [Fact]
    public void Layers_may_be_missing_and_existing_ones_are_kept()
    {
        const int Other = Long + 1;
        TorrentMetainfo some = MetainfoReader.Read(V2Torrent.Make(LongFile + V2Torrent.File("b", Other), LongLayer));
        Assert.False(some.HasPieceLayers);
        Assert.Equal(6 * 32, some.PieceLayer(0).Length);
        Assert.True(some.PieceLayer(1).IsEmpty);
        Assert.False(MetainfoReader.Read(V2Torrent.Make(LongFile + V2Torrent.File("b", 5))).HasPieceLayers);
        byte[] none = Encoding.Latin1.GetBytes($"d4:infod9:file treed{LongFile}e12:meta versioni2e4:name1:n12:piece lengthi{V2Torrent.PieceLength}eee");
        Assert.False(MetainfoReader.Read(none).HasPieceLayers);
    }

    [Theory]
    [InlineData("")]
    [InlineData("12:piece layersde1:zi1e")]
    [InlineData("1:zi1e1:ai1e1:zi2e")]
    public void A_torrent_adds_layers_from_peers_and_keeps_everything_else(string more)
    {
        string info = $"4:infod9:file treed{LongFile}e12:meta versioni2e4:name1:n12:piece lengthi{V2Torrent.PieceLength}ee";
        TorrentMetainfo bare = MetainfoReader.Read(Encoding.Latin1.GetBytes($"d8:announce13:http://a.org/{info}{more}e"));
        byte[] layer = [.. V2Torrent.PieceHashes(V2Torrent.Content(Long)).SelectMany(hash => hash)];
        var root = new InfoHashV2(V2Torrent.Root(V2Torrent.Content(Long)));

        TorrentMetainfo whole = MetainfoReader.WithPieceLayers(bare, new Dictionary<InfoHashV2, ReadOnlyMemory<byte>> { [root] = layer });
        Assert.True(whole.HasPieceLayers);
        Assert.Equal(layer, whole.PieceLayer(0).ToArray());
        Assert.Equal(bare.TorrentId.V2, whole.TorrentId.V2);
        Assert.Equal(["http://a.org/"], whole.TrackerTiers.SelectMany(tier => tier));
        string raw = Encoding.Latin1.GetString(whole.Raw.Span);
        Assert.Equal(more.Contains("1:zi1e"), raw.Contains("1:zi1e"));
        Assert.DoesNotContain("1:zi2e", raw);

        layer[0] ^= 1;
        Assert.Throws<MetainfoException>(() => MetainfoReader.WithPieceLayers(bare, new Dictionary<InfoHashV2, ReadOnlyMemory<byte>> { [root] = layer }));
    }

    [Fact]
    public void A_layer_of_the_wrong_length_is_refused()
    {
        byte[] layer = [.. V2Torrent.PieceHashes(V2Torrent.Content(Long)).SelectMany(hash => hash)];
        string root = V2Torrent.Text(V2Torrent.Root(V2Torrent.Content(Long)));
        AssertRefused(MetainfoFault.InvalidHashTree, "its 6 pieces", V2Torrent.Make(LongFile, root + V2Torrent.Text(layer[32..])));
        AssertRefused(MetainfoFault.InvalidHashTree, "its 6 pieces", V2Torrent.Make(LongFile, root + V2Torrent.Text([.. layer, .. new byte[32]])));
        AssertRefused(MetainfoFault.InvalidHashTree, "its 6 pieces", V2Torrent.Make(LongFile, root + V2Torrent.Text(layer[1..])));
    }

    [Fact]
    public void A_layer_that_does_not_hash_to_its_root_is_refused()
    {
        byte[] layer = [.. V2Torrent.PieceHashes(V2Torrent.Content(Long)).SelectMany(hash => hash)];
        layer[^1] ^= 1;
        AssertRefused(
            MetainfoFault.InvalidHashTree, "do not match its root hash",
            V2Torrent.Make(LongFile, V2Torrent.Text(V2Torrent.Root(V2Torrent.Content(Long))) + V2Torrent.Text(layer)));
    }

    [Fact]
    public void Layers_that_are_a_list_are_refused() =>
        AssertRefused(
            MetainfoFault.InvalidHashTree, "not a dictionary",
            Encoding.Latin1.GetBytes($"d4:infod9:file treed{LongFile}e12:meta versioni2e4:name1:n12:piece lengthi{V2Torrent.PieceLength}ee12:piece layerslee"));

    [Theory]
    [InlineData(16 * 1024 - 1)]
    [InlineData(24 * 1024)]
    public void A_piece_length_that_is_not_a_power_of_two_of_blocks_is_refused(int length) =>
        AssertRefused(
            MetainfoFault.InvalidField, "power of two",
            Encoding.Latin1.GetBytes($"d4:infod9:file treed{V2Torrent.File("a", 5)}e12:meta versioni2e4:name1:n12:piece lengthi{length}eee"));

    [Fact]
    public void A_torrent_of_a_later_version_is_refused_as_such() =>
        AssertRefused(
            MetainfoFault.UnsupportedVersion, "version",
            Encoding.Latin1.GetBytes("d4:infod9:file treele12:meta versioni3e4:name1:n12:piece lengthi1eee"));

    [Fact]
    public void An_info_dictionary_of_peers_has_no_layers_yet()
    {
        byte[] info = MetainfoReader.Read(V2Torrent.Make(LongFile, LongLayer)).RawInfo.ToArray();
        TorrentMetainfo torrent = MetainfoReader.ReadInfo(info, [], []);
        Assert.False(torrent.HasPieceLayers);
        Assert.True(torrent.PieceLayer(0).IsEmpty);
    }

    [Fact]
    public void A_hybrid_whose_halves_agree_has_the_files_of_both()
    {
        TorrentMetainfo torrent = MetainfoReader.Read(V2Torrent.MakeHybrid(
            LongFile + V2Torrent.File("b", 7),
            Files(V1File("a", Long), Padding(V2Torrent.PieceLength - 1), V1File("b", 7)), pieces: 7, LongLayer));
        Assert.Equal(V2Torrent.Root(V2Torrent.Content(7)), torrent.Files[2].PiecesRoot.ToArray());
        Assert.True(torrent.Files[1].IsPadding);
        Assert.Equal(6 * 32, torrent.PieceLayer(0).Length);
        Assert.Equal(V2Torrent.PieceLength, torrent.PieceSize(5));
    }

    [Fact]
    public void A_hybrid_may_have_padding_after_its_last_file()
    {
        TorrentMetainfo torrent = MetainfoReader.Read(V2Torrent.MakeHybrid(
            V2Torrent.File("a", 7), Files(V1File("a", 7), Padding(V2Torrent.PieceLength - 7)), pieces: 1));
        Assert.Equal(V2Torrent.PieceLength, torrent.PieceSize(0));
    }

    [Fact]
    public void A_hybrid_of_one_file_needs_no_padding()
    {
        TorrentMetainfo torrent = MetainfoReader.Read(V2Torrent.MakeHybrid(V2Torrent.File("n", 7), "6:lengthi7e", pieces: 1));
        Assert.False(torrent.IsMultiFile);
    }

    [Fact]
    public void A_hybrid_whose_halves_differ_is_refused()
    {
        string tree = V2Torrent.File("a", 5) + V2Torrent.File("b", 7);
        string padding = Padding(V2Torrent.PieceLength - 5);
        AssertMismatch("'n/c'", tree, Files(V1File("a", 5), padding, V1File("c", 7)), pieces: 2);
        AssertMismatch("8 bytes in one and 7", tree, Files(V1File("a", 5), padding, V1File("b", 8)), pieces: 2);
        AssertMismatch("'n/a'", tree, Files(V1File("b", 7), Padding(V2Torrent.PieceLength - 7), V1File("a", 5)), pieces: 2);
        AssertMismatch("version 2 half only", tree, Files(V1File("a", 5)), pieces: 1);
        AssertMismatch("version 1 half only", tree, Files(V1File("a", 5), padding, V1File("b", 7), V1File("c", 0)), pieces: 2);
        AssertMismatch("begins at byte", tree, Files(V1File("a", 5), V1File("b", 7)), pieces: 1);
        AssertMismatch("begins at byte", tree, Files(Padding(1), V1File("a", 5), padding, V1File("b", 7)), pieces: 2);
        AssertMismatch("3 pieces, the other 2", tree, Files(V1File("a", 5), padding, V1File("b", 7), Padding(V2Torrent.PieceLength)), pieces: 3);
        AssertMismatch("'n'", V2Torrent.File("m", 5), "6:lengthi5e", pieces: 1);
    }

    [Fact]
    public void A_hybrid_must_follow_the_rules_of_v2()
    {
        AssertRefused(
            MetainfoFault.InvalidHashTree, "no root hash",
            V2Torrent.MakeHybrid(V2Torrent.File("n", 7, root: null), "6:lengthi7e", pieces: 1));
        byte[] wrong = [.. V2Torrent.PieceHashes(V2Torrent.Content(Long)).SelectMany(hash => hash)];
        wrong[0] ^= 1;
        AssertRefused(
            MetainfoFault.InvalidHashTree, "do not match its root hash",
            V2Torrent.MakeHybrid(
                V2Torrent.File("n", Long), $"6:lengthi{Long}e", pieces: 6, V2Torrent.Text(V2Torrent.Root(V2Torrent.Content(Long))) + V2Torrent.Text(wrong)));
        Assert.False(MetainfoReader.Read(V2Torrent.MakeHybrid(V2Torrent.File("n", Long), $"6:lengthi{Long}e", pieces: 6)).HasPieceLayers);
    }

    private static string V1File(string name, int length) => $"d6:lengthi{length}e4:pathl{name.Length}:{name}ee";

    private static string Padding(int length) => $"d4:attr1:p6:lengthi{length}e4:pathl4:.pad{$"{length}".Length}:{length}ee";

    private static string Files(params string[] files) => $"5:filesl{string.Concat(files)}e";

    private static void AssertMismatch(string reason, string tree, string v1, int pieces) =>
        AssertRefused(MetainfoFault.HybridMismatch, reason, V2Torrent.MakeHybrid(tree, v1, pieces));

    private static void AssertRefused(MetainfoFault fault, string reason, byte[] torrent)
    {
        MetainfoException refusal = Assert.Throws<MetainfoException>(() => MetainfoReader.Read(torrent));
        Assert.Equal(fault, refusal.Fault);
        Assert.Contains(reason, refusal.Message, StringComparison.Ordinal);
    }
}

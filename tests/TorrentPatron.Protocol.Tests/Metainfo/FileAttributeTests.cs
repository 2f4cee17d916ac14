using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using TorrentPatron.Protocol.Metainfo;

namespace TorrentPatron.Protocol.Tests.Metainfo;

/// <summary>File attributes in a torrent (BEP 47).</summary>
public sealed class FileAttributeTests
{
    [Theory]
    [InlineData("run", "run")]
    [InlineData("sub/inner", "sub/inner")]
    [InlineData("sub", "sub")]
    [InlineData("sub/deep", "sub/deep")]
    [InlineData("./sub/../run", "run")]
    public void A_link_leads_to_a_file_or_folder_of_the_torrent(string target, string expected)
    {
        TorrentFileEntry link = ReadLast(File("run"), File("sub/inner"), File("sub/deep/most"), Link("link", target));

        Assert.True(link.IsLink);
        Assert.Equal("n/" + expected, link.LinkTarget);
        Assert.Equal(expected.StartsWith("sub", StringComparison.Ordinal) && expected != "sub/inner", link.IsLinkToFolder);
        Assert.Equal(0, link.Length);
    }

    [Theory]
    [InlineData("..", "etc", "passwd")]
    [InlineData("sub", "..", "..", "etc")]
    [InlineData("/etc/passwd")]
    [InlineData("", "etc", "passwd")]
    [InlineData("C:\\Windows")]
    [InlineData("missing")]
    [InlineData("run", "below")]
    [InlineData("sub/inner", "")]
    [InlineData("link")]
    [InlineData("")]
    [InlineData("..")]
    [InlineData(".pad", "7")]
    [InlineData("ru\0n")]
    public void A_link_that_leads_out_of_the_torrent_or_nowhere_has_no_target(params string[] target)
    {
        TorrentFileEntry link = ReadLast(File("run"), File("sub/inner"), "d4:attr1:p6:lengthi7e4:pathl4:.pad1:7ee", Link("link", target));

        Assert.True(link.IsLink);
        Assert.Null(link.LinkTarget);
    }

    [Fact]
    public void A_target_is_relative_to_the_torrents_folder_or_to_the_links_own_as_libtorrent_writes_it()
    {
        TorrentFileEntry[] files = Read(
            File("a"), File("sub/a"), File("sub/b"), Link("sub/toRoot", "a"), Link("sub/toSub", "b"), Link("sub/up", "../a"), Link("sub/x/up", "../../sub/b"));

        Assert.Equal(["n/a", "n/sub/b", "n/a", "n/sub/b"], files[3..].Select(file => file.LinkTarget));
    }

    [Fact]
    public void Links_may_lead_to_links_but_not_in_a_circle()
    {
        TorrentFileEntry[] files = Read(
            File("lib.so.1.2"), Link("lib.so.1", "lib.so.1.2"), Link("lib.so", "lib.so.1"),
            Link("a", "b"), Link("b", "c"), Link("c", "a"), Link("self", "self"), Link("lost", "d"), Link("d", "gone"));

        Assert.Equal(["n/lib.so.1.2", "n/lib.so.1", null, null, null, null, null, null], files[1..].Select(file => file.LinkTarget));
    }

    [Fact]
    public void A_chain_of_links_that_is_too_long_has_no_target()
    {
        TorrentFileEntry[] files = Read([File("f"), Link("l0", "f"), .. Enumerable.Range(1, 40).Select(i => Link($"l{i}", $"l{i - 1}"))]);

        Assert.Equal("n/l30", files[32].LinkTarget);
        Assert.Null(files[33].LinkTarget);
    }

    [Fact]
    public void A_link_to_a_folder_that_contains_it_is_refused_even_through_another_link()
    {
        TorrentFileEntry[] files = Read(File("a/b/file"), Link("a/b/loop", "a"), Link("a/b/here", "a/b"), Link("top", "a"), Link("a/over", "top"));

        Assert.Equal([null, null, "n/a", null], files[1..].Select(file => file.LinkTarget));
    }

    [Fact]
    public void Targets_are_not_resolved_through_links_and_a_file_below_a_links_name_gets_a_renamed_folder()
    {
        TorrentFileEntry[] files = Read(File("real/x"), Link("dir", "real"), Link("through", "dir/x"), File("dir/inside"));

        Assert.Equal("n/real", files[1].LinkTarget);
        Assert.Null(files[2].LinkTarget);
        Assert.Equal("n/dir (1)/inside", files[3].Path);
    }

    [Fact]
    public void A_target_is_found_by_its_original_name_if_names_clash_or_are_unsafe()
    {
        TorrentFileEntry[] files = Read(File("a"), File("A"), File("q?"), File("B/x"), File("b/y"), Link("1", "A"), Link("2", "q?"), Link("3", "b"), Link("4", "b/y"));

        Assert.Equal(["n/A (1)", "n/q_", "n/b", "n/b/y"], files[5..].Select(file => file.LinkTarget));
    }

    [Fact]
    public void A_folder_with_a_shortened_path_is_not_a_target_but_its_file_is()
    {
        string folder = new('x', 250);
        string path = $"{folder}/{folder}/{folder}/{folder}/file";
        TorrentFileEntry[] files = Read(File(path), Link("1", $"{folder}/{folder}"), Link("2", path), Link("3", folder));

        Assert.Equal([null, files[0].Path, null], files[1..].Select(file => file.LinkTarget));
    }

    [Fact]
    public void Links_in_a_file_tree_lead_to_files_of_the_tree()
    {
        TorrentMetainfo torrent = MetainfoReader.Read(V2Torrent.Make(
            V2Torrent.File("a", 7) + "1:dd1:bd0:d4:attr2:xl12:symlink pathl2:..1:aeeee" + "1:ed0:d4:attr1:l6:lengthi0e12:symlink pathl4:nonee" + "ee"));

        Assert.Equal([null, "n/a", null], torrent.Files.Select(file => file.LinkTarget));
        Assert.Equal([false, true, true], torrent.Files.Select(file => file.IsLink));
    }

    [Fact]
    public void A_hybrid_whose_halves_link_differently_is_refused()
    {
        string tree = V2Torrent.File("a", 7) + V2Torrent.File("b", 7) + "1:ld0:d4:attr1:l12:symlink pathl1:aeee";
        string pad = (V2Torrent.PieceLength - 7).ToString(CultureInfo.InvariantCulture);
        string padding = $"d4:attr1:p6:lengthi{pad}e4:pathl4:.pad{pad.Length}:{pad}ee";
        foreach (string link in (string[])["1:b", "1:c"])
        {
            MetainfoException refused = Assert.Throws<MetainfoException>(() => MetainfoReader.Read(V2Torrent.MakeHybrid(
                tree, $"5:filesl{Sized("a", 7)}{padding}{Sized("b", 7)}{padding}d4:attr1:l6:lengthi0e4:pathl1:le12:symlink pathl{link}eee", pieces: 2)));
            Assert.Equal(MetainfoFault.HybridMismatch, refused.Fault);
        }
    }

    [Fact]
    public void A_files_write_time_and_SHA1_are_read_if_they_are_valid()
    {
        TorrentFileEntry[] files = Read(
            "d6:lengthi0e5:mtimei1700000000e4:pathl1:ae4:sha120:" + new string('s', 20) + "e",
            "d6:lengthi0e5:mtimei-1e4:pathl1:be4:sha13:abce",
            $"d6:lengthi0e5:mtimei{long.MaxValue}e4:pathl1:cee",
            "d6:lengthi0e5:mtime3:now4:pathl1:de4:sha1i1ee");

        Assert.Equal(DateTimeOffset.FromUnixTimeSeconds(1_700_000_000), files[0].LastWriteTime);
        Assert.Equal(new string('s', 20), Encoding.ASCII.GetString(files[0].Sha1.Span));
        Assert.All(files[1..], file => Assert.Null(file.LastWriteTime));
        Assert.All(files[1..], file => Assert.True(file.Sha1.IsEmpty));
    }

    [Theory]
    [InlineData("_____padding_file_0_if you see this file, please update to BitComet 0.85 or above____", 16379, true)]
    [InlineData("sub/_____padding_file_1_____", 16379, true)]
    [InlineData(".____padding_file/0", 16379, true)]
    [InlineData(".____padding_file/12", 16379, true)]
    [InlineData(".____padding_file/x", 16379, false)]
    [InlineData("padding_file/0", 16379, false)]
    [InlineData("_____padding_file_0", 16378, false)]
    [InlineData("_____padding_file_0", 32763, false)]
    [InlineData("_____padding_file_0", 65531, false)]
    public void Padding_is_recognised_by_its_old_names_if_it_fills_up_to_a_block(string name, int length, bool isPadding)
    {
        // A piece has 32 KiB: some tools pad only to a block.
        int pieceLength = length == 32763 ? 16384 : 32768;
        TorrentMetainfo torrent = MetainfoReader.Read(TestTorrents.WithInfo(
            $"d5:filesl{Sized("a", 5)}{Sized(name, length)}{Sized("b", 5)}e4:name1:n12:piece lengthi{pieceLength}e6:pieces"
            + Hashes((length + 10 + pieceLength - 1) / pieceLength) + "e"));

        Assert.Equal(isPadding, torrent.Files[1].IsPadding);
        Assert.Equal(isPadding ? 10 : 10 + length, torrent.ContentSize);
    }

    [Fact]
    public void Padding_of_a_huge_size_is_refused()
    {
        MetainfoException refused = Assert.Throws<MetainfoException>(() => MetainfoReader.Read(TestTorrents.WithInfo(
            $"d5:filesl{Sized("a", 5)}d4:attr1:p6:lengthi{long.MaxValue - 10}e4:pathl1:peee4:name1:n12:piece lengthi16384e6:pieces20:{new string('h', 20)}e")));

        Assert.Equal(MetainfoFault.TooManyPieces, refused.Fault);
    }

    [Fact]
    public void Padding_has_no_other_attribute()
    {
        TorrentFileEntry file = ReadLast(File("a"), "d4:attr4:xhlp6:lengthi0e4:pathl1:be12:symlink pathl1:aee");

        Assert.Equal(TorrentFileAttributes.Padding, file.Attributes);
        Assert.Null(file.LinkTarget);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_piece_with_nonzero_padding_is_refused_and_no_peer_is_blamed(bool isRight)
    {
        byte[] content = new byte[16384 + 5];
        Random.Shared.NextBytes(content);
        if (isRight)
            content.AsSpan(5, 16379).Clear();
        content[5] = (byte)(isRight ? 0 : 1);
        string hashes = string.Concat(content.Chunk(16384).Select(SHA1.HashData).Select(Encoding.Latin1.GetString));
        TorrentMetainfo torrent = MetainfoReader.Read(Encoding.Latin1.GetBytes(
            $"d4:infod5:filesl{Sized("a", 5)}d4:attr1:p6:lengthi16379e4:pathl1:pee{Sized("b", 5)}e4:name1:n12:piece lengthi16384e6:pieces40:{hashes}ee"));
        PieceVerifier verifier = PieceVerifier.For(torrent);

        // Bytes that match no hash are their sender's fault.
        Assert.False(Verify(verifier, 0, new byte[16384].AsSpan().ToArray().Select(_ => (byte)3).ToArray()));
        Assert.False(verifier.IsContradictory);
        Assert.True(Verify(verifier, 1, content[16384..]));
        Assert.Equal(isRight, Verify(verifier, 0, content[..16384]));
        Assert.Equal(!isRight, verifier.IsContradictory);
        Assert.False(verifier.ForFiles().IsContradictory);
    }

    [Theory]
    [InlineData(MetainfoVersion.V1)]
    [InlineData(MetainfoVersion.V2)]
    [InlineData(MetainfoVersion.Hybrid)]
    public void Written_file_attributes_can_be_read_again(MetainfoVersion version)
    {
        DateTimeOffset time = DateTimeOffset.FromUnixTimeSeconds(1_700_000_000);
        TorrentBuilderFile[] files =
        [
            new("a", 5) { Attributes = TorrentFileAttributes.Executable | TorrentFileAttributes.Hidden, LastWriteTime = time },
            new("l", 0) { Attributes = TorrentFileAttributes.SymbolicLink, LinkTarget = "sub/b" },
            new("sub/b", 5),
            new("sub/m", 0) { Attributes = TorrentFileAttributes.SymbolicLink, LinkTarget = "a" },
        ];
        TorrentMetainfo torrent = MetainfoReader.Read(Build(version, files));

        TorrentFileEntry[] read = [.. torrent.Files.Where(file => !file.IsPadding)];
        Assert.Equal(files.Select(file => file.Attributes), read.Select(file => file.Attributes));
        Assert.Equal([null, "n/sub/b", null, "n/a"], read.Select(file => file.LinkTarget));
        Assert.Equal([time, null, null, null], read.Select(file => file.LastWriteTime));
    }

    [Theory]
    [InlineData("../b")]
    [InlineData("missing")]
    [InlineData("l")]
    [InlineData("")]
    public void A_link_without_a_target_is_not_written(string target) => Assert.Throws<ArgumentException>(() => Build(
        MetainfoVersion.V1, new TorrentBuilderFile("a", 10), new TorrentBuilderFile("l", 0) { Attributes = TorrentFileAttributes.SymbolicLink, LinkTarget = target }));

    [Fact]
    public void A_link_has_a_target_and_no_bytes()
    {
        Assert.Throws<ArgumentException>(() => Build(MetainfoVersion.V1, new TorrentBuilderFile("a", 10) { Attributes = TorrentFileAttributes.SymbolicLink }));
        Assert.Throws<ArgumentException>(() => Build(MetainfoVersion.V1, new TorrentBuilderFile("a", 10) { LinkTarget = "a" }));
        Assert.Throws<ArgumentException>(() => Build(
            MetainfoVersion.V1, new TorrentBuilderFile("a", 5), new TorrentBuilderFile("l", 5) { Attributes = TorrentFileAttributes.SymbolicLink, LinkTarget = "a" }));
    }

    private static byte[] Build(MetainfoVersion version, params TorrentBuilderFile[] files)
    {
        int pieces = version == MetainfoVersion.V1 ? 1 : files.Count(file => file.Length > 0);
        byte[] hashes = new byte[20 * pieces];
        return new TorrentBuilder
        {
            Name = "n",
            Files = files,
            PieceLength = 16384,
            Version = version,
            PieceHashes = version == MetainfoVersion.V2 ? default : hashes,
            PieceTreeHashes = version == MetainfoVersion.V1 ? default : new byte[32 * pieces],
        }.Build();
    }

    private static bool Verify(PieceVerifier verifier, int piece, byte[] bytes)
    {
        using PieceHash hash = verifier.Begin(piece);
        // In two parts, so that padding begins in one and ends in the other.
        hash.Append(bytes.AsSpan(0, Math.Min(bytes.Length, 8192)));
        hash.Append(bytes.AsSpan(Math.Min(bytes.Length, 8192)));
        return verifier.Verify(piece, hash);
    }

    private static TorrentFileEntry ReadLast(params string[] files) => Read(files)[^1];

    private static TorrentFileEntry[] Read(params string[] files)
    {
        long size = files.Sum(file => file.Contains("lengthi7e", StringComparison.Ordinal) ? 7 : 0);
        return [.. MetainfoReader.Read(TestTorrents.WithInfo(
            $"d5:filesl{string.Concat(files)}e4:name1:n12:piece lengthi16384e6:pieces{Hashes(size > 0 ? 1 : 0)}e")).Files];
    }

    private static string Hashes(int pieces) => $"{20 * pieces}:{new string('h', 20 * pieces)}";

    private static string File(string path) => Sized(path, 0);

    private static string Sized(string path, int length) => $"d6:lengthi{length}e4:path{TestTorrents.Path(path.Split('/'))}e";

    private static string Link(string path, params string[] target) =>
        $"d4:attr1:l6:lengthi0e4:path{TestTorrents.Path(path.Split('/'))}12:symlink path{TestTorrents.Path(target is [var one] && !one.StartsWith('/') ? one.Split('/') : target)}e";
}

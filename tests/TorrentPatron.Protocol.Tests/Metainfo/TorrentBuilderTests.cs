using System.Text;
using TorrentPatron.Protocol.Metainfo;
using Xunit;

namespace TorrentPatron.Protocol.Tests.Metainfo;

public sealed class TorrentBuilderTests
{
    [Fact]
    public void The_info_of_mktorrent_is_built_bit_by_bit()
    {
        TorrentMetainfo original = MetainfoReader.Read(TestTorrents.ByMktorrent);

        TorrentMetainfo built = MetainfoReader.Read(new TorrentBuilder
        {
            Name = "album",
            Files = [new("disc/empty", 0), new("disc/größe.bin", 40_000), new("hello.txt", 12)],
            PieceLength = 32_768,
            PieceHashes = original.PieceHashes,
            TrackerTiers = original.TrackerTiers,
            WebSeeds = original.WebSeeds,
            Comment = original.Comment,
            CreatedBy = original.CreatedBy,
            CreationDate = original.CreationDate,
        }.Build());

        Assert.Equal(original.InfoHash, built.InfoHash);
        Assert.Equal(original.TrackerTiers, built.TrackerTiers);
        Assert.Equal(original.WebSeeds, built.WebSeeds);
        Assert.Equal(original.Comment, built.Comment);
        Assert.Equal(original.CreatedBy, built.CreatedBy);
        Assert.Equal(original.CreationDate, built.CreationDate);
    }

    [Theory]
    [InlineData(MetainfoVersion.V2)]
    [InlineData(MetainfoVersion.Hybrid)]
    public void The_info_and_the_layers_of_libtorrent_are_built_bit_by_bit(MetainfoVersion version)
    {
        TorrentMetainfo original = MetainfoReader.Read(version == MetainfoVersion.V2 ? TestTorrents.V2ByLibtorrent : TestTorrents.HybridByLibtorrent);
        TorrentFileEntry[] files = [.. original.Files.Where(file => !file.IsPadding)];
        TorrentMetainfo built = MetainfoReader.Read(BuildV2(version, original.PieceHashes, [.. original.PieceLayer(1).ToArray(), .. files[2].PiecesRoot.ToArray()]));

        Assert.Equal(original.RawInfo.ToArray(), built.RawInfo.ToArray());
        Assert.Equal(original.RawPieceLayers.ToArray(), built.RawPieceLayers.ToArray());
    }

    [Fact]
    public void Hashes_that_do_not_fit_the_files_of_a_v2_torrent_are_refused()
    {
        Assert.Throws<ArgumentException>(() => BuildV2(MetainfoVersion.V2, default, new byte[3 * 32]));
        Assert.Throws<ArgumentException>(() => BuildV2(MetainfoVersion.V2, default, new byte[5 * 32]));
        Assert.Throws<ArgumentException>(() => BuildV2(MetainfoVersion.V2, default, new byte[4 * 32], new("b", 1), new("a", 1)));
    }

    [Fact]
    public void A_private_torrent_of_one_file_is_written_in_canonical_form()
    {
        byte[] torrent = new TorrentBuilder
        {
            Name = "one.txt",
            Files = [new(null, 3)],
            PieceLength = 16_384,
            PieceHashes = Encoding.ASCII.GetBytes(new string('h', 20)),
            TrackerTiers = [["http://t/announce"]],
            IsPrivate = true,
            Source = "S",
        }.Build();

        Assert.Equal(
            "d8:announce17:http://t/announce4:infod6:lengthi3e4:name7:one.txt12:piece lengthi16384e6:pieces20:"
            + "hhhhhhhhhhhhhhhhhhhh7:privatei1e6:source1:See",
            Encoding.ASCII.GetString(torrent));
        Assert.Equal("S", MetainfoReader.Read(torrent).Source);
    }

    [Fact]
    public void Hints_are_written_where_libtorrent_writes_them_and_read_again()
    {
        byte[] torrent = new TorrentBuilder
        {
            Name = "one.txt",
            Files = [new(null, 3)],
            PieceLength = 16_384,
            PieceHashes = Encoding.ASCII.GetBytes(new string('h', 20)),
            Similar = [new TorrentId(new InfoHash(Encoding.ASCII.GetBytes(new string('a', 20))))],
            Collections = ["foo"],
            UpdateUrl = "http://u/",
        }.Build();

        Assert.Equal(
            "d4:infod11:collectionsl3:fooe6:lengthi3e4:name7:one.txt12:piece lengthi16384e6:pieces20:hhhhhhhhhhhhhhhhhhhh10:update-url9:http://u/e"
            + "7:similarl20:aaaaaaaaaaaaaaaaaaaaee",
            Encoding.ASCII.GetString(torrent));
        TorrentMetainfo read = MetainfoReader.Read(torrent);
        Assert.Equal("foo", Assert.Single(read.Collections));
        Assert.Equal(string.Concat(Enumerable.Repeat("61", 20)), Assert.Single(read.Similar).ToString());
        Assert.Equal("http://u/", read.UpdateUrl?.ToString());
    }

    [Fact]
    public void Hints_inside_and_outside_the_info_dictionary_are_joined_and_invalid_ones_are_ignored()
    {
        TorrentMetainfo read = MetainfoReader.Read(Encoding.ASCII.GetBytes(
            "d11:collectionsl1:b1:a0:i1eli2eee4:infod11:collectionsl1:a1:c2:\u0001\u0002e6:lengthi3e4:name1:x10:originator3:abc12:piece lengthi16384e"
            + "6:pieces20:hhhhhhhhhhhhhhhhhhhh7:similarl20:aaaaaaaaaaaaaaaaaaaa3:abce10:update-url11:ftp://u/xxxe"
            + "7:similarl20:aaaaaaaaaaaaaaaaaaaa32:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb1:zee"));

        Assert.Equal(["a", "c", "b"], read.Collections);
        Assert.Equal(2, read.Similar.Count);
        Assert.NotNull(read.Similar[1].V2);
        Assert.Null(read.UpdateUrl);
        Assert.Equal(3, read.Originator.Length);
    }

    [Theory]
    [InlineData("\n", null)]
    [InlineData("", null)]
    [InlineData("a", "ftp://u/")]
    [InlineData("a", "u")]
    public void Hints_that_no_reader_accepts_are_refused(string collection, string? updateUrl)
    {
        var builder = new TorrentBuilder
        {
            Name = "x", Files = [new(null, 3)], PieceLength = 16_384, PieceHashes = new byte[20], Collections = [collection], UpdateUrl = updateUrl,
        };

        Assert.Throws<ArgumentException>(builder.Build);
    }

    [Fact]
    public void A_folder_of_one_file_stays_a_folder()
    {
        TorrentMetainfo torrent = MetainfoReader.Read(Build("x", new TorrentBuilderFile("x", 0)));

        Assert.True(torrent.IsMultiFile);
        Assert.Equal("x/x", Assert.Single(torrent.Files).Path);
    }

    [Fact]
    public void Input_that_makes_no_torrent_is_refused()
    {
        Assert.Throws<ArgumentException>(() => Build("n"));
        Assert.Throws<ArgumentException>(() => Build("", new TorrentBuilderFile(null, 0)));
        Assert.Throws<ArgumentException>(() => Build("a/b", new TorrentBuilderFile(null, 0)));
        Assert.Throws<ArgumentException>(() => Build("n", new TorrentBuilderFile("../x", 0)));
        Assert.Throws<ArgumentException>(() => Build("n", new TorrentBuilderFile("a//b", 0)));
        Assert.Throws<ArgumentException>(() => Build("n", new TorrentBuilderFile(null, 0), new TorrentBuilderFile(null, 0)));
        Assert.Throws<ArgumentException>(() => Build("n", new TorrentBuilderFile(null, -1)));
        Assert.Throws<ArgumentException>(() => Build("n", new TorrentBuilderFile(null, 1)));
    }

    [Theory]
    [InlineData(0, 16 * 1024)]
    [InlineData(2000L * 16 * 1024, 16 * 1024)]
    [InlineData((2000L * 16 * 1024) + 1, 32 * 1024)]
    [InlineData(1L << 30, 1024 * 1024)]
    [InlineData(2000L << 24, 16 * 1024 * 1024)]
    [InlineData(8192L << 24, 16 * 1024 * 1024)]
    [InlineData((8192L << 24) + 1, 32 * 1024 * 1024)]
    [InlineData(1L << 40, 128 * 1024 * 1024)]
    [InlineData(long.MaxValue, 128 * 1024 * 1024)]
    public void The_piece_length_suits_the_size(long totalSize, int expected)
    {
        Assert.Equal(expected, PieceLengthChooser.ForSize(totalSize));
    }

    [Theory]
    [InlineData("foo", null, "'foo' is not a tracker's address")]
    [InlineData("wss://t.example/", null, "must begin with http://, https:// or udp://")]
    [InlineData("http://t.example/", "bar", "'bar' is not a web seed's address")]
    public void An_address_that_no_reader_accepts_is_refused(string tracker, string? webSeed, string expected)
    {
        var builder = new TorrentBuilder
        {
            Name = "a", Files = [new TorrentBuilderFile(null, 1)], PieceLength = 16_384, PieceHashes = new byte[20],
            TrackerTiers = [[tracker]], WebSeeds = webSeed is null ? [] : [webSeed],
        };

        Assert.Contains(expected, Assert.Throws<ArgumentException>(builder.Build).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Addresses_are_written_escaped_and_once()
    {
        byte[] torrent = new TorrentBuilder
        {
            Name = "a", Files = [new TorrentBuilderFile(null, 1)], PieceLength = 16_384, PieceHashes = new byte[20],
            TrackerTiers = [["http://t.example/{x}"], ["http://T.example/%7Bx%7D"]],
        }.Build();

        Assert.StartsWith("d8:announce24:http://t.example/%7Bx%7D4:infod", System.Text.Encoding.ASCII.GetString(torrent), StringComparison.Ordinal);
    }

    private static byte[] Build(string name, params TorrentBuilderFile[] files) =>
        new TorrentBuilder { Name = name, Files = files, PieceLength = 16_384, PieceHashes = default }.Build();

    private static byte[] BuildV2(
        MetainfoVersion version, ReadOnlyMemory<byte> v1, byte[] v2, params TorrentBuilderFile[] files) => new TorrentBuilder
        {
            Version = version,
            Name = "album",
            Files = files is [] ? [new("disc/empty", 0), new("disc/größe.bin", 40_000), new("hello.txt", 12)] : files,
            PieceLength = 16_384,
            PieceHashes = v1,
            PieceTreeHashes = v2,
        }.Build();
}

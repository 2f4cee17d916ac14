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
    public void A_folder_of_one_file_stays_a_folder()
    {
        TorrentMetainfo torrent = MetainfoReader.Read(Build("x", new TorrentBuilderFile("x", 0)));

        Assert.True(torrent.IsMultiFile);
        Assert.Equal("x/x", Assert.Single(torrent.Files).Path);
    }

    [Fact]
    public void What_makes_no_torrent_is_refused()
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
    [InlineData(1L << 50, 16 * 1024 * 1024)]
    [InlineData(long.MaxValue, 16 * 1024 * 1024)]
    public void The_piece_length_suits_the_size(long totalSize, int expected)
    {
        Assert.Equal(expected, PieceLengthChooser.ForSize(totalSize));
    }

    [Theory]
    [InlineData("foo", null, "'foo' is not a tracker's address")]
    [InlineData("wss://t.example/", null, "must begin with http://, https:// or udp://")]
    [InlineData("http://t.example/", "bar", "'bar' is not a web seed's address")]
    public void An_address_that_no_reader_takes_is_refused(string tracker, string? webSeed, string expected)
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
}

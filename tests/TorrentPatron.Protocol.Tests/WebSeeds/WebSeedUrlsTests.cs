using System.Text;
using TorrentPatron.Protocol.Metainfo;
using TorrentPatron.Protocol.Tests.Metainfo;
using TorrentPatron.Protocol.WebSeeds;
using Xunit;

namespace TorrentPatron.Protocol.Tests.WebSeeds;

public sealed class WebSeedUrlsTests
{
    // The cases of BEP 19.
    [Theory]
    [InlineData("http://mirror.example/pub/foo.exe", "foo.exe", "http://mirror.example/pub/foo.exe")]
    [InlineData("http://mirror.example/pub/", "foo.exe", "http://mirror.example/pub/foo.exe")]
    [InlineData("http://mirror.example/pub/other.bin", "foo.exe", "http://mirror.example/pub/other.bin")]
    [InlineData("http://mirror.example", "foo.exe", "http://mirror.example/foo.exe")]
    [InlineData("http://mirror.example/", "a b#%?.exe", "http://mirror.example/a%20b%23%25%3F.exe")]
    [InlineData("http://mirror.example/get?id=7&key=a%2Fb", "foo.exe", "http://mirror.example/get?id=7&key=a%2Fb")]
    [InlineData("http://mirror.example/x/", "日本", "http://mirror.example/x/%E6%97%A5%E6%9C%AC")]
    public void A_torrent_of_one_file_is_at_the_address_or_below_it_if_that_ends_with_a_slash(string seed, string name, string expected) =>
        Assert.Equal(expected, AddressOf(Single(name), seed, 0));

    [Theory]
    [InlineData("http://mirror.example/pub/")]
    [InlineData("http://mirror.example/pub")]
    public void A_torrent_of_several_files_is_below_the_address_with_its_name_and_their_paths(string seed)
    {
        TorrentMetainfo torrent = MetainfoReader.Read(TestTorrents.WithPaths(TestTorrents.Path("dir", "größe.bin"), TestTorrents.Path("b & c")));

        Assert.Equal("http://mirror.example/pub/n/dir/gr%C3%B6%C3%9Fe.bin", AddressOf(torrent, seed, 0));
        Assert.Equal("http://mirror.example/pub/n/b%20%26%20c", AddressOf(torrent, seed, 1));
    }

    [Fact]
    public void The_original_names_are_requested_and_not_the_safe_ones()
    {
        TorrentMetainfo torrent = MetainfoReader.Read(TestTorrents.WithPaths(
            TestTorrents.Path("a:b?"), TestTorrents.Path("Read"), TestTorrents.Path("READ"), TestTorrents.Path("x\u200B. "), TestTorrents.Path("a\\b")));

        Assert.Equal(
            ["http://m.example/n/a%3Ab%3F", "http://m.example/n/Read", "http://m.example/n/READ", "http://m.example/n/x%E2%80%8B.%20", "http://m.example/n/a%5Cb"],
            Enumerable.Range(0, 5).Select(file => AddressOf(torrent, "http://m.example/", file)));
    }

    [Fact]
    public void A_name_that_would_lead_elsewhere_has_no_address()
    {
        TorrentMetainfo torrent = MetainfoReader.Read(TestTorrents.WithPaths(
            TestTorrents.Path("..", "..", "admin"), TestTorrents.Path(".", "x"), TestTorrents.Path("", "y"), TestTorrents.Path("../up"), TestTorrents.Path("ok")));

        Assert.Equal(
            [null, null, null, "http://m.example/n/..%2Fup", "http://m.example/n/ok"],
            Enumerable.Range(0, 5).Select(file => AddressOf(torrent, "http://m.example/", file)));
    }

    [Fact]
    public void A_name_that_is_not_UTF8_is_escaped_byte_by_byte()
    {
        byte[] info = [.. "d6:lengthi0e4:name3:"u8, 0xE9, 0x20, 0xFF, .. "12:piece lengthi16384e6:pieces0:e"u8];
        TorrentMetainfo torrent = MetainfoReader.Read((byte[])[.. "d4:info"u8, .. info, (byte)'e']);

        Assert.Equal("http://m.example/%E9%20%FF", AddressOf(torrent, "http://m.example/", 0));
    }

    [Fact]
    public void The_files_of_a_hybrid_and_of_a_v2_torrent_are_found_by_their_paths()
    {
        foreach (byte[] bytes in new[] { TestTorrents.HybridByLibtorrent, TestTorrents.V2ByLibtorrent })
        {
            TorrentMetainfo torrent = MetainfoReader.Read(bytes);
            IEnumerable<string?> found = torrent.Files.Select((file, i) => file.IsPadding ? null : AddressOf(torrent, "http://m.example/", i)).OfType<string>();

            Assert.Equal(["http://m.example/album/disc/empty", "http://m.example/album/disc/gr%C3%B6%C3%9Fe.bin", "http://m.example/album/hello.txt"], found);
        }
    }

    // The characters that libtorrent's escape_path keeps, and those that it escapes.
    [Theory]
    [InlineData("-_!.~*()", "-_!.~*()")]
    [InlineData("azAZ09", "azAZ09")]
    [InlineData("foobar%#", "foobar%25%23")]
    [InlineData("'$&+,/:;=?@", "%27%24%26%2B%2C%2F%3A%3B%3D%3F%40")]
    public void An_element_is_escaped_as_by_libtorrent(string name, string expected) =>
        Assert.Equal(expected, WebSeedUrls.EscapeElement(Encoding.UTF8.GetBytes(name)));

    private static string? AddressOf(TorrentMetainfo torrent, string seed, int file) =>
        new WebSeedUrls(torrent).TryGetAddress(new Uri(seed), file, out Uri? address) ? address.AbsoluteUri : null;

    private static TorrentMetainfo Single(string name) => MetainfoReader.Read(TestTorrents.WithInfo(
        $"d6:lengthi0e4:name{Encoding.UTF8.GetByteCount(name)}:{name}12:piece lengthi16384e6:pieces0:e"));
}

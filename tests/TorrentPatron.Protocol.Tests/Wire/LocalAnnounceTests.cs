using System.Net;
using System.Text;
using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Protocol.Tests.Wire;

public sealed class LocalAnnounceTests
{
    private static readonly InfoHash Torrent = InfoHash.OfInfo("a torrent"u8);

    [Fact]
    public void It_is_written_as_in_BEP_14()
    {
        var announce = new LocalAnnounce { Port = 6881, InfoHashes = [Torrent], Cookie = "abc" };
        Assert.Equal(
            $"BT-SEARCH * HTTP/1.1\r\nHost: 239.192.152.143:6771\r\nPort: 6881\r\nInfohash: {Torrent}\r\ncookie: abc\r\n\r\n\r\n",
            Encoding.ASCII.GetString(announce.ToBytes(LocalAnnounce.IPv4Group)));
        Assert.Contains("Host: [ff15::efc0:988f]:6771\r\n", Encoding.ASCII.GetString(announce.ToBytes(LocalAnnounce.IPv6Group)), StringComparison.Ordinal);
    }

    [Fact]
    public void Written_messages_can_be_read()
    {
        InfoHash[] torrents = [.. Enumerable.Range(0, LocalAnnounce.MaxTorrents).Select(i => InfoHash.OfInfo([(byte)i]))];
        byte[] bytes = new LocalAnnounce { Port = 65535, InfoHashes = torrents, Cookie = "x y" }.ToBytes(LocalAnnounce.IPv6Group);

        Assert.InRange(bytes.Length, 1, 1400);
        Assert.True(LocalAnnounce.TryRead(bytes, out LocalAnnounce? read));
        Assert.Equal(65535, read.Port);
        Assert.Equal(torrents, read.InfoHashes);
        Assert.Equal("x y", read.Cookie);
    }

    [Fact]
    public void Headers_in_any_case_and_order_and_unknown_ones_are_accepted()
    {
        string text = $"BT-SEARCH * HTTP/1.1\nX: y\nINFOHASH:{Torrent.ToString().ToUpperInvariant()}\nport:  1 \nInfohash: nonsense\n\n";
        Assert.True(LocalAnnounce.TryRead(Encoding.ASCII.GetBytes(text), out LocalAnnounce? read));
        Assert.Equal([Torrent], read.InfoHashes);
        Assert.Equal(1, read.Port);
        Assert.Empty(read.Cookie);
    }

    [Theory]
    [InlineData("")]
    [InlineData("GET / HTTP/1.1\r\nPort: 1\r\nInfohash: {0}\r\n\r\n")]
    [InlineData("BT-SEARCH * HTTP/1.1\r\nPort: 1\r\n\r\n")]
    [InlineData("BT-SEARCH * HTTP/1.1\r\nInfohash: {0}\r\n\r\n")]
    [InlineData("BT-SEARCH * HTTP/1.1\r\nPort: 0\r\nInfohash: {0}\r\n\r\n")]
    [InlineData("BT-SEARCH * HTTP/1.1\r\nPort: 65536\r\nInfohash: {0}\r\n\r\n")]
    [InlineData("BT-SEARCH * HTTP/1.1\r\nPort: -1\r\nInfohash: {0}\r\n\r\n")]
    [InlineData("BT-SEARCH * HTTP/1.1\r\nPort: 1\r\nInfohash: {0}0\r\n\r\n")]
    public void An_invalid_announce_is_refused(string text) =>
        Assert.False(LocalAnnounce.TryRead(Encoding.ASCII.GetBytes(text.Replace("{0}", Torrent.ToString(), StringComparison.Ordinal)), out _));

    [Fact]
    public void Excess_entries_are_ignored()
    {
        string head = "BT-SEARCH * HTTP/1.1\r\nPort: 1\r\n";
        string many = head + string.Concat(Enumerable.Repeat($"infohash:{Torrent}\n", 25));
        Assert.True(LocalAnnounce.TryRead(Encoding.ASCII.GetBytes(many), out LocalAnnounce? read));
        Assert.Equal(LocalAnnounce.MaxTorrents, read.InfoHashes.Count);
        Assert.True(LocalAnnounce.TryRead(Encoding.ASCII.GetBytes($"{head}Infohash: {Torrent}\r\ncookie: {new string('c', 65)}\r\n"), out read));
        Assert.Empty(read.Cookie);
        Assert.False(LocalAnnounce.TryRead(Encoding.ASCII.GetBytes(many + new string(' ', 1000)), out _));
        Assert.Throws<InvalidOperationException>(
            () => new LocalAnnounce { Port = 1, InfoHashes = new InfoHash[21] }.ToBytes(new IPEndPoint(IPAddress.Loopback, 1)));
    }
}

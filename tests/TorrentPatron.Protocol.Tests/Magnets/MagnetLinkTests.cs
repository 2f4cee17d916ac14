using System.Net;
using TorrentPatron.Protocol.Magnets;
using TorrentPatron.Protocol.Metainfo;
using TorrentPatron.Protocol.Tests.Metainfo;

namespace TorrentPatron.Protocol.Tests.Magnets;

public sealed class MagnetLinkTests
{
    private const string Hex = "c12fe1c06bba254a9dc9f519b335aa7c1367a88a";
    private const string Base32 = "YEX6DQDLXISUVHOJ6UM3GNNKPQJWPKEK";
    private const string V2 = "caf1e1c30e81cb361b9ee167c4aa64228a7fa4fa9f6105232b28ad099f3a302e";

    [Theory]
    [InlineData("magnet:?xt=urn:btih:" + Hex)]
    [InlineData("MAGNET:?XT=URN:BTIH:C12FE1C06BBA254A9DC9F519B335AA7C1367A88A")]
    [InlineData("magnet:?xt=urn:btih:" + Base32)]
    [InlineData("magnet:?xt=urn:btih:yex6dqdlxisuvhoj6um3gnnkpqjwpkek")]
    [InlineData("  magnet:?xt.1=urn%3Abtih%3A" + Hex + " \r\n")]
    [InlineData("magnet:?xt=urn:btih:" + Hex + "&xt=urn:btih:" + Base32)]
    [InlineData("magnet:?xt=urn:ed2k:354B15E68FB8F36D7CD88FF94116CDC1&xt=urn:btih:" + Hex)]
    public void A_v1_hash_is_read_however_it_is_written(string text)
    {
        MagnetLink link = MagnetLink.Parse(text);

        Assert.Equal(Hex, link.InfoHash.ToString());
        Assert.Equal(Hex, link.TorrentId.ToString());
        Assert.Null(link.InfoHashV2);
        Assert.Null(link.Name);
        Assert.Equal($"magnet:?xt=urn:btih:{Hex}", link.ToString());
    }

    [Theory]
    [InlineData("tr=/%5C%E2%80%AE")]
    [InlineData("tr=http://%E2%80%AE")]
    [InlineData("ws=http://a%E2%80%AEb/")]
    [InlineData("x.pe=127a%C3%AC.0.0.1:6881")]
    public void An_address_that_dotnet_cannot_parse_is_ignored(string parameter)
    {
        MagnetLink link = MagnetLink.Parse($"magnet:?xt=urn:btih:2e473d41fff585d1096332d3e0ee1360741717a1&{parameter}");

        Assert.Empty(link.Trackers);
        Assert.Empty(link.WebSeeds);
        Assert.Empty(link.Peers);
    }

    [Fact]
    public void A_long_name_that_is_cut_at_a_space_is_the_same_when_it_is_read_again()
    {
        MagnetLink link = MagnetLink.Parse($"magnet:?xt=urn:btih:2e473d41fff585d1096332d3e0ee1360741717a1&dn={new string('a', 254)}+b");

        Assert.Equal(new string('a', 254), link.Name);
    }

    [Fact]
    public void A_v2_hash_is_kept_and_names_the_swarm_by_its_first_20_bytes()
    {
        MagnetLink link = MagnetLink.Parse($"magnet:?xt=urn:btmh:1220{V2}&dn=bittorrent-v2-test");

        Assert.Null(link.InfoHash);
        Assert.Equal(V2, link.InfoHashV2.ToString());
        Assert.Equal(V2, link.TorrentId.ToString());
        Assert.Equal(V2[..40], link.TorrentId.WireHash.ToString());
        Assert.Equal("bittorrent-v2-test", link.Name);
    }

    [Fact]
    public void A_hybrid_link_has_both_hashes_and_the_v1_hash_names_the_swarm()
    {
        MagnetLink link = MagnetLink.Parse($"magnet:?xt=urn:btih:{Hex}&xt=urn:btmh:1220{V2}");

        Assert.Equal(Hex, link.TorrentId.ToString());
        Assert.NotNull(link.InfoHashV2);
    }

    [Fact]
    public void Everything_else_in_a_link_is_read()
    {
        MagnetLink link = MagnetLink.Parse(
            $"magnet:?xt=urn:btih:{Hex}&dn=A+name%20of%20%C3%BC&tr=udp%3A%2F%2Ftracker.example%3A6969&tr.1=http://b.example/announce"
            + "&amp;tr.2=https%3A%2F%2Fc.example%2Fa%3Fkey%3D1%26x%3D2&ws=https%3A%2F%2Fseed.example%2Fdata&xl=10826029&xs=http://x.example/y"
            + "&x.pe=192.0.2.1:6881&x.pe=%5B2001:db8::1%5D:51413&x.pe=peer.example:80"
            + "&dht=192.0.2.7:6881&dht.1=%5B2001:db8::7%5D:1&dht=node.example:2&dht=192.0.2.7:6881&so=0,2,6-8");

        Assert.Equal("A name of ü", link.Name);
        Assert.Equal(["udp://tracker.example:6969", "http://b.example/announce", "https://c.example/a?key=1&x=2"], link.Trackers);
        Assert.Equal(["https://seed.example/data"], link.WebSeeds);
        Assert.Equal(
            [new HostEndPoint("192.0.2.1", 6881), new HostEndPoint("2001:db8::1", 51413), new HostEndPoint("peer.example", 80)], link.Peers);
        Assert.Equal(IPEndPoint.Parse("192.0.2.1:6881"), link.Peers[0].EndPoint);
        Assert.Equal(IPEndPoint.Parse("[2001:db8::1]:51413"), link.Peers[1].EndPoint);
        Assert.Null(link.Peers[2].EndPoint);
        Assert.Equal([new HostEndPoint("192.0.2.7", 6881), new HostEndPoint("2001:db8::7", 1), new HostEndPoint("node.example", 2)], link.DhtNodes);
        Assert.Equal([new FileIndexRange(0, 0), new FileIndexRange(2, 2), new FileIndexRange(6, 8)], link.SelectedFiles);
    }

    [Fact]
    public void A_written_link_parses_as_the_same_link()
    {
        string text = new MagnetLink
        {
            InfoHash = new InfoHash(Convert.FromHexString(Hex)),
            InfoHashV2 = new InfoHashV2(Convert.FromHexString(V2)),
            Name = "a & b = c #1 % ü",
            Trackers = ["udp://tracker.example:6969/announce", "http://b.example/a?k=1&l=2"],
            WebSeeds = ["https://seed.example/a%20b"],
            Peers = [new HostEndPoint("192.0.2.1", 6881), new HostEndPoint("2001:db8::1", 51413)],
            DhtNodes = [new HostEndPoint("node.example", 2), new HostEndPoint("2001:db8::7", 1)],
            SelectedFiles = [new FileIndexRange(1, 1), new FileIndexRange(3, 7)],
        }.ToString();

        Assert.Equal(text, MagnetLink.Parse(text).ToString());
        Assert.Equal("a & b = c #1 % ü", MagnetLink.Parse(text).Name);
        Assert.EndsWith("&x.pe=192.0.2.1:6881&x.pe=[2001:db8::1]:51413&dht=node.example:2&dht=[2001:db8::7]:1&so=1,3-7", text, StringComparison.Ordinal);
    }

    [Fact]
    public void The_link_of_a_torrent_has_its_hash_name_and_trackers()
    {
        byte[] torrent = new TorrentBuilder
        {
            Name = "file.bin",
            Files = [new TorrentBuilderFile(null, 10)],
            PieceLength = 16384,
            PieceHashes = new byte[20],
            TrackerTiers = [["http://a.example/announce", "udp://b.example:1"], ["http://c.example/announce"]],
            WebSeeds = ["https://seed.example/"],
        }.Build();
        TorrentMetainfo metainfo = MetainfoReader.Read(torrent);

        MagnetLink link = MagnetLink.Of(metainfo);

        Assert.Equal(metainfo.TorrentId, link.TorrentId);
        Assert.Equal(
            $"magnet:?xt=urn:btih:{metainfo.InfoHash}&dn=file.bin&tr=http%3A%2F%2Fa.example%2Fannounce&tr=udp%3A%2F%2Fb.example%3A1"
            + "&tr=http%3A%2F%2Fc.example%2Fannounce&ws=https%3A%2F%2Fseed.example%2F",
            link.ToString());
    }

    [Theory]
    [InlineData("", "does not begin")]
    [InlineData("http://tracker.example/a.torrent", "does not begin")]
    [InlineData("magnet", "does not begin")]
    [InlineData("magnet:", "names no torrent")]
    [InlineData("magnet:?", "names no torrent")]
    [InlineData("magnet:?dn=x", "names no torrent")]
    [InlineData("magnet:?xt=urn:ed2k:354B15E68FB8F36D7CD88FF94116CDC1", "not for a torrent")]
    [InlineData("magnet:?xt=urn:btih:", "40 hexadecimal")]
    [InlineData("magnet:?xt=urn:btih:" + Hex + "0", "40 hexadecimal")]
    [InlineData("magnet:?xt=urn:btih:YEX6DQDLXISUVHOJ6UM3GNNKPQJWPKE1", "40 hexadecimal")]
    [InlineData("magnet:?xt=urn:btmh:1221" + V2, "1220")]
    [InlineData("magnet:?xt=urn:btmh:1220" + Hex, "1220")]
    [InlineData("magnet:?xt=urn:btih:" + Hex + "&xt.2=urn:btih:0000000000000000000000000000000000000000", "more than one")]
    [InlineData("magnet:?xt=urn:btih:" + Hex + "&so=3-1", "file selection")]
    [InlineData("magnet:?xt=urn:btih:" + Hex + "&so=-1", "file selection")]
    [InlineData("magnet:?xt=urn:btih:" + Hex + "&so=99999999999", "file selection")]
    public void An_invalid_link_is_refused_with_the_reason(string text, string reason)
    {
        Assert.False(MagnetLink.TryParse(text, out MagnetLink? link, out string? fault));
        Assert.Null(link);
        Assert.Contains(reason, fault, StringComparison.Ordinal);
        Assert.Equal(fault, Assert.Throws<FormatException>(() => MagnetLink.Parse(text)).Message);
    }

    [Theory]
    [InlineData("tr=javascript:alert(1)&tr=http://&tr=file:///etc/passwd&tr=%1B%5B31mhttp://a.example/&tr=")]
    [InlineData("ws=udp://a.example:1&ws=http://a.example/%1B%5B31m%E2%80%AE")]
    [InlineData("x.pe=1.2.3.4&x.pe=1.2.3.4:0&x.pe=1.2.3.4:65536&x.pe=2001:db8::1:80&x.pe=[1.2.3.4]:80&x.pe=%1B:80&x.pe=:80")]
    [InlineData("dht=1.2.3.4&dht=1.2.3.4:0&dht=1.2.3.4:65536&dht=2001:db8::1:80&dht=%1B:80&dht=:80&dht=")]
    [InlineData("dn=%1B%E2%80%AE&dn=&tr&=x&so=,,")]
    public void Useless_parts_of_a_link_are_ignored(string rest)
    {
        MagnetLink link = MagnetLink.Parse($"magnet:?xt=urn:btih:{Hex}&{rest}");

        Assert.Equal($"magnet:?xt=urn:btih:{Hex}", link.ToString());
    }

    [Fact]
    public void A_trackers_address_with_unusual_characters_is_escaped_and_counts_once()
    {
        MagnetLink link = MagnetLink.Parse(
            $"magnet:?xt=urn:btih:{Hex}&tr=http%3A%2F%2Ft.example%2Fa%20b%3Fk%3D%7Bx%7D&tr=http://T.example:80/a%2520b?k=%257Bx%257D");

        Assert.Equal(["http://t.example/a%20b?k=%7Bx%7D"], link.Trackers);
        Assert.Equal(link.Trackers, MagnetLink.Parse(link.ToString()).Trackers);
    }

    [Fact]
    public void Trackers_beyond_the_bound_and_repeated_ones_are_ignored()
    {
        string trackers = string.Concat(Enumerable.Range(0, 300).Select(i => $"&tr=http://t{i % 150}.example/announce"));

        Assert.Equal(MagnetLink.MaxAddresses, MagnetLink.Parse($"magnet:?xt=urn:btih:{Hex}{trackers}").Trackers.Count);
    }

    [Fact]
    public void An_endless_link_is_refused()
    {
        Assert.False(MagnetLink.TryParse($"magnet:?xt=urn:btih:{Hex}&dn={new string('a', 70_000)}", out _, out string? tooLong));
        Assert.False(MagnetLink.TryParse($"magnet:?xt=urn:btih:{Hex}{new string('&', 1001)}", out _, out string? tooMany));
        Assert.False(MagnetLink.TryParse(
            $"magnet:?xt=urn:btih:{Hex}&so={string.Join(',', Enumerable.Range(0, 1001))}", out _, out string? tooManyFiles));

        Assert.Contains("characters", tooLong, StringComparison.Ordinal);
        Assert.Contains("parameters", tooMany, StringComparison.Ordinal);
        Assert.Contains("parts", tooManyFiles, StringComparison.Ordinal);
    }

    [Fact]
    public void A_name_is_cut_to_its_bound_and_never_holds_control_characters()
    {
        MagnetLink link = MagnetLink.Parse($"magnet:?xt=urn:btih:{Hex}&dn=a%1B%5B2J%0Ab{new string('c', 300)}");

        Assert.StartsWith("a[2J b", link.Name, StringComparison.Ordinal);
        Assert.Equal(MagnetLink.MaxNameLength, link.Name!.Length);
    }
}

using System.Net;
using System.Security.Cryptography;
using System.Text;
using TorrentPatron.Protocol.Magnets;
using TorrentPatron.Protocol.Metainfo;
using Xunit;

namespace TorrentPatron.Protocol.Tests.Metainfo;

public sealed class MetainfoReaderTests
{
    private static readonly string[] AlbumPaths = ["album/disc/empty", "album/disc/größe.bin", "album/hello.txt"];

    [Fact]
    public void Metadata_from_peers_and_the_addresses_of_a_magnet_link_make_a_torrent()
    {
        TorrentMetainfo original = MetainfoReader.Read(TestTorrents.ByMktorrent);

        TorrentMetainfo torrent = MetainfoReader.ReadInfo(
            original.RawInfo, ["http://a.example/announce", "udp://b.example:1"], ["https://seed.example/"]);

        Assert.Equal(original.InfoHash, torrent.InfoHash);
        Assert.Equal(original.Name, torrent.Name);
        Assert.Equal([["http://a.example/announce"], ["udp://b.example:1"]], torrent.TrackerTiers);
        Assert.Equal(["https://seed.example/"], torrent.WebSeeds);
        Assert.Equal(original.InfoHash, MetainfoReader.Read(torrent.Raw).InfoHash);
    }

    [Fact]
    public void Metadata_without_any_address_makes_a_torrent()
    {
        TorrentMetainfo torrent = MetainfoReader.ReadInfo(MetainfoReader.Read(TestTorrents.ByMktorrent).RawInfo, [], []);

        Assert.Empty(torrent.TrackerTiers);
        Assert.Empty(torrent.WebSeeds);
    }

    [Theory]
    [InlineData("")]
    [InlineData("le")]
    [InlineData("de8:announce5:false")]
    [InlineData("d4:infode")]
    [InlineData("de")]
    public void Metadata_that_is_not_an_info_dictionary_is_refused(string info) =>
        Assert.Throws<MetainfoException>(() => MetainfoReader.ReadInfo(Encoding.ASCII.GetBytes(info), [], []));

    [Fact]
    public void A_torrent_of_mktorrent_is_read()
    {
        TorrentMetainfo torrent = MetainfoReader.Read(TestTorrents.ByMktorrent);

        Assert.Equal("ebaebdcec543e9ed09e55ea28fb9469232cbfcbc", torrent.InfoHash.ToString());
        Assert.Equal(MetainfoVersion.V1, torrent.Version);
        Assert.Null(torrent.TorrentId.V2);
        Assert.Equal("album", torrent.Name);
        Assert.True(torrent.IsMultiFile);
        Assert.Equal(AlbumPaths, torrent.Files.Select(file => file.Path));
        Assert.Equal([0L, 40_000, 12], torrent.Files.Select(file => file.Length));
        Assert.Equal([0L, 0, 40_000], torrent.Files.Select(file => file.Offset));
        Assert.Equal(40_012, torrent.TotalSize);
        Assert.Equal(40_012, torrent.ContentSize);
        Assert.Equal(32_768, torrent.PieceLength);
        Assert.Equal(2, torrent.PieceCount);
        Assert.Equal(32_768, torrent.PieceSize(0));
        Assert.Equal(40_012 - 32_768, torrent.PieceSize(1));
        Assert.Throws<ArgumentOutOfRangeException>(() => torrent.PieceSize(2));
        Assert.Throws<ArgumentOutOfRangeException>(() => torrent.PieceHash(2).ToArray());
        Assert.Equal(SHA1.HashData(new byte[32_768]), torrent.PieceHash(0));
        Assert.Equal(SHA1.HashData([.. new byte[40_000 - 32_768], .. "hello world\n"u8]), torrent.PieceHash(1));
        Assert.Equal(2, torrent.TrackerTiers.Count);
        Assert.Equal(["http://127.0.0.1:6969/announce"], torrent.TrackerTiers[0]);
        Assert.Equal(["http://127.0.0.1:6970/announce", "udp://127.0.0.1:6971"], torrent.TrackerTiers[1]);
        Assert.Equal(["http://127.0.0.1/files/"], torrent.WebSeeds);
        Assert.False(torrent.IsPrivate);
        Assert.Equal("made by mktorrent", torrent.Comment);
        Assert.Equal("mktorrent 1.1", torrent.CreatedBy);
        Assert.Equal(DateTimeOffset.FromUnixTimeSeconds(1_795_386_011), torrent.CreationDate);
        Assert.Null(torrent.Source);
        Assert.Equal(TestTorrents.ByMktorrent, torrent.Raw);
    }

    [Fact]
    public void A_torrent_of_Transmission_is_read()
    {
        TorrentMetainfo torrent = MetainfoReader.Read(TestTorrents.ByTransmission);

        Assert.Equal("2e473d41fff585d1096332d3e0ee1360741717a1", torrent.InfoHash.ToString());
        Assert.False(torrent.IsMultiFile);
        TorrentFileEntry file = Assert.Single(torrent.Files);
        Assert.Equal("one.txt", file.Path);
        Assert.Equal(3, torrent.PieceSize(0));
        Assert.True(torrent.IsPrivate);
        Assert.Equal("für dich", torrent.Comment);
    }

    [Fact]
    public void A_hybrid_torrent_of_libtorrent_is_read_as_v1_and_keeps_what_v2_needs()
    {
        TorrentMetainfo torrent = MetainfoReader.Read(TestTorrents.HybridByLibtorrent);

        Assert.Equal(MetainfoVersion.Hybrid, torrent.Version);
        Assert.Equal("6522424b3d2dc40f8d47aebf28bf897b47c953f2", torrent.InfoHash.ToString());
        Assert.Equal(
            "d26bf4e393b930beab30c23d8642411d3b34a723c8959815edd8bd0aab46940d",
            torrent.TorrentId.V2.ToString());
        Assert.Equal(AlbumPaths, torrent.Files.Where(file => !file.IsPadding).Select(file => file.Path));
        Assert.Equal(
            ["album/.pad/9152", "album/.pad/16372"],
            torrent.Files.Where(file => file.IsPadding).Select(file => file.Path));
        Assert.Equal(65_536, torrent.TotalSize);
        Assert.Equal(40_012, torrent.ContentSize);
        Assert.Equal(4, torrent.PieceCount);
        Assert.StartsWith("d4:disc", Encoding.UTF8.GetString(torrent.RawFileTree.Span), StringComparison.Ordinal);
        Assert.StartsWith("d32:", Encoding.UTF8.GetString(torrent.RawPieceLayers.Span), StringComparison.Ordinal);
    }

    [Fact]
    public void A_v2_torrent_of_libtorrent_has_its_files()
    {
        TorrentMetainfo torrent = MetainfoReader.Read(TestTorrents.V2ByLibtorrent);

        Assert.Equal(MetainfoVersion.V2, torrent.Version);
        Assert.Equal("1f004013840238219468de3b6e7d255a8e9f1a65", torrent.InfoHash.ToString());
        Assert.Equal(AlbumPaths, torrent.Files.Select(file => file.Path));
        Assert.Equal([0L, 0, 49_152], torrent.Files.Select(file => file.Offset));
        Assert.Equal(40_012, torrent.ContentSize);
        Assert.Equal(4, torrent.PieceCount);
        Assert.Equal(12, torrent.PieceSize(3));
        Assert.True(torrent.PieceHashes.IsEmpty);

        TorrentMetainfo single = MetainfoReader.Read(TestTorrents.SingleV2ByLibtorrent);
        Assert.False(single.IsMultiFile);
        Assert.Equal("one.txt", Assert.Single(single.Files).Path);
    }

    [Fact]
    public void An_empty_file_of_a_v2_torrent_takes_no_space()
    {
        byte[] torrent =
        [
            .. "d4:infod9:file treed1:ad0:d6:lengthi5e11:pieces root32:"u8, .. new byte[32],
            .. "ee1:bd0:d6:lengthi0eeee12:meta versioni2e4:name1:t12:piece lengthi16384eee"u8,
        ];
        TorrentMetainfo metainfo = MetainfoReader.Read(torrent);

        Assert.Equal([0L, 5], metainfo.Files.Select(file => file.Offset));
        Assert.Equal((5, 1), (metainfo.TotalSize, metainfo.PieceCount));
    }

    [Fact]
    public void The_caller_may_reuse_its_buffer()
    {
        byte[] data = [.. TestTorrents.ByTransmission];
        TorrentMetainfo torrent = MetainfoReader.Read(data);
        data.AsSpan().Clear();

        Assert.Equal(torrent.InfoHash, InfoHash.OfInfo(torrent.RawInfo.Span));
    }

    [Fact]
    public void Bytes_after_the_torrent_are_ignored()
    {
        TorrentMetainfo torrent = MetainfoReader.Read((byte[])[.. TestTorrents.ByTransmission, .. "\r\n\n"u8]);
        Assert.Equal(TestTorrents.ByTransmission, torrent.Raw);

        torrent = MetainfoReader.Read((byte[])[.. TestTorrents.ByTransmission, .. "<!--"u8]);
        Assert.Equal(TestTorrents.ByTransmission, torrent.Raw);
    }

    [Fact]
    public void Every_cut_torrent_is_called_incomplete()
    {
        for (int length = 1; length < TestTorrents.ByMktorrent.Length; length++)
            Assert.Equal(MetainfoFault.Truncated, FaultOf(TestTorrents.ByMktorrent[..length]));
    }

    [Theory]
    [InlineData("", MetainfoFault.Empty)]
    [InlineData("<!DOCTYPE html><html>", MetainfoFault.WebPage)]
    [InlineData("\uFEFF\r\n  <html>", MetainfoFault.WebPage)]
    [InlineData("magnet:?xt=urn:btih:2e473d41fff585d1096332d3e0ee1360741717a1", MetainfoFault.NotATorrent)]
    [InlineData("PK\u0003\u0004", MetainfoFault.NotATorrent)]
    [InlineData("dear diary", MetainfoFault.NotATorrent)]
    [InlineData("42", MetainfoFault.NotATorrent)]
    [InlineData("4:spam", MetainfoFault.NotATorrent)]
    [InlineData("le", MetainfoFault.NotATorrent)]
    [InlineData("de", MetainfoFault.MissingField)]
    [InlineData("d4:infoi1ee", MetainfoFault.InvalidField)]
    public void Files_that_are_not_torrents_are_distinguished(string content, MetainfoFault expected)
    {
        Assert.Equal(expected, FaultOf(Encoding.UTF8.GetBytes(content)));
    }

    [Theory]
    [InlineData("d6:lengthi1e4:name1:n12:piece lengthi16384e6:pieces20:aaaaaaaaaaaaaaaaaaaae", null)]
    [InlineData("d6:lengthi0e4:name1:n12:piece lengthi16384e6:pieces0:e", null)]
    [InlineData("d6:lengthi1e12:piece lengthi16384e6:pieces20:aaaaaaaaaaaaaaaaaaaae", MetainfoFault.MissingField)]
    [InlineData("d6:lengthi1e4:namei7e12:piece lengthi16384e6:pieces20:aaaaaaaaaaaaaaaaaaaae", MetainfoFault.InvalidField)]
    [InlineData("d4:name1:n12:piece lengthi16384e6:pieces20:aaaaaaaaaaaaaaaaaaaae", MetainfoFault.MissingField)]
    [InlineData("d6:length1:x4:name1:n12:piece lengthi16384e6:pieces20:aaaaaaaaaaaaaaaaaaaae", MetainfoFault.InvalidField)]
    [InlineData("d6:lengthi-1e4:name1:n12:piece lengthi16384e6:pieces0:e", MetainfoFault.InvalidField)]
    [InlineData("d6:lengthi1e4:name1:n6:pieces20:aaaaaaaaaaaaaaaaaaaae", MetainfoFault.MissingField)]
    [InlineData("d6:lengthi1e4:name1:n12:piece lengthi0e6:pieces20:aaaaaaaaaaaaaaaaaaaae", MetainfoFault.InvalidField)]
    [InlineData("d6:lengthi1e4:name1:n12:piece lengthi-1e6:pieces20:aaaaaaaaaaaaaaaaaaaae", MetainfoFault.InvalidField)]
    [InlineData("d6:lengthi1e4:name1:n12:piece lengthi536870913e6:pieces20:aaaaaaaaaaaaaaaaaaaae", MetainfoFault.InvalidField)]
    [InlineData("d6:lengthi1e4:name1:n12:piece lengthi536870912e6:pieces20:aaaaaaaaaaaaaaaaaaaae", null)]
    [InlineData("d6:lengthi1e4:name1:n12:piece lengthi16384ee", MetainfoFault.MissingField)]
    [InlineData("d6:lengthi1e4:name1:n12:piece lengthi16384e6:piecesi1ee", MetainfoFault.InvalidField)]
    [InlineData("d6:lengthi1e4:name1:n12:piece lengthi16384e6:pieces0:e", MetainfoFault.WrongPieceCount)]
    [InlineData("d6:lengthi1e4:name1:n12:piece lengthi16384e6:pieces19:aaaaaaaaaaaaaaaaaaae", MetainfoFault.WrongPieceCount)]
    [InlineData("d6:lengthi16385e4:name1:n12:piece lengthi16384e6:pieces20:aaaaaaaaaaaaaaaaaaaae", MetainfoFault.WrongPieceCount)]
    [InlineData("d6:lengthi2097153e4:name1:n12:piece lengthi1e6:pieces0:e", MetainfoFault.TooManyPieces)]
    [InlineData("d6:lengthi9223372036854775807e4:name1:n12:piece lengthi1e6:pieces0:e", MetainfoFault.TooManyPieces)]
    [InlineData("d5:filesle4:name1:n12:piece lengthi16384e6:pieces0:e", MetainfoFault.MissingField)]
    [InlineData("d5:filesi1e4:name1:n12:piece lengthi16384e6:pieces0:e", MetainfoFault.InvalidField)]
    [InlineData("d5:filesli1ee4:name1:n12:piece lengthi16384e6:pieces0:e", MetainfoFault.InvalidField)]
    [InlineData("d5:filesld6:lengthi0eee4:name1:n12:piece lengthi16384e6:pieces0:e", MetainfoFault.MissingField)]
    [InlineData("d5:filesld6:lengthi0e4:pathleee4:name1:n12:piece lengthi16384e6:pieces0:e", MetainfoFault.InvalidField)]
    [InlineData("d5:filesld6:lengthi0e4:pathli1eeee4:name1:n12:piece lengthi16384e6:pieces0:e", MetainfoFault.InvalidField)]
    [InlineData(
        "d5:filesld6:lengthi-1e4:pathl1:aeed6:lengthi1e4:pathl1:beee4:name1:n12:piece lengthi16384e6:pieces0:e",
        MetainfoFault.InvalidField)]
    [InlineData(
        "d5:filesld6:lengthi9223372036854775807e4:pathl1:aeed6:lengthi1e4:pathl1:beee4:name1:n12:piece lengthi16384e6:pieces0:e",
        MetainfoFault.InvalidField)]
    [InlineData("d6:lengthi0e12:meta versioni3e4:name1:n12:piece lengthi16384e6:pieces0:e", MetainfoFault.UnsupportedVersion)]
    [InlineData("d12:meta versioni2e4:name1:n12:piece lengthi16384ee", MetainfoFault.MissingField)]
    [InlineData("d9:file treede12:meta versioni2e4:name1:n12:piece lengthi16384ee", MetainfoFault.MissingField)]
    [InlineData("d9:file treed1:ai1ee12:meta versioni2e4:name1:n12:piece lengthi16384ee", MetainfoFault.InvalidField)]
    [InlineData(
        "d9:file treed0:d6:lengthi0eee12:meta versioni2e4:name1:n12:piece lengthi16384ee",
        MetainfoFault.InvalidField)]
    [InlineData(
        "d9:file treed1:ad0:d6:lengthi0eeee12:meta versioni2e4:name1:n12:piece lengthi16385ee",
        MetainfoFault.InvalidField)]
    [InlineData(
        "d9:file treed1:ad0:d6:lengthi0eeee12:meta versioni2e4:name1:n12:piece lengthi8192ee",
        MetainfoFault.InvalidField)]
    [InlineData("d9:file treed1:ad0:d6:lengthi0eeee12:meta versioni2e4:name1:n12:piece lengthi16384ee", null)]
    [InlineData(
        "d9:file treed1:ad0:d6:lengthi9223372036854775807e11:pieces root32:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaee1:bd0:d6:lengthi1e11:pieces root32:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaeee"
        + "12:meta versioni2e4:name1:n12:piece lengthi16384ee",
        MetainfoFault.InvalidField)]
    public void A_wrong_info_is_refused_with_the_reason(string info, MetainfoFault? expected)
    {
        Assert.Equal(expected, FaultOf(TestTorrents.WithInfo(info)));
    }

    [Fact]
    public void A_file_larger_than_any_torrent_is_refused_unread()
    {
        Assert.Equal(MetainfoFault.TooLarge, FaultOf(new byte[MetainfoReader.MaxFileBytes + 1]));
    }

    [Fact]
    public void The_largest_torrent_is_read_from_a_file_and_from_metadata()
    {
        string info = InfoOf(MetainfoReader.MaxMetadataBytes);
        TorrentMetainfo read = MetainfoReader.Read(TestTorrents.WithInfo(info));
        string[] addresses = [.. Enumerable.Range(0, 100).Select(i => $"http://{i}.example/{new string('x', 2000)}")];
        TorrentMetainfo fetched = MetainfoReader.ReadInfo(Encoding.ASCII.GetBytes(info), addresses, addresses);

        Assert.Equal(read.InfoHash, fetched.InfoHash);
        Assert.Equal(100, fetched.WebSeeds.Count);
        Assert.Equal(read.InfoHash, MetainfoReader.Read(fetched.Raw).InfoHash);
    }

    [Fact]
    public void Metadata_larger_than_peers_may_send_is_also_refused_in_a_file()
    {
        string info = InfoOf(MetainfoReader.MaxMetadataBytes + 1);

        Assert.Equal(MetainfoFault.TooLarge, FaultOf(TestTorrents.WithInfo(info)));
        Assert.Throws<MetainfoException>(() => MetainfoReader.ReadInfo(Encoding.ASCII.GetBytes(info), [], []));
    }

    [Theory]
    [InlineData("le")]
    [InlineData("i1e")]
    [InlineData("d0:0:e")]
    public void The_largest_file_of_only_small_values_takes_bounded_memory(string values)
    {
        byte[] file = Encoding.ASCII.GetBytes("d1:al" + string.Concat(Enumerable.Repeat(values, (MetainfoReader.MaxFileBytes - 10) / values.Length)) + "ee");
        long before = GC.GetAllocatedBytesForCurrentThread();

        Assert.Equal(MetainfoFault.NotATorrent, FaultOf(file));

        // A copy of the file, and its 3,000,000 values, the maximum, in an array that has grown to that length.
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, file.Length + (3_000_000L * 16 * 3));
    }

    [Fact]
    public void DHT_nodes_are_read_once_each_up_to_a_bound()
    {
        TorrentMetainfo torrent = MetainfoReader.Read(WithNodes(
            "ll9:192.0.2.1i6881eel9:192.0.2.1i6881eel11:2001:db8::1i1eel12:node.examplei51413eee"));
        TorrentMetainfo many = MetainfoReader.Read(WithNodes(
            $"l{string.Concat(Enumerable.Range(1, 100).Select(port => $"l9:192.0.2.1i{port}ee"))}e"));

        Assert.Equal(
            [new HostEndPoint("192.0.2.1", 6881), new HostEndPoint("2001:db8::1", 1), new HostEndPoint("node.example", 51413)], torrent.DhtNodes);
        Assert.Equal(IPEndPoint.Parse("[2001:db8::1]:1"), torrent.DhtNodes[1].EndPoint);
        Assert.Equal(MetainfoReader.MaxDhtNodes, many.DhtNodes.Count);
    }

    [Fact]
    public void A_private_torrent_names_no_DHT_nodes() =>
        Assert.Empty(MetainfoReader.Read(WithNodes("ll9:192.0.2.1i6881eee", "7:privatei1e")).DhtNodes);

    [Fact]
    public void DHT_nodes_of_a_magnet_link_are_in_the_torrent_that_its_metadata_makes()
    {
        HostEndPoint[] nodes = [new("192.0.2.1", 6881), new("2001:db8::1", 1)];

        TorrentMetainfo torrent = MetainfoReader.ReadInfo(MetainfoReader.Read(TestTorrents.ByMktorrent).RawInfo, [], ["http://a.example/"], nodes);

        Assert.Equal(nodes, torrent.DhtNodes);
        Assert.Equal(nodes, MetainfoReader.Read(torrent.Raw).DhtNodes);
        Assert.Equal(nodes, MagnetLink.Of(torrent).DhtNodes);
    }

    [Fact]
    public void Paths_are_made_safe_and_stay_below_the_name()
    {
        TorrentMetainfo torrent = MetainfoReader.Read(TestTorrents.WithPaths(
            TestTorrents.Path("..", "..", "etc", "passwd"),
            TestTorrents.Path("/abs"),
            TestTorrents.Path("", "x"),
            TestTorrents.Path("a\\b"),
            TestTorrents.Path("A_B"),
            TestTorrents.Path("ok.txt")));

        Assert.Equal(
            ["n/_/_/etc/passwd", "n/_abs", "n/_/x", "n/a_b", "n/A_B (1)", "n/ok.txt"],
            torrent.Files.Select(file => file.Path));
        Assert.Equal("n/../../etc/passwd", torrent.Files[0].OriginalPath);
        Assert.Same(torrent.Files[5].Path, torrent.Files[5].OriginalPath);
    }

    [Fact]
    public void Names_that_differ_only_in_invisible_characters_are_distinguished()
    {
        TorrentMetainfo torrent = MetainfoReader.Read(TestTorrents.WithPaths(
            TestTorrents.Path("invoice.pdf"),
            TestTorrents.Path("invoice\u200B.pdf"),
            TestTorrents.Path("in\u00ADvoice\U000E0020.pdf"),
            TestTorrents.Path("dir", "a"),
            TestTorrents.Path("dir\u2063", "a")));

        Assert.Equal(
            ["n/invoice.pdf", "n/invoice (1).pdf", "n/invoice (2).pdf", "n/dir/a", "n/dir/a (1)"], torrent.Files.Select(file => file.Path));
    }

    [Fact]
    public void Names_in_UTF8_are_preferred_if_they_are_valid()
    {
        TorrentMetainfo torrent = MetainfoReader.Read(TestTorrents.WithInfo(
            "d5:filesld6:lengthi0e4:pathl1:xe10:path.utf-8l3:日eed6:lengthi0e4:pathl1:ye10:path.utf-8l0:eee"
            + "4:name1:n10:name.utf-83:本12:piece lengthi16384e6:pieces0:e"));

        Assert.Equal("本", torrent.Name);
        Assert.Equal(["本/日", "本/y"], torrent.Files.Select(file => file.Path));
    }

    [Fact]
    public void Attributes_and_links_are_kept_and_a_link_with_content_is_a_file()
    {
        TorrentMetainfo torrent = MetainfoReader.Read(TestTorrents.WithInfo(
            "d5:filesl"
            + "d4:attr2:xh6:lengthi0e4:pathl3:runee"
            + "d4:attr1:l4:pathl4:linke12:symlink pathl2:..3:runee"
            + "d4:attr1:l6:lengthi1e4:pathl5:link2e12:symlink pathl3:runee"
            + "d4:attr1:l6:lengthi0e4:pathl5:link3ee"
            + "e4:name1:n12:piece lengthi16384e6:pieces20:aaaaaaaaaaaaaaaaaaaae"));

        Assert.Equal(TorrentFileAttributes.Executable | TorrentFileAttributes.Hidden, torrent.Files[0].Attributes);
        Assert.Equal(TorrentFileAttributes.SymbolicLink, torrent.Files[1].Attributes);
        Assert.Null(torrent.Files[1].LinkTarget);
        Assert.Equal(TorrentFileAttributes.None, torrent.Files[2].Attributes);
        Assert.Null(torrent.Files[2].LinkTarget);
        Assert.Equal(TorrentFileAttributes.None, torrent.Files[3].Attributes);
    }

    [Fact]
    public void Trackers_are_deduplicated_bounded_and_only_of_known_kinds()
    {
        string many = string.Concat(Enumerable.Range(1000, 200).Select(i => $"l22:http://h/{i}/announcee"));
        TorrentMetainfo torrent = MetainfoReader.Read(WithTop(
            "8:announce8:http://z13:announce-listl11:http://one/"
            + $"li7e11:http://one/13:file:///etc/x10:http://h\u001Bx9:udp://h:1ei3e{many}e"));

        Assert.Equal(["http://one/"], torrent.TrackerTiers[0]);
        Assert.Equal(["udp://h:1"], torrent.TrackerTiers[1]);
        Assert.Equal(100, torrent.TrackerTiers.Sum(tier => tier.Count));
    }

    [Theory]
    [InlineData("8:announce8:http://z", "http://z")]
    [InlineData("8:announce8:http://z13:announce-listle", "http://z")]
    [InlineData("8:announce8:http://z13:announce-listlli1eee", "http://z")]
    [InlineData("8:announcei1e", null)]
    [InlineData("8:announce4:junk", null)]
    [InlineData("8:announce5:/\\\u202E", null)]
    [InlineData("8:announce10:http://\u202E", null)]
    public void The_single_tracker_counts_if_the_list_has_none(string top, string? expected)
    {
        Assert.Equal(expected, MetainfoReader.Read(WithTop(top)).TrackerTiers.SelectMany(tier => tier).SingleOrDefault());
    }

    [Fact]
    public void A_trackers_address_with_unusual_characters_is_kept_and_counts_once_however_it_is_spelt()
    {
        TorrentMetainfo torrent = MetainfoReader.Read(WithTop(
            "13:announce-listl" + "l20:http://t/a b?k={x}|y" + "27:HTTP://T:80/a%20b?k={x}%7Cye" + "l9:udp://t:19:http://t/ee"));

        Assert.Equal([["http://t/a%20b?k=%7Bx%7D%7Cy"], ["udp://t:1", "http://t/"]], torrent.TrackerTiers);
    }

    [Fact]
    public void Unusual_text_and_dates_are_harmless()
    {
        TorrentMetainfo torrent = MetainfoReader.Read(WithTop(
            "7:comment9:a\u001B[31m\nb 10:created byi1e13:creation datei9223372036854775807e8:url-list0:"));

        Assert.Equal("a[31m b", torrent.Comment);
        Assert.Null(torrent.CreatedBy);
        Assert.Null(torrent.CreationDate);
        Assert.Empty(torrent.WebSeeds);
        Assert.Empty(torrent.TrackerTiers);
    }

    [Fact]
    public void A_deep_tree_of_long_names_cannot_fill_the_memory()
    {
        string inner = string.Concat(Enumerable.Range(10_000, 50_000).Select(i => $"5:{i}d0:d6:lengthi0eee"));
        string name = "200:" + new string('x', 200);
        string tree = string.Concat(Enumerable.Repeat($"d{name}", 80)) + $"d{inner}e" + new string('e', 80);

        Assert.Equal(
            MetainfoFault.InvalidField,
            FaultOf(TestTorrents.WithInfo($"d9:file tree{tree}12:meta versioni2e4:name1:n12:piece lengthi16384ee")));
    }

    [Fact]
    public void Changed_bytes_give_a_torrent_or_a_MetainfoException()
    {
        var random = new Random(3);
        byte[][] originals = [TestTorrents.ByMktorrent, TestTorrents.HybridByLibtorrent, TestTorrents.V2ByLibtorrent];
        int refused = 0;
        for (int round = 0; round < 10_000; round++)
        {
            byte[] data = [.. originals[round % originals.Length]];
            for (int i = random.Next(1, 4); i > 0; i--)
                data[random.Next(data.Length)] = (byte)random.Next(256);
            if (FaultOf(data) is not null)
                refused++;
        }

        Assert.InRange(refused, 1, 9_999);
    }

    private static byte[] WithTop(string entries) => Encoding.UTF8.GetBytes(
        $"d{entries}4:infod6:lengthi0e4:name1:n12:piece lengthi16384e6:pieces0:ee");

    /// <summary>An info dictionary of the given length in bytes, tens of millions.</summary>
    private static string InfoOf(int length)
    {
        const string Before = "d6:lengthi1e4:name1:n12:piece lengthi16384e6:pieces20:aaaaaaaaaaaaaaaaaaaa1:x";
        int filler = length - Before.Length - "12345678:".Length - "e".Length;
        return $"{Before}{filler}:{new string('x', filler)}e";
    }

    private static byte[] WithNodes(string nodes, string info = "") => Encoding.Latin1.GetBytes(
        $"d4:infod6:lengthi1e4:name1:n12:piece lengthi16384e6:pieces20:aaaaaaaaaaaaaaaaaaaa{info}e5:nodes{nodes}e");

    private static MetainfoFault? FaultOf(byte[] data)
    {
        try
        {
            MetainfoReader.Read(data);
            return null;
        }
        catch (MetainfoException fault)
        {
            Assert.EndsWith(".", fault.Message, StringComparison.Ordinal);
            return fault.Fault;
        }
    }

    [Fact]
    public void A_changed_name_is_kept_as_a_raw_path_if_a_file_can_have_it_here()
    {
        if (OperatingSystem.IsWindows())
            return;
        TorrentMetainfo metainfo = Read("Album: One", "plain", "dir?/a", "x.", "Read", "READ");

        Assert.Equal(["Album_ One/plain", "Album_ One/dir_/a", "Album_ One/x", "Album_ One/Read", "Album_ One/READ (1)"], metainfo.Files.Select(file => file.Path));
        Assert.Equal(
            ["Album: One/plain", "Album: One/dir?/a", "Album: One/x.", "Album: One/Read", "Album: One/READ"], metainfo.Files.Select(file => file.RawPath));
        Assert.All(Read("Album", "plain", "dir/a").Files, file => Assert.Null(file.RawPath));
        Assert.Equal([null, "Album/READ"], Read("Album", "Read", "READ").Files.Select(file => file.RawPath));
    }

    [Theory]
    [InlineData("..", "x")]
    [InlineData("n", "../x")]
    [InlineData("n", "a/../x:")]
    [InlineData("n", "./x:")]
    [InlineData("a/b", "x:")]
    [InlineData("n", "x:\u0000")]
    [InlineData("n", "x:\n")]
    [InlineData("n", "x:\u001B[31m")]
    [InlineData("n", "x:\u0085")]
    public void A_name_that_could_lead_elsewhere_or_control_a_terminal_is_not_a_raw_path(string name, string path) =>
        Assert.Null(Assert.Single(Read(name, path).Files).RawPath);

    private static TorrentMetainfo Read(string name, params string[] paths)
    {
        string files = string.Concat(paths.Select(path => $"d6:lengthi1e4:pathl{string.Concat(path.Split('/').Select(Bencoded))}ee"));
        return MetainfoReader.Read(Encoding.UTF8.GetBytes(
            $"d4:infod5:filesl{files}e4:name{Bencoded(name)}12:piece lengthi16384e6:pieces20:{new string('x', 20)}ee"));
    }

    private static string Bencoded(string text) => $"{Encoding.UTF8.GetByteCount(text)}:{text}";
}

using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;
using TorrentPatron.Protocol.Trackers;

namespace TorrentPatron.Protocol.Tests.Trackers;

public sealed class UdpTrackerCodecTests
{
    private const uint TransactionId = 0x01020304;
    private static readonly Uri Announce = new("udp://tracker.example:6969");

    [Fact]
    public void A_connect_request_is_the_16_bytes_of_BEP_15() => Assert.Equal(
        "0000041727101980" + "00000000" + "01020304", Convert.ToHexString(UdpTrackerCodec.WriteConnect(TransactionId)));

    [Fact]
    public void An_announce_request_is_the_98_bytes_of_BEP_15()
    {
        AnnounceRequest request = AnnounceRequests.Plain with { Event = AnnounceEvent.Started };

        byte[] datagram = UdpTrackerCodec.WriteAnnounce(0x1122334455667788, TransactionId, Announce, request);

        Assert.Equal(
            "1122334455667788" + "00000001" + "01020304"
            + "123456789ABCDEF123456789ABCDEF123456789A" + Convert.ToHexString("-TP0100-abcdefghijkl"u8)
            + "0000000000000002" + "0000000000000003" + "0000000000000001"
            + "00000002" + "00000000" + "0000CAFE" + "00000032" + "1AE1",
            Convert.ToHexString(datagram));
    }

    [Fact]
    public void A_scrape_is_asked_for_and_read_as_BEP_15_says()
    {
        Assert.Equal(
            "1122334455667788" + "00000002" + "01020304" + "123456789ABCDEF123456789ABCDEF123456789A",
            Convert.ToHexString(UdpTrackerCodec.WriteScrape(0x1122334455667788, TransactionId, AnnounceRequests.Plain.InfoHash)));
        Assert.Equal(
            new ScrapeResponse(Seeders: 5, Leechers: 10, Completed: 50),
            UdpTrackerCodec.ReadScrape(Convert.FromHexString("00000002" + "01020304" + "00000005" + "00000032" + "0000000A"), TransactionId));
        Assert.Throws<TrackerFailureException>(
            () => UdpTrackerCodec.ReadScrape(Convert.FromHexString("00000002" + "01020304" + "00000005" + "00000032"), TransactionId));
        Assert.Throws<TrackerFailureException>(
            () => UdpTrackerCodec.ReadScrape(Convert.FromHexString("00000001" + "01020304" + "00000005" + "00000032" + "0000000A"), TransactionId));
    }

    [Fact]
    public void The_address_to_announce_is_at_the_offset_in_BEP_15()
    {
        AnnounceRequest request = AnnounceRequests.Plain with { Address = System.Net.IPAddress.Parse("81.2.69.142") };
        Assert.Equal("5102458E", Convert.ToHexString(UdpTrackerCodec.WriteAnnounce(1, TransactionId, Announce, request).AsSpan(84, 4)));
        request = request with { Address = System.Net.IPAddress.Parse("2a01:db8::1") };
        Assert.Equal("00000000", Convert.ToHexString(UdpTrackerCodec.WriteAnnounce(1, TransactionId, Announce, request).AsSpan(84, 4)));
    }

    [Theory]
    [InlineData(AnnounceEvent.None, 0)]
    [InlineData(AnnounceEvent.Completed, 1)]
    [InlineData(AnnounceEvent.Started, 2)]
    [InlineData(AnnounceEvent.Stopped, 3)]
    public void Events_have_the_numbers_of_BEP_15(AnnounceEvent announceEvent, int number)
    {
        AnnounceRequest request = AnnounceRequests.Plain with { Event = announceEvent };

        byte[] datagram = UdpTrackerCodec.WriteAnnounce(1, TransactionId, Announce, request);

        Assert.Equal(number, BinaryPrimitives.ReadInt32BigEndian(datagram.AsSpan(80)));
    }

    [Fact]
    public void The_path_and_query_follow_as_an_option_of_BEP_41()
    {
        var announce = new Uri("udp://tracker.example:80/dir?a=b&c=d");

        byte[] datagram = UdpTrackerCodec.WriteAnnounce(1, TransactionId, announce, AnnounceRequests.Plain);

        byte[] expected = [2, 12, .. "/dir?a=b&c=d"u8];
        Assert.Equal(expected, datagram[98..]);
    }

    [Fact]
    public void A_long_path_is_split_into_options_of_at_most_255_bytes()
    {
        string path = "/" + new string('x', 299);

        byte[] datagram = UdpTrackerCodec.WriteAnnounce(
            1, TransactionId, new Uri("udp://tracker.example:80" + path), AnnounceRequests.Plain);

        byte[] options = datagram[98..];
        Assert.Equal([2, 255], options[..2]);
        Assert.Equal([2, 45], options[257..259]);
        Assert.Equal(path, Encoding.ASCII.GetString([.. options[2..257], .. options[259..]]));
    }

    [Fact]
    public void A_path_too_long_for_a_datagram_is_refused()
    {
        var announce = new Uri("udp://tracker.example:80/" + new string('x', 2_000));

        Assert.Throws<TrackerFailureException>(
            () => UdpTrackerCodec.WriteAnnounce(1, TransactionId, announce, AnnounceRequests.Plain));
    }

    [Fact]
    public void A_connect_answer_gives_the_connection_id() => Assert.Equal(
        0x1122334455667788UL,
        UdpTrackerCodec.ReadConnect(Convert.FromHexString("00000000" + "01020304" + "1122334455667788"), TransactionId));

    [Fact]
    public void An_announce_answer_gives_counts_and_IPv4_peers()
    {
        byte[] datagram = Convert.FromHexString(
            "00000001" + "01020304" + "00000708" + "00000005" + "00000007" + "0A0000011AE1" + "0A0000021AE2");

        AnnounceResponse response = UdpTrackerCodec.ReadAnnounce(datagram, TransactionId, AddressFamily.InterNetwork);

        Assert.Equal(TimeSpan.FromMinutes(30), response.Interval);
        Assert.Equal(5, response.Leechers);
        Assert.Equal(7, response.Seeders);
        Assert.Equal([IPEndPoint.Parse("10.0.0.1:6881"), IPEndPoint.Parse("10.0.0.2:6882")], response.Peers);
    }

    [Fact]
    public void An_announce_answer_over_IPv6_gives_IPv6_peers()
    {
        byte[] datagram = Convert.FromHexString(
            "00000001" + "01020304" + "00000708" + "00000005" + "00000007" + "20010DB8000000000000000000000001" + "1AE1");

        AnnounceResponse response = UdpTrackerCodec.ReadAnnounce(datagram, TransactionId, AddressFamily.InterNetworkV6);

        Assert.Equal([IPEndPoint.Parse("[2001:db8::1]:6881")], response.Peers);
    }

    [Theory]
    [InlineData("00000000")]
    [InlineData("80000000")]
    [InlineData("7FFFFFFF")]
    public void An_absurd_interval_is_clamped(string interval)
    {
        byte[] datagram = Convert.FromHexString("00000001" + "01020304" + interval + "FFFFFFFF" + "FFFFFFFF");

        AnnounceResponse response = UdpTrackerCodec.ReadAnnounce(datagram, TransactionId, AddressFamily.InterNetwork);

        Assert.InRange(response.Interval, AnnounceResponse.ShortestInterval, AnnounceResponse.LongestInterval);
        Assert.Equal(0, response.Seeders);
        Assert.Equal(0, response.Leechers);
    }

    [Fact]
    public void An_error_answer_carries_the_trackers_words_without_escapes()
    {
        byte[] datagram = [0, 0, 0, 3, 1, 2, 3, 4, .. "not \u001b[31mhere"u8];

        var failure = Assert.Throws<TrackerFailureException>(
            () => UdpTrackerCodec.ReadAnnounce(datagram, TransactionId, AddressFamily.InterNetwork));

        Assert.Equal("The tracker refused: not [31mhere", failure.Message);
    }

    [Theory]
    [InlineData("")]
    [InlineData("00000001")]
    [InlineData("00000001" + "01020305" + "00000708" + "00000005" + "00000007")]
    [InlineData("00000000" + "01020304" + "00000708" + "00000005" + "00000007")]
    [InlineData("00000001" + "01020304" + "00000708" + "00000005" + "000000")]
    public void An_answer_that_does_not_match_the_announce_is_refused(string datagram) => Assert.Throws<TrackerFailureException>(
        () => UdpTrackerCodec.ReadAnnounce(Convert.FromHexString(datagram), TransactionId, AddressFamily.InterNetwork));

    [Theory]
    [InlineData("00000000" + "01020304" + "11223344556677")]
    [InlineData("00000000" + "00020304" + "1122334455667788")]
    [InlineData("00000001" + "01020304" + "1122334455667788")]
    public void An_answer_that_does_not_match_the_connect_is_refused(string datagram) => Assert.Throws<TrackerFailureException>(
        () => UdpTrackerCodec.ReadConnect(Convert.FromHexString(datagram), TransactionId));
}

using System.Net;
using System.Text;
using TorrentPatron.Protocol.Trackers;

namespace TorrentPatron.Protocol.Tests.Trackers;

public sealed class HttpAnnounceCodecTests
{
    [Fact]
    public void The_address_carries_every_parameter_with_raw_bytes_escaped()
    {
        Uri uri = HttpAnnounceCodec.BuildUri(
            new Uri("http://tracker.example:6969/announce"), AnnounceRequests.Plain with { Event = AnnounceEvent.Started });

        Assert.Equal(
            "/announce?info_hash=%124Vx%9A%BC%DE%F1%23Eg%89%AB%CD%EF%124Vx%9A&peer_id=-TP0100-abcdefghijkl&port=6881"
            + "&uploaded=1&downloaded=2&left=3&compact=1&no_peer_id=1&key=0000CAFE&numwant=50&event=started",
            uri.PathAndQuery);
    }

    // The examples of BEP 48.
    [Theory]
    [InlineData("http://example.com/announce", "http://example.com/scrape?")]
    [InlineData("http://example.com/x/announce", "http://example.com/x/scrape?")]
    [InlineData("http://example.com/announce.php", "http://example.com/scrape.php?")]
    [InlineData("http://example.com/announce?x2%0644", "http://example.com/scrape?x2%0644&")]
    [InlineData("http://example.com/a", null)]
    [InlineData("http://example.com/announce?x=2/4", "http://example.com/scrape?x=2/4&")]
    [InlineData("http://example.com/x%064announce", null)]
    [InlineData("http://announce", null)]
    public void A_scrape_address_follows_BEP_48(string announce, string? scrape)
    {
        Uri? uri = HttpAnnounceCodec.BuildScrapeUri(new Uri(announce), AnnounceRequests.Plain.InfoHash);
        Assert.Equal(scrape is null ? null : $"{scrape}info_hash=%124Vx%9A%BC%DE%F1%23Eg%89%AB%CD%EF%124Vx%9A", uri?.OriginalString);
    }

    [Fact]
    public void A_scrape_answer_gives_only_the_counts_of_its_torrent()
    {
        InfoHash torrent = AnnounceRequests.Plain.InfoHash;
        byte[] answer = [.. "d5:filesd20:"u8, .. torrent.ToArray(), .. "d8:completei5e10:downloadedi50e10:incompletei10eeee"u8];
        Assert.Equal(new ScrapeResponse(5, 10, 50), HttpAnnounceCodec.ParseScrape(answer, torrent));
        Assert.Null(HttpAnnounceCodec.ParseScrape(answer, default));
        Assert.Null(HttpAnnounceCodec.ParseScrape("d5:filesdee"u8.ToArray(), torrent));
        Assert.Null(HttpAnnounceCodec.ParseScrape("d5:filesi1ee"u8.ToArray(), torrent));
        Assert.Throws<TrackerFailureException>(() => HttpAnnounceCodec.ParseScrape("d14:failure reason2:noe"u8.ToArray(), torrent));
        Assert.Throws<TrackerFailureException>(() => HttpAnnounceCodec.ParseScrape("<html>"u8.ToArray(), torrent));
    }

    [Fact]
    public void Encryption_and_our_own_address_are_announced_if_set()
    {
        AnnounceRequest request = AnnounceRequests.Plain with { SupportsEncryption = true };
        Assert.EndsWith("&supportcrypto=1", Query(request), StringComparison.Ordinal);
        Assert.EndsWith("&supportcrypto=1&requirecrypto=1", Query(request with { RequiresEncryption = true }), StringComparison.Ordinal);
        Assert.EndsWith("&ip=81.2.69.142", Query(AnnounceRequests.Plain with { Address = IPAddress.Parse("81.2.69.142") }), StringComparison.Ordinal);

        static string Query(AnnounceRequest request) => HttpAnnounceCodec.BuildUri(new Uri("http://t.example/announce"), request).Query;
    }

    // BEP 24: four bytes in network order, or sixteen.
    [Theory]
    [InlineData("4:\x51\x02\x45\x8e", "81.2.69.142")]
    [InlineData("16:\x2a\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01", "2a01:db8::1")]
    [InlineData("3:abc", null)]
    [InlineData("i5e", null)]
    public void The_external_address_of_BEP_24_is_read(string value, string? address)
    {
        byte[] answer = [.. "d11:external ip"u8, .. Encoding.Latin1.GetBytes(System.Text.RegularExpressions.Regex.Unescape(value)), .. "8:intervali900ee"u8];
        Assert.Equal(address is null ? null : IPAddress.Parse(address), HttpAnnounceCodec.Parse(answer).ExternalAddress);
    }

    [Fact]
    public void Any_info_hash_survives_encoding_in_a_URL()
    {
        // Bytes that are UTF-8 for bidi marks, letters and reserved characters, which Uri might change.
        byte[] all = [.. Enumerable.Range(0, 256).Select(i => (byte)i), 0xE2, 0x80, 0x8F, 0xC3, 0xA9, 0xF0, 0x9F, 0x98, 0x80];
        for (int start = 0; start + InfoHash.Length <= all.Length; start++)
        {
            var infoHash = new InfoHash(all.AsSpan(start, InfoHash.Length));

            Uri uri = HttpAnnounceCodec.BuildUri(
                new Uri("http://tracker.example/announce"), AnnounceRequests.Plain with { InfoHash = infoHash });

            string sent = uri.PathAndQuery.Split("info_hash=")[1].Split('&')[0];
            Assert.Equal(infoHash.ToArray(), WebUtility.UrlDecodeToBytes(Encoding.ASCII.GetBytes(sent), 0, sent.Length));
        }
    }

    [Theory]
    [InlineData("http://t.example/announce?passkey=a%20b", "/announce?passkey=a%20b&info_hash=")]
    [InlineData("http://t.example/0123abc/announce", "/0123abc/announce?info_hash=")]
    [InlineData("http://t.example", "/?info_hash=")]
    [InlineData("http://t.example/announce#part", "/announce?info_hash=")]
    public void The_addresses_own_path_and_query_are_kept(string announce, string expectedStart)
    {
        Uri uri = HttpAnnounceCodec.BuildUri(new Uri(announce), AnnounceRequests.Plain);

        Assert.StartsWith(expectedStart, uri.PathAndQuery, StringComparison.Ordinal);
    }

    [Fact]
    public void The_tracker_id_and_an_IPv6_address_are_sent_when_known()
    {
        AnnounceRequest request = AnnounceRequests.Plain with
        {
            TrackerId = "a&\u00FF",
            IPv6 = IPAddress.Parse("2001:db8::1"),
            Event = AnnounceEvent.None,
            NumWant = -1,
        };

        string query = HttpAnnounceCodec.BuildUri(new Uri("http://t.example/announce"), request).Query;

        Assert.EndsWith("&trackerid=a%26%FF&ipv6=2001%3Adb8%3A%3A1", query, StringComparison.Ordinal);
        Assert.DoesNotContain("event=", query, StringComparison.Ordinal);
        Assert.DoesNotContain("numwant=", query, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(AnnounceEvent.None, "paused")]
    [InlineData(AnnounceEvent.Started, "started")]
    [InlineData(AnnounceEvent.Completed, "completed")]
    [InlineData(AnnounceEvent.Stopped, "stopped")]
    public void A_partial_seed_is_announced_if_there_is_no_other_event(AnnounceEvent announceEvent, string told)
    {
        AnnounceRequest request = AnnounceRequests.Plain with { IsPartialSeed = true, Event = announceEvent };

        Assert.EndsWith($"&event={told}", HttpAnnounceCodec.BuildUri(new Uri("http://t.example/"), request).Query, StringComparison.Ordinal);
    }

    [Fact]
    public void A_compact_answer_gives_counts_intervals_and_peers_of_both_families()
    {
        byte[] answer =
        [
            .. "d8:completei7e10:incompletei5e8:intervali1800e12:min intervali60e5:peers6:"u8, 10, 0, 0, 1, 0x1A, 0xE1,
            .. "6:peers618:"u8, 0x20, 1, 0xD, 0xB8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0x1A, 0xE2,
            .. "10:tracker id3:xyz15:warning message4:fulle"u8,
        ];

        AnnounceResponse response = HttpAnnounceCodec.Parse(answer);

        Assert.Equal(7, response.Seeders);
        Assert.Equal(5, response.Leechers);
        Assert.Equal(TimeSpan.FromMinutes(30), response.Interval);
        Assert.Equal(TimeSpan.FromMinutes(1), response.MinInterval);
        Assert.Equal([IPEndPoint.Parse("10.0.0.1:6881"), IPEndPoint.Parse("[2001:db8::1]:6882")], response.Peers);
        Assert.Equal("xyz", response.TrackerId);
        Assert.Equal("full", response.Warning);
    }

    [Theory]
    [InlineData("010001", "10.0.0.1:6881", "10.0.0.3:6881")]
    [InlineData("00FF03", "10.0.0.3:6881")]
    [InlineData("020000")]
    [InlineData("0101")]
    [InlineData("01010101")]
    [InlineData("")]
    public void Crypto_flags_mark_compact_peers_that_require_encryption(string flags, params string[] encrypted)
    {
        byte[] bytes = Convert.FromHexString(flags);
        // The second has no port and is ignored.
        byte[] answer =
        [
            .. System.Text.Encoding.ASCII.GetBytes($"d12:crypto_flags{bytes.Length}:"), .. bytes,
            .. "5:peers18:"u8, 10, 0, 0, 1, 0x1A, 0xE1, 10, 0, 0, 2, 0, 0, 10, 0, 0, 3, 0x1A, 0xE1, (byte)'e',
        ];

        AnnounceResponse response = HttpAnnounceCodec.Parse(answer);

        Assert.Equal([IPEndPoint.Parse("10.0.0.1:6881"), IPEndPoint.Parse("10.0.0.3:6881")], response.Peers);
        Assert.Equal(encrypted.Select(IPEndPoint.Parse), response.EncryptedPeers);
    }

    [Fact]
    public void Crypto_flags_beside_a_list_of_dictionaries_are_ignored() =>
        Assert.Empty(Parse("d12:crypto_flags1:\u00015:peersld2:ip9:192.0.2.14:porti6881eeee").EncryptedPeers);

    [Fact]
    public void A_list_of_dictionaries_gives_its_valid_peers()
    {
        AnnounceResponse response = Parse(
            "d8:intervali900e5:peersl"
            + "d2:ip9:192.0.2.17:peer id20:aaaaaaaaaaaaaaaaaaaa4:porti6881ee"
            + "d2:ip11:2001:db8::14:porti6882ee"
            + "d2:ip12:evil.example4:porti80ee"
            + "d2:ip9:192.0.2.24:porti0ee"
            + "d2:ip9:192.0.2.34:porti65536ee"
            + "d2:ip9:192.0.2.44:port4:6881e"
            + "d4:porti6881ee"
            + "i5e4:spam"
            + "ee");

        Assert.Equal([IPEndPoint.Parse("192.0.2.1:6881"), IPEndPoint.Parse("[2001:db8::1]:6882")], response.Peers);
    }

    [Fact]
    public void An_almost_empty_answer_has_the_default_interval_and_no_peers()
    {
        AnnounceResponse response = Parse("de");

        Assert.Equal(TimeSpan.FromMinutes(30), response.Interval);
        Assert.Null(response.MinInterval);
        Assert.Null(response.Seeders);
        Assert.Empty(response.Peers);
    }

    [Theory]
    [InlineData("-1", 30)]
    [InlineData("0", 30)]
    [InlineData("29", 30)]
    [InlineData("3600", 3600)]
    [InlineData("86401", 86400)]
    [InlineData("9223372036854775807", 86400)]
    [InlineData("-9223372036854775808", 30)]
    public void Intervals_are_clamped_between_half_a_minute_and_a_day(string given, int expected)
    {
        AnnounceResponse response = Parse($"d8:intervali{given}e12:min intervali{given}ee");

        Assert.Equal(TimeSpan.FromSeconds(expected), response.Interval);
        Assert.Equal(TimeSpan.FromSeconds(expected), response.MinInterval);
    }

    [Fact]
    public void A_failure_reason_becomes_a_failure_without_escapes_or_bidi_marks()
    {
        var failure = Assert.Throws<TrackerFailureException>(() => Parse("d14:failure reason15:no\u001B]0;x\u0007 \u202Eokee"));

        Assert.Equal("The tracker refused: no]0;x oke", failure.Message);
    }

    [Theory]
    [InlineData("d14:failure reason0:e")]
    [InlineData("d14:failure reasoni1ee")]
    public void A_failure_without_a_reason_is_still_a_failure(string answer) =>
        Assert.Throws<TrackerFailureException>(() => Parse(answer));

    [Fact]
    public void A_very_long_failure_reason_is_cut()
    {
        string answer = $"d14:failure reason100000:{new string('x', 100_000)}e";

        var failure = Assert.Throws<TrackerFailureException>(() => Parse(answer));

        Assert.InRange(failure.Message.Length, 1, 400);
    }

    [Theory]
    [InlineData("")]
    [InlineData("<html><body>404</body></html>")]
    [InlineData("d5:peers")]
    [InlineData("d5:peers999999999:xe")]
    [InlineData("le")]
    [InlineData("i5e")]
    public void Garbage_is_refused(string answer) => Assert.Throws<TrackerFailureException>(() => Parse(answer));

    [Fact]
    public void Deep_nesting_is_refused() =>
        Assert.Throws<TrackerFailureException>(() => Parse("d5:peers" + new string('l', 100_000)));

    [Fact]
    public void Peers_of_an_odd_length_lose_only_the_tail()
    {
        byte[] answer = [.. "d5:peers8:"u8, 10, 0, 0, 1, 0x1A, 0xE1, 9, 9, .. "e"u8];

        Assert.Equal([IPEndPoint.Parse("10.0.0.1:6881")], HttpAnnounceCodec.Parse(answer).Peers);
    }

    [Fact]
    public void No_more_than_2000_peers_are_accepted()
    {
        byte[] answer = [.. "d5:peers18000:"u8, .. Enumerable.Repeat((byte)1, 18_000), .. "6:peers60:e"u8];

        Assert.Equal(AnnounceResponse.MaxPeers, HttpAnnounceCodec.Parse(answer).Peers.Count);
    }

    [Fact]
    public void An_answer_over_two_megabytes_is_refused() =>
        Assert.Throws<TrackerFailureException>(() => HttpAnnounceCodec.Parse(new byte[HttpAnnounceCodec.MaxAnswerLength + 1]));

    private static AnnounceResponse Parse(string answer) => HttpAnnounceCodec.Parse(Encoding.UTF8.GetBytes(answer));
}

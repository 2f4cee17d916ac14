using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using TorrentPatron.Engine.Client;
using TorrentPatron.Protocol.Metainfo;
using TorrentPatron.Simulation.Peers;
using TorrentPatron.Simulation.Simulator;

namespace TorrentPatron.Simulation.Scenarios;

/// <summary>Web seeds (BEP 19), good and hostile, alone and beside peers.</summary>
public sealed class WebSeedScenarios
{
    private const int Piece = 64 * 1024;
    private const int Long = 16 * 1024 * 1024;

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(10);

    [Theory]
    [InlineData(new long[] { 40 * Piece - 100 })]
    [InlineData(new long[] { 5, 3 * Piece, 1, 0, 20_000, 70 * Piece + 7, 16 * 1024 - 6 })]
    public Task A_web_seed_alone_supplies_a_torrent_of_one_file_and_of_several(long[] lengths) => World.RunAsync(seed: 1, async world =>
    {
        var torrent = new SwarmTorrent(1, Piece, lengths);
        SimulatedWebServer server = Server(world, torrent);
        await using Node node = await StartAsync(world, torrent, server.Address);
        await world.UntilAsync(() => node.Has(torrent), Patience, "the download is complete");

        torrent.AssertIsIn(node.Folder);
        TorrentStatus status = node.Status(torrent);
        Assert.Equal(0, status.BytesWasted + status.FailedPieces);
        WebSeedSnapshot seed = Assert.Single(status.WebSeeds);
        Assert.Equal((server.Address, true, 0, null), (seed.Uri, seed.IsAdded, seed.Failures, seed.Message));
        Assert.Equal(torrent.Data.Length, seed.BytesReceived);
        Assert.All(server.Requests, request => Assert.Equal("identity", request.Headers["Accept-Encoding"]));
        Assert.InRange(server.Connections, 1, 2);
    });

    [Fact]
    public Task Ranges_grow_with_the_rate_and_span_pieces_over_reused_connections() => World.RunAsync(seed: 2, async world =>
    {
        var torrent = new SwarmTorrent(2, Piece, 4 * Long);
        SimulatedWebServer server = Server(world, torrent, up: 4_000_000);
        await using Node node = await StartAsync(world, torrent, server.Address);
        await world.UntilAsync(() => node.Has(torrent), Patience, "the download is complete");

        Assert.InRange(server.Requests.Count, 4, 40);
        Assert.Contains(server.Requests, request => request.To - request.From >= 2 << 20);
        Assert.Equal(2, server.UnderWay.Most);
        Assert.InRange(server.Connections, 2, 4);
        // The line is in use nearly all the time.
        Assert.InRange(world.Elapsed.TotalSeconds, 16, 22);
        await world.PassAsync(TimeSpan.FromMinutes(2));
        Assert.Equal(WebSeedStatus.Idle, node.Status(torrent).WebSeeds[0].Status);
        Assert.Equal(0, world.Network.Open);
    });

    [Fact]
    public Task Padding_is_not_fetched() => World.RunAsync(seed: 3, async world =>
    {
        SwarmTorrent torrent = Padded();
        SimulatedWebServer server = Server(world, torrent);
        await using Node node = await StartAsync(world, torrent, server.Address);
        await world.UntilAsync(() => node.Has(torrent), Patience, "the download is complete");

        Assert.DoesNotContain(server.Requests, request => request.Path.Contains(".pad", StringComparison.Ordinal));
        Assert.Equal(torrent.Metainfo.ContentSize, node.Status(torrent).WebSeeds[0].BytesReceived);
        Assert.Equal(torrent.Metainfo.ContentSize, node.Status(torrent).BytesReceived);
    });

    [Fact]
    public Task Only_the_wanted_files_are_fetched_and_the_rest_when_it_is_wanted() => World.RunAsync(seed: 4, async world =>
    {
        var torrent = new SwarmTorrent(4, Piece, 10 * Piece, 10 * Piece, 10 * Piece);
        SimulatedWebServer server = Server(world, torrent);
        await using var node = new Node(world, 1);
        await node.SendAsync(id => Start(id, torrent, node, server.Address) with { FilePriorities = [FilePriority.Skip, FilePriority.Normal, FilePriority.Skip] });
        await world.UntilAsync(() => node.Has(torrent), Patience, "the file has arrived");
        Assert.All(server.Requests, request => Assert.EndsWith("file1.bin", request.Path, StringComparison.Ordinal));

        await node.SendAsync(id => new SetFilePriorities(id, torrent.Metainfo.TorrentId, [FilePriority.Normal, FilePriority.Normal, FilePriority.Normal]));
        await world.UntilAsync(() => node.Has(torrent), Patience, "all pieces have arrived");
        torrent.AssertIsIn(node.Folder);
    });

    [Fact]
    public Task Peers_and_web_seeds_supply_together_and_no_byte_arrives_twice() => World.RunAsync(seed: 5, async world =>
    {
        var torrent = new SwarmTorrent(5, Piece, 2 * Long);
        SimulatedWebServer one = Server(world, torrent, up: 1_000_000), other = Server(world, torrent, up: 1_000_000);
        await using var seed = new Node(world, 9, world.Network.Join(up: 1_000_000));
        await seed.SeedAsync(torrent);
        await using var node = new Node(world, 1);
        await node.SendAsync(id => Start(id, torrent, node, one.Address, other.Address) with { Peers = [seed.EndPoint] });
        await world.UntilAsync(() => node.Has(torrent), Patience, "the download is complete");

        torrent.AssertIsIn(node.Folder);
        TorrentStatus status = node.Status(torrent);
        Assert.All(status.WebSeeds, web => Assert.InRange(web.BytesReceived, torrent.Data.Length / 5, torrent.Data.Length / 2));
        Assert.InRange(status.BytesWasted, 0, torrent.Data.Length / 20);
        Assert.InRange(world.Elapsed.TotalSeconds, 10, 20);
    });

    [Fact]
    public Task A_web_seed_that_lies_is_banned_at_its_first_bad_piece_and_another_continues() => World.RunAsync(seed: 6, async world =>
    {
        var torrent = new SwarmTorrent(6, Piece, 100 * Piece);
        byte[] wrong = [.. torrent.Data];
        for (int i = 0; i < wrong.Length; i += 10_000)
            wrong[i] ^= 1;
        SimulatedWebServer liar = Server(world, torrent, wrong);
        await using Node node = await StartAsync(world, torrent, liar.Address);
        await world.UntilAsync(() => node.Status(torrent).WebSeeds[0].Status == WebSeedStatus.Banned, Patience, "the liar is banned");
        int asked = liar.Requests.Count;
        Assert.Equal(TorrentErrorId.WebSeedBanned, Assert.Single(node.Messages.OfType<TorrentWarning>()).Warning.Id);
        Assert.Contains(node.Status(torrent).Warnings, warning => warning.Id == TorrentErrorId.WebSeedBanned);

        SimulatedWebServer honest = Server(world, torrent);
        await node.SendAsync(id => new AddSources(id, torrent.Metainfo.TorrentId, [], []) { WebSeeds = [honest.Address] });
        await world.UntilAsync(() => node.Has(torrent), Patience, "the download is complete");
        torrent.AssertIsIn(node.Folder);
        Assert.Equal(asked, liar.Requests.Count);
        await node.SendAsync(id => new SuspendTorrent(id, torrent.Metainfo.TorrentId));
        await node.ResumeAsync(torrent);
        Assert.Equal([WebSeedStatus.Banned, WebSeedStatus.Idle], node.Status(torrent).WebSeeds.Select(seed => seed.Status).Order().Reverse());
    });

    [Fact]
    public Task A_web_seed_that_lies_in_pieces_completed_by_peers_is_also_detected() => World.RunAsync(seed: 7, async world =>
    {
        // Two web seeds and a peer share large pieces.
        var torrent = new SwarmTorrent(7, 4 << 20, 4 * (4 << 20));
        byte[] wrong = [.. torrent.Data.Select(unit => (byte)~unit)];
        SimulatedWebServer liar = Server(world, torrent, wrong, up: 500_000), honest = Server(world, torrent, up: 500_000);
        await using Node node = await StartAsync(world, torrent, liar.Address, honest.Address);
        await world.UntilAsync(() => node.Has(torrent), Patience, "the download is complete");

        torrent.AssertIsIn(node.Folder);
        Assert.Equal(WebSeedStatus.Banned, Snapshot(node, torrent, liar).Status);
        Assert.NotEqual(WebSeedStatus.Banned, Snapshot(node, torrent, honest).Status);
    });

    [Theory]
    [InlineData("compressed", "compressed")]
    [InlineData("other part", "a different part")]
    [InlineData("longer part", "a different part")]
    [InlineData("no range", "a different part")]
    [InlineData("other length", "a different file")]
    [InlineData("a complete file of a different length", "a different file")]
    [InlineData("416", "shorter")]
    [InlineData("404", "404")]
    [InlineData("401", "401")]
    [InlineData("multipart", "a different part")]
    [InlineData("redirects for ever", "more than 5 times")]
    [InlineData("redirect to a file", "an address that is not http")]
    public Task A_web_seed_without_the_file_or_with_an_unusable_answer_is_abandoned(string how, string message) => World.RunAsync(seed: 8, async world =>
    {
        var torrent = new SwarmTorrent(8, Piece, 10 * Piece);
        SimulatedWebServer server = Server(world, torrent);
        server.Answer = request => how switch
        {
            "compressed" => With(server.Serve(request), ("Content-Encoding", "gzip")),
            "other part" => With(server.Serve(request), ("Content-Range", $"bytes 1-{Piece}/{10 * Piece}")),
            "longer part" => With(server.Serve(request), ("Content-Range", $"bytes 0-{20 * Piece}/{10 * Piece}")),
            "no range" => new WebReply(206) { Body = torrent.Data },
            "other length" => With(server.Serve(request), ("Content-Range", $"bytes {request.From}-{request.To}/{10 * Piece + 1}")),
            "a complete file of a different length" => new WebReply(200) { Body = new byte[5000] },
            "multipart" => new WebReply(206) { Body = torrent.Data, Headers = { ["Content-Type"] = "multipart/byteranges; boundary=x" } },
            "redirects for ever" => new WebReply(302) { Headers = { ["Location"] = request.Path + "x" } },
            "redirect to a file" => new WebReply(301) { Headers = { ["Location"] = "file:///etc/passwd" } },
            _ => new WebReply(int.Parse(how, CultureInfo.InvariantCulture)),
        };
        await using Node node = await StartAsync(world, torrent, server.Address);
        await world.UntilAsync(() => node.Status(torrent).WebSeeds[0].Status == WebSeedStatus.Failed, Patience, "it is abandoned");
        int asked = server.Requests.Count;
        await world.PassAsync(TimeSpan.FromHours(1));

        Assert.InRange(asked, 1, 6);
        Assert.Equal(asked, server.Requests.Count);
        Assert.Contains(message, node.Status(torrent).WebSeeds[0].Message, StringComparison.Ordinal);
        Assert.Equal(0, node.Status(torrent).WebSeeds[0].BytesReceived);

        server.Answer = server.Serve;
        await node.SendAsync(id => new SuspendTorrent(id, torrent.Metainfo.TorrentId));
        await node.ResumeAsync(torrent);
        await world.UntilAsync(() => node.Has(torrent), Patience, "a resumed torrent asks again");
    });

    [Fact]
    public Task A_file_that_a_web_seed_lacks_comes_from_another() => World.RunAsync(seed: 9, async world =>
    {
        var torrent = new SwarmTorrent(9, Piece, 20 * Piece, 20 * Piece, 20 * Piece);
        SimulatedWebServer one = Server(world, torrent), other = Server(world, torrent);
        one.Files.Remove($"/{torrent.Metainfo.Name}/file1.bin");
        other.Files[$"/{torrent.Metainfo.Name}/file2.bin"] = new byte[3];
        await using Node node = await StartAsync(world, torrent, one.Address, other.Address);
        await world.UntilAsync(() => node.Has(torrent), Patience, "the download is complete");

        torrent.AssertIsIn(node.Folder);
        Assert.InRange(one.Requests.Count(request => request.Path.EndsWith("file1.bin", StringComparison.Ordinal)), 0, 2);
        Assert.All(node.Status(torrent).WebSeeds, seed => Assert.NotEqual(WebSeedStatus.Failed, seed.Status));
    });

    [Fact]
    public Task A_web_seed_that_has_none_of_many_files_is_abandoned_after_some_of_them() => World.RunAsync(seed: 23, async world =>
    {
        var torrent = new SwarmTorrent(23, Piece, [.. Enumerable.Repeat((long)Piece, 300)]);
        var server = new SimulatedWebServer(world, world.Network.Join());
        await using Node node = await StartAsync(world, torrent, server.Address);
        await world.UntilAsync(() => node.Status(torrent).WebSeeds[0].Status == WebSeedStatus.Failed, Patience, "it is abandoned");
        Assert.InRange(server.Requests.Count, 1, 22);
    });

    [Fact]
    public Task A_few_of_many_web_seeds_are_used_at_once_and_others_replace_failed_ones() => World.RunAsync(seed: 24, async world =>
    {
        var torrent = new SwarmTorrent(24, Piece, 300 * Piece);
        SimulatedWebServer[] servers = [.. Enumerable.Range(0, 12).Select(_ => Server(world, torrent, up: 50_000))];
        foreach (SimulatedWebServer dead in servers[..6])
            dead.Answer = _ => new WebReply(500);
        await using Node node = await StartAsync(world, torrent, [.. servers.Select(server => server.Address)]);
        int most = 0;
        await world.UntilAsync(
            () =>
            {
                most = Math.Max(most, node.Status(torrent).ActiveWebSeeds);
                return node.Has(torrent);
            },
            Patience, "the download is complete");

        torrent.AssertIsIn(node.Folder);
        Assert.InRange(most, 6, 8);
        Assert.All(servers[6..], server => Assert.True(server.Requests.Count > 1));
    });

    [Theory]
    [InlineData(503, "120", 120)]
    [InlineData(429, "Tue, 01 Jan 2030 00:05:00 GMT", 300)]
    [InlineData(500, null, 5)]
    [InlineData(503, "999999999", 3600)]
    [InlineData(503, "-5", 5)]
    public Task A_busy_web_seed_is_not_asked_for_as_long_as_it_says(int status, string? after, int seconds) => World.RunAsync(seed: 10, async world =>
    {
        var torrent = new SwarmTorrent(10, Piece, 10 * Piece);
        SimulatedWebServer server = Server(world, torrent);
        server.Answer = _ => after is null ? new WebReply(status) : With(new WebReply(status), ("Retry-After", after));
        await using Node node = await StartAsync(world, torrent, server.Address);
        await world.UntilAsync(() => node.Status(torrent).WebSeeds[0].Status == WebSeedStatus.Waiting, Patience, "it has refused");
        WebSeedSnapshot seed = node.Status(torrent).WebSeeds[0];
        Assert.Contains(status.ToString(CultureInfo.InvariantCulture), seed.Message, StringComparison.Ordinal);
        Assert.InRange((seed.NextAttempt - world.UtcNow)!.Value.TotalSeconds, seconds - 3, seconds + 3);
        server.Answer = server.Serve;
        await world.PassAsync(TimeSpan.FromSeconds(seconds - 3));
        Assert.Single(server.Requests);
        await world.UntilAsync(() => node.Has(torrent), TimeSpan.FromMinutes(1), "the download is complete");
    });

    [Fact]
    public Task A_web_seed_that_fails_again_and_again_is_asked_less_and_less() => World.RunAsync(seed: 11, async world =>
    {
        var torrent = new SwarmTorrent(11, Piece, 10 * Piece);
        SimulatedWebServer server = Server(world, torrent);
        server.Answer = _ => new WebReply(500);
        await using Node node = await StartAsync(world, torrent, server.Address);
        await world.PassAsync(TimeSpan.FromHours(2));

        Assert.InRange(server.Requests.Count, 12, 24);
        Assert.Equal(TorrentState.Downloading, node.Status(torrent).State);
    });

    [Fact]
    public Task A_server_that_ignores_ranges_is_used_from_the_beginning_of_a_file_on() => World.RunAsync(seed: 12, async world =>
    {
        var torrent = new SwarmTorrent(12, Piece, 100 * Piece, 50 * Piece);
        SimulatedWebServer server = Server(world, torrent);
        server.Answer = request => new WebReply(200) { Body = server.Files[request.Path] };
        await using Node node = await StartAsync(world, torrent, server.Address);
        await world.UntilAsync(() => node.Has(torrent), Patience, "the download is complete");

        torrent.AssertIsIn(node.Folder);
        Assert.Equal(2, server.Requests.Count);
        Assert.Equal(1, server.UnderWay.Most);
    });

    [Fact]
    public Task A_server_that_ignores_ranges_is_abandoned_if_the_beginning_of_the_file_exists() => World.RunAsync(seed: 13, async world =>
    {
        var torrent = new SwarmTorrent(13, Piece, 100 * Piece);
        SimulatedWebServer server = Server(world, torrent);
        await using Node node = await StartAsync(world, torrent, server.Address);
        await world.UntilAsync(() => node.Status(torrent).VerifiedPieces > 3, Patience, "some pieces have arrived");
        server.Answer = request => new WebReply(200) { Body = server.Files[request.Path] };
        await node.SendAsync(id => new SuspendTorrent(id, torrent.Metainfo.TorrentId));
        await node.ResumeAsync(torrent);
        await world.UntilAsync(() => node.Status(torrent).WebSeeds[0].Status == WebSeedStatus.Failed, Patience, "it is abandoned");
        Assert.Contains("ranges", node.Status(torrent).WebSeeds[0].Message, StringComparison.Ordinal);
    });

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public Task An_endless_body_is_cut_off(bool asRange) => World.RunAsync(seed: 14, async world =>
    {
        var torrent = new SwarmTorrent(14, Piece, 10 * Piece);
        SimulatedWebServer server = Server(world, torrent, up: 1_000_000);
        server.Answer = request => new WebReply(asRange ? 206 : 200)
        {
            Body = torrent.Data,
            Repeat = int.MaxValue,
            Headers = asRange ? new() { ["Content-Range"] = $"bytes 0-{request.To}/{10 * Piece}" } : [],
        };
        await using Node node = await StartAsync(world, torrent, server.Address);
        await world.UntilAsync(() => node.Has(torrent), Patience, "the wanted files have arrived");

        torrent.AssertIsIn(node.Folder);
        await world.PassAsync(TimeSpan.FromMinutes(1));
        Assert.Equal(torrent.Data.Length, node.Status(torrent).WebSeeds[0].BytesReceived);
        Assert.Equal(0, world.Network.Open);
    });

    [Theory]
    [InlineData("drips")]
    [InlineData("never answers")]
    [InlineData("stops")]
    [InlineData("breaks off")]
    public Task A_web_seed_that_is_too_slow_is_paused_and_delays_nothing(string how) => World.RunAsync(seed: 15, async world =>
    {
        var torrent = new SwarmTorrent(15, Piece, 40 * Piece);
        SimulatedWebServer bad = Server(world, torrent), good = Server(world, torrent, up: 1_000_000);
        bad.Answer = request => bad.Serve(request) is var response && how switch
        {
            "drips" => new WebReply(206) { Body = response.Body, Headers = response.Headers, Pause = TimeSpan.FromSeconds(10), Piece = 100 },
            "never answers" => new WebReply(206) { Delay = TimeSpan.FromDays(1) },
            "stops" => new WebReply(206) { Body = response.Body[..1000], Headers = With(response, ("Content-Length", $"{response.Body.Length}")).Headers },
            _ => new WebReply(206) { Body = response.Body[..1000], Headers = With(response, ("Content-Length", $"{response.Body.Length}")).Headers, Closes = true },
        } is { } answer ? answer : throw new InvalidOperationException();
        await using Node node = await StartAsync(world, torrent, bad.Address, good.Address);
        await world.UntilAsync(() => node.Has(torrent), TimeSpan.FromMinutes(3), "the download is complete");

        torrent.AssertIsIn(node.Folder);
        await world.PassAsync(TimeSpan.FromMinutes(2));
        Assert.Equal(0, node.Client.Resources.Held.Bytes);
        Assert.InRange(bad.Requests.Count, 1, 8);
    });

    [Fact]
    public Task Blocks_that_peers_are_sending_are_not_requested_from_a_web_seed_unless_they_never_arrive() => World.RunAsync(seed: 16, async world =>
    {
        var torrent = new SwarmTorrent(16, Piece, 2 * Piece);
        await using var node = new Node(world, 1);
        await node.StartAsync(torrent);
        using FakePeer peer = await FakePeer.ConnectAsync(world, node, torrent, id: 1);
        peer.Offer();
        await world.UntilAsync(() => peer.Count(TorrentPatron.Protocol.Wire.MessageId.Request) >= 8, TimeSpan.FromMinutes(1), "the peer is asked for all");
        SimulatedWebServer server = Server(world, torrent);
        await node.SendAsync(id => new AddSources(id, torrent.Metainfo.TorrentId, [], []) { WebSeeds = [server.Address] });
        await world.PassAsync(TimeSpan.FromSeconds(8));
        Assert.Empty(server.Requests);
        await world.UntilAsync(() => node.Has(torrent), TimeSpan.FromSeconds(15), "the web seed takes over");
    });

    [Fact]
    public Task Rate_limits_apply_to_web_seeds_and_our_own_waits_do_not_count_against_them() => World.RunAsync(seed: 17, async world =>
    {
        var torrent = new SwarmTorrent(17, Piece, 30 * Piece);
        SimulatedWebServer server = Server(world, torrent);
        await using var node = new Node(world, 1);
        await node.SendAsync(id => Start(id, torrent, node, server.Address) with { Options = new TorrentOptions { MaxDownloadRate = 10_000 } });
        await world.UntilAsync(() => node.Has(torrent), Patience, "the download is complete");

        Assert.InRange(world.Elapsed.TotalSeconds, torrent.Data.Length / 10_000 * 0.9, torrent.Data.Length / 10_000 * 1.1);
        Assert.Equal(0, node.Status(torrent).WebSeeds[0].Failures);
    });

    [Fact]
    public Task Redirects_are_followed_and_remembered_but_not_from_the_internet_into_this_network() => World.RunAsync(seed: 18, async world =>
    {
        var torrent = new SwarmTorrent(18, Piece, 10 * Piece);
        SimulatedWebServer mirror = Server(world, torrent), inside = Server(world, torrent);
        var outside = new SimulatedWebServer(world, world.Network.Join(IPAddress.Parse("81.2.69.142")));
        outside.Answer = request => new WebReply(302) { Headers = { ["Location"] = new Uri(inside.Address, request.Path).AbsoluteUri } };
        var door = new SimulatedWebServer(world, world.Network.Join());
        door.Answer = request => new WebReply(307) { Headers = { ["Location"] = new Uri(mirror.Address, request.Path).AbsoluteUri } };

        await using Node node = await StartAsync(world, torrent, outside.Address);
        await world.UntilAsync(() => node.Status(torrent).WebSeeds[0].Status == WebSeedStatus.Failed, Patience, "the redirect is refused");
        Assert.Contains("into the local network", node.Status(torrent).WebSeeds[0].Message, StringComparison.Ordinal);
        Assert.Equal(0, inside.Connections);

        await node.SendAsync(id => new AddSources(id, torrent.Metainfo.TorrentId, [], []) { WebSeeds = [door.Address] });
        await world.UntilAsync(() => node.Has(torrent), Patience, "the download is complete");
        Assert.Single(door.Requests);
    });

    [Fact]
    public Task A_torrents_own_web_seed_in_this_network_may_have_no_query_and_one_given_by_hand_may() => World.RunAsync(seed: 19, async world =>
    {
        var plain = new SwarmTorrent(19, Piece, 4 * Piece);
        SimulatedWebServer server = Server(world, plain);
        server.Answer = request => new WebReply(206) { Body = plain.Data.AsMemory((int)request.From!, (int)(request.To! - request.From! + 1)), Headers = { ["Content-Range"] = $"bytes {request.From}-{request.To}/{plain.Data.Length}" } };
        var bait = new Uri(server.Address, "api?delete=everything");
        TorrentMetainfo torrent = MetainfoReader.ReadInfo(plain.Metainfo.RawInfo, [], [bait.AbsoluteUri]);
        await using var node = new Node(world, 1);
        await node.SendAsync(id => new CreateNewTorrent(id, torrent, node.Folder) { ResumeStore = new MemoryResumeStore() });
        await world.UntilAsync(() => node.Status(plain).WebSeeds[0].Status == WebSeedStatus.Failed, Patience, "the redirect is refused");
        Assert.Equal(0, server.Connections);

        await node.SendAsync(id => new AddSources(id, torrent.TorrentId, [], []) { WebSeeds = [bait] });
        await world.UntilAsync(() => node.Has(plain), Patience, "the download is complete");
    });

    [Fact]
    public Task The_torrents_web_seeds_are_asked_and_removed_ones_do_not_return() => World.RunAsync(seed: 20, async world =>
    {
        var plain = new SwarmTorrent(20, Piece, 40 * Piece);
        SimulatedWebServer one = Server(world, plain, up: 100_000), other = Server(world, plain, up: 100_000);
        TorrentMetainfo torrent = MetainfoReader.ReadInfo(plain.Metainfo.RawInfo, [], [one.Address.AbsoluteUri, other.Address.AbsoluteUri]);
        var store = new MemoryResumeStore();
        await using var node = new Node(world, 1);
        await node.SendAsync(id => new CreateNewTorrent(id, torrent, node.Folder) { ResumeStore = store });
        await world.UntilAsync(() => node.Status(plain).ActiveWebSeeds == 2, Patience, "both are asked");
        await node.SendAsync(id => new RemoveWebSeeds(id, torrent.TorrentId, [one.Address]));
        Assert.Equal([other.Address], node.Status(plain).WebSeeds.Select(seed => seed.Uri));
        await node.SendAsync(id => new CloseTorrent(id, torrent.TorrentId));

        await node.SendAsync(id => new CreateNewTorrent(id, torrent, node.Folder) { ResumeStore = store });
        Assert.Equal([other.Address], node.Status(plain).WebSeeds.Select(seed => seed.Uri));
        await node.SendAsync(id => new AddSources(id, torrent.TorrentId, [], []) { FoundWebSeeds = [one.Address] });
        Assert.Single(node.Status(plain).WebSeeds);
        await node.SendAsync(id => new AddSources(id, torrent.TorrentId, [], []) { WebSeeds = [one.Address] });
        Assert.Equal(2, node.Status(plain).WebSeeds.Count);
        await world.UntilAsync(() => node.Has(plain), Patience, "the download is complete");
        plain.AssertIsIn(node.Folder);
    });

    [Fact]
    public Task A_password_in_the_address_is_sent_only_to_the_web_seed_and_never_shown() => World.RunAsync(seed: 21, async world =>
    {
        var torrent = new SwarmTorrent(21, Piece, 4 * Piece);
        SimulatedWebServer mirror = Server(world, torrent), server = Server(world, torrent);
        server.Answer = request => request.Headers.GetValueOrDefault("Authorization") == $"Basic {Convert.ToBase64String("ann:se:cret"u8)}"
            ? new WebReply(302) { Headers = { ["Location"] = new Uri(mirror.Address, request.Path).AbsoluteUri } }
            : new WebReply(401);
        var address = new Uri(server.Address.AbsoluteUri.Replace("://", "://ann:se%3Acret@", StringComparison.Ordinal));
        await using Node node = await StartAsync(world, torrent, address);
        await world.UntilAsync(() => node.Has(torrent), Patience, "the download is complete");

        Assert.All(mirror.Requests, request => Assert.False(request.Headers.ContainsKey("Authorization")));
        Assert.DoesNotContain("cret", node.Status(torrent).WebSeeds[0].ToString(), StringComparison.Ordinal);
    });

    [Fact]
    public Task A_suspended_torrent_ends_its_requests_and_keeps_received_data() => World.RunAsync(seed: 22, async world =>
    {
        var torrent = new SwarmTorrent(22, 4 << 20, 4 * (4 << 20));
        SimulatedWebServer server = Server(world, torrent, up: 500_000);
        await using Node node = await StartAsync(world, torrent, server.Address);
        await world.PassAsync(TimeSpan.FromSeconds(5));
        await node.SendAsync(id => new SuspendTorrent(id, torrent.Metainfo.TorrentId));
        await world.PassAsync(TimeSpan.FromSeconds(10));
        Assert.Equal(0, server.UnderWay.Now);
        Assert.Equal(0, world.Network.Open);
        await node.ResumeAsync(torrent);
        await world.UntilAsync(() => node.Has(torrent), Patience, "the download is complete");
        torrent.AssertIsIn(node.Folder);
        Assert.InRange(node.Status(torrent).WebSeeds[0].BytesReceived, torrent.Data.Length, torrent.Data.Length + (256 * 1024));
    });

    private static SimulatedWebServer Server(World world, SwarmTorrent torrent, byte[]? data = null, long up = 0)
    {
        var server = new SimulatedWebServer(world, world.Network.Join(up: up));
        server.Share(torrent, data);
        return server;
    }

    private static async Task<Node> StartAsync(World world, SwarmTorrent torrent, params Uri[] seeds)
    {
        var node = new Node(world, 1);
        Assert.IsType<NewTorrentCreated>(await node.SendAsync(id => Start(id, torrent, node, seeds)));
        return node;
    }

    private static CreateNewTorrent Start(long id, SwarmTorrent torrent, Node node, params Uri[] seeds) =>
        new(id, torrent.Metainfo, node.Folder) { ResumeStore = new MemoryResumeStore(), WebSeeds = seeds };

    private static WebSeedSnapshot Snapshot(Node node, SwarmTorrent torrent, SimulatedWebServer server) =>
        node.Status(torrent).WebSeeds.Single(seed => seed.Uri == server.Address);

    private static WebReply With(WebReply response, params (string Name, string Value)[] headers)
    {
        foreach ((string name, string value) in headers)
            response.Headers[name] = value;
        return response;
    }

    /// <summary>A torrent of two files with padding between them, over more than a piece.</summary>
    private static SwarmTorrent Padded()
    {
        byte[] first = SwarmTorrent.RandomBytes(1, Piece + 1000), second = SwarmTorrent.RandomBytes(2, 20_000);
        byte[] padding = new byte[(3 * Piece) - first.Length];
        byte[] data = [.. first, .. padding, .. second];
        byte[] hashes = [.. data.Chunk(Piece).SelectMany(SHA1.HashData)];
        string files = $"ld6:lengthi{first.Length}e4:pathl1:aeed4:attr1:p6:lengthi{padding.Length}e4:pathl4:.pad{padding.Length.ToString(CultureInfo.InvariantCulture).Length}:{padding.Length}eed6:lengthi{second.Length}e4:pathl1:beee";
        byte[] info = [.. Encoding.ASCII.GetBytes($"d5:files{files}4:name1:p12:piece lengthi{Piece}e6:pieces{hashes.Length}:"), .. hashes, (byte)'e'];
        return new SwarmTorrent(MetainfoReader.Read((byte[])[.. "d4:info"u8, .. info, (byte)'e']), data);
    }
}

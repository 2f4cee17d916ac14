using System.Diagnostics.Tracing;
using System.Net;
using System.Reflection;
using System.Text.RegularExpressions;
using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Diagnostics;
using TorrentPatron.Engine.Tests.Network;
using TorrentPatron.Engine.Tests.Swarms;
using TorrentPatron.Engine.Tests.Trackers;
using TorrentPatron.Protocol;
using TorrentPatron.Protocol.Trackers;
using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Engine.Tests.Diagnostics;

/// <summary>Each event is written when its cause occurs. FaultTests and HeartbeatTests cover faults.</summary>
public sealed partial class EngineEventsTests
{
    private const int Piece = 32 * 1024;

    private readonly MemoryNetwork _network = new();

    [Fact]
    public async Task Peers_that_leave_or_break_the_protocol_are_reported_with_the_closing_side_and_the_reason()
    {
        var torrent = new SwarmTorrent(7101, Piece, Piece);
        TorrentId id = torrent.Metainfo.TorrentId;
        using var log = new EventLog(id);
        await using var engine = new TestEngine(_network);
        await engine.StartAsync(torrent);
        using (ScriptedPeer leaver = await ScriptedPeer.ConnectAsync(_network, engine, torrent, id: 1))
            await leaver.NextAsync(MessageId.HaveNone);
        IReadOnlyDictionary<string, object?> left = await log.NextAsync("PeerClosed");
        Assert.Equal(("XX0000", "Peer", "It closed the connection."), (left["client"], left["closedBy"], left["reason"]));

        using ScriptedPeer babbler = await ScriptedPeer.ConnectAsync(_network, engine, torrent, id: 2);
        await babbler.SendAsync(new byte[] { 0xff, 0xff, 0xff, 0xff });
        await log.NextAsync("PeerClosed", told => told is { } && (string)told["closedBy"]! == "Us" && (string)told["reason"]! == "It violates the protocol.");

        IReadOnlyList<ClosedPeer> closed = engine.Client.GetClosedPeers(id);
        Assert.Equal(["It violates the protocol.", "It closed the connection."], closed.Select(peer => peer.Reason));
        Assert.All(closed, peer => Assert.InRange(DateTimeOffset.UtcNow - peer.ClosedAt, TimeSpan.Zero, TestEngine.Patience));
    }

    [Fact]
    public async Task A_tracker_that_cannot_be_contacted_is_reported_without_its_key()
    {
        var torrent = new SwarmTorrent(7120, Piece, Piece);
        var magnet = Protocol.Magnets.MagnetLink.Parse($"magnet:?xt=urn:btih:{torrent.Metainfo.InfoHash}&tr=wss%3A%2F%2Ft.example%2F0123456789abcdef0123");
        using var log = new EventLog(torrent.Metainfo.TorrentId);
        await using var engine = new TestEngine(_network);
        await engine.SendAsync(id => new CreateNewTorrent(id, magnet, engine.Destination) { ResumeStore = new MemoryResumeStore() });

        IReadOnlyDictionary<string, object?> ignored = await log.NextAsync("TrackerIgnored");

        Assert.Equal("wss://t.example/***", ignored["tracker"]);
        Assert.EndsWith("not supported.", (string)ignored["reason"]!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_latest_50_closed_peers_are_remembered_and_a_suspended_torrents_peers_say_so()
    {
        var torrent = new SwarmTorrent(7102, Piece, Piece);
        TorrentId id = torrent.Metainfo.TorrentId;
        await using var engine = new TestEngine(_network);
        await engine.StartAsync(torrent);
        for (byte peer = 1; peer <= 55; peer++)
        {
            using ScriptedPeer leaver = await ScriptedPeer.ConnectAsync(_network, engine, torrent, peer);
            await leaver.NextAsync(MessageId.HaveNone);
        }

        using ScriptedPeer last = await ScriptedPeer.ConnectAsync(_network, engine, torrent, id: 56);
        await last.NextAsync(MessageId.HaveNone);
        await TestEngine.UntilAsync(() => engine.Client.GetPeers(id).Count == 1);
        await engine.SendAsync(c => new SuspendTorrent(c, id));

        IReadOnlyList<ClosedPeer> closed = engine.Client.GetClosedPeers(id);
        Assert.Equal((50, "The torrent is leaving the swarm."), (closed.Count, closed[0].Reason));
        Assert.Equal(50, closed.Select(peer => peer.EndPoint).Distinct().Count());
    }

    [Fact]
    public async Task A_failed_dial_and_a_second_connection_of_one_peer_are_reported()
    {
        var torrent = new SwarmTorrent(7103, Piece, Piece);
        using var log = new EventLog(torrent.Metainfo.TorrentId);
        await using var engine = new TestEngine(_network);
        await engine.StartAsync(torrent, new IPEndPoint(IPAddress.Parse("10.9.9.9"), 1));
        IReadOnlyDictionary<string, object?> failed = await log.NextAsync("DialFailed");
        Assert.Equal(("10.9.9.9:1", "Nobody listens there."), (failed["peer"], failed["reason"]));

        MemoryTransport host = _network.Join();
        using ScriptedPeer first = await ScriptedPeer.ConnectAsync(_network, engine, torrent, id: 7, from: host);
        await first.NextAsync(MessageId.HaveNone);
        using ScriptedPeer second = await ScriptedPeer.ConnectAsync(_network, engine, torrent, id: 7, from: host);
        Assert.Equal("It is already connected.", (await log.NextAsync("PeerRefused"))["reason"]);
    }

    [Fact]
    public async Task A_piece_with_a_wrong_hash_is_reported_with_its_sender_which_is_banned()
    {
        var torrent = new SwarmTorrent(7104, Piece, Piece);
        using var log = new EventLog(torrent.Metainfo.TorrentId);
        await using var engine = new TestEngine(_network);
        await engine.StartAsync(torrent);
        using ScriptedPeer liar = await ScriptedPeer.ConnectAsync(_network, engine, torrent);
        await liar.SendAsync(MessageId.HaveAll);
        await liar.SendAsync(MessageId.Unchoke);
        await liar.ServeAsync(torrent, _ => true);

        IReadOnlyDictionary<string, object?> failed = await log.NextAsync("PieceFailed");
        IReadOnlyDictionary<string, object?> banned = await log.NextAsync("PeerBanned");
        Assert.Equal((0, failed["senders"]), (failed["piece"], banned["peer"]));
        Assert.Equal("It sent corrupt data.", banned["reason"]);
    }

    [Fact]
    public async Task Tracker_events_hide_the_key_in_the_address()
    {
        var torrent = new SwarmTorrent(7105, Piece, Piece);
        TorrentId id = torrent.Metainfo.TorrentId;
        using var log = new EventLog(id);
        await using var engine = new TestEngine(_network);
        await engine.StartAsync(torrent);
        await engine.SendAsync(c => new AddSources(c, id, [], [new Uri("http://good.example/announce?key=secret")]));
        IReadOnlyDictionary<string, object?> asked = await log.NextAsync("TrackerAsked");
        Assert.Equal(("http://good.example/announce?key=***", "Started"), (asked["tracker"], asked["announce"]));
        (await engine.Trackers.NextAsync()).Answer.SetResult(new AnnounceResponse { Interval = TimeSpan.FromMinutes(30) });
        IReadOnlyDictionary<string, object?> answered = await log.NextAsync("TrackerAnswered");
        Assert.Equal((0, 1800), (answered["peers"], answered["interval"]));

        await engine.SendAsync(c => new AddSources(c, id, [], [new Uri("http://bad.example/secret1/announce")]));
        (await engine.Trackers.NextAsync()).Answer.SetException(new TrackerFailureException("No such torrent for secret1."));
        IReadOnlyDictionary<string, object?> failed = await log.NextAsync("TrackerFailed");
        Assert.Equal(("http://bad.example/***/announce", "No such torrent for ***."), (failed["tracker"], failed["reason"]));
        Assert.DoesNotContain(log.Events.SelectMany(one => one.Payload!).OfType<string>(), text => text.Contains("secret", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_disk_error_is_reported_with_its_error_id()
    {
        var torrent = new SwarmTorrent(7106, Piece, 4 * Piece);
        using var log = new EventLog(torrent.Metainfo.TorrentId);
        await using var engine = new TestEngine(_network);
        await engine.SeedAsync(torrent);
        using (var file = new FileStream(Path.Combine(engine.Destination, torrent.Metainfo.Name), FileMode.Open, FileAccess.Write, FileShare.ReadWrite))
            file.SetLength(0);
        using ScriptedPeer peer = await ScriptedPeer.ConnectAsync(_network, engine, torrent);
        await peer.SendAsync(MessageId.Interested);
        await peer.NextAsync(MessageId.Unchoke);
        await peer.SendRangeAsync(MessageId.Request, new BlockRequest(0, 0, 1024));
        Assert.Equal(TorrentErrorId.DiskReadFailed, (await log.NextAsync("DiskError"))["errorId"]);
    }

    [Fact]
    public void Every_event_is_documented_with_its_id_level_and_payload()
    {
        string[] documented =
        [
            .. File.ReadLines(Path.Combine(RepositoryRoot(), "docs", "diagnostics.md")).Select(line => EventRow().Match(line)).Where(row => row.Success)
                .Select(row => string.Join(' ', row.Groups.Values.Skip(1).Select(group => group.Value))),
        ];
        string[] told =
        [
            .. typeof(EngineEvents).GetMethods(BindingFlags.Instance | BindingFlags.NonPublic | BindingFlags.Public)
                .Select(method => (Method: method, Event: method.GetCustomAttribute<EventAttribute>())).Where(one => one.Event is not null)
                .OrderBy(one => one.Event!.EventId)
                .Select(one => $"{one.Event!.EventId} {one.Method.Name} {one.Event.Level} 0x{(long)one.Event.Keywords:x} "
                    + string.Join(", ", one.Method.GetParameters().Select(parameter => parameter.Name))),
        ];
        Assert.Equal(told, documented);
        Assert.NotNull(EventSource.GenerateManifest(typeof(EngineEvents), "TorrentPatron.Engine.dll", EventManifestOptions.Strict));
    }

    private static string RepositoryRoot()
    {
        string? folder = AppContext.BaseDirectory;
        while (folder is not null && !File.Exists(Path.Combine(folder, "CHANGELOG.md")))
            folder = Path.GetDirectoryName(folder);
        return folder ?? throw new InvalidOperationException("The tests do not run in the repository.");
    }

    [GeneratedRegex("""^\| (\d+) \| `(\w+)` \| (\w+) \| (0x\w+) \| `([\w, ]+)` \|""")]
    private static partial Regex EventRow();
}

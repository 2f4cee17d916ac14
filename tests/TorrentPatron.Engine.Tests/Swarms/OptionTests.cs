using Microsoft.Extensions.Time.Testing;
using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Tests.Network;
using TorrentPatron.Engine.Tests.Trackers;
using TorrentPatron.Protocol;
using TorrentPatron.Protocol.Metainfo;
using TorrentPatron.Protocol.Trackers;
using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Engine.Tests.Swarms;

/// <summary>A torrent's options (limits, goals, piece order, tags, trackers), set at the start or while it runs, and saved.</summary>
public sealed class OptionTests
{
    private const int Piece = 32 * 1024;

    [Fact]
    public async Task A_tracker_whose_address_has_unusual_characters_is_asked()
    {
        await using var engine = new TestEngine(new MemoryNetwork());
        var torrent = new SwarmTorrent(seed: 12, Piece, Piece);
        TorrentMetainfo metainfo = MetainfoReader.Read(
            (byte[])[.. "d8:announce25:http://t.example/{k} a|b?4:info"u8, .. torrent.Metainfo.RawInfo.Span, (byte)'e']);

        await engine.StartAsync(metainfo, new MemoryResumeStore());

        Assert.Equal("/%7Bk%7D%20a%7Cb?", (await engine.Trackers.NextAsync()).Uri.PathAndQuery);
    }

    [Fact]
    public async Task Removing_a_limit_lets_a_download_continue_at_once()
    {
        var network = new MemoryNetwork();
        var torrent = new SwarmTorrent(60, Piece, 40 * Piece);
        await using TestEngine seed = new(network, 1), leecher = new(network, 2);
        await seed.SeedAsync(torrent);
        TorrentId id = torrent.Metainfo.TorrentId;
        // At 1 byte/s it takes hours until the first blocks are within the limit.
        await leecher.StartAsync(torrent.Metainfo, new MemoryResumeStore(), c => c with
        {
            Peers = [seed.EndPoint],
            Options = new TorrentOptions { MaxDownloadRate = 1 },
        });
        await leecher.WaitStatusAsync(s => s.ConnectedPeers == 1);
        Assert.Equal(1, leecher.Client.GetStatus(id)!.MaxDownloadRate);

        CommandDone done = Assert.IsType<CommandDone>(
            await leecher.SendAsync(c => new SetTorrent(c, id, new TorrentOptions { MaxDownloadRate = 0, MaxUploadRate = 77 })));

        Assert.Equal((0, 77), (done.Status.MaxDownloadRate, done.Status.MaxUploadRate));
        await leecher.CompletedAsync();
        torrent.AssertIsIn(leecher.Destination);
    }

    [Fact]
    public async Task Unmentioned_settings_keep_their_values_and_all_survive_a_restart()
    {
        var torrent = new SwarmTorrent(61, Piece, Piece);
        await using var engine = new TestEngine(new MemoryNetwork());
        TorrentId id = torrent.Metainfo.TorrentId;
        var goal = new SeedGoal(2.5, TimeSpan.FromHours(3));
        var store = new MemoryResumeStore();
        await engine.StartAsync(torrent.Metainfo, store, c => c with
        {
            Options = new TorrentOptions { MaxDownloadRate = 1000, Goal = goal, Tags = ["nightly", " nightly ", "\u001b[31mred", ""] },
        });
        await engine.SendAsync(c => new SetTorrent(c, id, new TorrentOptions { MaxUploadRate = 2000, Sequential = true }));
        TorrentStatus before = engine.Client.GetStatus(id)!;
        Assert.Equal((1000, 2000, true), (before.MaxDownloadRate, before.MaxUploadRate, before.Sequential));
        Assert.Equal((2.5, TimeSpan.FromHours(3)), (before.SeedRatio, before.SeedTime));
        Assert.Equal(["nightly", "[31mred"], before.Tags);
        await engine.SendAsync(c => new CloseTorrent(c, id));

        await engine.StartAsync(
            torrent.Metainfo, new MemoryResumeStore { Data = store.Data }, c => c with { Options = new TorrentOptions { Tags = ["other"] } });

        TorrentStatus after = engine.Client.GetStatus(id)!;
        Assert.Equal((1000, 2000, true), (after.MaxDownloadRate, after.MaxUploadRate, after.Sequential));
        Assert.Equal((before.SeedRatio, before.SeedTime), (after.SeedRatio, after.SeedTime));
        Assert.Equal(["other"], after.Tags);
    }

    [Fact]
    public async Task Tags_are_added_and_removed_without_changing_others()
    {
        var torrent = new SwarmTorrent(63, Piece, Piece);
        await using var engine = new TestEngine(new MemoryNetwork());
        TorrentId id = torrent.Metainfo.TorrentId;
        await engine.StartAsync(torrent.Metainfo, new MemoryResumeStore(), c => c with { Options = new TorrentOptions { Tags = ["keep", "old1", "old2", "[x]"] } });

        // Two changes at once: neither undoes the other.
        Task<TorrentAnswer> added = engine.SendAsync(c => new SetTorrent(c, id, new TorrentOptions { AddTags = ["new", "KEEP"] }));
        Task<TorrentAnswer> removed = engine.SendAsync(c => new SetTorrent(c, id, new TorrentOptions { RemoveTags = ["old?", "[X]", "absent"] }));
        Assert.IsType<CommandDone>(await added);
        Assert.IsType<CommandDone>(await removed);
        Assert.Equal(["keep", "new"], engine.Client.GetStatus(id)!.Tags);

        await engine.SendAsync(c => new SetTorrent(c, id, new TorrentOptions { Tags = ["a", "b"], RemoveTags = ["a"], AddTags = ["c"] }));
        Assert.Equal(["b", "c"], engine.Client.GetStatus(id)!.Tags);
    }

    [Fact]
    public async Task A_torrent_that_reaches_its_seeding_time_is_suspended_reports_that_once_and_can_be_resumed()
    {
        var time = new FakeTimeProvider();
        var torrent = new SwarmTorrent(62, Piece, 2 * Piece);
        await using var engine = new TestEngine(new MemoryNetwork(), time: time);
        TorrentId id = torrent.Metainfo.TorrentId;
        MemoryResumeStore store = await engine.SeedAsync(torrent);
        time.Advance(TimeSpan.FromMinutes(4));
        await engine.SendAsync(c => new SetTorrent(c, id, new TorrentOptions { Goal = new SeedGoal(null, TimeSpan.FromMinutes(10)) }));
        time.Advance(TimeSpan.FromMinutes(5));
        Assert.Equal(TorrentState.Seeding, engine.Client.GetStatus(id)!.State);
        time.Advance(TimeSpan.FromMinutes(2));

        SeedGoalReached reached = await engine.WaitAsync<SeedGoalReached>(_ => true);
        Assert.Equal(TorrentState.Suspended, reached.Status.State);
        Assert.InRange(reached.Status.SeedingTime, TimeSpan.FromMinutes(10), TimeSpan.FromMinutes(12));
        await TestEngine.UntilAsync(() => store.Data is { GoalReached: true, Suspended: true });

        await engine.SendAsync(c => new ResumeTorrent(c, id));
        time.Advance(TimeSpan.FromMinutes(2));
        await engine.SendAsync(c => new SetTorrent(c, id, TorrentOptions.Unchanged));
        Assert.Equal(TorrentState.Seeding, engine.Client.GetStatus(id)!.State);

        await engine.SendAsync(c => new SetTorrent(c, id, new TorrentOptions { Goal = new SeedGoal(0, null) }));
        time.Advance(TimeSpan.FromSeconds(2));
        await TestEngine.UntilAsync(() => engine.Messages.OfType<SeedGoalReached>().Count() == 2);
        await engine.StopAsync();
        Assert.Equal(2, engine.Messages.OfType<SeedGoalReached>().Count());
    }

    [Fact]
    public async Task A_torrent_that_reaches_its_ratio_is_suspended()
    {
        var network = new MemoryNetwork();
        var torrent = new SwarmTorrent(63, Piece, 10 * Piece);
        await using TestEngine seed = new(network, 1), leecher = new(network, 2);
        torrent.WriteTo(seed.Destination);
        await seed.StartAsync(torrent.Metainfo, new MemoryResumeStore(), c => c with
        {
            Options = new TorrentOptions { Goal = new SeedGoal(1, TimeSpan.FromDays(1)) },
        });
        await seed.CompletedAsync();
        await leecher.StartAsync(torrent, seed.EndPoint);

        await leecher.CompletedAsync();
        SeedGoalReached reached = await seed.WaitAsync<SeedGoalReached>(_ => true);

        Assert.Equal(TorrentState.Suspended, reached.Status.State);
        Assert.True(reached.Status.Ratio >= 1);
        Assert.True(reached.Status.SeedingTime < TimeSpan.FromDays(1));
    }

    [Fact]
    public async Task Pieces_are_requested_in_order_if_that_option_is_set()
    {
        var network = new MemoryNetwork();
        var torrent = new SwarmTorrent(64, Piece, 100 * Piece);
        await using var engine = new TestEngine(network);
        await engine.StartAsync(
            torrent.Metainfo, new MemoryResumeStore(), c => c with { Options = new TorrentOptions { Sequential = true } });
        using ScriptedPeer peer = await ScriptedPeer.ConnectAsync(network, engine, torrent);
        await peer.SendAsync(MessageId.HaveAll);
        await peer.SendAsync(MessageId.Unchoke);

        var asked = new List<int>();
        while (asked.Count < 100)
        {
            BlockRequest range = await peer.NextRangeAsync(MessageId.Request);
            if (range.Begin == 0)
                asked.Add(range.Piece);
            await peer.SendAsync(ScriptedPeer.Block(torrent, range));
        }

        Assert.Equal(Enumerable.Range(0, 100), asked);
    }

    [Fact]
    public async Task A_removed_tracker_is_sent_stopped_and_does_not_return_after_a_restart()
    {
        var torrent = new SwarmTorrent(65, Piece, Piece);
        await using var engine = new TestEngine(new MemoryNetwork());
        TorrentId id = torrent.Metainfo.TorrentId;
        var one = new Uri("http://one.example/announce");
        var two = new Uri("http://two.example/announce");
        var store = new MemoryResumeStore();
        await engine.StartAsync(torrent.Metainfo, store, c => c with { Trackers = [one] });
        (await engine.Trackers.NextAsync()).Answer.SetResult(new AnnounceResponse { Interval = TimeSpan.FromHours(1) });
        await engine.SendAsync(c => new AddSources(c, id, [], [two]));
        (await engine.Trackers.NextAsync()).Answer.SetResult(new AnnounceResponse { Interval = TimeSpan.FromHours(1) });
        await TestEngine.UntilAsync(() => engine.Client.GetStatus(id)!.Trackers.All(t => t.LastAnswer is not null));

        CommandDone removed = Assert.IsType<CommandDone>(await engine.SendAsync(c => new RemoveTrackers(c, id, [one, new Uri("http://no.example/")])));

        Assert.Equal([two], removed.Status.Trackers.Select(t => t.Uri));
        ScriptedAnnounce goodbye = await engine.Trackers.NextAsync();
        Assert.Equal((one, AnnounceEvent.Stopped), (goodbye.Uri, goodbye.Request.Event));
        goodbye.Answer.SetResult(new AnnounceResponse());
        Assert.Equal([two], store.Data!.Trackers);

        Assert.IsType<CommandDone>(await engine.SendAsync(c => new AnnounceNow(c, id, [])));
        ScriptedAnnounce again = await engine.Trackers.NextAsync();
        Assert.Equal((two, AnnounceEvent.None), (again.Uri, again.Request.Event));
        again.Answer.SetResult(new AnnounceResponse());
        Task<TorrentAnswer> closed = engine.SendAsync(c => new CloseTorrent(c, id));
        (await engine.Trackers.NextAsync()).Answer.SetResult(new AnnounceResponse());
        await closed;

        await engine.StartAsync(torrent.Metainfo, new MemoryResumeStore { Data = store.Data });
        Assert.Equal([two], engine.Client.GetStatus(id)!.Trackers.Select(t => t.Uri));
    }

    [Fact]
    public async Task AnnounceNow_fails_for_a_suspended_torrent()
    {
        var torrent = new SwarmTorrent(66, Piece, Piece);
        await using var engine = new TestEngine(new MemoryNetwork());
        await engine.StartAsync(torrent.Metainfo, new MemoryResumeStore(), c => c with { Suspended = true });

        CommandFail fail = Assert.IsType<CommandFail>(await engine.SendAsync(c => new AnnounceNow(c, torrent.Metainfo.TorrentId, [])));

        Assert.Equal(TorrentErrorId.TorrentNotActive, fail.Error.Id);
    }

    [Fact]
    public async Task A_download_that_would_use_the_reserved_space_is_not_started()
    {
        var torrent = new SwarmTorrent(68, Piece, Piece);
        await using var engine = new TestEngine(new MemoryNetwork());

        TorrentStartFail fail = Assert.IsType<TorrentStartFail>(await engine.StartAsync(
            torrent.Metainfo, new MemoryResumeStore(), c => c with { Options = new TorrentOptions { MinimumFreeSpace = long.MaxValue } }));

        Assert.Equal(TorrentErrorId.InsufficientDiskSpace, fail.Error.Id);
        Assert.Empty(Directory.EnumerateFileSystemEntries(engine.Destination));
    }

    [Fact]
    public async Task A_download_stops_when_free_space_falls_below_the_reserve_and_continues_when_there_is_space()
    {
        var network = new MemoryNetwork();
        var torrent = new SwarmTorrent(69, Piece, 40 * Piece);
        await using TestEngine seed = new(network, 1), leecher = new(network, 2);
        await seed.SeedAsync(torrent);
        TorrentId id = torrent.Metainfo.TorrentId;
        await leecher.StartAsync(torrent);
        await leecher.SendAsync(c => new SetTorrent(c, id, new TorrentOptions { MinimumFreeSpace = long.MaxValue }));
        await leecher.SendAsync(c => new AddSources(c, id, [seed.EndPoint], []));

        TorrentStatus failed = await leecher.WaitStatusAsync(s => s.State == TorrentState.Failed);
        Assert.Equal(TorrentErrorId.InsufficientDiskSpace, failed.Error!.Id);
        Assert.InRange(failed.VerifiedPieces, 1, 39);
        CommandFail still = Assert.IsType<CommandFail>(await leecher.SendAsync(c => new ResumeTorrent(c, id)));
        Assert.Equal(TorrentErrorId.InsufficientDiskSpace, still.Error.Id);

        await leecher.SendAsync(c => new SetTorrent(c, id, new TorrentOptions { MinimumFreeSpace = 1 }));
        Assert.IsType<CommandDone>(await leecher.SendAsync(c => new ResumeTorrent(c, id)));
        await leecher.CompletedAsync();
        torrent.AssertIsIn(leecher.Destination);
    }

    [Fact]
    public async Task A_download_that_receives_nothing_is_stalled_until_data_arrives()
    {
        var time = new FakeTimeProvider();
        var network = new MemoryNetwork();
        var torrent = new SwarmTorrent(67, Piece, 10 * Piece);
        await using var engine = new TestEngine(network, time: time);
        TorrentId id = torrent.Metainfo.TorrentId;
        await engine.StartAsync(torrent);
        DateTimeOffset start = time.GetUtcNow();
        Assert.Equal(start, engine.Client.GetStatus(id)!.LastProgressAt);
        time.Advance(TimeSpan.FromSeconds(59));
        Assert.False(engine.Client.GetStatus(id)!.IsStalled);
        time.Advance(TimeSpan.FromSeconds(2));
        await TestEngine.UntilAsync(() => engine.Client.GetStatus(id)!.IsStalled);
        Assert.Equal(start, engine.Client.GetStatus(id)!.LastProgressAt);

        using ScriptedPeer peer = await ScriptedPeer.ConnectAsync(network, engine, torrent);
        await peer.SendAsync(MessageId.HaveAll);
        await peer.SendAsync(MessageId.Unchoke);
        await peer.SendAsync(ScriptedPeer.Block(torrent, await peer.NextRangeAsync(MessageId.Request)));
        await TestEngine.UntilAsync(() => engine.Client.GetPeers(id) is [{ BytesReceived: > 0 }]);
        time.Advance(TimeSpan.FromSeconds(1));
        await TestEngine.UntilAsync(() => !engine.Client.GetStatus(id)!.IsStalled);
        Assert.Equal(time.GetUtcNow(), engine.Client.GetStatus(id)!.LastProgressAt);
    }
}

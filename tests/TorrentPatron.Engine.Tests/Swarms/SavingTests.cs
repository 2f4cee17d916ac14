using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Tests.Metadata;
using TorrentPatron.Engine.Tests.Network;
using TorrentPatron.Engine.Tests.Timing;
using TorrentPatron.Engine.Tests.Trackers;
using TorrentPatron.Engine.Trackers;
using TorrentPatron.Protocol;
using TorrentPatron.Protocol.Trackers;

namespace TorrentPatron.Engine.Tests.Swarms;

/// <summary>When a torrent's state is saved, and the warning if that fails.</summary>
public sealed class SavingTests
{
    private const int Piece = 32 * 1024;
    private const long Size = 20 * Piece;

    private readonly MemoryNetwork _network = new();
    private readonly SettableClock _clock = new();

    [Fact]
    public async Task A_seeds_upload_count_and_seeding_time_are_saved_while_it_seeds()
    {
        await using var seed = new TestEngine(_network, 1, _clock);
        await using var leecher = new TestEngine(_network, 2);
        var torrent = new SwarmTorrent(91, Piece, Size);
        MemoryResumeStore saved = await seed.SeedAsync(torrent);
        await leecher.StartAsync(torrent, seed.EndPoint);
        await leecher.CompletedAsync();

        await PassAsync(() => saved.Data is { BytesSent: Size });
        Assert.Equal(TorrentState.Seeding, seed.Client.GetStatus(torrent.Metainfo.TorrentId)!.State);
        // Then only time passes, which is also saved, but rarely.
        int checkpoints = saved.Checkpoints;
        TimeSpan before = saved.Data!.SeedingTime;
        await PassAsync(() => saved.Checkpoints > checkpoints);
        Assert.True(saved.Data!.SeedingTime - before > TimeSpan.FromMinutes(29));
    }

    [Fact]
    public async Task The_state_is_saved_while_a_tracker_does_not_answer()
    {
        await using var engine = new TestEngine(_network, time: _clock);
        var torrent = new SwarmTorrent(92, Piece, Piece);
        TorrentId id = torrent.Metainfo.TorrentId;
        MemoryResumeStore saved = await engine.SeedAsync(torrent);
        await engine.SendAsync(c => new AddSources(c, id, [], [new Uri("http://tracker.example/announce")]));
        (await engine.Trackers.NextAsync()).Answer.SetResult(new AnnounceResponse());
        await TestEngine.UntilAsync(() => engine.Client.GetStatus(id)!.Trackers[0].Status == TrackerStatus.Working);

        Task<TorrentAnswer> closing = engine.SendAsync(c => new CloseTorrent(c, id));
        ScriptedAnnounce stopped = await engine.Trackers.NextAsync();
        await TestEngine.UntilAsync(() => saved.Data is { ClosedInOrder: true });

        Assert.Equal(AnnounceEvent.Stopped, stopped.Request.Event);
        Assert.False(closing.IsCompleted);
        stopped.Answer.SetResult(new AnnounceResponse());
        Assert.IsType<TorrentClosed>(await closing);
    }

    [Fact]
    public async Task State_that_cannot_be_saved_is_reported_once_and_shown_until_it_is_saved()
    {
        await using var engine = new TestEngine(_network, time: _clock);
        var torrent = new SwarmTorrent(93, Piece, Piece);
        TorrentId id = torrent.Metainfo.TorrentId;
        var store = new MemoryResumeStore { OnCheckpoint = () => throw new IOException("There is no room.") };
        await engine.StartAsync(torrent.Metainfo, store);

        await ShowsUntilSavedAsync(engine, store, id);
    }

    [Fact]
    public async Task A_link_whose_state_cannot_be_saved_reports_that_once_and_shows_it_until_it_is_saved()
    {
        await using var engine = new TestEngine(_network, time: _clock);
        SwarmTorrent torrent = MagnetDownload.NewTorrent();
        var store = new MemoryResumeStore { OnCheckpoint = () => throw new IOException("There is no room.") };
        await engine.StartByLinkAsync(torrent, command => command with { ResumeStore = store });

        await ShowsUntilSavedAsync(engine, store, torrent.Metainfo.TorrentId);
    }

    [Fact]
    public async Task A_trackers_last_answer_is_shown_during_the_next_announce()
    {
        await using var engine = new TestEngine(_network);
        var torrent = new SwarmTorrent(94, Piece, Piece);
        TorrentId id = torrent.Metainfo.TorrentId;
        await engine.StartAsync(torrent);
        await engine.SendAsync(c => new AddSources(c, id, [], [new Uri("http://tracker.example/announce")]));
        (await engine.Trackers.NextAsync()).Answer.SetException(new TrackerFailureException("no"));
        await TestEngine.UntilAsync(() => engine.Client.GetStatus(id)!.Trackers[0].Status == TrackerStatus.Failed);

        await engine.SendAsync(c => new AnnounceNow(c, id, []));
        ScriptedAnnounce again = await engine.Trackers.NextAsync();

        TorrentStatus asking = engine.Client.GetStatus(id)!;
        Assert.Equal(TrackerStatus.Announcing, asking.Trackers[0].Status);
        Assert.Equal(TorrentErrorId.TrackerFailed, Assert.Single(asking.Warnings).Id);
        again.Answer.SetResult(new AnnounceResponse());
        await TestEngine.UntilAsync(() => engine.Client.GetStatus(id)!.Warnings.Count == 0);
    }

    private static async Task ShowsUntilSavedAsync(TestEngine engine, MemoryResumeStore store, TorrentId id)
    {
        for (int i = 0; i < 3; i++)
        {
            await engine.SendAsync(c => new SetTorrent(c, id, new TorrentOptions { Tags = [$"{i}"] }));
            Assert.Equal(TorrentErrorId.StateNotWritable, Assert.Single(engine.Client.GetStatus(id)!.Warnings).Id);
        }

        Assert.Equal(TorrentErrorId.StateNotWritable, Assert.Single(engine.Messages.OfType<TorrentWarning>()).Warning.Id);
        store.OnCheckpoint = static () => { };
        await engine.SendAsync(c => new SetTorrent(c, id, new TorrentOptions { Tags = ["saved"] }));

        Assert.Empty(engine.Client.GetStatus(id)!.Warnings);
        Assert.Single(engine.Messages.OfType<TorrentWarning>());
    }

    private Task PassAsync(Func<bool> until) => TestEngine.UntilAsync(() =>
    {
        _clock.Advance(TimeSpan.FromSeconds(10));
        return until();
    });
}

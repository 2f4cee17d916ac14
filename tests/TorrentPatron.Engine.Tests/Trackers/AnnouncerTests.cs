using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;
using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Tests.Timing;
using TorrentPatron.Engine.Trackers;
using TorrentPatron.Protocol;
using TorrentPatron.Protocol.Trackers;

namespace TorrentPatron.Engine.Tests.Trackers;

public sealed class AnnouncerTests : IAnnouncerOwner, IAsyncDisposable
{
    private static readonly Uri A = new("http://a.example/announce");
    private static readonly Uri B = new("http://b.example/announce");
    private static readonly IPEndPoint Peer = IPEndPoint.Parse("192.0.2.1:6881");

    private readonly SettableClock _time = new();
    private readonly ScriptedTrackerClient _client = new();
    private readonly AnnounceLimiter _limiter = new();
    private readonly Channel<IReadOnlyList<IPEndPoint>> _peers = Channel.CreateUnbounded<IReadOnlyList<IPEndPoint>>();
    private readonly Channel<TrackerSnapshot> _changes = Channel.CreateUnbounded<TrackerSnapshot>();
    private IReadOnlyList<AddressFamily> _families = [];
    private Announcer? _announcer;
    private long _uploaded;
    private long _downloaded;

    [Fact]
    public async Task Start_announces_started_and_reports_the_peers()
    {
        Announcer announcer = Start([A]);

        ScriptedAnnounce announce = await _client.NextAsync();
        announce.Answer.SetResult(new AnnounceResponse { Peers = [Peer], Seeders = 4 });

        Assert.Equal(AnnounceEvent.Started, announce.Request.Event);
        Assert.Equal([Peer], await _peers.Reader.ReadAsync(TestContext.Current.CancellationToken));
        TrackerSnapshot snapshot = Assert.Single(announcer.Snapshot());
        Assert.Equal(TrackerStatus.Working, snapshot.Status);
        Assert.Equal(4, snapshot.Seeders);
        Assert.Equal(1, snapshot.PeersReceived);
    }

    [Fact]
    public async Task A_tracker_whose_answer_does_not_count_the_swarm_is_scraped()
    {
        var scraped = new List<Uri>();
        _client.Scrape = uri =>
        {
            scraped.Add(uri);
            return uri == A ? new ScrapeResponse(Seeders: 7, Leechers: 3, Completed: 1) : null;
        };
        Announcer announcer = Start([A]);
        await AnswerAsync(new AnnounceResponse { Interval = TimeSpan.FromMinutes(10) });
        while (announcer.Snapshot()[0].Seeders is null)
            await _changes.Reader.ReadAsync(TestContext.Current.CancellationToken);
        Assert.Equal((7, 3), (announcer.Snapshot()[0].Seeders, announcer.Snapshot()[0].Leechers));

        announcer.Add(B);
        await AnswerAsync(new AnnounceResponse { Seeders = 1, Leechers = 2 });
        _time.Advance(TimeSpan.FromMinutes(10.1));
        await AnswerAsync(new AnnounceResponse());
        while (scraped.Count < 2)
            await _changes.Reader.ReadAsync(TestContext.Current.CancellationToken);
        Assert.Equal([A, A], scraped);
    }

    [Fact]
    public async Task It_announces_again_when_the_interval_has_passed_and_not_before()
    {
        Start([A]);
        await AnswerAsync(new AnnounceResponse { Interval = TimeSpan.FromMinutes(10), TrackerId = "id" });

        _time.Advance(TimeSpan.FromMinutes(9));
        Assert.True(_client.IsIdle);
        _time.Advance(TimeSpan.FromMinutes(1.1));

        ScriptedAnnounce again = await _client.NextAsync();
        Assert.Equal(AnnounceEvent.None, again.Request.Event);
        Assert.Equal("id", again.Request.TrackerId);
    }

    [Theory]
    [InlineData(-2)]
    [InlineData(24)]
    public async Task A_clock_that_is_set_changes_no_interval(int hours)
    {
        Announcer announcer = Start([A]);
        await AnswerAsync(new AnnounceResponse { Interval = TimeSpan.FromMinutes(10) });
        _time.Set(TimeSpan.FromHours(hours));
        // Every change makes it look for due announces.
        announcer.Remove(B);
        Assert.Equal(TrackerStatus.Working, Assert.Single(announcer.Snapshot()).Status);

        _time.Advance(TimeSpan.FromMinutes(9));
        Assert.True(_client.IsIdle);
        _time.Advance(TimeSpan.FromMinutes(1.1));

        await AnswerAsync(new AnnounceResponse { Interval = TimeSpan.FromMinutes(10) });
    }

    [Fact]
    public async Task Times_are_reported_by_the_current_clock()
    {
        Announcer announcer = Start([A]);
        await AnswerAsync(new AnnounceResponse { Interval = TimeSpan.FromMinutes(10) });
        _time.Advance(TimeSpan.FromMinutes(4));
        _time.Set(TimeSpan.FromHours(-2));

        TrackerSnapshot snapshot = Assert.Single(announcer.Snapshot());

        Assert.Equal(_time.GetUtcNow() - TimeSpan.FromMinutes(4), snapshot.LastAnswer);
        Assert.Equal(_time.GetUtcNow() + TimeSpan.FromMinutes(6), snapshot.NextAnnounce);
    }

    [Fact]
    public async Task A_failing_tracker_leads_to_the_next_of_its_tier_at_once()
    {
        Announcer announcer = Start([A, B]);

        ScriptedAnnounce first = await _client.NextAsync();
        first.Answer.SetException(new TrackerFailureException("The tracker refused: no."));
        ScriptedAnnounce second = await _client.NextAsync();

        Assert.NotEqual(first.Uri, second.Uri);
        Assert.Equal(AnnounceEvent.Started, second.Request.Event);
        TrackerSnapshot failed = announcer.Snapshot().Single(tracker => tracker.Uri == first.Uri);
        Assert.Equal(TrackerStatus.Failed, failed.Status);
        Assert.Equal("The tracker refused: no.", failed.Message);
    }

    [Fact]
    public async Task When_all_fail_they_are_tried_again_after_the_back_off()
    {
        Start([A]);
        await FailAsync(new TrackerFailureException("no"));
        _time.Advance(TimeSpan.FromSeconds(29));
        Assert.True(_client.IsIdle);

        _time.Advance(TimeSpan.FromSeconds(2));

        Assert.Equal(AnnounceEvent.Started, (await _client.NextAsync()).Request.Event);
    }

    [Fact]
    public async Task An_internal_fault_is_only_shown_as_the_trackers_status()
    {
        Announcer announcer = Start([A]);

        await FailAsync(new InvalidOperationException("oops"));

        Assert.Equal("The announce failed: InvalidOperationException.", Assert.Single(announcer.Snapshot()).Message);
    }

    [Fact]
    public async Task Completed_is_announced_soon()
    {
        Announcer announcer = Start([A]);
        await AnswerAsync(new AnnounceResponse { MinInterval = TimeSpan.FromHours(1) });

        announcer.Completed();

        Assert.Equal(AnnounceEvent.Completed, (await _client.NextAsync()).Request.Event);
    }

    [Fact]
    public async Task A_pending_completed_event_is_announced_before_the_stop()
    {
        Announcer announcer = Start([A]);
        await AnswerAsync(new AnnounceResponse());
        announcer.Completed();
        ScriptedAnnounce completed = await _client.NextAsync();

        Task stopping = announcer.StopAsync(TestContext.Current.CancellationToken);
        Assert.True(_client.IsIdle);
        completed.Answer.SetResult(new AnnounceResponse());
        ScriptedAnnounce stopped = await _client.NextAsync();
        stopped.Answer.SetResult(new AnnounceResponse());
        await stopping;

        Assert.Equal((AnnounceEvent.Completed, AnnounceEvent.Stopped), (completed.Request.Event, stopped.Request.Event));
        Assert.True(_client.IsIdle);
    }

    [Fact]
    public async Task A_download_that_ends_before_the_first_answer_is_announced_as_started_completed_and_stopped()
    {
        Announcer announcer = Start([A]);
        ScriptedAnnounce started = await _client.NextAsync();
        announcer.Completed();

        Task stopping = announcer.StopAsync(TestContext.Current.CancellationToken);
        started.Answer.SetResult(new AnnounceResponse());
        ScriptedAnnounce completed = await _client.NextAsync();
        completed.Answer.SetResult(new AnnounceResponse());
        ScriptedAnnounce stopped = await _client.NextAsync();
        stopped.Answer.SetResult(new AnnounceResponse());
        await stopping;

        Assert.Equal(
            [AnnounceEvent.Started, AnnounceEvent.Completed, AnnounceEvent.Stopped],
            new[] { started, completed, stopped }.Select(announce => announce.Request.Event));
    }

    [Fact]
    public async Task A_silent_tracker_delays_the_stop_by_at_most_four_seconds()
    {
        Announcer announcer = Start([A]);
        await AnswerAsync(new AnnounceResponse());
        announcer.Completed();
        await _client.NextAsync();

        Task stopping = announcer.StopAsync(TestContext.Current.CancellationToken);
        _time.Advance(Announcer.CompletedPatience);
        ScriptedAnnounce stopped = await _client.NextAsync();
        Assert.False(stopping.IsCompleted);
        _time.Advance(Announcer.LastPatience);
        await stopping;

        Assert.Equal(AnnounceEvent.Stopped, stopped.Request.Event);
        Assert.True(Announcer.CompletedPatience + Announcer.LastPatience <= TimeSpan.FromSeconds(4));
    }

    [Fact]
    public async Task A_tracker_that_never_answered_does_not_delay_the_stop()
    {
        Announcer announcer = Start([A]);
        await _client.NextAsync();

        await announcer.StopAsync(TestContext.Current.CancellationToken);

        Assert.True(_client.IsIdle);
    }

    [Fact]
    public async Task A_start_right_after_a_stop_is_announced_after_the_stop()
    {
        Announcer announcer = Start([A]);
        await AnswerAsync(new AnnounceResponse());
        Task stopping = announcer.StopAsync(TestContext.Current.CancellationToken);
        ScriptedAnnounce stopped = await _client.NextAsync();

        announcer.Start();
        Assert.True(_client.IsIdle);
        stopped.Answer.SetResult(new AnnounceResponse());

        Assert.Equal(AnnounceEvent.Started, (await _client.NextAsync()).Request.Event);
        await stopping;
    }

    [Fact]
    public async Task Each_session_reports_the_bytes_since_its_started_event()
    {
        Announcer announcer = Start([A]);
        await AnswerAsync(new AnnounceResponse());
        (_uploaded, _downloaded) = (1000, 500);
        Task stopping = announcer.StopAsync(TestContext.Current.CancellationToken);
        ScriptedAnnounce stopped = await _client.NextAsync();
        stopped.Answer.SetResult(new AnnounceResponse());
        await stopping;

        announcer.Start();
        ScriptedAnnounce again = await _client.NextAsync();
        again.Answer.SetResult(new AnnounceResponse());
        await ChangedAsync(snapshot => snapshot.Status == TrackerStatus.Working);
        _uploaded = 1300;
        announcer.AnnounceNow([]);
        ScriptedAnnounce later = await _client.NextAsync();

        Assert.Equal((1000, 500), (stopped.Request.Uploaded, stopped.Request.Downloaded));
        Assert.Equal((AnnounceEvent.Started, 0, 0), (again.Request.Event, again.Request.Uploaded, again.Request.Downloaded));
        Assert.Equal((300, 0), (later.Request.Uploaded, later.Request.Downloaded));
    }

    [Fact]
    public async Task A_later_tracker_receives_only_the_bytes_since_then()
    {
        Announcer announcer = Start([A]);
        await AnswerAsync(new AnnounceResponse());
        _uploaded = 1000;

        announcer.Add(B);
        ScriptedAnnounce started = await _client.NextAsync();

        Assert.Equal((B, 0), (started.Uri, started.Request.Uploaded));
    }

    [Fact]
    public async Task An_unanswered_started_event_is_repeated_with_the_bytes_since_it_was_first_sent()
    {
        Start([A]);
        await FailAsync(new TrackerFailureException("no"));
        _uploaded = 200;

        _time.Advance(TimeSpan.FromSeconds(31));

        Assert.Equal(200, (await _client.NextAsync()).Request.Uploaded);
    }

    [Fact]
    public async Task Started_and_stopped_are_announced_over_both_ip_versions()
    {
        _families = [AddressFamily.InterNetwork, AddressFamily.InterNetworkV6];
        Announcer announcer = Start([A]);
        ScriptedAnnounce[] started = [await _client.NextAsync(), await _client.NextAsync()];
        foreach (ScriptedAnnounce announce in started)
            announce.Answer.SetResult(new AnnounceResponse { Peers = [Peer] });
        await _peers.Reader.ReadAsync(TestContext.Current.CancellationToken);
        await _peers.Reader.ReadAsync(TestContext.Current.CancellationToken);

        Task stopping = announcer.StopAsync(TestContext.Current.CancellationToken);
        ScriptedAnnounce[] stopped = [await _client.NextAsync(), await _client.NextAsync()];
        foreach (ScriptedAnnounce announce in stopped)
            announce.Answer.SetResult(new AnnounceResponse());
        await stopping;

        Assert.Equal(_families, started.Select(announce => announce.Family).Order());
        Assert.Equal(_families, stopped.Select(announce => announce.Family).Order());
        Assert.Equal(2, announcer.Snapshot()[0].PeersReceived);
    }

    [Fact]
    public async Task Peers_are_reported_while_the_other_ip_version_is_not_answered()
    {
        _families = [AddressFamily.InterNetwork, AddressFamily.InterNetworkV6];
        Announcer announcer = Start([A]);
        ScriptedAnnounce first = await _client.NextAsync();
        await _client.NextAsync();

        first.Answer.SetResult(new AnnounceResponse { Peers = [Peer] });

        Assert.Equal([Peer], await _peers.Reader.ReadAsync(TestContext.Current.CancellationToken));
        Assert.Equal(TrackerStatus.Working, announcer.Snapshot()[0].Status);
    }

    [Fact]
    public async Task A_tracker_without_an_address_of_the_ip_versions_we_listen_in_is_asked_over_the_one_it_has()
    {
        _families = [AddressFamily.InterNetwork];
        Announcer announcer = Start([A]);

        (await _client.NextAsync()).Answer.SetResult(null);
        ScriptedAnnounce elsewhere = await _client.NextAsync();
        elsewhere.Answer.SetResult(new AnnounceResponse());
        await ChangedAsync(snapshot => snapshot.Status == TrackerStatus.Working);

        Assert.Equal((AddressFamily.Unspecified, AnnounceEvent.Started), (elsewhere.Family, elsewhere.Request.Event));
        Assert.Equal(0, announcer.Snapshot()[0].Failures);
    }

    [Fact]
    public async Task Announce_now_does_not_wait_for_the_interval()
    {
        Announcer announcer = Start([A]);
        await AnswerAsync(new AnnounceResponse());

        announcer.AnnounceNow([]);

        Assert.Equal(AnnounceEvent.None, (await _client.NextAsync()).Request.Event);
    }

    [Fact]
    public async Task An_added_tracker_is_asked_at_once()
    {
        Announcer announcer = Start([A]);
        await AnswerAsync(new AnnounceResponse());

        announcer.Add(B);

        Assert.Equal(B, (await _client.NextAsync()).Uri);
    }

    [Fact]
    public async Task Stop_is_announced_to_trackers_that_have_answered()
    {
        Announcer announcer = Start([A], [B]);
        ScriptedAnnounce first = await _client.NextAsync();
        ScriptedAnnounce second = await _client.NextAsync();
        (first.Uri == A ? first : second).Answer.SetResult(new AnnounceResponse());
        await ChangedAsync(snapshot => snapshot.Status == TrackerStatus.Working);

        Task stopping = announcer.StopAsync(TestContext.Current.CancellationToken);
        ScriptedAnnounce stopped = await _client.NextAsync();
        stopped.Answer.SetResult(new AnnounceResponse());
        await stopping;

        Assert.Equal(A, stopped.Uri);
        Assert.Equal(AnnounceEvent.Stopped, stopped.Request.Event);
        Assert.Equal(0, stopped.Request.NumWant);
        Assert.True(_client.IsIdle);
        Assert.DoesNotContain(announcer.Snapshot(), snapshot => snapshot.Status == TrackerStatus.Announcing);
    }

    [Fact]
    public async Task Stop_waits_three_seconds_at_most()
    {
        Announcer announcer = Start([A]);
        await AnswerAsync(new AnnounceResponse());

        Task stopping = announcer.StopAsync(TestContext.Current.CancellationToken);
        await _client.NextAsync();
        Assert.False(stopping.IsCompleted);
        _time.Advance(Announcer.StopPatience);

        await stopping;
    }

    [Fact]
    public async Task Stop_ends_quietly_when_its_wait_is_cancelled()
    {
        Announcer announcer = Start([A]);
        await AnswerAsync(new AnnounceResponse());

        await announcer.StopAsync(new CancellationToken(canceled: true));

        Assert.Null(Assert.Single(announcer.Snapshot()).NextAnnounce);
    }

    [Fact]
    public async Task After_a_stop_nothing_is_announced_until_it_starts_again()
    {
        Announcer announcer = Start([A]);
        await AnswerAsync(new AnnounceResponse());
        Task stopping = announcer.StopAsync(TestContext.Current.CancellationToken);
        (await _client.NextAsync()).Answer.SetResult(new AnnounceResponse());
        await stopping;

        announcer.AnnounceNow([]);
        _time.Advance(TimeSpan.FromDays(1));
        Assert.True(_client.IsIdle);
        announcer.Start();

        Assert.Equal(AnnounceEvent.Started, (await _client.NextAsync()).Request.Event);
    }

    [Fact]
    public async Task An_announcer_disposed_during_an_announce_makes_no_more_calls()
    {
        Announcer announcer = Start([A]);
        ScriptedAnnounce announce = await _client.NextAsync();

        await announcer.DisposeAsync();
        announce.Answer.TrySetResult(new AnnounceResponse { Peers = [Peer] });

        Assert.False(_peers.Reader.TryRead(out _));
        Assert.True(_client.IsIdle);
    }

    [Fact]
    public async Task An_engine_sends_at_most_fifty_announces_at_once()
    {
        Start([.. Enumerable.Range(0, 60).Select(i => new[] { new Uri($"http://{i}.example/announce") })]);
        var announces = new List<ScriptedAnnounce>();
        for (int i = 0; i < AnnounceLimiter.MaxAtOnce; i++)
            announces.Add(await _client.NextAsync());

        Assert.True(_client.IsIdle);
        announces[0].Answer.SetResult(new AnnounceResponse());

        await _client.NextAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (_announcer is not null)
            await _announcer.DisposeAsync();
        _limiter.Dispose();
    }

    AnnounceRequest IAnnouncerOwner.MakeAnnounce(AnnounceEvent announceEvent, AddressFamily family) =>
        AnnounceRequests.Plain with { Event = announceEvent, Uploaded = _uploaded, Downloaded = _downloaded };

    void IAnnouncerOwner.TakePeers(TrackerSnapshot tracker, AnnounceResponse answer) => _peers.Writer.TryWrite(answer.Peers);

    void IAnnouncerOwner.TrackerChanged(TrackerSnapshot tracker) => _changes.Writer.TryWrite(tracker);

    void IAnnouncerOwner.AnnouncerFaulted(Exception fault) => throw new InvalidOperationException("Nothing unexpected happens here.", fault);

    private Announcer Start(params Uri[][] tiers)
    {
        _announcer = new Announcer(
            new TorrentId(AnnounceRequests.Plain.InfoHash),
            new TrackerList(tiers, new Random(1), () => _families),
            _client,
            _limiter,
            this,
            _time);
        _announcer.Start();
        return _announcer;
    }

    private async Task AnswerAsync(AnnounceResponse response)
    {
        (await _client.NextAsync()).Answer.SetResult(response);
        await ChangedAsync(snapshot => snapshot.Status is TrackerStatus.Working or TrackerStatus.Warning);
    }

    private async Task FailAsync(Exception exception)
    {
        (await _client.NextAsync()).Answer.SetException(exception);
        await ChangedAsync(snapshot => snapshot.Status == TrackerStatus.Failed);
    }

    private async Task ChangedAsync(Func<TrackerSnapshot, bool> isAwaited)
    {
        while (!isAwaited(await _changes.Reader.ReadAsync(TestContext.Current.CancellationToken)))
        {
        }
    }
}

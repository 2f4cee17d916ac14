using System.Net;
using System.Threading.Channels;
using TorrentPatron.Engine.Tests.Timing;
using TorrentPatron.Engine.Trackers;
using TorrentPatron.Protocol.Trackers;

namespace TorrentPatron.Engine.Tests.Trackers;

public sealed class AnnouncerTests : IAsyncDisposable
{
    private static readonly Uri A = new("http://a.example/announce");
    private static readonly Uri B = new("http://b.example/announce");
    private static readonly IPEndPoint Peer = IPEndPoint.Parse("192.0.2.1:6881");

    private readonly SettableClock _time = new();
    private readonly ScriptedTrackerClient _client = new();
    private readonly AnnounceLimiter _limiter = new();
    private readonly Channel<IReadOnlyList<IPEndPoint>> _peers = Channel.CreateUnbounded<IReadOnlyList<IPEndPoint>>();
    private readonly Channel<TrackerSnapshot> _changes = Channel.CreateUnbounded<TrackerSnapshot>();
    private Announcer? _announcer;

    [Fact]
    public async Task Start_announces_started_and_hands_over_the_peers()
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
        // Whatever changes, it looks at what is due.
        announcer.Remove(B);
        Assert.Equal(TrackerStatus.Working, Assert.Single(announcer.Snapshot()).Status);

        _time.Advance(TimeSpan.FromMinutes(9));
        Assert.True(_client.IsIdle);
        _time.Advance(TimeSpan.FromMinutes(1.1));

        await AnswerAsync(new AnnounceResponse { Interval = TimeSpan.FromMinutes(10) });
    }

    [Fact]
    public async Task Times_are_told_by_the_clock_as_it_is_set_now()
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
    public async Task Even_a_fault_of_ours_is_just_a_state()
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
    public async Task Stop_tells_the_trackers_that_have_answered()
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
    public async Task Disposed_in_the_middle_of_an_announce_it_calls_nobody_any_more()
    {
        Announcer announcer = Start([A]);
        ScriptedAnnounce announce = await _client.NextAsync();

        await announcer.DisposeAsync();
        announce.Answer.TrySetResult(new AnnounceResponse { Peers = [Peer] });

        Assert.False(_peers.Reader.TryRead(out _));
        Assert.True(_client.IsIdle);
    }

    [Fact]
    public async Task At_most_fifty_announces_are_under_way_in_an_engine()
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

    private Announcer Start(params Uri[][] tiers)
    {
        _announcer = new Announcer(
            new TrackerList(tiers, new Random(1)),
            _client,
            _limiter,
            announceEvent => AnnounceRequests.Plain with { Event = announceEvent },
            (_, peers) => _peers.Writer.TryWrite(peers),
            snapshot => _changes.Writer.TryWrite(snapshot),
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

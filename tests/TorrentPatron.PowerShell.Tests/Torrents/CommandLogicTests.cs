using TorrentPatron.Engine.Client;
using TorrentPatron.PowerShell.Output;
using TorrentPatron.PowerShell.Torrents;
using TorrentPatron.Service;

namespace TorrentPatron.PowerShell.Tests.Torrents;

public sealed class CommandLogicTests
{
    private static readonly TorrentError Full = new(TorrentErrorId.InsufficientDiskSpace, "No room.", "Make room.");

    [Fact]
    public async Task A_failed_start_is_reported_with_the_users_input()
    {
        await using var session = new ScriptedSession { Refusal = Full };
        TorrentTarget? started = await new TorrentStarter(session.Output).StartAsync(
            session.Patrons.Default(), session.Request("a"), "given", TestContext.Current.CancellationToken);

        Assert.Null(started);
        CommandFailure failure = Assert.Single(session.Output.Failures);
        Assert.Equal(Full, failure.Error);
        Assert.Equal("given", failure.Target);
    }

    [Fact]
    public async Task An_unreachable_port_is_reported_once_and_not_with_every_torrent()
    {
        await using var session = new ScriptedSession { Warning = new TorrentError(TorrentErrorId.ListenFailed, "No port.", "Take another.") };
        var starter = new TorrentStarter(session.Output);
        foreach (string name in new[] { "a", "b", "c" })
            await starter.StartAsync(session.Patrons.Default(), session.Request(name), name, TestContext.Current.CancellationToken);

        Assert.StartsWith("No port.", Assert.Single(session.Output.Warnings), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_running_torrent_counts_as_started()
    {
        await using var session = new ScriptedSession();
        TorrentTarget first = await session.StartAsync("a");
        TorrentTarget again = await session.StartAsync("a");

        Assert.Equal(first.Torrent, again.Torrent);
        Assert.Empty(session.Output.Failures);
        Assert.Single(session.Patrons.Torrents);
    }

    [Fact]
    public async Task A_declined_stop_does_nothing()
    {
        await using var session = new ScriptedSession { Output = new RecordedOutput { Agrees = false } };
        TorrentTarget torrent = await session.StartAsync("a");
        await StopAsync(session, torrent, passThru: true);

        Assert.Equal($"Stop torrent: a ({torrent.Torrent})", Assert.Single(session.Output.Questions));
        Assert.Empty(session.Output.Written);
        Assert.Single(session.Patrons.Torrents);
    }

    [Fact]
    public async Task A_stop_writes_the_last_status_only_with_PassThru_and_reports_a_missing_torrent()
    {
        await using var session = new ScriptedSession();
        TorrentTarget a = await session.StartAsync("a");
        TorrentTarget b = await session.StartAsync("b");
        await StopAsync(session, a, passThru: false);
        await StopAsync(session, b, passThru: true);
        await StopAsync(session, b, passThru: true);

        var status = Assert.IsType<TorrentStatus>(Assert.Single(session.Output.Written));
        Assert.Equal(("b", TorrentState.Stopped), (status.Name, status.State));
        Assert.Equal(TorrentErrorId.TorrentNotFound, Assert.Single(session.Output.Failures).Error.Id);
    }

    [Fact]
    public async Task A_wait_writes_each_torrent_as_it_is_complete()
    {
        await using var session = new ScriptedSession();
        TorrentTarget a = await session.StartAsync("a");
        TorrentTarget b = await session.StartAsync("b");
        Task waiting = WaitAsync(session, [a, b]);
        session.Clients[0].Change(b.Torrent, Complete);
        while (session.Output.Written.IsEmpty)
            await Task.Delay(5, TestContext.Current.CancellationToken);
        Assert.False(waiting.IsCompleted);
        session.Clients[0].Change(a.Torrent, Complete);
        await waiting;

        Assert.Equal(["b", "a"], session.Output.Written.Cast<TorrentStatus>().Select(status => status.Name));
        Assert.Empty(session.Output.Failures);
    }

    [Fact]
    public async Task A_complete_torrent_that_is_being_checked_is_waited_for()
    {
        await using var session = new ScriptedSession();
        TorrentTarget a = await session.StartAsync("a");
        session.Clients[0].Change(a.Torrent, status => status with { IsComplete = true, State = TorrentState.Checking });
        Task waiting = WaitAsync(session, [a]);
        session.Clients[0].Change(a.Torrent, status => status with { IsComplete = false, State = TorrentState.Downloading });
        Assert.Empty(session.Output.Written);
        session.Clients[0].Change(a.Torrent, Complete);
        await waiting;

        Assert.Single(session.Output.Written);
    }

    [Fact]
    public async Task A_torrent_that_fails_or_is_stopped_while_it_is_waited_for_is_reported()
    {
        await using var session = new ScriptedSession();
        TorrentTarget a = await session.StartAsync("a");
        TorrentTarget b = await session.StartAsync("b");
        Task waiting = WaitAsync(session, [a, b]);
        session.Clients[0].Change(a.Torrent, status => status with { State = TorrentState.Failed, Error = Full });
        await b.Patron.CloseAsync(b.Torrent, TestContext.Current.CancellationToken);
        await waiting;

        Assert.Equal(
            [TorrentErrorId.InsufficientDiskSpace, TorrentErrorId.PatronStopped],
            session.Output.Failures.Select(failure => failure.Error.Id).Order());
        Assert.Empty(session.Output.Written);
    }

    [Fact]
    public async Task A_timeout_is_reported_for_each_torrent_that_is_not_complete()
    {
        await using var session = new ScriptedSession();
        TorrentTarget a = await session.StartAsync("a");
        TorrentTarget b = await session.StartAsync("b");
        session.Clients[0].Change(b.Torrent, Complete);
        await WaitAsync(session, [a, b], TimeSpan.FromMilliseconds(50));

        CommandFailure failure = Assert.Single(session.Output.Failures);
        Assert.Equal(TorrentErrorId.TimeoutReached, failure.Error.Id);
        Assert.Equal("a", Assert.IsType<TorrentStatus>(failure.Target).Name);
        Assert.Equal("b", Assert.IsType<TorrentStatus>(Assert.Single(session.Output.Written)).Name);
        Assert.Equal(2, session.Patrons.Torrents.Count);
    }

    [Fact]
    public async Task A_wait_that_is_cancelled_leaves_the_torrent_alone()
    {
        await using var session = new ScriptedSession();
        TorrentTarget a = await session.StartAsync("a");
        using var stop = new CancellationTokenSource();
        Task waiting = new TorrentWaiter(session.Output, TimeProvider.System).WaitAsync([a], new WaitOptions(), stop.Token);
        await stop.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        Assert.Single(session.Patrons.Torrents);
    }

    [Fact]
    public async Task A_wait_for_any_ends_with_the_first_and_does_not_count_one_that_failed()
    {
        await using var session = new ScriptedSession();
        TorrentTarget a = await session.StartAsync("a");
        TorrentTarget b = await session.StartAsync("b");
        TorrentTarget c = await session.StartAsync("c");
        Task waiting = WaitAsync(session, [a, b, c], new WaitOptions { Any = true });
        session.Clients[0].Change(a.Torrent, status => status with { State = TorrentState.Failed, Error = Full });
        while (session.Output.Failures.IsEmpty)
            await Task.Delay(5, TestContext.Current.CancellationToken);
        Assert.False(waiting.IsCompleted);
        session.Clients[0].Change(b.Torrent, Complete);
        await waiting;

        Assert.Equal("b", Assert.IsType<TorrentStatus>(Assert.Single(session.Output.Written)).Name);
    }

    [Fact]
    public async Task A_torrent_that_receives_nothing_stalls_unless_it_is_suspended_or_checked()
    {
        await using var session = new ScriptedSession();
        TorrentTarget a = await session.StartAsync("a");
        TorrentTarget b = await session.StartAsync("b");
        TorrentTarget c = await session.StartAsync("c");
        session.Clients[0].Change(b.Torrent, status => status with { State = TorrentState.Suspended });
        session.Clients[0].Change(c.Torrent, status => status with { Metadata = new MetadataProgress { Missing = "No peer." }, State = TorrentState.FetchingMetadata });
        await WaitAsync(
            session, [a, b, c], new WaitOptions { StallTimeout = TimeSpan.FromMilliseconds(10), Timeout = TimeSpan.FromMilliseconds(700) });

        Assert.Equal(
            [TorrentErrorId.MetadataTimeout, TorrentErrorId.TimeoutReached, TorrentErrorId.TorrentStalled],
            session.Output.Failures.Select(failure => failure.Error.Id).Order(StringComparer.Ordinal));
        Assert.Contains(session.Output.Failures, failure => failure.Error.Message.Contains("No peer.", StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_error_of_a_stall_includes_tracker_failures_which_are_warned_of_once()
    {
        await using var session = new ScriptedSession();
        TorrentTarget a = await session.StartAsync("a");
        TorrentError[] failures = [.. Enumerable.Range(1, 5).Select(i =>
            new TorrentError(TorrentErrorId.TrackerFailed, $"The tracker at t{i} says: no.", "Ask again."))];
        session.Clients[0].Change(a.Torrent, status => status with { Warnings = Array.AsReadOnly(failures) });

        await WaitAsync(session, [a], new WaitOptions { StallTimeout = TimeSpan.FromMilliseconds(300) });

        Assert.EndsWith(
            " No peer is known. The tracker at t1 says: no. The tracker at t2 says: no. The tracker at t3 says: no. 2 more trackers fail.",
            Assert.Single(session.Output.Failures).Error.Message, StringComparison.Ordinal);
        Assert.Equal(failures.Select(failure => $"a: {failure}"), session.Output.Warnings);
    }

    [Fact]
    public async Task Any_of_the_given_milestones_is_enough()
    {
        await using var session = new ScriptedSession();
        TorrentTarget a = await session.StartAsync("a");
        TorrentTarget b = await session.StartAsync("b");
        Task waiting = WaitAsync(session, [a, b], new WaitOptions { Until = [TorrentMilestone.SeedGoal, TorrentMilestone.Stopped] });
        session.Clients[0].Change(a.Torrent, Complete);
        session.Clients[0].Change(a.Torrent, status => status with { State = TorrentState.Suspended, SeedRatio = 1, Ratio = 1 });
        await b.Patron.CloseAsync(b.Torrent, TestContext.Current.CancellationToken);
        await waiting;

        Assert.Empty(session.Output.Failures);
        Assert.Equal(
            [("a", TorrentState.Suspended), ("b", TorrentState.Stopped)],
            session.Output.Written.Cast<TorrentStatus>().Select(status => (status.Name, status.State)).Order());
    }

    [Theory]
    [InlineData(TorrentState.Suspended, 1.0, 2.0, false)]
    [InlineData(TorrentState.Seeding, 2.0, 2.0, false)]
    [InlineData(TorrentState.Suspended, 2.0, 2.0, true)]
    public async Task A_seed_goal_is_reached_by_a_suspended_torrent_that_met_it(TorrentState state, double ratio, double goal, bool reached)
    {
        await using var session = new ScriptedSession();
        TorrentStatus status = (await session.StartAsync("a")).Status with { IsComplete = true, State = state, Ratio = ratio, SeedRatio = goal };

        Assert.Equal(reached, status.HasReached(TorrentMilestone.SeedGoal));
        Assert.True(status.HasReached(TorrentMilestone.Completed));
        Assert.False((status with { State = TorrentState.Checking }).HasReached(TorrentMilestone.Completed));
    }

    [Fact]
    public async Task Watching_shows_changes_and_ends_when_no_more_can_come()
    {
        await using var session = new ScriptedSession();
        TorrentTarget a = await session.StartAsync("a");
        TorrentTarget b = await session.StartAsync("b");
        var seen = new List<string>();
        await foreach (WatchFrame frame in new TorrentWatcher([a, b], TimeProvider.System)
            .WatchAsync(TimeSpan.FromMilliseconds(5), endless: false, TestContext.Current.CancellationToken))
        {
            seen.AddRange(frame.Changed.Select(status => $"{status.Name} {status.State}"));
            if (seen.Count == 2)
                session.Clients[0].Change(a.Torrent, Complete);
            else if (seen.Count == 3)
                await b.Patron.CloseAsync(b.Torrent, TestContext.Current.CancellationToken);
        }

        Assert.Equal(["a Downloading", "b Downloading", "a Seeding", "b Stopped"], seen);
    }

    [Fact]
    public async Task Progress_combines_all_torrents()
    {
        await using var session = new ScriptedSession();
        TorrentStatus a = (await session.StartAsync("a")).Status with
        {
            WantedSize = 3 << 20, CompletedSize = 1 << 20, DownloadRate = 1 << 20, ConnectedPeers = 1,
        };

        Assert.Equal(
            new ProgressNote("Downloading a", "33.3 % of 3.00 MiB, 1.00 MiB/s, 1 peer", 33, TimeSpan.FromSeconds(2)),
            WaitProgress.Of([a]));
        Assert.Equal(
            new ProgressNote("Downloading 2 torrents", "16.6 % of 6.00 MiB, 1.00 MiB/s, 1 peer", 16, TimeSpan.FromSeconds(5)),
            WaitProgress.Of([a, a with { CompletedSize = 0, DownloadRate = 0, ConnectedPeers = 0 }]));
        Assert.Equal("Checking a", WaitProgress.Of([a with { State = TorrentState.Checking }]).Activity);
        Assert.Equal(100, WaitProgress.Of([a with { WantedSize = 0, CompletedSize = 0 }]).Percent);
    }

    [Fact]
    public async Task Torrents_are_found_by_hash_name_pattern_and_earlier_status()
    {
        await using var session = new ScriptedSession();
        TorrentTarget a = await session.StartAsync("Alpha");
        await session.StartAsync("beta");
        var finder = new TorrentFinder(session.Patrons.Torrents);

        Assert.Equal("Alpha", Assert.Single(finder.ByInfoHash(a.Status.InfoHash.ToUpperInvariant(), out _)).Status.Name);
        Assert.Equal("Alpha", Assert.Single(finder.ByName(new NamePattern("ALPHA"), out _)).Status.Name);
        Assert.Equal("beta", Assert.Single(finder.ByName(new NamePattern("b*"), out _)).Status.Name);
        Assert.Equal("Alpha", Assert.Single(finder.ByReference(TorrentReference.Of(a.Status), out _)).Status.Name);
        TorrentStatus moved = a.Status with { Destination = "/elsewhere" };
        Assert.Equal("Alpha", Assert.Single(finder.ByReference(TorrentReference.Of(moved), out _)).Status.Name);
        Assert.Empty(finder.ByReference(TorrentReference.Of(moved with { AddedAt = moved.AddedAt.AddSeconds(1) }), out TorrentError? elsewhere));
        Assert.Empty(finder.ByName(new NamePattern("x*"), out TorrentError? none));
        Assert.Empty(finder.ByName(new NamePattern("x"), out TorrentError? unknown));
        Assert.Equal("Alpha", Assert.Single(finder.ByInfoHash(a.Status.InfoHash[..4], out _)).Status.Name);
        Assert.Empty(finder.ByInfoHash(a.Status.InfoHash[..3], out TorrentError? bad));
        Assert.Equal(TorrentErrorId.TorrentNotFound, elsewhere?.Id);
        Assert.Null(none);
        Assert.Equal(TorrentErrorId.TorrentNotFound, unknown?.Id);
        Assert.Equal(CommandErrors.InvalidArgument, bad?.Id);
    }

    [Fact]
    public async Task A_patrons_own_torrents_are_found_and_others_only_among_all()
    {
        await using var session = new ScriptedSession();
        TorrentTarget a = await session.StartAsync("a");
        Patron other = session.Patrons.Create("other", settings: null);

        Assert.Single(TorrentFinder.Among(patron: null, session.Patrons).ByInfoHash(a.Status.InfoHash, out _));
        Assert.Single(TorrentFinder.Among(a.Patron, session.Patrons).ByReference(TorrentReference.Of(a.Status), out _));
        Assert.Empty(TorrentFinder.Among(other, session.Patrons).ByInfoHash(a.Status.InfoHash, out TorrentError? error));
        Assert.Empty(TorrentFinder.Among(other, session.Patrons).All);
        Assert.Equal(TorrentErrorId.TorrentNotFound, error?.Id);
        Assert.Single(TorrentFinder.AmongAll(other, session.Patrons).ByInfoHash(a.Status.InfoHash, out _));
    }

    [Fact]
    public async Task An_ambiguous_prefix_of_an_info_hash_is_refused()
    {
        await using var session = new ScriptedSession();
        TorrentTarget a = await session.StartAsync("a");
        string other = a.Status.InfoHash[..39] + (a.Status.InfoHash[39] == '0' ? '1' : '0');
        TorrentTarget b = a with { Status = a.Status with { InfoHash = other } };
        var finder = new TorrentFinder([a, a, new TorrentTarget(b.Patron, b.Status)]);

        Assert.Empty(finder.ByInfoHash(other[..39], out TorrentError? ambiguous));
        Assert.Equal(CommandErrors.InvalidArgument, ambiguous?.Id);
        Assert.Contains("2 torrents", ambiguous?.Message, StringComparison.Ordinal);
        Assert.Single(finder.ByInfoHash(other, out _));

        // The same torrent in two services does not make the prefix ambiguous.
        Assert.Equal(2, finder.ByInfoHash(a.Status.InfoHash, out _).Count);
    }

    private static TorrentStatus Complete(TorrentStatus status) => status with { IsComplete = true, State = TorrentState.Seeding };

    private static Task StopAsync(ScriptedSession session, TorrentTarget torrent, bool passThru) =>
        new TorrentCommander(session.Output).DoAsync(
            torrent,
            "Stop torrent",
            (target, cancellation) => target.Patron.CloseAsync(target.Torrent, cancellation),
            passThru,
            TestContext.Current.CancellationToken);

    private static Task WaitAsync(ScriptedSession session, IReadOnlyList<TorrentTarget> torrents, WaitOptions waitOptions) =>
        new TorrentWaiter(session.Output, TimeProvider.System).WaitAsync(torrents, waitOptions, TestContext.Current.CancellationToken);

    private static Task WaitAsync(ScriptedSession session, IReadOnlyList<TorrentTarget> torrents, TimeSpan? timeout = null) =>
        WaitAsync(session, torrents, new WaitOptions { Timeout = timeout });
}

using System.Diagnostics.Tracing;
using System.Threading.Channels;
using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Diagnostics;
using TorrentPatron.Protocol;
using TorrentPatron.Service.Tests.Fakes;

namespace TorrentPatron.Service.Tests;

/// <summary>The recipients of a torrent's messages: events, the outbox, waits.</summary>
public sealed class MessageTests
{
    private static readonly TorrentError Note = new(TorrentErrorId.TrackerFailed, "The tracker failed.", "Wait.");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Messages_go_only_to_the_owner()
    {
        await using var test = new TestService();
        Patron owner = test.Service.CreatePatron();
        Patron other = test.Service.CreatePatron();
        await owner.StartAsync(Torrents.Start(), Token);
        await other.StartAsync(Torrents.Start(), Token);
        var owners = owner.OpenOutbox();
        var others = other.OpenOutbox();

        test.Client.Say(new TorrentWarning(Torrents.Hash("nobody's"), Note));
        test.Client.Say(new TorrentWarning(Torrents.Hash(), Note));
        Assert.IsType<CommandDone>(await other.RecheckAsync(Torrents.Hash(), Token));

        Assert.Equal(Torrents.Hash(), Assert.IsType<TorrentWarning>(await owners.ReadAsync(Token)).TorrentId);
        Assert.IsType<CommandDone>(await others.ReadAsync(Token));
        Assert.False(owners.TryRead(out _));
        Assert.False(others.TryRead(out _));
        Assert.Empty(other.OwnStatuses);
        Assert.Equal(owner.Statuses, owner.OwnStatuses);
        Assert.Equal(owner.Statuses, other.Statuses);
    }

    [Fact]
    public async Task Messages_sent_while_a_torrent_starts_follow_the_answer()
    {
        await using var test = new TestService(
            client => client.Hold = command => command is CreateNewTorrent { Metainfo.Name: "a" });
        Patron patron = test.Service.CreatePatron();
        var outbox = patron.OpenOutbox();
        await test.Service.CreatePatron().StartAsync(Torrents.Start("b"), Token);
        await test.Client.NextAsync();
        _ = patron.StartAsync(Torrents.Start("a"), Token);
        TorrentCommand start = await test.Client.NextAsync();

        test.Client.Say(new TorrentWarning(Torrents.Hash("a"), Note));
        test.Client.Say(new TorrentWarning(Torrents.Hash("c"), Note));
        test.Client.Answer(start);

        Assert.IsType<NewTorrentCreated>(await outbox.ReadAsync(Token));
        Assert.Equal(Torrents.Hash("a"), Assert.IsType<TorrentWarning>(await outbox.ReadAsync(Token)).TorrentId);
        Assert.False(outbox.TryRead(out _));
    }

    [Fact]
    public async Task A_patron_that_starts_a_closed_torrent_owns_it()
    {
        await using var test = new TestService();
        Patron first = test.Service.CreatePatron();
        Patron second = test.Service.CreatePatron();
        await first.StartAsync(Torrents.Start(), Token);
        await second.CloseAsync(Torrents.Hash(), Token);
        await second.StartAsync(Torrents.Start(), Token);

        Assert.Empty(first.OwnStatuses);
        Assert.Single(second.OwnStatuses);
    }

    [Fact]
    public async Task Each_message_raises_its_event_with_the_patron_as_sender()
    {
        await using var test = new TestService();
        Patron patron = test.Service.CreatePatron();
        var raised = Channel.CreateUnbounded<(string Event, object? Sender, string InfoHash, TorrentState? State)>();
        void Note<T>(string name, object? sender, TorrentEventArgs<T> args)
            where T : TorrentMessage => raised.Writer.TryWrite((name, sender, args.InfoHash, args.Status?.State));
        patron.NewTorrentCreated += (sender, args) => Note("created", sender, args);
        patron.TorrentAlreadyDownloading += (sender, args) => Note("already", sender, args);
        patron.TorrentStartFail += (sender, args) => Note("fail", sender, args);
        patron.TorrentStatusUpdate += (sender, args) => Note("status", sender, args);
        patron.StateChanged += (sender, args) => Note("state", sender, args);
        patron.Completed += (sender, args) => Note("completed", sender, args);
        patron.Warning += (sender, args) => Note("warning", sender, args);
        TorrentId torrent = Torrents.Hash();

        await patron.StartAsync(Torrents.Start(), Token);
        await patron.StartAsync(Torrents.Start(), Token);
        await patron.StartAsync(Torrents.Start("b") with { Destination = "relative" }, Token);
        TorrentStatus status = patron.GetStatus(torrent)!;
        test.Client.Say(new TorrentStatusUpdate(torrent, status));
        test.Client.Set(torrent, TorrentState.Seeding);
        test.Client.Say(new TorrentCompleted(torrent, CompletionReason.Downloaded, status));
        test.Client.Say(new TorrentWarning(torrent, MessageTests.Note));

        foreach (string expected in (string[])["created", "already", "fail", "status", "state", "completed", "warning"])
        {
            var (name, sender, infoHash, state) = await raised.Reader.ReadAsync(Token);
            Assert.Equal(expected, name);
            Assert.Same(patron, sender);
            Assert.Equal(Torrents.Hash(name == "fail" ? "b" : "a").ToString(), infoHash);
            TorrentState inOthers = name == "state" ? TorrentState.Seeding : TorrentState.Downloading;
            Assert.Equal(name is "fail" or "warning" ? null : inOthers, state);
        }
    }

    [Fact]
    public async Task Flushing_events_waits_for_all_messages_of_the_engine()
    {
        await using var test = new TestService();
        Patron patron = test.Service.CreatePatron();
        await patron.StartAsync(Torrents.Start(), Token);
        int raised = 0;
        patron.Warning += (_, _) => Interlocked.Increment(ref raised);
        for (int round = 1; round <= 200; round++)
        {
            for (int i = 0; i < 5; i++)
                test.Client.Say(new TorrentWarning(Torrents.Hash(), MessageTests.Note));
            await patron.FlushEventsAsync(Token);
            Assert.Equal(5 * round, Volatile.Read(ref raised));
        }
    }

    [Fact]
    public async Task Flushing_events_ends_with_the_patron_and_can_be_cancelled()
    {
        await using var test = new TestService();
        Patron patron = test.Service.CreatePatron();
        using var hang = new ManualResetEventSlim();
        int raised = 0;
        patron.NewTorrentCreated += (_, _) => hang.Wait(Token);
        patron.Warning += (_, _) => Interlocked.Increment(ref raised);
        await patron.FlushEventsAsync(Token);
        await patron.StartAsync(Torrents.Start(), Token);
        var outbox = patron.OpenOutbox();
        test.Client.Say(new TorrentWarning(Torrents.Hash(), MessageTests.Note));
        Assert.IsType<TorrentWarning>(await outbox.ReadAsync(Token));
        using var cancellation = new CancellationTokenSource();

        Task flush = patron.FlushEventsAsync(cancellation.Token);
        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => flush);
        await patron.DisposeAsync();
        flush = patron.FlushEventsAsync(Token);
        Assert.False(flush.IsCompleted);

        hang.Set();
        await flush;
        Assert.Equal(1, raised);
    }

    [Fact]
    public async Task A_handler_that_throws_or_hangs_affects_nothing_else()
    {
        await using var test = new TestService();
        Patron patron = test.Service.CreatePatron();
        Patron other = test.Service.CreatePatron();
        using var hang = new ManualResetEventSlim();
        var heard = new TaskCompletionSource();
        patron.NewTorrentCreated += (_, _) => throw new InvalidOperationException("a guest's fault");
        patron.NewTorrentCreated += (_, _) => heard.SetResult();
        patron.NewTorrentCreated += (_, _) => hang.Wait(Token);

        Assert.IsType<NewTorrentCreated>(await patron.StartAsync(Torrents.Start("a"), Token));
        await heard.Task;
        Assert.IsType<NewTorrentCreated>(await patron.StartAsync(Torrents.Start("b"), Token));
        Assert.IsType<NewTorrentCreated>(await other.StartAsync(Torrents.Start("c"), Token));
        await patron.DisposeAsync();

        hang.Set();
    }

    [Fact]
    public async Task An_exception_of_a_handler_is_recorded_with_its_stack()
    {
        using var faults = new FaultLog("A guest's own fault.");
        await using var test = new TestService();
        Patron patron = test.Service.CreatePatron();
        patron.NewTorrentCreated += (_, _) => throw new InvalidOperationException("A guest's own fault.");
        Assert.IsType<NewTorrentCreated>(await patron.StartAsync(Torrents.Start("recorded"), Token));

        object?[] told = await faults.Told.WaitAsync(TimeSpan.FromSeconds(60), Token);
        Assert.Equal("event handler", told[1]);
        Assert.Contains(nameof(An_exception_of_a_handler_is_recorded_with_its_stack), (string)told[3]!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_handler_may_use_its_patron_and_stop_it()
    {
        await using var test = new TestService();
        Patron patron = test.Service.CreatePatron();
        var stopped = new TaskCompletionSource<int>();
        patron.NewTorrentCreated += async (_, _) =>
        {
            int statuses = patron.Statuses.Count;
            await patron.DisposeAsync();
            stopped.SetResult(statuses);
        };

        await patron.StartAsync(Torrents.Start(), Token);

        Assert.Equal(1, await stopped.Task);
        // The torrents of a service in another process continue.
        Assert.Equal(!patron.IsRemote, test.Client.IsDisposed);
    }

    [Fact]
    public async Task The_outbox_starts_empty_and_ends_with_the_patron()
    {
        await using var test = new TestService();
        Patron patron = test.Service.CreatePatron();
        await patron.StartAsync(Torrents.Start("a"), Token);
        var outbox = patron.OpenOutbox();
        Assert.Same(outbox, patron.OpenOutbox());
        Assert.False(outbox.TryRead(out _));

        await patron.StartAsync(Torrents.Start("b"), Token);
        await patron.DisposeAsync();

        Assert.Equal(Torrents.Hash("b"), (await outbox.ReadAsync(Token)).TorrentId);
        await outbox.Completion.WaitAsync(Token);
    }

    [Fact]
    public async Task A_wait_ends_when_its_condition_is_met_for_any_patron()
    {
        await using var test = new TestService();
        Patron owner = test.Service.CreatePatron();
        Patron other = test.Service.CreatePatron();
        await owner.StartAsync(Torrents.Start(), Token);
        Task<TorrentStatus?>[] waits = [.. new[] { owner, other }.Select(
            patron => patron.WaitAsync(Torrents.Hash(), status => status.IsComplete, Token))];
        Assert.DoesNotContain(waits, wait => wait.IsCompleted);

        test.Client.Set(Torrents.Hash(), TorrentState.Seeding, isComplete: true);

        Assert.All(await Task.WhenAll(waits), status => Assert.True(status!.IsComplete));
        Assert.True((await other.WaitAsync(Torrents.Hash(), status => status.IsComplete, Token))!.IsComplete);
        Assert.Null(await other.WaitAsync(Torrents.Hash("b"), _ => true, Token));
    }

    [Fact]
    public async Task A_wait_ends_when_the_torrent_fails_or_is_closed_or_the_patron_or_the_engine_ends()
    {
        await using var test = new TestService();
        Patron owner = test.Service.CreatePatron();
        Patron other = test.Service.CreatePatron();
        foreach (string name in (string[])["a", "b", "c"])
            await owner.StartAsync(Torrents.Start(name), Token);

        Task<TorrentStatus?> failing = other.WaitAsync(Torrents.Hash("a"), _ => false, Token);
        test.Client.Set(Torrents.Hash("a"), TorrentState.Failed);
        Assert.Equal(TorrentState.Failed, (await failing)!.State);

        Task<TorrentStatus?> closing = other.WaitAsync(Torrents.Hash("b"), _ => false, Token);
        await owner.CloseAsync(Torrents.Hash("b"), Token);
        Assert.Equal(TorrentState.Stopped, (await closing)!.State);

        Task<TorrentStatus?> stopping = other.WaitAsync(Torrents.Hash("c"), _ => false, Token);
        await other.DisposeAsync();
        Assert.Equal(TorrentState.Downloading, (await stopping)!.State);

        Task<TorrentStatus?> ending = owner.WaitAsync(Torrents.Hash("c"), _ => false, Token);
        test.Client.Die();
        Assert.Equal(TorrentState.Downloading, (await ending)!.State);
    }

    [Fact]
    public async Task A_wait_can_be_cancelled_and_throws_the_exception_of_its_condition()
    {
        await using var test = new TestService();
        Patron patron = test.Service.CreatePatron();
        await patron.StartAsync(Torrents.Start(), Token);
        using var cancellation = new CancellationTokenSource();
        Task wait = patron.WaitAsync(Torrents.Hash(), _ => false, cancellation.Token);

        await cancellation.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => wait);
        await Assert.ThrowsAsync<FormatException>(
            () => patron.WaitAsync(Torrents.Hash(), _ => throw new FormatException(), Token));
        Assert.NotNull(patron.GetStatus(Torrents.Hash()));
    }

    [Fact]
    public async Task Watching_yields_running_and_new_torrents_with_the_latest_status_of_each()
    {
        await using var test = new TestService();
        Patron owner = test.Service.CreatePatron();
        Patron other = test.Service.CreatePatron();
        await owner.StartAsync(Torrents.Start("a"), Token);
        await using IAsyncEnumerator<TorrentStatus> watch = other.WatchAsync(cancellationToken: Token).GetAsyncEnumerator(Token);

        Assert.Equal("a", await NextNameAsync(watch));
        await owner.StartAsync(Torrents.Start("b"), Token);
        Assert.Equal("b", await NextNameAsync(watch));
        for (int i = 0; i < 1000; i++)
            test.Client.Set(Torrents.Hash("a"), i % 2 == 0 ? TorrentState.Checking : TorrentState.Downloading);
        test.Client.Set(Torrents.Hash("a"), TorrentState.Seeding, isComplete: true);
        await owner.SuspendAsync(Torrents.Hash("b"), Token);

        var last = new Dictionary<string, TorrentState>();
        while (!(last.GetValueOrDefault("a") == TorrentState.Seeding && last.GetValueOrDefault("b") == TorrentState.Suspended))
        {
            Assert.True(await watch.MoveNextAsync());
            last[watch.Current.Name] = watch.Current.State;
        }
    }

    [Fact]
    public async Task Watching_torrents_ends_when_the_last_of_them_is_closed()
    {
        await using var test = new TestService();
        Patron patron = test.Service.CreatePatron();
        foreach (string name in (string[])["a", "b", "c"])
            await patron.StartAsync(Torrents.Start(name), Token);
        Task<List<TorrentStatus>> watching = ReadAllAsync(patron.WatchAsync([Torrents.Hash("a"), Torrents.Hash("b"), Torrents.Hash("none")], Token));

        await patron.CloseAsync(Torrents.Hash("a"), Token);
        await patron.CloseAsync(Torrents.Hash("b"), Token);

        List<TorrentStatus> seen = await watching;
        Assert.DoesNotContain(seen, status => status.Name == "c");
        Assert.Equal(TorrentState.Stopped, seen.Last(status => status.Name == "a").State);
        Assert.Equal(TorrentState.Stopped, seen.Last(status => status.Name == "b").State);
    }

    [Fact]
    public async Task Watching_ends_with_the_patron_or_the_engine_and_at_once_if_none_runs()
    {
        await using var test = new TestService();
        Patron patron = test.Service.CreatePatron();
        Assert.Empty(await ReadAllAsync(patron.WatchAsync(cancellationToken: Token)));
        await patron.StartAsync(Torrents.Start(), Token);
        Patron other = test.Service.CreatePatron();
        Task<List<TorrentStatus>> watching = ReadAllAsync(other.WatchAsync(cancellationToken: Token));
        await other.DisposeAsync();
        await watching;

        watching = ReadAllAsync(patron.WatchAsync(cancellationToken: Token));
        test.Client.Die();
        await watching;
    }

    private static async Task<string> NextNameAsync(IAsyncEnumerator<TorrentStatus> watch)
    {
        Assert.True(await watch.MoveNextAsync());
        return watch.Current.Name;
    }

    private static async Task<List<TorrentStatus>> ReadAllAsync(IAsyncEnumerable<TorrentStatus> statuses)
    {
        var all = new List<TorrentStatus>();
        await foreach (TorrentStatus status in statuses)
            all.Add(status);
        return all;
    }

    /// <summary>Waits for a recorded fault.</summary>
    private sealed class FaultLog : EventListener
    {
        private readonly string _message;
        private readonly TaskCompletionSource<object?[]> _told = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public FaultLog(string message)
        {
            _message = message;
            EnableEvents(EngineEvents.Log, EventLevel.Error, EngineEvents.Keywords.Faults);
        }

        public Task<object?[]> Told => _told.Task;

        protected override void OnEventWritten(EventWrittenEventArgs eventData)
        {
            if (eventData.Payload is [_, _, string message, _] && message.Contains(_message, StringComparison.Ordinal))
                _told.TrySetResult([.. eventData.Payload]);
        }
    }
}

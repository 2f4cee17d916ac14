using TorrentPatron.Engine.Client;
using TorrentPatron.Service.Errors;
using TorrentPatron.Service.Tests.Fakes;

namespace TorrentPatron.Service.Tests;

/// <summary>When engines are created and ended, and how patrons stop.</summary>
public sealed class LifetimeTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_engine_is_created_with_the_first_start_shared_and_ended_with_the_last_patron()
    {
        await using var test = new TestService();
        Patron first = test.Service.CreatePatron();
        Patron second = test.Service.CreatePatron();
        Assert.Empty(test.Clients);
        Assert.Null(test.Service.GetClientStatus());

        await first.StartAsync(Torrents.Start("a"), Token);
        await second.StartAsync(Torrents.Start("b"), Token);
        Assert.Equal(2, test.Service.GetClientStatus()!.Torrents);
        await first.DisposeAsync();
        Assert.False(test.Client.IsDisposed);
        await second.DisposeAsync();

        Assert.True(Assert.Single(test.Clients).IsDisposed);
        Assert.Null(test.Service.GetClientStatus());
        Assert.Empty(test.Service.Patrons);
    }

    [Fact]
    public async Task The_next_patron_gets_a_new_engine()
    {
        await using var test = new TestService();
        await using (Patron first = test.Service.CreatePatron())
            await first.StartAsync(Torrents.Start(), Token);

        Patron second = test.Service.CreatePatron();
        Assert.IsType<NewTorrentCreated>(await second.StartAsync(Torrents.Start(), Token));

        Assert.Equal(2, test.Clients.Count);
    }

    [Fact]
    public async Task A_patron_created_during_the_shutdown_waits_for_its_end_and_loses_nothing()
    {
        var gate = new TaskCompletionSource();
        await using var test = new TestService(client => client.DisposeGate = gate.Task);
        Patron first = test.Service.CreatePatron();
        await first.StartAsync(Torrents.Start(), Token);
        ScriptedClient old = test.Client;
        Task stopping = first.DisposeAsync().AsTask();
        await old.DisposeBegun.Task;

        Patron second = test.Service.CreatePatron();
        Task<TorrentAnswer>[] answers =
        [
            second.StartAsync(Torrents.Start("a"), Token),
            second.StartAsync(Torrents.Start("b"), Token),
            second.SuspendAsync(Torrents.Hash("b"), Token),
        ];
        Assert.Same(old, Assert.Single(test.Clients));
        Assert.Null(second.GetStatus(Torrents.Hash("a")));
        Assert.DoesNotContain(answers, answer => answer.IsCompleted);
        gate.SetResult();

        Assert.IsType<NewTorrentCreated>(await answers[0]);
        Assert.IsType<NewTorrentCreated>(await answers[1]);
        Assert.IsType<CommandDone>(await answers[2]);
        await stopping;
        Assert.True(old.IsDisposed);
        Assert.Equal(2, test.Clients.Count);
        Assert.Equal(1, old.Disposals);
    }

    [Fact]
    public async Task A_patron_stopped_while_the_old_engine_is_ending_is_answered_at_once()
    {
        var gate = new TaskCompletionSource();
        await using var test = new TestService(client => client.DisposeGate = gate.Task);
        Patron first = test.Service.CreatePatron();
        await first.StartAsync(Torrents.Start(), Token);
        Task stopping = first.DisposeAsync().AsTask();
        await test.Client.DisposeBegun.Task;
        Patron second = test.Service.CreatePatron();
        Task<TorrentAnswer> start = second.StartAsync(Torrents.Start(), Token);

        Task secondStopping = second.DisposeAsync().AsTask();

        Assert.Equal(TorrentErrorId.PatronStopped, Assert.IsType<TorrentStartFail>(await start).Error.Id);
        gate.SetResult();
        await Task.WhenAll(stopping, secondStopping);
        Assert.All(test.Clients, client => Assert.True(client.IsDisposed));
    }

    [Fact]
    public async Task Two_services_in_one_process_are_independent()
    {
        await using var one = new TestService();
        await using var two = new TestService();
        Patron ofOne = one.Service.CreatePatron();
        Patron ofTwo = two.Service.CreatePatron();

        Assert.IsType<NewTorrentCreated>(await ofOne.StartAsync(Torrents.Start(), Token));
        Assert.IsType<NewTorrentCreated>(await ofTwo.StartAsync(Torrents.Start(), Token));
        await ofOne.DisposeAsync();

        Assert.True(one.Client.IsDisposed);
        Assert.Single(ofTwo.Statuses);
    }

    [Fact]
    public async Task A_patron_that_stops_closes_its_own_torrents_and_no_others()
    {
        await using var test = new TestService();
        Patron first = test.Service.CreatePatron();
        Patron second = test.Service.CreatePatron();
        await first.StartAsync(Torrents.Start("a"), Token);
        await second.StartAsync(Torrents.Start("b"), Token);
        await second.StartAsync(Torrents.Start("a"), Token);

        await second.DisposeAsync();

        Assert.Equal(Torrents.Hash("a").ToString(), Assert.Single(first.Statuses).InfoHash);
    }

    [Fact]
    public async Task A_stopped_patron_answers_with_failures_and_stops_only_once()
    {
        await using var test = new TestService();
        await using Patron other = test.Service.CreatePatron();
        Patron patron = test.Service.CreatePatron();
        await patron.StartAsync(Torrents.Start(), Token);

        await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => patron.DisposeAsync().AsTask()));

        Assert.True(patron.IsStopped);
        var fail = Assert.IsType<TorrentStartFail>(await patron.StartAsync(Torrents.Start(), Token));
        Assert.Equal(TorrentErrorId.PatronStopped, fail.Error.Id);
        Assert.Equal(TorrentErrorId.PatronStopped, Assert.IsType<CommandFail>(await patron.CloseAsync(default, Token)).Error.Id);
        Assert.Null(await patron.WaitAsync(Torrents.Hash(), _ => true, Token));
        Assert.Empty(patron.Statuses);
        Assert.Empty(patron.OwnStatuses);
        Assert.True(patron.OpenOutbox().Completion.IsCompleted);
        Assert.Equal([other], test.Service.Patrons);
        Assert.Single(test.Client.Commands.OfType<CloseTorrent>());
    }

    [Fact]
    public async Task Stopping_a_patron_answers_its_pending_requests_and_closes_a_starting_torrent()
    {
        await using var test = new TestService(
            client => client.Hold = command => command is CreateNewTorrent { Metainfo.Name: "a" });
        Patron other = test.Service.CreatePatron();
        await other.StartAsync(Torrents.Start("other"), Token);
        await test.Client.NextAsync();
        Patron patron = test.Service.CreatePatron();
        Task<TorrentAnswer> start = patron.StartAsync(Torrents.Start("a"), Token);
        Task<TorrentAnswer> suspend = patron.SuspendAsync(Torrents.Hash("a"), Token);
        TorrentCommand held = await test.Client.NextAsync();

        Task stopping = patron.DisposeAsync().AsTask();
        Assert.Equal(TorrentErrorId.PatronStopped, Assert.IsType<TorrentStartFail>(await start).Error.Id);
        Assert.Equal(TorrentErrorId.PatronStopped, Assert.IsType<CommandFail>(await suspend).Error.Id);
        Assert.False(stopping.IsCompleted);
        test.Client.Answer(held);
        await stopping;

        Assert.Equal(Torrents.Hash("other").ToString(), Assert.Single(other.Statuses).InfoHash);
        Assert.IsType<NewTorrentCreated>(await other.StartAsync(Torrents.Start("b"), Token));
    }

    [Fact]
    public async Task Disposing_the_service_stops_every_patron_and_the_engine()
    {
        var test = new TestService(
            client => client.Hold = command => command is RecheckTorrent);
        Patron[] patrons = [.. Enumerable.Range(0, 5).Select(_ => test.Service.CreatePatron())];
        await Task.WhenAll(patrons.Select((patron, i) => patron.StartAsync(Torrents.Start($"{i}"), Token)));
        Task<TorrentAnswer> open = patrons[0].RecheckAsync(Torrents.Hash("0"), Token);

        await test.DisposeAsync();

        Assert.Equal(TorrentErrorId.PatronStopped, Assert.IsType<CommandFail>(await open).Error.Id);
        Assert.All(patrons, patron => Assert.True(patron.IsStopped));
        Assert.True(test.Client.IsDisposed);
        Assert.Throws<ObjectDisposedException>(() => test.Service.CreatePatron());
    }

    [Fact]
    public async Task An_engine_that_cannot_be_created_fails_the_start_and_the_next_start_tries_again()
    {
        using var folder = new TempFolder();
        int attempts = 0;
        await using var service = new TorrentService(
            new ServiceSettings { StatePath = folder.Path },
            _ => Interlocked.Increment(ref attempts) == 1
                ? throw new TorrentException(new TorrentError(TorrentErrorId.ListenFailed, "Taken.", "Take another."))
                : new ScriptedClient());
        Patron patron = service.CreatePatron();

        var fail = Assert.IsType<TorrentStartFail>(await patron.StartAsync(Torrents.Start(), Token));
        Assert.Equal(TorrentErrorId.ListenFailed, fail.Error.Id);
        Assert.IsType<NewTorrentCreated>(await patron.StartAsync(Torrents.Start(), Token));
    }

    [Fact]
    public async Task An_engine_that_dies_fails_pending_requests_and_the_next_start_gets_another()
    {
        await using var test = new TestService(
            client => client.Hold = command => command is RecheckTorrent);
        Patron patron = test.Service.CreatePatron();
        await patron.StartAsync(Torrents.Start(), Token);
        await test.Client.NextAsync();
        Task<TorrentAnswer> open = patron.RecheckAsync(Torrents.Hash(), Token);
        await test.Client.NextAsync();

        test.Client.Die();

        Assert.Equal(TorrentErrorId.Unexpected, Assert.IsType<CommandFail>(await open).Error.Id);
        Assert.Empty(patron.Statuses);
        Assert.IsType<NewTorrentCreated>(await patron.StartAsync(Torrents.Start(), Token));
        Assert.Equal(2, test.Clients.Count);
    }

    [Fact]
    public async Task Patrons_created_and_stopped_on_many_threads_end_every_engine()
    {
        await using var test = new TestService();

        await Task.WhenAll(Enumerable.Range(0, 8).Select(thread => Task.Run(
            async () =>
            {
                for (int round = 0; round < 10; round++)
                {
                    await using Patron patron = test.Service.CreatePatron();
                    Assert.IsType<NewTorrentCreated>(await patron.StartAsync(Torrents.Start($"thread {thread}"), Token));
                }
            },
            Token)));

        Assert.All(test.Clients, client => Assert.Equal(1, client.Disposals));
        Assert.Empty(test.Service.Patrons);
    }
}

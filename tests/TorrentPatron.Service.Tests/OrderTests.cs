using TorrentPatron.Engine.Client;
using TorrentPatron.Service.Requests;
using TorrentPatron.Service.Tests.Fakes;

namespace TorrentPatron.Service.Tests;

public sealed class OrderTests
{
    private static readonly string[] Names = ["a", "b", "c", "d", "e"];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Answers_arrive_in_the_order_of_the_requests_even_if_the_engine_answers_in_reverse()
    {
        await using var test = new TestService(client => client.Hold = _ => true);
        Patron patron = test.Service.CreatePatron();
        var outbox = patron.OpenOutbox();
        Task<TorrentAnswer>[] answers = [.. Names.Select(name => patron.StartAsync(Torrents.Start(name), Token))];
        var commands = await HeldAsync(test, Names.Length);

        foreach (TorrentCommand command in Names.Select(name => commands[name]).Reverse())
        {
            Assert.DoesNotContain(answers, answer => answer.IsCompleted);
            test.Client.Answer(command);
        }

        foreach ((Task<TorrentAnswer> answer, string name) in answers.Zip(Names))
        {
            Assert.Equal(Torrents.Hash(name), (await answer).TorrentId);
            Assert.Equal(Torrents.Hash(name), (await outbox.ReadAsync(Token)).TorrentId);
        }
    }

    [Fact]
    public async Task An_answer_arrives_after_all_earlier_ones()
    {
        await using var test = new TestService(client => client.Hold = _ => true);
        Patron patron = test.Service.CreatePatron();
        string[] names = [.. Enumerable.Range(0, 60).Select(number => $"torrent {number}")];
        Task<TorrentAnswer>[] answers = [.. names.Select(name => patron.StartAsync(Torrents.Start(name), Token))];
        TorrentCommand[] commands = [.. (await HeldAsync(test, names.Length)).Values];
        new Random(1).Shuffle(commands);

        Task<bool>[] checks = [.. answers.Select(async (answer, index) =>
        {
            await answer.ConfigureAwait(false);
            return answers.Take(index).All(earlier => earlier.IsCompletedSuccessfully);
        })];
        Parallel.ForEach(commands, test.Client.Answer);

        Assert.All(await Task.WhenAll(checks), Assert.True);
    }

    [Fact]
    public async Task A_pending_request_of_one_patron_does_not_block_others()
    {
        await using var test = new TestService(
            client => client.Hold = command => command is CreateNewTorrent { Metainfo.Name: "a" });
        Patron slow = test.Service.CreatePatron();
        Task<TorrentAnswer> open = slow.StartAsync(Torrents.Start("a"), Token);

        Assert.IsType<NewTorrentCreated>(await test.Service.CreatePatron().StartAsync(Torrents.Start("b"), Token));

        Assert.False(open.IsCompleted);
    }

    [Fact]
    public async Task A_cancelled_wait_ends_at_once_and_affects_neither_the_torrent_nor_the_order()
    {
        await using var test = new TestService(client => client.Hold = _ => true);
        Patron patron = test.Service.CreatePatron();
        var outbox = patron.OpenOutbox();
        using var cancellation = new CancellationTokenSource();
        Task<TorrentAnswer> first = patron.StartAsync(Torrents.Start("a"), Token);
        Task<TorrentAnswer> second = patron.StartAsync(Torrents.Start("b"), cancellation.Token);
        Task<TorrentAnswer> third = patron.StartAsync(Torrents.Start("c"), Token);
        var commands = await HeldAsync(test, 3);

        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => second);
        test.Client.Answer(commands["c"]);
        test.Client.Answer(commands["a"]);
        Assert.Equal(Torrents.Hash("a"), (await first).TorrentId);
        Assert.False(third.IsCompleted);
        test.Client.Answer(commands["b"]);

        Assert.Equal(Torrents.Hash("c"), (await third).TorrentId);
        foreach (string name in (string[])["a", "b", "c"])
            Assert.Equal(Torrents.Hash(name), Assert.IsType<NewTorrentCreated>(await outbox.ReadAsync(Token)).TorrentId);
    }

    [Fact]
    public async Task A_request_with_a_cancelled_token_is_not_sent()
    {
        await using var test = new TestService();
        Patron patron = test.Service.CreatePatron();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => patron.StartAsync(Torrents.Start(), new CancellationToken(canceled: true)));

        Assert.IsType<NewTorrentCreated>(await patron.StartAsync(Torrents.Start("b"), Token));
        Assert.Single(test.Client.Commands);
    }

    [Fact]
    public async Task Requests_are_executed_in_order_even_if_the_first_source_is_slow()
    {
        using var folder = new TempFolder();
        await using var server = RawHttpServer.Start();
        var gate = new TaskCompletionSource();
        server.Answer("/a.torrent", RawHttpServer.Ok(Torrents.Bytes()), gate.Task);
        await using var test = new TestService();
        Patron patron = test.Service.CreatePatron();

        Task<TorrentAnswer> start = patron.StartAsync(
            new StartRequest { Source = TorrentPatron.Service.Sources.TorrentSource.FromAddress(server["/a.torrent"]) }, Token);
        Task<TorrentAnswer> close = patron.CloseAsync(Torrents.Hash(), Token);
        gate.SetResult();

        Assert.IsType<NewTorrentCreated>(await start);
        Assert.IsType<TorrentClosed>(await close);
    }

    [Fact]
    public async Task Messages_of_a_torrent_wait_for_the_answer_that_announces_it()
    {
        await using var test = new TestService(client => client.Hold = _ => true);
        Patron patron = test.Service.CreatePatron();
        var outbox = patron.OpenOutbox();
        _ = patron.StartAsync(Torrents.Start("a"), Token);
        _ = patron.StartAsync(Torrents.Start("b"), Token);
        var commands = await HeldAsync(test, 2);

        test.Client.Answer(commands["b"]);
        test.Client.Set(Torrents.Hash("b"), TorrentState.Seeding);
        test.Client.Answer(commands["a"]);

        Assert.Equal(Torrents.Hash("a"), Assert.IsType<NewTorrentCreated>(await outbox.ReadAsync(Token)).TorrentId);
        Assert.Equal(Torrents.Hash("b"), Assert.IsType<NewTorrentCreated>(await outbox.ReadAsync(Token)).TorrentId);
        Assert.IsType<TorrentStateChanged>(await outbox.ReadAsync(Token));
    }

    [Fact]
    public async Task Many_patrons_on_many_threads_each_get_their_own_answers_and_none_is_lost()
    {
        const int Patrons = 20;
        const int Starts = 20;
        await using var test = new TestService();
        Patron[] patrons = [.. Enumerable.Range(0, Patrons).Select(number => test.Service.CreatePatron($"{number}"))];
        var outboxes = patrons.ToDictionary(patron => patron, patron => patron.OpenOutbox());

        await Task.WhenAll(patrons.Select(patron => Task.Run(
            async () =>
            {
                string[] names = [.. Enumerable.Range(0, Starts).Select(number => $"{patron.Name} starts {number}")];
                Task<TorrentAnswer>[] answers = [.. names.Select(name => patron.StartAsync(Torrents.Start(name), Token))];
                for (int i = 0; i < Starts; i++)
                    Assert.Equal(Torrents.Hash(names[i]), Assert.IsType<NewTorrentCreated>(await answers[i]).TorrentId);
                foreach (string name in names)
                    Assert.Equal(Torrents.Hash(name), (await outboxes[patron].ReadAsync(Token)).TorrentId);
                Assert.False(outboxes[patron].TryRead(out _));
                Assert.Equal(Starts, patron.OwnStatuses.Count);
            },
            Token)));

        Assert.Equal(Patrons * Starts, patrons[0].Statuses.Count);
        Assert.Single(test.Clients);
    }

    private static async Task<Dictionary<string, TorrentCommand>> HeldAsync(TestService test, int count)
    {
        while (test.Clients.Count == 0)
            await Task.Delay(5, Token);
        var commands = new Dictionary<string, TorrentCommand>();
        for (int i = 0; i < count; i++)
        {
            TorrentCommand command = await test.Client.NextAsync();
            commands.Add(((CreateNewTorrent)command).Metainfo!.Name, command);
        }

        return commands;
    }
}

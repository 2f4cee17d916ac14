using System.Threading.Channels;
using TorrentPatron.Engine.Client;
using TorrentPatron.Remote.Client;
using TorrentPatron.Remote.Contract;
using TorrentPatron.Remote.Endpoints;
using TorrentPatron.Remote.Hosting;
using TorrentPatron.Remote.Rpc;
using TorrentPatron.Service;
using TorrentPatron.Service.Errors;
using TorrentPatron.Service.Tests.Fakes;

namespace TorrentPatron.Remote.Tests.Connected;

/// <summary>The service goes away and comes back; a client with a reconnect timeout reconnects automatically.</summary>
public sealed class ReconnectTests : IAsyncDisposable
{
    private static readonly TimeSpan Long = TimeSpan.FromMinutes(1);

    private readonly TempFolder _folder = new();
    private readonly string _pipe = $"TorrentPatron-test-{Guid.NewGuid():N}";
    private readonly List<RemoteTorrentService> _connections = [];
    private SharedService? _service;
    private ScriptedClient? _engine;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private string Address => OperatingSystem.IsWindows() ? ServiceAddresses.PipePrefix + _pipe : _folder["run", "s"];

    public async ValueTask DisposeAsync()
    {
        foreach (RemoteTorrentService connection in _connections)
            await connection.DisposeAsync();
        await StopAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task A_wait_and_a_watch_survive_a_restart()
    {
        await StartAsync();
        Patron patron = (await ConnectAsync(Long)).CreatePatron();
        await patron.StartAsync(Torrents.Start(), Token);
        Task<TorrentStatus?> waiting = patron.WaitAsync(Torrents.Hash(), status => status.State == TorrentState.Suspended, Token);
        await using IAsyncEnumerator<TorrentStatus> watching = patron.WatchAsync(cancellationToken: Token).GetAsyncEnumerator(Token);
        Assert.True(await watching.MoveNextAsync());

        await StopAsync();
        await UntilAsync(() => !patron.IsConnected);
        Assert.True(patron.Reconnects);
        Assert.Equal(TorrentErrorId.ServiceUnavailable, patron.Service.Interruption!.Id);
        Assert.Null(patron.Service.Fault);
        Assert.Null(patron.Service.GetClientStatus());
        Assert.Equal(TorrentState.Downloading, Assert.Single(patron.Statuses).State);
        Assert.False(waiting.IsCompleted);
        await StartAsync();
        await UntilAsync(() => patron.IsConnected);
        Assert.IsType<CommandDone>(await (await ConnectAsync()).CreatePatron().SuspendAsync(Torrents.Hash(), Token));

        Assert.Equal(TorrentState.Suspended, (await waiting)!.State);
        do
            Assert.True(await watching.MoveNextAsync());
        while (watching.Current.State != TorrentState.Suspended);
    }

    [Fact]
    public async Task The_patron_owns_its_torrents_again_and_receives_their_messages()
    {
        await StartAsync();
        Patron patron = (await ConnectAsync(Long)).CreatePatron("mine");
        await patron.StartAsync(Torrents.Start(), Token);
        ChannelReader<TorrentMessage> outbox = patron.OpenOutbox();

        await RestartAsync(patron);
        await UntilAsync(() => _engine!.GetStatus(Torrents.Hash()) is not null);
        while (!(await OwnersAsync()).Contains(("mine", 1)))
            await Task.Delay(10, Token);
        TorrentStatus status = _engine!.GetStatus(Torrents.Hash())!;
        _engine.Say(new TorrentCompleted(Torrents.Hash(), CompletionReason.Downloaded, status));

        Assert.IsType<TorrentCompleted>(await ReadAsync<TorrentCompleted>(outbox));
        Assert.Equal("a", Assert.Single(patron.OwnStatuses).Name);
    }

    [Fact]
    public async Task A_torrent_that_no_longer_runs_is_reported_as_stopped()
    {
        await StartAsync();
        Patron patron = (await ConnectAsync(Long)).CreatePatron();
        await patron.StartAsync(Torrents.Start("a"), Token);
        await patron.StartAsync(Torrents.Start("b"), Token);
        ChannelReader<TorrentMessage> outbox = patron.OpenOutbox();
        Task<TorrentStatus?> waiting = patron.WaitAsync(Torrents.Hash("a"), _ => false, Token);

        await RestartAsync(patron, () => Directory.Delete(_folder["state", Torrents.Hash("a").ToString()], recursive: true));

        Assert.Equal(TorrentState.Stopped, (await waiting)!.State);
        TorrentStateChanged news = await ReadAsync<TorrentStateChanged>(outbox);
        Assert.Equal((Torrents.Hash("a"), TorrentState.Downloading, TorrentState.Stopped), (news.TorrentId, news.Previous, news.Status.State));
        Assert.Equal("b", Assert.Single(patron.OwnStatuses).Name);
        Assert.Equal("b", Assert.Single(patron.Statuses).Name);
    }

    [Fact]
    public async Task Pending_requests_fail_and_new_ones_wait_for_the_connection()
    {
        await StartAsync(client => client.Hold = command => command is RecheckTorrent);
        RemoteTorrentService service = await ConnectAsync(Long);
        Patron patron = service.CreatePatron();
        await patron.StartAsync(Torrents.Start(), Token);
        Task<TorrentAnswer> rechecking = patron.RecheckAsync(Torrents.Hash(), Token);
        await UntilAsync(() => _engine!.Commands.OfType<RecheckTorrent>().Any());

        await StopAsync();
        await UntilAsync(() => !patron.IsConnected);
        Assert.Contains(
            Assert.IsType<CommandFail>(await rechecking).Error.Id, new[] { TorrentErrorId.ServiceUnavailable, TorrentErrorId.PatronStopped });
        Task<TorrentAnswer> suspending = patron.SuspendAsync(Torrents.Hash(), Token);
        Patron late = service.CreatePatron();
        Task<TorrentAnswer> starting = late.StartAsync(Torrents.Start("b"), Token);
        Assert.False(suspending.IsCompleted);
        await StartAsync();

        Assert.IsType<CommandDone>(await suspending);
        Assert.IsType<NewTorrentCreated>(await starting);
        Assert.Equal("b", Assert.Single(late.OwnStatuses).Name);
    }

    [Fact]
    public async Task Reconnecting_gives_up_after_its_timeout_and_waits_fail()
    {
        await StartAsync();
        Patron patron = (await ConnectAsync(TimeSpan.FromMilliseconds(300))).CreatePatron();
        await patron.StartAsync(Torrents.Start(), Token);
        Task<TorrentStatus?> waiting = patron.WaitAsync(Torrents.Hash(), _ => false, Token);

        await StopAsync();
        Task<TorrentAnswer> suspending = patron.SuspendAsync(Torrents.Hash(), Token);

        TorrentError error = (await Assert.ThrowsAsync<TorrentException>(() => waiting)).Error;
        Assert.Equal(TorrentErrorId.ServiceUnavailable, error.Id);
        Assert.Contains("not restored within 0.3 s", error.Message, StringComparison.Ordinal);
        Assert.NotEmpty(error.Remedy);
        Assert.Equal(TorrentErrorId.ServiceUnavailable, Assert.IsType<CommandFail>(await suspending).Error.Id);
        Assert.Equal(error, patron.Service.Fault);
        Assert.Null(patron.Service.Interruption);
        Assert.Empty(patron.Statuses);
    }

    [Fact]
    public async Task Disposing_a_client_without_a_connection_returns_at_once()
    {
        await StartAsync();
        RemoteTorrentService service = await ConnectAsync(Long);
        Patron patron = service.CreatePatron();
        await patron.StartAsync(Torrents.Start(), Token);
        Task<TorrentStatus?> waiting = patron.WaitAsync(Torrents.Hash(), _ => false, Token);
        await StopAsync();
        await UntilAsync(() => !patron.IsConnected);

        await service.DisposeAsync();

        Assert.NotNull(await waiting);
        Assert.True(patron.IsStopped);
    }

    [Fact]
    public void Pauses_double_up_to_a_maximum_and_vary()
    {
        Assert.Equal(ReconnectPause.Shortest, ReconnectPause.Next(0, 1));
        Assert.Equal(ReconnectPause.Shortest / 2, ReconnectPause.Next(0, 0));
        Assert.Equal(ReconnectPause.Shortest * 4, ReconnectPause.Next(2, 1));
        Assert.Equal(ReconnectPause.Longest, ReconnectPause.Next(1_000_000, 1));
    }

    private static async Task<TMessage> ReadAsync<TMessage>(ChannelReader<TorrentMessage> outbox)
        where TMessage : TorrentMessage
    {
        while (true)
        {
            if (await outbox.ReadAsync(Token) is TMessage message)
                return message;
        }
    }

    private static async Task UntilAsync(Func<bool> condition)
    {
        while (!condition())
            await Task.Delay(10, Token);
    }

    private async Task StartAsync(Action<ScriptedClient>? prepare = null)
    {
        var settings = new ServiceSettings { StatePath = _folder["state"] };
        _service = await SharedService.StartAsync(
            new TorrentService(settings, _ =>
            {
                _engine = new ScriptedClient();
                prepare?.Invoke(_engine);
                return _engine;
            }),
            new SharedServiceOptions { Address = Address }, Token);
    }

    private async Task StopAsync()
    {
        if (_service is not null)
            await _service.DisposeAsync();
    }

    private async Task RestartAsync(Patron patron, Action? meanwhile = null)
    {
        await StopAsync();
        await UntilAsync(() => !patron.IsConnected);
        meanwhile?.Invoke();
        await StartAsync();
        await UntilAsync(() => patron.IsConnected);
    }

    private async Task<RemoteTorrentService> ConnectAsync(TimeSpan? reconnectTimeout = null)
    {
        RemoteTorrentService service = await RemoteTorrentService.ConnectAsync(Address, reconnectTimeout: reconnectTimeout, cancellationToken: Token);
        _connections.Add(service);
        return service;
    }

    /// <summary>The patrons of the service, of all clients, with the number of their torrents.</summary>
    private async Task<IReadOnlyList<(string? Name, int Torrents)>> OwnersAsync()
    {
        await using RpcConnection connection = (await ServiceEndpoint.ConnectAsync(
            new RpcMethodTable(), Hello.OfThisProcess(), Address, cancellationToken: Token)).Connection;
        PatronsDto patrons = await connection.CallAsync(Methods.Patrons, RpcNothing.Value, Token);
        return [.. patrons.Patrons!.Select(patron => (patron.Name, patron.Torrents))];
    }
}

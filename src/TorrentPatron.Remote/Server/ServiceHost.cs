using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Timing;
using TorrentPatron.Remote.Rpc;
using TorrentPatron.Service;

namespace TorrentPatron.Remote.Server;

/// <summary>Offers a service in this process to clients in other processes. Thread-safe.</summary>
/// <remarks>
/// Each patron of a client is a patron here, so that its requests keep their order and it owns the torrents that it starts. When the client
/// goes, its torrents are transferred to the host's own patron and continue; that patron also keeps the engine running.
/// </remarks>
internal sealed class ServiceHost : IAsyncDisposable
{
    /// <summary>Longest wait, when the host stops, for clients' torrents to be transferred to its own patron.</summary>
    private static readonly TimeSpan LongestEnd = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new(); // a leaf
    private readonly RpcServer _server;
    private readonly Dictionary<ClientHandler, Task> _clients = [];
    private readonly HashSet<RpcConnection> _stoppers = [];
    private readonly TaskCompletionSource<bool> _stopRequested = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Hello _self = Hello.OfThisProcess();
    private readonly string _address;
    private readonly TimeProvider _time;
    private Instant _started;
    private DateTimeOffset _startedAt;

    /// <summary>Creates a host; it accepts clients after <see cref="Start"/>.</summary>
    /// <param name="service">The service; its creator disposes it after the host.</param>
    /// <param name="listener">Accepts connections; the host disposes it.</param>
    /// <param name="options">The limits.</param>
    public ServiceHost(TorrentService service, IRpcListener listener, RpcServerOptions? options = null)
    {
        Service = service;
        Own = service.CreatePatron("service");
        service.EngineStarted += FollowEngine;
        _address = listener.Address;
        _time = (options ?? new RpcServerOptions()).Connection.Time;
        _server = new RpcServer(listener, _self, Open, options);
        NoteStart();
    }

    /// <summary>The limit for clients' uploads.</summary>
    public UploadBudget Uploads { get; } = new();

    /// <summary>The scope of the service.</summary>
    public ServiceScope Scope { get; init; }

    /// <summary>The service.</summary>
    public TorrentService Service { get; }

    /// <summary>The host's own patron, which owns the torrents of clients that have gone.</summary>
    public Patron Own { get; }

    /// <summary>Whether saved torrents are still being restored.</summary>
    public bool IsRestoring { get; private set; }

    /// <summary>Whether it accepts clients.</summary>
    public bool IsAccepting => _server.IsAccepting;

    /// <summary>Number of clients that have said hello.</summary>
    public int Clients
    {
        get
        {
            lock (_gate)
                return _clients.Count;
        }
    }

    /// <summary>The state of the service.</summary>
    public ServiceState State { get; set; } = ServiceState.Running;

    /// <summary>The file of the service's log, if any.</summary>
    public string? LogPath { get; set; }

    /// <summary>The unit that the service runs as, if any.</summary>
    public string? Unit { get; set; }

    /// <summary>Completes when a client asks the service to stop, with whether to start again.</summary>
    public Task<bool> StopRequested => _stopRequested.Task;

    /// <summary>Begins to accept clients.</summary>
    public void Start()
    {
        NoteStart();
        _server.Start();
    }

    /// <summary>The current state of the process. Never waits.</summary>
    public ServiceInfo GetInfo()
    {
        ClientStatus? engine = Service.GetClientStatus();
        return new ServiceInfo
        {
            State = IsRestoring && State == ServiceState.Running ? ServiceState.Restoring : State,
            Program = _self.Program,
            Version = _self.Version,
            ProcessId = _self.ProcessId,
            StartedAt = _startedAt,
            Uptime = Instant.Now(_time) - _started,
            Torrents = engine?.Torrents ?? 0,
            DownloadRate = engine?.DownloadRate ?? 0,
            UploadRate = engine?.UploadRate ?? 0,
            Clients = Clients,
            Address = _address,
            StatePath = Service.Settings.StatePath,
            LogPath = LogPath,
            Unit = Unit,
        };
    }

    /// <summary>Asks the owner of the service to stop it.</summary>
    /// <param name="client">The connection that asks; it stays until <see cref="EndStoppersAsync"/>.</param>
    /// <param name="restart">Whether to start the service again.</param>
    /// <returns>Completes when the state is saved.</returns>
    public Task RequestStopAsync(RpcConnection client, bool restart)
    {
        lock (_gate)
            _stoppers.Add(client);
        _stopRequested.TrySetResult(restart);
        return _ended.Task;
    }

    /// <summary>Answers the clients that asked for the stop, gives them a moment to disconnect, and closes the remaining connections.</summary>
    /// <param name="why">The reason, the same for all clients.</param>
    public async Task EndStoppersAsync(TorrentError why)
    {
        _ended.TrySetResult();
        Task[] going;
        lock (_gate)
            going = [.. _stoppers.Select(connection => connection.Completion)];
        try
        {
            await Task.WhenAll(going).WaitAsync(LongestEnd).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            // They have received their answer.
        }

        await _server.StopAsync(why).ConfigureAwait(false);
    }

    /// <summary>Tells clients the reason, and closes their connections. The torrents continue until the service is disposed.</summary>
    /// <param name="why">The reason; the clients' waits fail with it.</param>
    public async Task StopAsync(TorrentError why)
    {
        State = ServiceState.Stopping;
        await _server.StopAsync(why, IsStopper).ConfigureAwait(false);
        Service.EngineStarted -= FollowEngine;
        Task[] ends;
        lock (_gate)
            ends = [.. _clients.Where(client => !_stoppers.Contains(client.Key.Connection)).Select(client => client.Value)];
        try
        {
            await Task.WhenAll(ends).WaitAsync(LongestEnd).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            // Pending starts are completed, or end with the service.
        }
    }

    /// <summary>As <see cref="StopAsync"/>.</summary>
    public async ValueTask DisposeAsync()
    {
        await StopAsync(RemoteErrors.Stopped).ConfigureAwait(false);
        await EndStoppersAsync(RemoteErrors.Stopped).ConfigureAwait(false);
    }

    /// <summary>Sets whether saved torrents are being restored, and tells subscribed clients.</summary>
    public void Restoring(bool isRestoring)
    {
        IsRestoring = isRestoring;
        SettingsChanged();
    }

    /// <summary>Tells subscribed clients the service's new settings.</summary>
    public void SettingsChanged()
    {
        foreach (ClientHandler client in Handlers())
            client.TellSettings();
    }

    /// <summary>Shows the torrents of a new engine to subscribed clients.</summary>
    private void FollowEngine()
    {
        foreach (ClientHandler client in Handlers())
            client.FollowEngine();
    }

    private void NoteStart() => (_started, _startedAt) = (Instant.Now(_time), WallTime.Now(_time));

    private bool IsStopper(RpcConnection connection)
    {
        lock (_gate)
            return _stoppers.Contains(connection);
    }

    private ClientHandler[] Handlers()
    {
        lock (_gate)
            return [.. _clients.Keys];
    }

    private RpcMethodTable Open(RpcClient client)
    {
        var handler = new ClientHandler(this, client);
        lock (_gate)
            _clients.Add(handler, Task.CompletedTask);
        Task end = EndAsync(handler, client.Connection);
        Faults.Watch(end, "end of a client");
        lock (_gate)
        {
            if (_clients.ContainsKey(handler))
                _clients[handler] = end;
        }

        return handler.Methods;
    }

    private async Task EndAsync(ClientHandler handler, RpcConnection connection)
    {
        try
        {
            await connection.Completion.ConfigureAwait(false);
            await handler.DisposeAsync().ConfigureAwait(false);
        }
        finally
        {
            lock (_gate)
            {
                _clients.Remove(handler);
                _stoppers.Remove(connection);
            }
        }
    }
}

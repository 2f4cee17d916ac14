using System.Net.Sockets;
using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Diagnostics;
using TorrentPatron.Remote.Endpoints;

namespace TorrentPatron.Remote.Rpc;

/// <summary>A client that has said hello.</summary>
/// <param name="Connection">The connection to it.</param>
/// <param name="Peer">Its credentials from the system.</param>
/// <param name="Hello">Its hello.</param>
/// <param name="Access">Its access.</param>
internal sealed record RpcClient(RpcConnection Connection, PeerCredential Peer, Hello Hello, ServiceAccess Access = ServiceAccess.Own);

/// <summary>A server's limits for its clients.</summary>
internal sealed record RpcServerOptions
{
    /// <summary>Maximum number of connections, including those before hello.</summary>
    public int MaxConnections { get; init; } = 256;

    /// <summary>Maximum number of connections of one user.</summary>
    public int MaxConnectionsOfUser { get; init; } = 192;

    /// <summary>How long a client may take to say hello.</summary>
    public TimeSpan HelloDeadline { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Pause after a system error (too many open files) before the next client is accepted.</summary>
    public TimeSpan AcceptPause { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How long stopping may take.</summary>
    public TimeSpan StopDeadline { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Each connection's options, and the clock.</summary>
    public RpcOptions Connection { get; init; } = RpcOptions.Service;
}

/// <summary>Accepts clients, limits their number and the time before hello, and closes their connections. Thread-safe.</summary>
internal sealed class RpcServer : IAsyncDisposable
{
    private readonly Lock _gate = new(); // a leaf
    private readonly IRpcListener _listener;
    private readonly Hello _own;
    private readonly Func<RpcClient, IRpcHandler> _open;
    private readonly RpcServerOptions _options;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Dictionary<RpcConnection, Task> _running = [];
    private readonly Dictionary<string, int> _perUser = new(StringComparer.Ordinal);
    private readonly HashSet<RpcClient> _clients = [];
    private readonly OrderedDictionary<RpcConnection, string> _silent = []; // before hello, the oldest first; with its user
    private readonly HashSet<RpcConnection> _displaced = []; // had to make room, and are being closed
    private readonly DroppedClients _cutOff;
    private Task _accepting = Task.CompletedTask;
    private bool _isStopped;

    /// <summary>Creates a server; it accepts clients after <see cref="Start"/>.</summary>
    /// <param name="listener">Accepts connections; the server disposes it.</param>
    /// <param name="own">The service's hello.</param>
    /// <param name="open">Creates the handler of a client after its hello; called on the loop that reads from it.</param>
    /// <param name="options">The limits.</param>
    public RpcServer(IRpcListener listener, Hello own, Func<RpcClient, IRpcHandler> open, RpcServerOptions? options = null)
    {
        (_listener, _own, _open, _options) = (listener, own, open, options ?? new RpcServerOptions());
        _cutOff = new DroppedClients(_options.Connection.Time);
    }

    /// <summary>The clients that have said hello.</summary>
    public IReadOnlyList<RpcClient> Clients
    {
        get
        {
            lock (_gate)
                return [.. _clients];
        }
    }

    /// <summary>Number of connections, including those before hello and those that are being closed.</summary>
    public int Connections
    {
        get
        {
            lock (_gate)
                return _running.Count;
        }
    }

    /// <summary>Whether it accepts clients.</summary>
    public bool IsAccepting => !_accepting.IsCompleted;

    /// <summary>Begins to accept clients.</summary>
    public void Start() => _accepting = Task.Run(AcceptAsync);

    /// <summary>Accepts no more clients, tells the connected ones the reason, and closes their connections, all within a limited time.</summary>
    /// <param name="why">The reason; their waits fail with it.</param>
    /// <param name="mayStay">Selects connections to keep until this is called again; null keeps none.</param>
    public async Task StopAsync(TorrentError why, Func<RpcConnection, bool>? mayStay = null)
    {
        KeyValuePair<RpcConnection, Task>[] running;
        lock (_gate)
        {
            _isStopped = true;
            running = [.. _running];
        }

        running = [.. running.Where(one => mayStay?.Invoke(one.Key) != true)];

        await _stopping.CancelAsync().ConfigureAwait(false);
        await _accepting.ConfigureAwait(false);
        await _listener.DisposeAsync().ConfigureAwait(false);
        var closure = new RpcClosure(RpcClosureCause.Closed, why);
        foreach ((RpcConnection connection, _) in running)
            Faults.Watch(connection.CloseAsync(closure), "end of a connection");
        try
        {
            await Task.WhenAll(running.Select(one => one.Value)).WaitAsync(_options.StopDeadline, _options.Connection.Time).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            // The handler continues, but answers nobody any more.
        }
    }

    /// <summary>As <see cref="StopAsync"/>.</summary>
    public async ValueTask DisposeAsync() => await StopAsync(RemoteErrors.Stopped).ConfigureAwait(false);

    private async Task AcceptAsync()
    {
        while (!_stopping.IsCancellationRequested)
        {
            try
            {
                RpcTransport transport = await _listener.AcceptAsync(_stopping.Token).ConfigureAwait(false);
                if (!TryAdmit(transport, out Task? makingRoom))
                    await RefuseAsync(transport).ConfigureAwait(false);
                else if (makingRoom is not null)
                    await Task.WhenAny(makingRoom, Task.Delay(_options.AcceptPause, _options.Connection.Time, _stopping.Token)).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
            {
                return;
            }
#pragma warning disable CA1031 // The root of the loop: clients that come later must find it alive.
            catch (Exception fault)
#pragma warning restore CA1031
            {
                if (fault is IOException or SocketException)
                    EngineEvents.Log.ConnectionRefused("client", fault.Message);
                else
                    EngineEvents.Log.FaultCaught(null, "accepting clients", fault);
                try
                {
                    await Task.Delay(_options.AcceptPause, _options.Connection.Time, _stopping.Token).ConfigureAwait(false);
                }
                catch (OperationCanceledException)
                {
                    return;
                }
            }
        }
    }

    /// <summary>Admits a connection.</summary>
    /// <param name="transport">The connection.</param>
    /// <param name="makingRoom">The end of another connection that makes room for it; null if there was room.</param>
    /// <returns>False if there is no room.</returns>
    private bool TryAdmit(RpcTransport transport, out Task? makingRoom)
    {
        RpcClient? client = null;
        RpcConnection? connection = null;
        var gate = new HelloGate(
            _own,
            hello =>
            {
                client = new RpcClient(connection!, transport.Peer, hello, transport.Access);
                IRpcHandler handler = _open(client);
                lock (_gate)
                {
                    _silent.Remove(connection!);
                    _clients.Add(client);
                }

                return handler;
            },
            hello => _cutOff.Take(transport.Peer, hello));
        connection = new RpcConnection(transport.Stream, gate, _options.Connection)
        {
            Ending = closure =>
            {
                if (closure.Cause == RpcClosureCause.NotRead && client is not null)
                    _cutOff.Add(transport.Peer, client.Hello, closure.Error);
            },
        };
        var entered = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        RpcConnection? displaced;
        makingRoom = null;
        lock (_gate)
        {
            if (_isStopped || !TryMakeRoom(transport.Peer.User, out displaced))
                return false;
            _perUser[transport.Peer.User] = _perUser.GetValueOrDefault(transport.Peer.User) + 1;
            _running.Add(connection, entered.Task);
            _silent.Add(connection, transport.Peer.User);
        }

        if (displaced is not null)
            makingRoom = displaced.CloseAsync(RemoteErrors.Displaced);

        _ = RunAsync();
        return true;

        async Task RunAsync()
        {
            try
            {
                connection.Start();
                await HearHelloAsync(connection, gate).ConfigureAwait(false);
                await connection.Completion.ConfigureAwait(false);
                if (client is not null)
                {
                    lock (_gate)
                        _clients.Remove(client);
                }

                await connection.Drained.ConfigureAwait(false);
            }
#pragma warning disable CA1031 // The root of a task that nobody awaits.
            catch (Exception fault)
#pragma warning restore CA1031
            {
                EngineEvents.Log.FaultCaught(null, "serving a client", fault);
                await connection.DisposeAsync().ConfigureAwait(false);
            }
            finally
            {
                Forget(connection, transport.Peer.User);
                entered.TrySetResult();
            }
        }
    }

    /// <summary>
    /// Finds room for a connection of a user. If there is none, the user's oldest connection before hello makes room; if all users together have
    /// too many, the oldest of the user with the most of them. Connections after hello stay.
    /// </summary>
    /// <returns>False if there is no room.</returns>
    private bool TryMakeRoom(string user, out RpcConnection? displaced)
    {
        displaced = null;
        bool isUserFull = _perUser.GetValueOrDefault(user) >= _options.MaxConnectionsOfUser;
        if (!isUserFull && _running.Count - _displaced.Count < _options.MaxConnections)
            return true;
        if (_silent.Count == 0)
            return false;
        string from = isUserFull ? user : _silent.Values.CountBy(owner => owner, StringComparer.Ordinal).MaxBy(owner => owner.Value).Key;
        displaced = _silent.FirstOrDefault(silent => silent.Value == from).Key;
        if (displaced is null)
            return false;
        _silent.Remove(displaced);
        _displaced.Add(displaced);
        Leave(from);
        return true;
    }

    private void Leave(string user)
    {
        if (--_perUser[user] == 0)
            _perUser.Remove(user);
    }

    private async Task HearHelloAsync(RpcConnection connection, HelloGate gate)
    {
        using var patience = new CancellationTokenSource(_options.HelloDeadline, _options.Connection.Time);
        try
        {
            // The gate refuses any other message.
            await Task.WhenAny((Task)gate.Outcome, connection.Completion).WaitAsync(patience.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (gate.Outcome.IsCompleted)
        {
            // Its hello arrived at the last moment.
        }
        catch (OperationCanceledException)
        {
            await connection.CloseAsync(RemoteErrors.Silent(_options.HelloDeadline)).ConfigureAwait(false);
        }
    }

    private void Forget(RpcConnection connection, string user)
    {
        lock (_gate)
        {
            _running.Remove(connection);
            _silent.Remove(connection);
            if (!_displaced.Remove(connection))
                Leave(user);
        }
    }

    private async Task RefuseAsync(RpcTransport transport)
    {
        EngineEvents.Log.ConnectionRefused(transport.Peer.ToString(), "There are too many connections.");
        var connection = new RpcConnection(transport.Stream, new RpcMethodTable(), _options.Connection);
        await connection.CloseAsync(new RpcClosure(RpcClosureCause.Closed, RemoteErrors.TooMany(_options.MaxConnections))).ConfigureAwait(false);
    }
}

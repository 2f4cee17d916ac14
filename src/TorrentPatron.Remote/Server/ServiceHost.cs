using TorrentPatron.Engine.Client;
using TorrentPatron.Remote.Rpc;
using TorrentPatron.Service;

namespace TorrentPatron.Remote.Server;

/// <summary>Offers a service of this process to clients in other processes. Thread-safe.</summary>
/// <remarks>
/// Each patron of a client is a patron here, so that its requests keep their order and it owns what it starts. When the client goes, its
/// torrents pass to the host's own patron and run on; as long as that one is there, so is the engine.
/// </remarks>
internal sealed class ServiceHost : IAsyncDisposable
{
    /// <summary>Longest wait for torrents of clients to pass to the host's own patron, when it stops.</summary>
    private static readonly TimeSpan LongestEnd = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new(); // a leaf
    private readonly RpcServer _server;
    private readonly Dictionary<ClientHandler, Task> _clients = [];

    /// <summary>Makes a host; it takes clients after <see cref="Start"/>.</summary>
    /// <param name="service">The service; whoever made it ends it after the host.</param>
    /// <param name="listener">Where clients arrive; the host ends it.</param>
    /// <param name="options">Bounds.</param>
    public ServiceHost(TorrentService service, IRpcListener listener, RpcServerOptions? options = null)
    {
        Service = service;
        Own = service.CreatePatron("service");
        service.EngineStarted += FollowEngine;
        _server = new RpcServer(listener, Hello.OfThisProcess(), Open, options);
    }

    /// <summary>The service.</summary>
    public TorrentService Service { get; }

    /// <summary>The host's own patron, which owns the torrents of clients that have gone.</summary>
    public Patron Own { get; }

    /// <summary>Number of clients that have said hello.</summary>
    public int Clients
    {
        get
        {
            lock (_gate)
                return _clients.Count;
        }
    }

    /// <summary>Begins to take clients.</summary>
    public void Start() => _server.Start();

    /// <summary>Tells clients why, and ends their connections. The torrents run on, until the service is disposed.</summary>
    /// <param name="why">Why; the clients' waits fail with it.</param>
    public async Task StopAsync(TorrentError why)
    {
        await _server.StopAsync(why).ConfigureAwait(false);
        Service.EngineStarted -= FollowEngine;
        Task[] ends;
        lock (_gate)
            ends = [.. _clients.Values];
        try
        {
            await Task.WhenAll(ends).WaitAsync(LongestEnd).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            // What the engine is starting is started, or ends with the service.
        }
    }

    /// <summary>As <see cref="StopAsync"/>.</summary>
    public async ValueTask DisposeAsync() => await StopAsync(RemoteErrors.Stopped).ConfigureAwait(false);

    /// <summary>Tells clients that subscribed how the service is set now.</summary>
    public void SettingsChanged()
    {
        foreach (ClientHandler client in Handlers())
            client.TellSettings();
    }

    /// <summary>Clients that subscribed see the torrents of the engine that has been made.</summary>
    private void FollowEngine()
    {
        foreach (ClientHandler client in Handlers())
            client.FollowEngine();
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
                _clients.Remove(handler);
        }
    }
}

using TorrentPatron.Engine.Client;
using TorrentPatron.Remote.Client;
using TorrentPatron.Remote.Endpoints;
using TorrentPatron.Remote.Rpc;
using TorrentPatron.Remote.Server;
using TorrentPatron.Service.Automation;

// Replaces the in-process class of the same name.
namespace TorrentPatron.Service.Tests.Fakes;

/// <summary>A service with scripted engines, reached through a socket.</summary>
internal sealed class TestService : IAsyncDisposable
{
    private readonly TempFolder _folder = new();
    private readonly List<ScriptedClient> _clients = [];
    private readonly List<RemoteTorrentService> _connections = [];
    private readonly string _pipe = $"TorrentPatron-test-{Guid.NewGuid():N}";
    private Task? _disposal;

    public TestService(Action<ScriptedClient>? prepare = null, RpcServerOptions? options = null, IHookShell? hookShell = null)
    {
        Local = new TorrentService(new ServiceSettings { StatePath = StatePath }, _ =>
        {
            var client = new ScriptedClient();
            prepare?.Invoke(client);
            lock (_clients)
                _clients.Add(client);
            return client;
        }, TimeProvider.System, hookShell);
        Host = new ServiceHost(Local, Task.Run(() => ServiceEndpoint.ListenAsync(Address)).GetAwaiter().GetResult(), options);
        Host.Start();
        Service = Task.Run(ConnectAsync).GetAwaiter().GetResult();
    }

    /// <summary>The service that has the engine.</summary>
    public TorrentService Local { get; }

    public ServiceHost Host { get; }

    /// <summary>The same service, through a connection.</summary>
    public RemoteTorrentService Service { get; }

    public string StatePath => _folder["state"];

    public string Address => OperatingSystem.IsWindows() ? ServiceAddresses.PipePrefix + _pipe : _folder["run", "s"];

    public IReadOnlyList<ScriptedClient> Clients
    {
        get
        {
            lock (_clients)
                return [.. _clients];
        }
    }

    /// <summary>The latest engine.</summary>
    public ScriptedClient Client => Clients[^1];

    /// <summary>Connects a raw peer.</summary>
    public async Task<Stream> DialAsync() =>
        (await ServiceEndpoint.DialAsync(Address, cancellationToken: TestContext.Current.CancellationToken)).Stream;

    /// <summary>Connects once more.</summary>
    public async Task<RemoteTorrentService> ConnectAsync()
    {
        RemoteTorrentService service = await RemoteTorrentService.ConnectAsync(
            Address, cancellationToken: TestContext.Current.CancellationToken);
        lock (_connections)
            _connections.Add(service);
        return service;
    }

    /// <summary>Ends the service as a kill does: without a reason for its clients.</summary>
    public async ValueTask DisposeAsync() => await (_disposal ??= EndAsync());

    private async Task EndAsync()
    {
        foreach (RemoteTorrentService service in _connections)
            await service.DisposeAsync();
        await Host.DisposeAsync();
        await Local.DisposeAsync();
        _folder.Dispose();
    }
}

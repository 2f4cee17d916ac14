using TorrentPatron.Engine.Client;

namespace TorrentPatron.Service.Tests.Fakes;

/// <summary>A service with scripted engines and a temporary state folder.</summary>
internal sealed class TestService : IAsyncDisposable
{
    private readonly TempFolder _folder = new();
    private readonly List<ScriptedClient> _clients = [];

    public TestService(Action<ScriptedClient>? prepare = null)
    {
        Service = new TorrentService(new ServiceSettings { StatePath = StatePath }, _ =>
        {
            var client = new ScriptedClient();
            prepare?.Invoke(client);
            lock (_clients)
                _clients.Add(client);
            return client;
        });
    }

    public TorrentService Service { get; }

    public string StatePath => _folder["state"];

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

    public async ValueTask DisposeAsync()
    {
        await Service.DisposeAsync();
        _folder.Dispose();
    }
}

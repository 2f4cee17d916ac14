using System.Net;
using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Network;
using TorrentPatron.Engine.Tests.Network;
using TorrentPatron.Engine.Tests.Storage;
using TorrentPatron.Engine.Tests.Trackers;
using TorrentPatron.Protocol.Metainfo;

namespace TorrentPatron.Engine.Tests.Swarms;

/// <summary>An engine on a network in memory, with its own folder and all its messages.</summary>
internal sealed class TestEngine : IAsyncDisposable
{
    /// <summary>Much longer than any test takes; only a hang reaches it.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly TempFolder _folder = new();
    private readonly Lock _gate = new();
    private readonly List<TorrentMessage> _messages = [];
    private readonly Task _pump;
    private TaskCompletionSource _said = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _nextId;

    public TestEngine(
        MemoryNetwork network, int seed = 1, TimeProvider? time = null, Func<ClientSettings, ClientSettings>? settings = null,
        Func<INetwork, INetwork>? with = null)
    {
        MemoryTransport transport = network.Join();
        var made = new ClientSettings { BindAddress = transport.Address, DiskThreads = 2, StatusInterval = TimeSpan.FromSeconds(1) };
        Client = new TorrentClient(
            settings?.Invoke(made) ?? made, with?.Invoke(transport) ?? transport, Trackers, time ?? TimeProvider.System, new Random(seed));
        _pump = PumpAsync();
    }

    public TorrentClient Client { get; }

    /// <summary>Receives its announces.</summary>
    public ScriptedTrackerClient Trackers { get; } = new();

    public string Destination => _folder.Path;

    public IPEndPoint EndPoint => Client.GetClientStatus().ListenEndPoints[0];

    public IReadOnlyList<TorrentMessage> Messages
    {
        get
        {
            lock (_gate)
                return [.. _messages];
        }
    }

    public async Task<TorrentAnswer> SendAsync(Func<long, TorrentCommand> command)
    {
        long id = Interlocked.Increment(ref _nextId);
        Client.Post(command(id));
        return await WaitAsync<TorrentAnswer>(answer => answer.CorrelationId == id);
    }

    public async Task<MemoryResumeStore> StartAsync(SwarmTorrent torrent, params IPEndPoint[] peers)
    {
        var store = new MemoryResumeStore();
        Assert.IsType<NewTorrentCreated>(await StartAsync(torrent.Metainfo, store, command => command with { Peers = peers }));
        return store;
    }

    public Task<TorrentAnswer> StartAsync(
        TorrentMetainfo metainfo, MemoryResumeStore store, Func<CreateNewTorrent, CreateNewTorrent>? with = null) => SendAsync(id =>
    {
        var command = new CreateNewTorrent(id, metainfo, Destination) { ResumeStore = store };
        return with?.Invoke(command) ?? command;
    });

    /// <summary>Starts a torrent whose data is on disk.</summary>
    public async Task<MemoryResumeStore> SeedAsync(SwarmTorrent torrent)
    {
        torrent.WriteTo(Destination);
        MemoryResumeStore store = await StartAsync(torrent);
        await WaitAsync<TorrentCompleted>(_ => true);
        return store;
    }

    /// <summary>Waits for a message of the engine, earlier ones included; other messages do not prolong the wait.</summary>
    public async Task<T> WaitAsync<T>(Predicate<T> which)
        where T : TorrentMessage
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        patience.CancelAfter(2 * Patience);
        int looked = 0;
        while (true)
        {
            Task said;
            lock (_gate)
            {
                for (; looked < _messages.Count; looked++)
                {
                    if (_messages[looked] is T message && which(message))
                        return message;
                }

                said = _said.Task;
            }

            await said.WaitAsync(Patience, patience.Token);
        }
    }

    /// <summary>Waits for a status with the given state, earlier ones included.</summary>
    public async Task<TorrentStatus> WaitStatusAsync(Predicate<TorrentStatus> which) =>
        (await WaitAsync<TorrentStatusUpdate>(update => which(update.Status))).Status;

    public Task<TorrentCompleted> CompletedAsync() => WaitAsync<TorrentCompleted>(_ => true);

    /// <summary>Waits for a condition that no message reports.</summary>
    public static async Task UntilAsync(Func<bool> condition)
    {
        using var timeout = new CancellationTokenSource(Patience);
        while (!condition())
            await Task.Delay(10, timeout.Token);
    }

    public async Task StopAsync()
    {
        await Client.DisposeAsync().AsTask().WaitAsync(Patience);
        await _pump.WaitAsync(Patience);
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _folder.Dispose();
    }

    private async Task PumpAsync()
    {
        await foreach (TorrentMessage message in Client.Messages.ReadAllAsync())
        {
            StatusInvariants.Check(message);
            lock (_gate)
            {
                _messages.Add(message);
                _said.SetResult();
                _said = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            }
        }
    }
}

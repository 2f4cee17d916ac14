using System.Net;
using System.Net.Sockets;
using TorrentPatron.Engine.Client;
using TorrentPatron.Protocol;
using TorrentPatron.Protocol.Dht;

namespace TorrentPatron.Engine.Discovery;

/// <summary>
/// What an engine has to find peers without trackers: its node in the DHT, which it remembers the surroundings of, and local
/// discovery. Either may be off.
/// </summary>
internal sealed class PeerFinder : IAsyncDisposable
{
    /// <summary>Time between two savings of the nodes that are known.</summary>
    private static readonly TimeSpan SaveInterval = TimeSpan.FromMinutes(30);

    /// <summary>Time after which they are saved for the first time: at a kill, and at a session's end, nothing is.</summary>
    private static readonly TimeSpan FirstSave = TimeSpan.FromMinutes(1);

    private const string DhtRoot = "DHT";

    private readonly EngineResources _engine;
    private readonly DhtNode? _dht;
    private readonly LocalDiscovery? _local;
    private readonly IDhtStore? _store;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _keeping;

    private PeerFinder(EngineResources engine, DhtNode? dht, LocalDiscovery? local)
    {
        _engine = engine;
        _dht = dht;
        _local = local;
        _store = engine.Settings.Dht.Store;
        _keeping = dht is null ? Task.CompletedTask : KeepAsync(dht, _stop.Token);
    }

    /// <summary>How the DHT node stands; null: it is off, or has no port.</summary>
    public DhtStatus? Status => _dht is null ? null : _dht.Status with { EndPoints = _engine.Datagrams.EndPoints };

    /// <summary>Whether there is a DHT node.</summary>
    public bool HasDht => _dht is not null;

    /// <summary>The UDP port of the DHT node in an IP version; 0: it takes no part there.</summary>
    public ushort DhtPort(AddressFamily family) =>
        HasDht && _engine.Datagrams.EndPoints.FirstOrDefault(endPoint => endPoint.AddressFamily == family) is { } found ? (ushort)found.Port : (ushort)0;

    /// <summary>Opens what the engine's settings say.</summary>
    /// <param name="engine">What the engine shares; it listens already, and its UDP port is open.</param>
    public static PeerFinder Open(EngineResources engine)
    {
        ClientSettings settings = engine.Settings;
        DhtNode? dht = !settings.Dht.IsEnabled || engine.Datagrams.EndPoints.Count == 0 ? null : new DhtNode(
            settings.Dht, engine.Datagrams, family => engine.ListenPorts.Of(family),
            new BootstrapResolver(settings.Dht.BootstrapNodes, engine.Network.ResolveAsync, engine.Time), engine.Time, engine.Random,
            fault => engine.Faults.Record(DhtRoot, fault));
        LocalDiscovery? local = settings.LocalDiscovery
            ? LocalDiscovery.Open(
                engine.Network, family => engine.ListenPorts.Of(family), engine.Time, engine.Random,
                fault => engine.Faults.Record("local discovery", fault))
            : null;
        return new PeerFinder(engine, dht, local);
    }

    /// <summary>Finds the peers of a torrent from now on, and makes us known as one.</summary>
    /// <param name="torrent">The torrent; never a private one.</param>
    /// <param name="isSeed">Tells whether we have everything; must not wait for a lock.</param>
    /// <param name="onPeers">Takes the peers. Called on any thread without a lock; must not throw.</param>
    /// <returns>What ends it.</returns>
    public PeerSearch Find(InfoHash torrent, Func<bool> isSeed, Action<IReadOnlyList<IPEndPoint>, PeerSource> onPeers) => new(
        _dht?.Find(torrent, isSeed, peers => onPeers(peers, PeerSource.Dht)),
        _local?.Find(torrent, peers => onPeers(peers, PeerSource.LocalDiscovery)));

    /// <summary>Takes note of a DHT node that a peer has named.</summary>
    public void AddDhtNode(IPEndPoint endPoint) => _dht?.AddNode(endPoint);

    /// <summary>Takes DHT nodes that a torrent names.</summary>
    /// <param name="nodes">The nodes; none of a private torrent.</param>
    public void AddDhtNodes(IReadOnlyCollection<HostEndPoint> nodes)
    {
        if (nodes.Count > 0)
            _dht?.AddNodes(nodes);
    }

    /// <summary>Where others on the internet see us; null where that is not known.</summary>
    public IPEndPoint? ExternalEndPoint(AddressFamily family) =>
        _dht?.ExternalAddress(family) is { } address ? new IPEndPoint(address, _engine.ListenPorts.Of(family)) : null;

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _keeping.ConfigureAwait(false);
        if (_dht is not null)
        {
            await SaveAsync(_dht).ConfigureAwait(false);
            _dht.Dispose();
        }

        if (_local is not null)
            await _local.DisposeAsync().ConfigureAwait(false);
        _stop.Dispose();
    }

    private async Task KeepAsync(DhtNode dht, CancellationToken stop)
    {
        byte[]? saved = await LoadAsync().ConfigureAwait(false);
        _engine.Datagrams.Attach(dht);
        dht.Start(saved is not null && DhtState.TryRead(saved, out DhtState? state) ? state : new DhtState());
        using var timer = new PeriodicTimer(FirstSave, _engine.Time);
        try
        {
            while (await timer.WaitForNextTickAsync(stop).ConfigureAwait(false))
            {
                await SaveAsync(dht).ConfigureAwait(false);
                timer.Period = SaveInterval;
            }
        }
        catch (OperationCanceledException)
        {
            // The engine stops.
        }
    }

    private async Task<byte[]?> LoadAsync()
    {
        try
        {
            return _store is null ? null : await _engine.DiskWorkers.RunAsync(_store.Load, CancellationToken.None).ConfigureAwait(false);
        }
#pragma warning disable CA1031 // Without what was saved the node begins anew.
        catch (Exception e)
#pragma warning restore CA1031
        {
            _engine.Faults.Record(DhtRoot, e);
            return null;
        }
    }

    private async Task SaveAsync(DhtNode dht)
    {
        try
        {
            // An empty routing table does not replace a full one.
            if (_store is { } store && dht.Save() is { Nodes.Count: > 0 } state)
                await _engine.DiskWorkers.RunAsync(() => store.Save(state.ToBytes())).ConfigureAwait(false);
        }
#pragma warning disable CA1031 // The next saving tries again, and the engine stops in order.
        catch (Exception e)
#pragma warning restore CA1031
        {
            _engine.Faults.Record(DhtRoot, e);
        }
    }
}

using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Diagnostics;
using TorrentPatron.Engine.Network;
using TorrentPatron.Engine.Storage;
using TorrentPatron.Protocol.Dht;

namespace TorrentPatron.Engine.Discovery;

/// <summary>Starts a DHT node from its saved state, saves the state regularly, and stops the node.</summary>
internal sealed class DhtKeeper : IAsyncDisposable
{
    /// <summary>The name under which faults of the DHT are recorded.</summary>
    public const string Root = "DHT";

    /// <summary>Time between saves of the known nodes.</summary>
    private static readonly TimeSpan SaveInterval = TimeSpan.FromMinutes(30);

    /// <summary>Time until the first save: a killed process saves nothing at its end.</summary>
    private static readonly TimeSpan FirstSave = TimeSpan.FromMinutes(1);

    private readonly IDhtStore? _store;
    private readonly DiskWorkers _disk;
    private readonly FaultHandler _faults;
    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _keeping;

    /// <summary>Starts a node once its saved state has been read.</summary>
    /// <param name="node">The node; ownership passes to this object.</param>
    /// <param name="store">Where the state is saved; null means nowhere.</param>
    /// <param name="datagrams">The port whose datagrams the node receives.</param>
    /// <param name="disk">The threads for file access.</param>
    /// <param name="faults">Handles unexpected exceptions.</param>
    /// <param name="time">The clock.</param>
    public DhtKeeper(DhtNode node, IDhtStore? store, SharedDatagramPort datagrams, DiskWorkers disk, FaultHandler faults, TimeProvider time)
    {
        Node = node;
        _store = store;
        _disk = disk;
        _faults = faults;
        _time = time;
        _keeping = KeepAsync(datagrams, _stop.Token);
    }

    /// <summary>The node.</summary>
    public DhtNode Node { get; }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _keeping.ConfigureAwait(false);
        await SaveAsync().ConfigureAwait(false);
        Node.Dispose();
        _stop.Dispose();
    }

    private async Task KeepAsync(SharedDatagramPort datagrams, CancellationToken stop)
    {
        byte[]? saved = await LoadAsync().ConfigureAwait(false);
        try
        {
            datagrams.Attach(Node);
            Node.Start(saved is not null && DhtState.TryRead(saved, out DhtState? state) ? state : new DhtState());
            using var timer = new PeriodicTimer(FirstSave, _time);
            while (await timer.WaitForNextTickAsync(stop).ConfigureAwait(false))
            {
                await SaveAsync().ConfigureAwait(false);
                timer.Period = SaveInterval;
            }
        }
        catch (OperationCanceledException)
        {
            // The engine is stopping.
        }
#pragma warning disable CA1031 // The root of a loop: without a save the next run only starts with fewer known nodes.
        catch (Exception e)
#pragma warning restore CA1031
        {
            _faults.Record(Root, e);
        }
    }

    private async Task<byte[]?> LoadAsync()
    {
        try
        {
            return _store is null ? null : await _disk.RunAsync(_store.Load, CancellationToken.None).ConfigureAwait(false);
        }
#pragma warning disable CA1031 // Without its saved state the node starts from the bootstrap nodes.
        catch (Exception e)
#pragma warning restore CA1031
        {
            _faults.Record(Root, e);
            return null;
        }
    }

    private async Task SaveAsync()
    {
        try
        {
            // An empty routing table must not replace a full one.
            if (_store is { } store && Node.Save() is { Nodes.Count: > 0 } state)
                await _disk.RunAsync(() => store.Save(state.ToBytes())).ConfigureAwait(false);
        }
#pragma warning disable CA1031 // The next save tries again, and stopping the engine must not fail.
        catch (Exception e)
#pragma warning restore CA1031
        {
            _faults.Record(Root, e);
        }
    }
}

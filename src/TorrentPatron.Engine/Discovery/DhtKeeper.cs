using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Diagnostics;
using TorrentPatron.Engine.Network;
using TorrentPatron.Engine.Storage;
using TorrentPatron.Protocol.Dht;

namespace TorrentPatron.Engine.Discovery;

/// <summary>Starts a DHT node with the surroundings that were saved, saves them now and then, and ends the node.</summary>
internal sealed class DhtKeeper : IAsyncDisposable
{
    /// <summary>The name under which faults of the DHT are recorded.</summary>
    public const string Root = "DHT";

    /// <summary>Time between two savings of the nodes that are known.</summary>
    private static readonly TimeSpan SaveInterval = TimeSpan.FromMinutes(30);

    /// <summary>Time after which they are saved for the first time: at a kill, and at a session's end, nothing is.</summary>
    private static readonly TimeSpan FirstSave = TimeSpan.FromMinutes(1);

    private readonly IDhtStore? _store;
    private readonly DiskWorkers _disk;
    private readonly FaultHandler _faults;
    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _keeping;

    /// <summary>Starts a node as soon as what was saved has been read.</summary>
    /// <param name="node">The node; it is owned from now on.</param>
    /// <param name="store">Where its surroundings are saved; null: nowhere.</param>
    /// <param name="datagrams">The port whose datagrams it takes.</param>
    /// <param name="disk">Where files are touched.</param>
    /// <param name="faults">Takes what nobody expected.</param>
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
            // The engine stops.
        }
#pragma warning disable CA1031 // The root of a loop: what cannot be kept costs only the surroundings that the next run begins with.
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
#pragma warning disable CA1031 // Without what was saved the node begins anew.
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
            // An empty routing table does not replace a full one.
            if (_store is { } store && Node.Save() is { Nodes.Count: > 0 } state)
                await _disk.RunAsync(() => store.Save(state.ToBytes())).ConfigureAwait(false);
        }
#pragma warning disable CA1031 // The next saving tries again, and the engine stops in order.
        catch (Exception e)
#pragma warning restore CA1031
        {
            _faults.Record(Root, e);
        }
    }
}

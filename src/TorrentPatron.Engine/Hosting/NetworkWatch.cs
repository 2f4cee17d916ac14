using TorrentPatron.Engine.Network;
using TorrentPatron.Engine.Shared;
using TorrentPatron.Engine.Trackers;
using TorrentPatron.Protocol;

namespace TorrentPatron.Engine.Hosting;

/// <summary>
/// Follows the network interface or address that an engine is bound to: when it goes, every torrent leaves its peers and asks nobody; when it
/// is back, perhaps with another address, ports are opened there and torrents go on. Sockets are closed before that, by the network itself.
/// </summary>
/// <param name="engine">What the engine shares.</param>
/// <param name="workshop">The port on which peers connect.</param>
/// <param name="hosts">The torrents.</param>
#pragma warning disable CA1001 // A semaphore that nobody waits for by a handle holds nothing.
internal sealed class NetworkWatch(EngineResources engine, IWorkshop workshop, HostList hosts)
#pragma warning restore CA1001
{
    private readonly SemaphoreSlim _one = new(1, 1);
    private int _applied;
    private int _isLooking;

    /// <summary>Begins to follow; what is bound to now is what everything has been opened on.</summary>
    public void Begin()
    {
        if (engine.Binding is not { } binding)
            return;
        binding.Changed += () => _ = FollowAsync();
        binding.Watch();
        // What has changed while ports were being opened.
        if (binding.Changes != _applied)
            _ = FollowAsync();
    }

    /// <summary>Looks whether the interface is still there, where that has not been done lately; called in each beat. Waits for nothing.</summary>
    public void Tick()
    {
        if (engine.Binding is not { } binding || !binding.IsUsed || Interlocked.Exchange(ref _isLooking, 1) != 0)
            return;
        _ = Task.Run(Look);

        void Look()
        {
            try
            {
                binding.Watch();
                _ = binding.Current;
            }
#pragma warning disable CA1031 // The root of a look: the next is not far.
            catch (Exception e)
#pragma warning restore CA1031
            {
                engine.Faults.Record("network interfaces", e);
            }
            finally
            {
                Volatile.Write(ref _isLooking, 0);
            }
        }
    }

    /// <summary>Ends every connection, opens ports anew, and has torrents look for peers: the network goes another way now.</summary>
    /// <param name="reason">Why.</param>
    public async Task ReopenAsync(string reason)
    {
        await _one.WaitAsync().ConfigureAwait(false);
        try
        {
            await ChangeWayAsync(reason).ConfigureAwait(false);
        }
        finally
        {
            _one.Release();
        }
    }

    /// <summary>Has ports and torrents follow what is bound to now.</summary>
    public async Task FollowAsync()
    {
        // Off the stack of whoever has found the change.
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        await _one.WaitAsync().ConfigureAwait(false);
        try
        {
            if (engine.Binding is not { } binding || binding.Changes == _applied)
                return;
            // Counted, not compared: what has gone and come back meanwhile has lost its sockets.
            _applied = binding.Changes;
            BoundAddresses bound = binding.Latest;
            await ChangeWayAsync(bound.Down?.Message ?? "The network interface has another address.").ConfigureAwait(false);
        }
#pragma warning disable CA1031 // Nobody awaits this: the next change tries again.
        catch (Exception e)
#pragma warning restore CA1031
        {
            engine.Faults.Record("network interfaces", e);
        }
        finally
        {
            _one.Release();
        }
    }

    private async Task ChangeWayAsync(string reason)
    {
        foreach (TorrentHost host in hosts.All)
            host.LeaveNetwork(reason);
        // Their ends would be told by the new way else, which shows that both are ours.
        engine.Utp.Drop();
        // Peers may hold on to the connections of before, of which no end was told, and take one peer of an id only. Nor need anybody know
        // that the new address is the same peer.
        if (workshop.CanRebind)
            engine.PeerId = PeerId.Create(engine.Random);
        await workshop.RebindAsync().ConfigureAwait(false);
        engine.Datagrams.Reopen();
        if (engine.TrackerDatagrams.EndPoints.Count > 0)
            engine.TrackerDatagrams.Reopen();
        (engine.Trackers as TrackerClients)?.DropConnections();
        engine.Finder?.Reopen(engine.Network);
        if (engine.NetworkDown is not null)
            return;
        foreach (TorrentHost host in hosts.All)
            host.RejoinNetwork();
    }
}

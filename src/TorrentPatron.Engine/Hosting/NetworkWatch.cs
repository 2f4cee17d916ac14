using TorrentPatron.Engine.Network;
using TorrentPatron.Engine.Shared;
using TorrentPatron.Engine.Trackers;
using TorrentPatron.Protocol;

namespace TorrentPatron.Engine.Hosting;

/// <summary>
/// Follows the network interface or address that an engine is bound to. When it goes down, every torrent leaves its peers and
/// stops announcing; when it is back, perhaps with a different address, ports are opened there and torrents resume. The network
/// itself closes the sockets first.
/// </summary>
/// <param name="engine">The engine's shared resources.</param>
/// <param name="workshop">The engine's workshop, which listens for peers.</param>
/// <param name="hosts">The torrents.</param>
#pragma warning disable CA1001 // Without its wait handle a semaphore owns no resource.
internal sealed class NetworkWatch(EngineResources engine, IWorkshop workshop, HostList hosts)
#pragma warning restore CA1001
{
    private readonly SemaphoreSlim _one = new(1, 1);
    private int _applied;
    private int _isLooking;

    /// <summary>Starts following; everything open so far uses the current binding.</summary>
    public void Begin()
    {
        if (engine.Binding is not { } binding)
            return;
        binding.Changed += () => _ = FollowAsync();
        binding.Watch();
        // The binding changed while ports were being opened.
        if (binding.Changes != _applied)
            _ = FollowAsync();
    }

    /// <summary>
    /// Checks whether the interface is still up, unless that was done recently. Called in each beat; never blocks.
    /// </summary>
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
#pragma warning disable CA1031 // The root of a check: the next one is soon.
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

    /// <summary>
    /// Ends every connection, reopens ports, and restarts peer searches, because the network's route has changed.
    /// </summary>
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

    /// <summary>Applies the current binding to ports and torrents.</summary>
    public async Task FollowAsync()
    {
        // Not on the stack of the code that found the change.
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        await _one.WaitAsync().ConfigureAwait(false);
        try
        {
            if (engine.Binding is not { } binding || binding.Changes == _applied)
                return;
            // Counted rather than compared: an interface that went down and came back has lost its sockets.
            _applied = binding.Changes;
            BoundAddresses bound = binding.Latest;
            await ChangeWayAsync(bound.Down?.Message ?? "The network interface's address has changed.").ConfigureAwait(false);
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
        // Otherwise close messages over the new route would show that both addresses are ours.
        engine.Utp.Drop();
        // Peers may still hold the old connections, whose end they were not told, and accept only one peer per id. Nor should
        // others learn that the new address belongs to the same peer.
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

using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Diagnostics;
using TorrentPatron.Remote.Contract;
using TorrentPatron.Remote.Endpoints;
using TorrentPatron.Remote.Rpc;
using TorrentPatron.Remote.Server;
using TorrentPatron.Service;
using TorrentPatron.Service.Errors;
using TorrentPatron.Service.State;

namespace TorrentPatron.Remote.Hosting;

/// <summary>
/// A service of this process that clients in other processes share: it goes on with the saved torrents, takes clients, and ends in order.
/// </summary>
/// <remarks>
/// A torrent goes on as it was, suspended or not, however the service ended. One that a client has stopped stays stopped. Thread-safe.
/// </remarks>
public sealed class SharedService : IAsyncDisposable
{
    /// <summary>
    /// Clients wait at most so long for the saved torrents; then they see those that there are, and the others as they come.
    /// </summary>
    private static readonly TimeSpan RestoreHeadStart = TimeSpan.FromSeconds(5);

    /// <summary>Longest time until the end: connections, trackers and saved state have bounds of their own, which are shorter.</summary>
    private static readonly TimeSpan EndDeadline = TimeSpan.FromSeconds(9);

    /// <summary>Torrents that are being taken up at a time.</summary>
    private const int RestoreWindow = 32;

    private readonly Lock _gate = new(); // a leaf
    private readonly ServiceHost _host;
    private readonly CancellationTokenSource _ending = new();
    private Task? _end;

    private SharedService(ServiceHost host, string address) => (_host, Address) = (host, address);

    /// <summary>Where it listens: the path of a Unix domain socket, on Windows the name of a pipe.</summary>
    public string Address { get; }

    /// <summary>Completes when the saved torrents have been taken up, with the reasons of those that could not be.</summary>
    public Task<IReadOnlyList<TorrentError>> Restored { get; private set; } = Task.FromResult<IReadOnlyList<TorrentError>>([]);

    /// <summary>Listens, goes on with the saved torrents, and takes clients.</summary>
    /// <param name="service">The service; it ends with the result, and also when this fails.</param>
    /// <param name="address">
    /// Path of the socket to listen on, on Windows the name of a pipe; null: the user's own place, as docs/rpc.md has it, or the socket that
    /// systemd handed over.
    /// </param>
    /// <param name="cancellationToken">Gives up starting; what has been started ends by <see cref="DisposeAsync"/>.</param>
    /// <exception cref="TorrentException">
    /// <see cref="TorrentErrorId.ServiceRunning"/>: another one listens there; <see cref="TorrentErrorId.ServiceFolderUnsafe"/>: others may
    /// look into the folder; <see cref="TorrentErrorId.InvalidArgument"/>: the path is too long.
    /// </exception>
    public static async Task<SharedService> StartAsync(TorrentService service, string? address = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(service);
        IRpcListener listener;
        try
        {
            // First: a second service in this place touches no saved state.
            cancellationToken.ThrowIfCancellationRequested();
            listener = await ServiceEndpoint.ListenAsync(address is null ? null : ServiceAddresses.Full(address)).ConfigureAwait(false);
        }
        catch
        {
            await service.DisposeAsync().ConfigureAwait(false);
            throw;
        }

        var shared = new SharedService(new ServiceHost(service, listener), listener.Address);
        try
        {
            await shared.BeginAsync(cancellationToken).ConfigureAwait(false);
            return shared;
        }
        catch
        {
            await shared.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>
    /// Tells the clients, ends their connections, tells the trackers and saves the state: within a few seconds. May be called more than once.
    /// </summary>
    public async ValueTask DisposeAsync()
    {
        Task end;
        lock (_gate)
            end = _end ??= Task.Run(EndAsync);
        await end.ConfigureAwait(false);
    }

    private async Task BeginAsync(CancellationToken cancellationToken)
    {
        Restored = Task.Run(RestoreAsync);
        try
        {
            await Restored.WaitAsync(RestoreHeadStart, cancellationToken).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            // There are many, or the disk is slow.
        }

        _host.Start();
    }

    private async Task<IReadOnlyList<TorrentError>> RestoreAsync()
    {
        var refused = new List<TorrentError>();
        var begun = new Queue<Task<TorrentAnswer>>();
        StateFolder states = _host.Service.States;
        try
        {
            foreach (SavedTorrent saved in states.Enumerate().Where(saved => !states.IsStopped(saved.TorrentId)))
            {
                if (_ending.IsCancellationRequested)
                    break;
                begun.Enqueue(_host.Own.RestoreAsync(saved, _ending.Token));
                if (begun.Count >= RestoreWindow)
                    await TakeAsync(begun.Dequeue(), refused).ConfigureAwait(false);
            }

            while (begun.TryDequeue(out Task<TorrentAnswer>? next))
                await TakeAsync(next, refused).ConfigureAwait(false);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            refused.Add(ContractErrors.StateNotReadable(states.FolderPath, fault.Message));
        }
        catch (OperationCanceledException)
        {
            // It ends: what was not taken up is as it was saved.
        }

        return refused;
    }

    private static async Task TakeAsync(Task<TorrentAnswer> restoring, List<TorrentError> refused)
    {
        if (await restoring.ConfigureAwait(false) is TorrentStartFail { Error: var error })
            refused.Add(error);
    }

    private async Task EndAsync()
    {
        await _ending.CancelAsync().ConfigureAwait(false);
        try
        {
            await EndInOrderAsync().WaitAsync(EndDeadline).ConfigureAwait(false);
        }
        catch (TimeoutException fault)
        {
            // What is saved bears an end at any moment.
            EngineEvents.Log.FaultCaught(null, "end of the service", fault);
        }
    }

    private async Task EndInOrderAsync()
    {
        await _host.StopAsync(RemoteErrors.Stopped).ConfigureAwait(false);
        await _host.Service.DisposeAsync().ConfigureAwait(false);
        await Restored.ConfigureAwait(false);
        _ending.Dispose();
    }
}

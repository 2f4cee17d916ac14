using System.Diagnostics.Tracing;
using System.Globalization;
using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Diagnostics;
using TorrentPatron.Engine.Shared;
using TorrentPatron.Protocol;
using TorrentPatron.Remote.Contract;
using TorrentPatron.Remote.Endpoints;
using TorrentPatron.Remote.Rpc;
using TorrentPatron.Remote.Server;
using TorrentPatron.Service;
using TorrentPatron.Service.Errors;
using TorrentPatron.Service.State;

namespace TorrentPatron.Remote.Hosting;

/// <summary>
/// A service in this process that clients in other processes share: it restores the saved torrents, accepts clients, and ends in an orderly way.
/// </summary>
/// <remarks>
/// A torrent is restored as it was, suspended or not, however the service ended. One that a client has stopped stays stopped. Thread-safe.
/// </remarks>
public sealed class SharedService : IAsyncDisposable
{
    /// <summary>
    /// How long clients wait for the saved torrents at most; after that they see those that are restored, and the others as they follow.
    /// </summary>
    private static readonly TimeSpan RestoreHeadStart = TimeSpan.FromSeconds(5);

    /// <summary>Longest time for ending: connections, trackers and saved state have their own, shorter limits.</summary>
    private static readonly TimeSpan EndDeadline = TimeSpan.FromSeconds(9);

    /// <summary>Longest time between two status reports to systemd.</summary>
    private static readonly TimeSpan StatusInterval = TimeSpan.FromSeconds(30);

    /// <summary>The systemd unit or the like that this process runs as. The variable is cleared, since it does not apply to child processes.</summary>
    private static readonly string? Unit = TakeUnit();

    /// <summary>Maximum number of torrents that are being restored at a time.</summary>
    private const int RestoreWindow = 32;

    private readonly Lock _gate = new(); // a leaf
    private readonly ServiceHost _host;
    private readonly CancellationTokenSource _ending = new();
    private TorrentError? _hooksFault;
    private readonly ServiceLog? _log;
    private readonly SystemdNotifier? _notifier;
    private Task? _end;

    private SharedService(ServiceHost host, string address, ServiceLog? log, SystemdNotifier? notifier) =>
        (_host, Address, _log, _notifier, Look) = (host, address, log, notifier, host.GetInfo);

    /// <summary>The environment variable with the name of the unit or the like that the system runs the service as.</summary>
    public const string UnitVariable = "TORRENTPATRON_UNIT";

    /// <summary>Where it listens: the path of a Unix domain socket, or on Windows the name of a pipe.</summary>
    public string Address { get; }

    /// <summary>Whether it writes its own messages to systemd's journal, so that its host need not.</summary>
    public bool LogsToJournal => _log is { IsJournal: true };

    /// <summary>Completes when the saved torrents have been restored, with the errors of those that could not be.</summary>
    public Task<IReadOnlyList<TorrentError>> Restored { get; private set; } = Task.FromResult<IReadOnlyList<TorrentError>>([]);

    /// <summary>Completes when a client asks the service to stop, with whether to start again. The host then ends it.</summary>
    public Task<bool> StopRequested => _host.StopRequested;

    /// <summary>Checks whether the service is alive; tests replace it.</summary>
    internal Func<ServiceInfo> Look { get; set; }

    /// <summary>Listens, restores the saved torrents, and accepts clients.</summary>
    /// <param name="service">The service; it ends with the result, and also if this fails.</param>
    /// <param name="options">Its address and access rules; null means the user's own.</param>
    /// <param name="cancellationToken">Cancels the start; <see cref="DisposeAsync"/> ends what has been started.</param>
    /// <exception cref="TorrentException">
    /// <see cref="TorrentErrorId.ServiceRunning"/>: another service listens there; <see cref="TorrentErrorId.ServiceFolderUnsafe"/>: other users
    /// can access the folder; <see cref="TorrentErrorId.InvalidArgument"/>: the path is too long, the machine's service has no roots, a root is not
    /// a folder, or there is no such group.
    /// </exception>
    public static async Task<SharedService> StartAsync(
        TorrentService service, SharedServiceOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(service);
        options ??= new SharedServiceOptions();
        IRpcListener listener;
        try
        {
            // First: a second service at this address must not touch the saved state.
            cancellationToken.ThrowIfCancellationRequested();
            AccessRules rules = RulesOf(service.Settings, options);
            listener = await ServiceEndpoint
                .ListenAsync(options.Address is { } address ? ServiceAddresses.Full(address) : null, rules, options.Scope).ConfigureAwait(false);
        }
        catch
        {
            await service.DisposeAsync().ConfigureAwait(false);
            throw;
        }

        var host = new ServiceHost(service, listener) { Scope = options.Scope, LogPath = options.LogPath, Unit = Unit };
        ServiceLog? log = options.LogPath is not null || (Unit is not null && ServiceLog.HasJournal) ? new ServiceLog(options.LogPath, TimeProvider.System) : null;
        var shared = new SharedService(host, listener.Address, log, options.Notifier);
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
    /// Informs the clients, closes their connections, informs the trackers and saves the state, within a few seconds. May be called more than once.
    /// </summary>
    public async ValueTask DisposeAsync()
    {
        Task end;
        lock (_gate)
            end = _end ??= Task.Run(EndAsync);
        await end.ConfigureAwait(false);
    }

    private static AccessRules RulesOf(ServiceSettings settings, SharedServiceOptions options)
    {
        bool isMachine = options.Scope == ServiceScope.Machine;
        if (isMachine && settings.Roots.Count == 0)
            throw EndpointErrors.NoRoots();
        if (!isMachine && (options.Group is not null || options.ReadersGroup is not null))
            throw EndpointErrors.GroupOfUser();
        if (settings.Roots.FirstOrDefault(root => !Path.IsPathFullyQualified(root) || !Directory.Exists(root)) is { } missing)
            throw EndpointErrors.RootMissing(missing);
        return AccessRules.Of(options.Group, options.ReadersGroup);
    }

    private async Task BeginAsync(CancellationToken cancellationToken)
    {
        ProcessMemory.Instance.ServiceStarted();
        _hooksFault = _host.Service.Hooks.UseSaved();
        _host.Restoring(true);
        Restored = Task.Run(RestoreAsync);
        try
        {
            await Restored.WaitAsync(RestoreHeadStart, cancellationToken).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            // There are many torrents, or the disk is slow.
        }

        _host.Start();
        _log?.Write(EventLevel.Informational, $"The service listens on {Address} (process {Environment.ProcessId}).");
        if (_notifier is not null)
        {
            _notifier.Ready(Describe(_host.GetInfo()));
            Faults.Watch(BeatAsync(_notifier), "reporting the service's status to systemd");
        }
    }

    /// <summary>Reports the service's status to systemd and, if its watchdog is on, that the service is alive: it can be read and accepts clients.</summary>
    private async Task BeatAsync(SystemdNotifier notifier)
    {
        TimeSpan interval = notifier.Watchdog / 2 is { } half && half < StatusInterval ? half : StatusInterval;
        string told = "";
        CancellationToken ending = _ending.Token;
        while (true)
        {
            await Task.Delay(interval, ending).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (ending.IsCancellationRequested)
                return;
            try
            {
                // On another thread: a lock that blocks this also blocks clients.
                ServiceInfo info = await Task.Run(Look).WaitAsync(interval).ConfigureAwait(false);
                if (notifier.Watchdog is not null && _host.IsAccepting)
                    notifier.Alive();
                if (told != Describe(info))
                    notifier.Status(told = Describe(info));
            }
            catch (TimeoutException)
            {
                _log?.Write(EventLevel.Error, "The service does not respond, so systemd's watchdog is not notified.");
            }
        }
    }

    private static string Describe(ServiceInfo info) => string.Create(
        CultureInfo.InvariantCulture, $"{(info.State == ServiceState.Restoring ? "Restoring saved torrents; " : "")}torrents: {info.Torrents}, clients: {info.Clients}");

    private static string? TakeUnit()
    {
        string? unit = Environment.GetEnvironmentVariable(UnitVariable);
        Environment.SetEnvironmentVariable(UnitVariable, null);
        return string.IsNullOrEmpty(unit) ? null : unit;
    }

    private async Task<IReadOnlyList<TorrentError>> RestoreAsync()
    {
        var refused = new List<TorrentError>();
        if (_hooksFault is not null)
            refused.Add(_hooksFault);
        var begun = new Queue<Task<TorrentError?>>();
        StateFolder states = _host.Service.States;
        try
        {
            IReadOnlyList<TorrentId> saved = states.List();
            _host.Service.Hooks.Keep(saved);
            foreach (TorrentId torrent in saved)
            {
                if (_ending.IsCancellationRequested)
                    break;
                // The saved state is read in parallel too.
                begun.Enqueue(Task.Run(() => RestoreAsync(states, torrent)));
                if (begun.Count >= RestoreWindow)
                    Add(await begun.Dequeue().ConfigureAwait(false));
            }

            while (begun.TryDequeue(out Task<TorrentError?>? next))
                Add(await next.ConfigureAwait(false));
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            refused.Add(ContractErrors.StateNotReadable(states.FolderPath, fault.Message));
        }
        catch (OperationCanceledException)
        {
            // The service is ending: torrents that were not restored stay as they were saved.
        }
        finally
        {
            _host.Restoring(false);
        }

        foreach (TorrentError error in refused)
            _log?.Write(EventLevel.Warning, error.ToString());

        return refused;

        void Add(TorrentError? error)
        {
            if (error is not null)
                refused.Add(error);
        }
    }

    /// <summary>Restores a saved torrent, unless a client has stopped it.</summary>
    /// <returns>Why it cannot be restored; null if it was, or should not be.</returns>
    private async Task<TorrentError?> RestoreAsync(StateFolder states, TorrentId torrent)
    {
        if (states.IsStopped(torrent) || states.Find(torrent) is not { } saved)
            return null;
        TorrentAnswer answer = await _host.Own.RestoreAsync(saved, _ending.Token).ConfigureAwait(false);
        return (answer as TorrentStartFail)?.Error;
    }

    private async Task EndAsync()
    {
        ProcessMemory.Instance.ServiceEnded();
        _notifier?.Stopping("Informing the trackers and saving the state.");
        await _ending.CancelAsync().ConfigureAwait(false);
        try
        {
            await EndInOrderAsync().WaitAsync(EndDeadline).ConfigureAwait(false);
        }
        catch (TimeoutException fault)
        {
            // The saved state survives an end at any moment.
            EngineEvents.Log.FaultCaught(null, "ending the service", fault);
        }

        _log?.Write(EventLevel.Informational, "The service has stopped.");
        if (_log is not null)
            await _log.DisposeAsync().ConfigureAwait(false);
    }

    private async Task EndInOrderAsync()
    {
        await _host.StopAsync(RemoteErrors.Stopped).ConfigureAwait(false);
        await _host.Service.DisposeAsync().ConfigureAwait(false);
        await Restored.ConfigureAwait(false);
        await _host.EndStoppersAsync(RemoteErrors.Stopped).ConfigureAwait(false);
        _ending.Dispose();
    }
}

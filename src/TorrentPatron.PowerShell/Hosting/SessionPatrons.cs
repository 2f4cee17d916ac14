using System.Collections.ObjectModel;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Network;
using TorrentPatron.PowerShell.Torrents;
using TorrentPatron.Protocol;
using TorrentPatron.Service;
using TorrentPatron.Service.Errors;
using TorrentPatron.Service.State;

namespace TorrentPatron.PowerShell.Hosting;

/// <summary>
/// The patrons of one PowerShell session (a runspace): those that share the session's service, including its default patron, and those
/// with their own service. Thread-safe.
/// </summary>
internal sealed class SessionPatrons : IAsyncDisposable
{
    /// <summary>The name of the session's own patron.</summary>
    public const string DefaultName = "default";

    private readonly Func<ServiceSettings, ITorrentService> _makeService;
    private readonly Func<string> _statePath;
    private readonly SharedServiceLink? _sharedLink;
    private readonly Lock _gate = new();
    private readonly List<ITorrentService> _owned = [];
    private readonly ConditionalWeakTable<ITorrentService, TorrentError> _toldCutOffs = [];
    private ITorrentService? _shared;
    private Patron? _own;
    private Patron? _attached;
    private Patron? _chosen;
    private bool _isDisposed;

    /// <summary>Creates a session without patrons or services.</summary>
    /// <param name="makeService">Makes a service.</param>
    /// <param name="statePath">The state folder of the session's own service; null means <see cref="StateFolder.DefaultPath"/>.</param>
    /// <param name="sharedLink">Connects to the user's service if the environment asks for it; null means never.</param>
    public SessionPatrons(
        Func<ServiceSettings, ITorrentService> makeService, Func<string>? statePath = null, SharedServiceLink? sharedLink = null) =>
        (_makeService, _statePath, _sharedLink) = (makeService, statePath ?? (static () => StateFolder.DefaultPath), sharedLink);

    /// <summary>The patrons that are not stopped: first those that share the session's service.</summary>
    public IReadOnlyList<Patron> Patrons => [.. Services().SelectMany(service => service.Patrons)];

    /// <summary>The running torrents of all patrons, in the order of their start in each service.</summary>
    public IReadOnlyList<TorrentTarget> Torrents
    {
        get
        {
            var found = new List<TorrentTarget>();
            foreach (ITorrentService service in Services())
            {
                if (service.Patrons is not [Patron any, ..])
                    continue;
                ReadOnlyCollection<TorrentStatus> statuses = any.Statuses;
                found.EnsureCapacity(found.Count + statuses.Count);
                found.AddRange(statuses.Select(status => new TorrentTarget(any, status)));
            }

            return found;
        }
    }

    /// <summary>A running torrent, once for each service that runs it.</summary>
    /// <param name="torrent">Which torrent.</param>
    public IReadOnlyList<TorrentTarget> Find(TorrentId torrent) =>
    [
        .. from service in Services()
           from any in service.Patrons.Take(1)
           let status = any.GetStatus(torrent)
           where status is not null
           select new TorrentTarget(any, status),
    ];

    /// <summary>The patrons whose service in another process has gone: one for each service, with the reason.</summary>
    public IReadOnlyList<(Patron Patron, TorrentError Fault)> Lost =>
    [
        .. from service in Services()
           where service.Fault is not null
           from any in service.Patrons.Take(1)
           select (any, service.Fault),
    ];

    /// <summary>The patrons that are reconnecting to a service in another process: one for each service, with the reason.</summary>
    public IReadOnlyList<(Patron Patron, TorrentError Interruption)> Interrupted =>
    [
        .. from service in Services()
           let interruption = service.Interruption
           where interruption is not null
           from any in service.Patrons.Take(1)
           select (any, interruption),
    ];

    /// <summary>
    /// The patrons whose service in another process dropped an earlier connection: one for each service, with the reason, reported once.
    /// </summary>
    public IReadOnlyList<(Patron Patron, TorrentError Why)> TakeCutOffs()
    {
        var found = new List<(Patron, TorrentError)>();
        foreach (ITorrentService service in Services())
        {
            if (service.CutOff is not { } why || service.Patrons is not [Patron any, ..])
                continue;
            lock (_gate)
            {
                if (_toldCutOffs.TryGetValue(service, out TorrentError? told) && ReferenceEquals(told, why))
                    continue;
                _toldCutOffs.AddOrUpdate(service, why);
            }

            found.Add((any, why));
        }

        return found;
    }

    /// <summary>The network of the default patron's service.</summary>
    public INetwork Network
    {
        get
        {
            lock (_gate)
                return (Known()?.Service ?? Shared()).Network;
        }
    }

    /// <summary>
    /// Whether the environment asks for the user's service and the session is not attached: call <see cref="AttachSharedAsync"/> first.
    /// </summary>
    public bool AwaitsService
    {
        get
        {
            if (_sharedLink?.IsWanted() != true)
                return false;
            lock (_gate)
                return !IsUsable(_chosen) && !(IsUsable(_attached) && _attached.Service.Fault is null);
        }
    }

    /// <summary>
    /// The patron that was chosen or attached last; otherwise the patron of the user's service if the environment asks for it; otherwise the
    /// session's own patron, created when needed.
    /// </summary>
    public Patron Default()
    {
        lock (_gate)
            return Known() ?? (_own = Shared().CreatePatron(DefaultName));
    }

    /// <summary>Whether a patron is the session's default. Creates none.</summary>
    public bool IsDefault(Patron patron)
    {
        lock (_gate)
            return Known() == patron;
    }

    /// <summary>Makes a patron the session's default, until it is stopped or <see cref="Unchoose"/>.</summary>
    /// <param name="patron">One of the session's patrons.</param>
    public void Choose(Patron patron)
    {
        lock (_gate)
            _chosen = patron;
    }

    /// <summary>Undoes the choice of a patron as default. Does nothing if another patron is chosen.</summary>
    /// <param name="patron">The patron.</param>
    public void Unchoose(Patron patron)
    {
        lock (_gate)
        {
            if (_chosen == patron)
                _chosen = null;
        }
    }

    /// <summary>Creates a patron.</summary>
    /// <param name="name">Its name; null means a new name.</param>
    /// <param name="settings">The settings of its own service; null means to share the session's.</param>
    /// <exception cref="TorrentException">The settings name an engine that does not exist.</exception>
    public Patron Create(string? name, ServiceSettings? settings)
    {
        lock (_gate)
        {
            if (settings is null)
                return (_sharedLink?.IsWanted() == true && IsUsable(_attached) ? _attached.Service : Shared()).CreatePatron(name);

            ITorrentService own = Make(settings);
            _owned.Add(own);
            return own.CreatePatron(name);
        }
    }

    /// <summary>
    /// Takes over a connection to a service in another process, with a patron that becomes the session's default. Connections that have
    /// ended are dropped.
    /// </summary>
    /// <param name="name">The patron's name; null means a new name.</param>
    /// <param name="service">The connection, which ends with its last patron.</param>
    public Task<Patron> AttachAsync(string? name, ITorrentService service) => TakeOverAsync(name, service, isChosen: true);

    /// <summary>Attaches the session's default patron to the user's service, as the environment asks.</summary>
    /// <param name="cancellationToken">Cancels it.</param>
    /// <exception cref="TorrentException">No service runs, or the environment asks for something else.</exception>
    public async Task AttachSharedAsync(CancellationToken cancellationToken)
    {
        if (_sharedLink is null || !AwaitsService)
            return;
        ITorrentService service = await _sharedLink.ConnectAsync(cancellationToken).ConfigureAwait(false);
        await TakeOverAsync(DefaultName, service, isChosen: false).ConfigureAwait(false);
    }

    /// <summary>
    /// Stops a patron and its torrents; the engine ends with the last patron of a service. The torrents of a service in another process continue.
    /// </summary>
    public async Task StopAsync(Patron patron)
    {
        await patron.DisposeAsync().ConfigureAwait(false);
        ITorrentService service = patron.Service;
        lock (_gate)
        {
            if (service.Patrons.Count > 0 || !_owned.Remove(service))
                return;
        }

        await service.DisposeAsync().ConfigureAwait(false);
    }

    /// <summary>Stops every patron. May be called more than once.</summary>
    public async ValueTask DisposeAsync()
    {
        ITorrentService[] services;
        lock (_gate)
        {
            _isDisposed = true;
            services = [.. Services()];
        }

        await Task.WhenAll(services.Select(service => service.DisposeAsync().AsTask())).ConfigureAwait(false);
    }

    private static bool IsUsable([NotNullWhen(true)] Patron? patron) => patron is { IsStopped: false };

    /// <summary>The existing default patron. With the lock held.</summary>
    private Patron? Known() =>
        IsUsable(_chosen) ? _chosen
        : _sharedLink?.IsWanted() == true && IsUsable(_attached) ? _attached
        : IsUsable(_own) ? _own
        : null;

    private async Task<Patron> TakeOverAsync(string? name, ITorrentService service, bool isChosen)
    {
        Patron patron;
        ITorrentService[] gone;
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            gone = [.. _owned.Where(other => other.Fault is not null)];
            _owned.RemoveAll(gone.Contains);
            _owned.Add(service);
            patron = service.CreatePatron(name);
            if (isChosen)
                _chosen = patron;
            else
                _attached = patron;
        }

        await Task.WhenAll(gone.Select(other => other.DisposeAsync().AsTask())).ConfigureAwait(false);
        return patron;
    }

    private List<ITorrentService> Services()
    {
        lock (_gate)
            return _shared is null ? [.. _owned] : [_shared, .. _owned];
    }

    private ITorrentService Shared() =>
        _shared ??= Make(new ServiceSettings
        {
            StatePath = _statePath(),
            Client = new ClientSettings
            {
                Dht = DiscoveryDefaults.Dht,
                LocalDiscovery = DiscoveryDefaults.LocalDiscovery,
                PortMapping = DiscoveryDefaults.PortMapping,
            },
        });

    private ITorrentService Make(ServiceSettings settings)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        return _makeService(settings);
    }
}

using System.Collections.ObjectModel;
using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Network;
using TorrentPatron.Engine.Storage;
using TorrentPatron.Protocol.Metainfo;
using TorrentPatron.Service.Automation;
using TorrentPatron.Service.Requests;
using TorrentPatron.Service.Routing;
using TorrentPatron.Service.Sources;
using TorrentPatron.Service.State;

namespace TorrentPatron.Service;

/// <summary>
/// A service in this process: shares one engine among any number of patrons. The engine is created with the first start of a torrent, ends
/// with the last patron and is created again for the next. Thread-safe; a process may have any number of services.
/// </summary>
/// <remarks>
/// The engine waits for the first start, not for the first patron, so that loading the module or asking for statuses opens no port.
/// </remarks>
public sealed class TorrentService : ITorrentService, IPatronBackend
{
    private readonly Lock _gate = new();
    private readonly OrderedDictionary<Guid, Patron> _patrons = [];
    private readonly RequestRunner _runner;
    private readonly TimeProvider _time;
    private readonly IDisposable _roots;
    private bool _isDisposed;

    /// <summary>Creates a service; its engine is created when needed.</summary>
    /// <param name="settings">The service's settings.</param>
    /// <param name="makeClient">Creates an engine; called again after the previous one has been disposed.</param>
    /// <param name="time">The clock; null means the system's.</param>
    public TorrentService(ServiceSettings settings, Func<ClientSettings, ITorrentClient> makeClient, TimeProvider? time = null)
        : this(settings, makeClient, time, hookShell: null)
    {
    }

    /// <summary>Creates a service with a given runner of hooks.</summary>
    /// <param name="settings">The service's settings.</param>
    /// <param name="makeClient">Creates an engine.</param>
    /// <param name="time">The clock.</param>
    /// <param name="hookShell">Runs hooks; null means PowerShell.</param>
    internal TorrentService(ServiceSettings settings, Func<ClientSettings, ITorrentClient> makeClient, TimeProvider? time, IHookShell? hookShell)
    {
        ArgumentNullException.ThrowIfNull(settings);
        ArgumentNullException.ThrowIfNull(makeClient);
        time ??= TimeProvider.System;
        _time = time;
        _roots = StorageRoots.Hold(settings.Roots);
        var destinations = new DestinationRules(settings.Roots);
        States = new StateFolder(settings.StatePath, time) { MayReuse = destinations.Allows };
        Settings = settings with { Client = WithStore(settings.Client) };
        Network = NetworkStack.Create(new SocketNetwork(() => Settings.Client.BindTarget), () => Settings.Client, time);
        Hooks = new ServiceHooks(States.FolderPath, time, hookShell);
        Sessions = new ClientSessions(() => makeClient(Settings.Client), () => EngineStarted?.Invoke(), Hooks.Take);
        _runner = new RequestRunner(
            Sessions, States, new RequestReader(new SourceReader(time, Network), new PeerResolver(Network, time), time),
            destinations, Hooks, time);
    }

    /// <inheritdoc/>
    public bool IsRemote => false;

    /// <inheritdoc/>
    public ServiceScope? Scope => null;

    /// <inheritdoc/>
    public TorrentError? Fault => null;

    /// <inheritdoc/>
    public bool Reconnects => false;

    /// <inheritdoc/>
    public TorrentError? Interruption => null;

    /// <inheritdoc/>
    public TorrentError? CutOff => null;

    /// <summary>The service's settings.</summary>
    public ServiceSettings Settings { get; private set; }

    /// <summary>The network for sources and peers that are given by name: it follows the policies of <see cref="Settings"/>.</summary>
    public INetwork Network { get; }

    /// <summary>The engine's optional features; null while none runs.</summary>
    public ClientCapabilities? Capabilities => Sessions.Current?.Client?.Capabilities;

    /// <summary>The folder of the torrents' saved state.</summary>
    public StateFolder States { get; }

    /// <inheritdoc/>
    ISavedState ITorrentService.States => States;

    /// <inheritdoc/>
    ITorrentHooks ITorrentService.Hooks => Hooks;

    /// <summary>The scripts that run for events of torrents; saved if the service is shared.</summary>
    internal ServiceHooks Hooks { get; }

    /// <summary>The patrons that have not been stopped, in the order of creation.</summary>
    public ReadOnlyCollection<Patron> Patrons
    {
        get
        {
            lock (_gate)
                return [.. _patrons.Values.Where(patron => !patron.IsStopped)];
        }
    }

    /// <inheritdoc/>
    IEngineView? IPatronBackend.Engine => Sessions.Current is { Client: not null } session ? session : null;

    /// <summary>An engine has been created, and has no torrent yet. A handler must neither throw nor wait.</summary>
    internal event Action? EngineStarted;

    /// <summary>The shared engine.</summary>
    internal ClientSessions Sessions { get; }

    /// <summary>Creates a patron, at once.</summary>
    /// <param name="name">Its name; by default a part of its id.</param>
    /// <exception cref="ObjectDisposedException">The service has been disposed.</exception>
    public Patron CreatePatron(string? name = null) => CreatePatron(name, Guid.NewGuid());

    /// <summary>Creates a patron with a given id.</summary>
    /// <inheritdoc cref="CreatePatron(string?)"/>
    internal Patron CreatePatron(string? name, Guid id)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            var patron = new Patron(this, this, name, id);
            _patrons.Add(patron.Id, patron);
            return patron;
        }
    }

    /// <summary>The engine's status; null while none runs. Never waits.</summary>
    public ClientStatus? GetClientStatus() => Sessions.Current?.Client?.GetClientStatus();

    /// <summary>
    /// Changes the engine's settings: a running engine changes what it can, and later engines are created with them.
    /// </summary>
    /// <param name="settings">All settings, changed and unchanged.</param>
    /// <param name="cancellationToken">Ends the wait, not the change.</param>
    /// <returns>What could not be changed, and why; empty if everything was.</returns>
    public async Task<IReadOnlyList<TorrentError>> ApplyAsync(ClientSettings settings, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(settings);
        ITorrentClient? client;
        lock (_gate)
        {
            settings = WithStore(settings);
            Settings = Settings with { Client = settings };
            client = Sessions.Current?.Client;
        }

        if (client is null)
            return [];
        IReadOnlyList<TorrentError> refused = await client.ApplyAsync(settings, cancellationToken).ConfigureAwait(false);
        if (refused.Count > 0)
        {
            // A refused setting is not kept: otherwise a later change of other settings would be refused for it too.
            lock (_gate)
                Settings = Settings with { Client = client.Settings };
        }

        return refused;
    }

    /// <summary>Stops every patron, and with them the engine. May be called more than once.</summary>
    public async ValueTask DisposeAsync()
    {
        Patron[] patrons;
        lock (_gate)
        {
            _isDisposed = true;
            patrons = [.. _patrons.Values];
        }

        await Task.WhenAll(patrons.Select(patron => patron.DisposeAsync().AsTask())).ConfigureAwait(false);
        await Sessions.Gone.ConfigureAwait(false);
        await Hooks.DisposeAsync().ConfigureAwait(false);
        _roots.Dispose();
    }

    /// <summary>Stops a patron and transfers its torrents to another. Pending starts are carried out.</summary>
    /// <param name="patron">The patron.</param>
    /// <param name="heir">The other patron.</param>
    internal async Task HandOverAsync(Patron patron, Patron heir)
    {
        await patron.SettleAsync().ConfigureAwait(false);
        Sessions.Current?.HandOver(patron, heir);
        await patron.DisposeAsync().ConfigureAwait(false);
    }

    /// <inheritdoc/>
    long IPatronBackend.NextId() => Sessions.NextId();

    /// <inheritdoc/>
    Task<TorrentAnswer> IPatronBackend.StartAsync(
        IRequester requester, StartRequest request, PendingAnswer pending, RequestTurn turn, CancellationToken reading) =>
        _runner.StartAsync(requester, request, pending, turn, reading);

    /// <inheritdoc/>
    Task<TorrentAnswer> IPatronBackend.CommandAsync(IRequester requester, TorrentCommand command, PendingAnswer pending, RequestTurn turn) =>
        command is RemoveTorrent remove
            ? _runner.RemoveAsync(requester, remove, pending, turn)
            : _runner.CommandAsync(requester, command, pending, turn);

    /// <inheritdoc/>
    Task<TorrentMetainfo> IPatronBackend.FetchMetadataAsync(Patron patron, StartRequest request, CancellationToken cancellationToken) =>
        new MetadataRequest(patron, _runner, _time).RunAsync(request, cancellationToken);

    /// <inheritdoc/>
    void IPatronBackend.Stopped(Patron patron)
    {
        // When every patron has been stopped, nobody needs the engine's remaining work.
        lock (_gate)
        {
            if (_patrons.Values.All(patron => patron.IsStopped))
                Sessions.End();
        }
    }

    /// <inheritdoc/>
    async Task IPatronBackend.ReleaseAsync(Patron patron)
    {
        await _runner.CloseOwnedAsync(patron).ConfigureAwait(false);
        Task gone;
        lock (_gate)
        {
            _patrons.Remove(patron.Id);
            gone = _patrons.Count == 0 ? Sessions.Gone : Task.CompletedTask;
        }

        await gone.ConfigureAwait(false);
    }

    /// <summary>The settings with the DHT nodes saved in the state folder, unless they name another store.</summary>
    private ClientSettings WithStore(ClientSettings client) => client.Dht.Store is not null
        ? client
        : client with { Dht = client.Dht with { Store = new DhtStateFile(States.FolderPath) } };
}

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
/// A service in this process: shares one engine among any number of patrons. The engine is made with the first start of a torrent, ends with the last
/// patron and is made anew for the next. Thread-safe; any number of services may live in one process.
/// </summary>
/// <remarks>
/// The engine waits for the first start, not for the first patron, because a patron costs nothing: to load the module
/// or to ask for statuses opens no port.
/// </remarks>
public sealed class TorrentService : ITorrentService, IPatronBackend
{
    private readonly Lock _gate = new();
    private readonly OrderedDictionary<Guid, Patron> _patrons = [];
    private readonly RequestRunner _runner;
    private readonly TimeProvider _time;
    private readonly IDisposable _roots;
    private bool _isDisposed;

    /// <summary>Makes a service; its engine is made when it is needed.</summary>
    /// <param name="settings">What the service works with.</param>
    /// <param name="makeClient">Makes an engine; called again after the one before has been disposed.</param>
    /// <param name="time">The clock; by default the system's.</param>
    public TorrentService(ServiceSettings settings, Func<ClientSettings, ITorrentClient> makeClient, TimeProvider? time = null)
        : this(settings, makeClient, time, hookShell: null)
    {
    }

    /// <summary>As the public one, with something else that runs hooks.</summary>
    /// <param name="settings">What the service works with.</param>
    /// <param name="makeClient">Makes an engine.</param>
    /// <param name="time">The clock.</param>
    /// <param name="hookShell">Runs hooks; null: PowerShell does.</param>
    internal TorrentService(ServiceSettings settings, Func<ClientSettings, ITorrentClient> makeClient, TimeProvider? time, IHookShell? hookShell)
    {
        ArgumentNullException.ThrowIfNull(settings);
        ArgumentNullException.ThrowIfNull(makeClient);
        time ??= TimeProvider.System;
        _time = time;
        _roots = StorageRoots.Hold(settings.Roots);
        States = new StateFolder(settings.StatePath, time);
        Settings = settings with { Client = WithStore(settings.Client) };
        Network = NetworkStack.Create(new SocketNetwork(() => Settings.Client.BindTarget), () => Settings.Client, time);
        Hooks = new ServiceHooks(States.FolderPath, time, hookShell);
        Sessions = new ClientSessions(() => makeClient(Settings.Client), () => EngineStarted?.Invoke(), Hooks.Take);
        _runner = new RequestRunner(
            Sessions, States, new RequestReader(new SourceReader(time, Network), new PeerResolver(Network, time), time),
            new DestinationRules(settings.Roots), Hooks);
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

    /// <summary>What the service works with.</summary>
    public ServiceSettings Settings { get; private set; }

    /// <summary>The way to sources and peers that are given by name: it keeps to the policies of <see cref="Settings"/>.</summary>
    public INetwork Network { get; }

    /// <summary>What the engine can do beyond starting and stopping torrents; null while none runs.</summary>
    public ClientCapabilities? Capabilities => Sessions.Current?.Client?.Capabilities;

    /// <summary>Where the torrents' state is saved.</summary>
    public StateFolder States { get; }

    /// <inheritdoc/>
    ISavedState ITorrentService.States => States;

    /// <inheritdoc/>
    ITorrentHooks ITorrentService.Hooks => Hooks;

    /// <summary>The scripts that are run when something happens to a torrent; saved where the service is shared.</summary>
    internal ServiceHooks Hooks { get; }

    /// <summary>The patrons that have not been stopped, in the order of their making.</summary>
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

    /// <summary>An engine has been made, and has no torrent yet. A handler must neither throw nor wait.</summary>
    internal event Action? EngineStarted;

    /// <summary>The engine that is shared.</summary>
    internal ClientSessions Sessions { get; }

    /// <summary>Makes a patron, at once.</summary>
    /// <param name="name">What to call it; by default a part of its id.</param>
    /// <exception cref="ObjectDisposedException">The service has been disposed.</exception>
    public Patron CreatePatron(string? name = null) => CreatePatron(name, Guid.NewGuid());

    /// <summary>Makes a patron with an id that somebody else has chosen.</summary>
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

    /// <summary>The engine as a whole; null while none runs. Never waits.</summary>
    public ClientStatus? GetClientStatus() => Sessions.Current?.Client?.GetClientStatus();

    /// <summary>
    /// Goes on with other settings of the engine: one that runs changes what it can, and one that is made later is made with them.
    /// </summary>
    /// <param name="settings">All settings, changed and unchanged.</param>
    /// <param name="cancellationToken">Ends the wait, not the change.</param>
    /// <returns>What could not be changed, and why; none where all is as given.</returns>
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
            // What was refused is not kept: else the next change, of something else, would be refused for it too.
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

    /// <summary>Stops a patron, whose torrents go on as another's. What it has begun to start is started.</summary>
    /// <param name="patron">The patron.</param>
    /// <param name="heir">The other one.</param>
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
        // Where every patron has been stopped, nobody needs what the engine may still be doing.
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

    /// <summary>Settings whose DHT node is remembered in the state folder, where no other place is given.</summary>
    private ClientSettings WithStore(ClientSettings client) => client.Dht.Store is not null
        ? client
        : client with { Dht = client.Dht with { Store = new DhtStateFile(States.FolderPath) } };
}

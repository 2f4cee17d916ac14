using System.Collections.Concurrent;
using System.Collections.ObjectModel;
using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;
using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Diagnostics;
using TorrentPatron.Engine.Hosting;
using TorrentPatron.Engine.Metadata;
using TorrentPatron.Engine.Network;
using TorrentPatron.Engine.Shared;
using TorrentPatron.Engine.Storage;
using TorrentPatron.Engine.Swarms;
using TorrentPatron.Engine.Trackers;
using TorrentPatron.Protocol;
using TorrentPatron.Protocol.Metainfo;

namespace TorrentPatron.Engine;

/// <summary>The built-in engine.</summary>
public sealed class TorrentClient : ITorrentClient
{
    private static readonly TorrentError Stopped =
        new(TorrentErrorId.PatronStopped, "The engine has been stopped.", "Start the torrent again.");

    private readonly EngineResources _engine;
    private readonly Channel<TorrentMessage> _messages =
        Channel.CreateUnbounded<TorrentMessage>(new UnboundedChannelOptions { SingleReader = true });

    private readonly HostList _hosts = new();
    private readonly ReuseIndex _reuse = new();

    // Created once and shared by all torrents.
    private readonly Action<TorrentMessage> _say;
    private readonly Action<TorrentHost> _learned;
    private readonly Func<TorrentHost, TorrentId, TorrentHost?> _twin;
    private readonly ConcurrentDictionary<Task, bool> _work = new();
    private readonly IWorkshop _workshop;
    private readonly SettingsChange _settings;
    private readonly NetworkWatch _watch;
    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _gate = new();
    private ushort _announced;
    private bool _isDisposed;

    /// <summary>Creates an engine and starts listening.</summary>
    /// <param name="settings">The engine's settings.</param>
    public TorrentClient(ClientSettings settings)
        : this(settings, TimeProvider.System)
    {
    }

    /// <summary>Creates an engine and starts listening.</summary>
    /// <param name="settings">The engine's settings.</param>
    /// <param name="time">The clock.</param>
    public TorrentClient(ClientSettings settings, TimeProvider time)
        : this(
            settings ?? throw new ArgumentNullException(nameof(settings)), new NetworkBinding(settings.BindTarget, SystemInterfaces.Instance, time), time)
    {
    }

    /// <summary>Creates an engine on the system's network.</summary>
    /// <param name="settings">The engine's settings.</param>
    /// <param name="binding">The interface or address that the network is bound to; disposed with the engine.</param>
    /// <param name="time">The clock.</param>
    /// <param name="workshop">Creates the workshop, which moves pieces; null means the built-in one.</param>
    internal TorrentClient(
        ClientSettings settings, NetworkBinding binding, TimeProvider time, Func<EngineResources, HostList, IWorkshop>? workshop = null)
        : this(settings, new SocketNetwork(binding) { CodePoint = settings.CodePoint }, trackers: null, time, new Random(), disk: null, workshop, binding)
    {
    }

    /// <summary>Creates an engine on a network supplied by the caller.</summary>
    internal TorrentClient(
        ClientSettings settings, INetwork network, ITrackerClient? trackers, TimeProvider time, Random random, DiskWorkers? disk = null,
        Func<EngineResources, HostList, IWorkshop>? workshop = null, NetworkBinding? binding = null)
    {
        _engine = new EngineResources(settings, network, trackers, time, random, disk, binding);
        _engine.Faults.FailTorrent = Fail;
        (_say, _learned, _twin) = (Say, Learn, _hosts.FindTwin);
        _workshop = workshop is null ? new SwarmWorkshop(_engine, _hosts) : workshop(_engine, _hosts);
        _engine.Datagrams.Open(_engine.Network, family => _engine.ListenPorts.Of(family));
        _engine.TrackerDatagrams.OpenLater(_engine.Network);
        _engine.OpenFinder();
        _engine.PortsChanged = AnnounceOutsidePort;
        _announced = _engine.ListenPorts.Of(AddressFamily.InterNetwork);
        _engine.UpdatePortMapping();
        _watch = new NetworkWatch(_engine, _workshop, _hosts);
        _watch.Begin();
        _settings = new SettingsChange(_engine, _workshop, _hosts, _watch);
        Track(new Heartbeat(() => _hosts.All, _engine.Faults, Beat).RunAsync(_engine.Time, _stop.Token));
    }

    /// <summary>The resources that its torrents share.</summary>
    internal EngineResources Resources => _engine;

    /// <inheritdoc/>
    public string Name => _workshop.Name;

    /// <inheritdoc/>
    public ClientCapabilities Capabilities => _workshop.Capabilities;

    /// <inheritdoc/>
    public ClientSettings Settings => _engine.Settings;

    /// <inheritdoc/>
    public ChannelReader<TorrentMessage> Messages => _messages.Reader;

    /// <inheritdoc/>
    public void Post(TorrentCommand command)
    {
        ArgumentNullException.ThrowIfNull(command);
        lock (_gate)
        {
            if (_isDisposed)
            {
                Refuse(command);
                return;
            }

            Track(HandleAsync(command));
        }
    }

    /// <inheritdoc/>
    public TorrentStatus? GetStatus(TorrentId torrent) => _hosts.FindSame(torrent)?.Status;

    /// <inheritdoc/>
    public TorrentId? Find(TorrentId torrent) => _hosts.FindSame(torrent)?.TorrentId;

    /// <inheritdoc/>
    public IReadOnlyList<TorrentStatus> GetStatuses() => [.. _hosts.All.Select(static host => host.Status)];

    /// <inheritdoc/>
    public TorrentMetainfo? GetMetainfo(TorrentId torrent) => _hosts.FindSame(torrent)?.Metainfo;

    /// <inheritdoc/>
    public IReadOnlyList<FileSnapshot> GetFiles(TorrentId torrent) => _hosts.FindSame(torrent)?.Files() ?? [];

    /// <inheritdoc/>
    public IReadOnlyList<PeerSnapshot> GetPeers(TorrentId torrent) => _hosts.FindSame(torrent)?.Peers() ?? [];

    /// <inheritdoc/>
    public IReadOnlyList<ClosedPeer> GetClosedPeers(TorrentId torrent) => _hosts.FindSame(torrent)?.ClosedPeers() ?? [];

    /// <inheritdoc/>
    public Task<IReadOnlyList<TorrentError>> ApplyAsync(ClientSettings settings, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(settings);
        lock (_gate)
        {
            if (_isDisposed)
                return Task.FromResult<IReadOnlyList<TorrentError>>([Stopped]);
            Task<IReadOnlyList<TorrentError>> change = _settings.ApplyAsync(settings);
            Track(change);
            return change.WaitAsync(cancellationToken);
        }
    }

    /// <inheritdoc/>
    public ClientStatus GetClientStatus()
    {
        IReadOnlyList<TorrentStatus> statuses = GetStatuses();
        return new ClientStatus
        {
            Engine = Name,
            ListenEndPoints = [.. _workshop.EndPoints],
            Torrents = statuses.Count,
            ConnectedPeers = _engine.Peers,
            DownloadRate = statuses.Sum(s => s.DownloadRate),
            UploadRate = statuses.Sum(s => s.UploadRate),
            Dht = _engine.Finder?.Status,
            PortMappings = _engine.PortMapper?.Mappings ?? [],
            PortMappingProblem = _engine.PortMapper?.Problem,
            OutsideAddress = OutsideAddress,
            HasIncoming = _engine.HasIncoming,
            Warning = _engine.NetworkDown ?? _engine.Network.Warning ?? _workshop.Warning ?? _engine.Binding?.Weakness ?? _engine.Settings.Filter?.Warning ?? _engine.Faults.Warning,
            FilteredConnections = _engine.Filter.Refused,
        };
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        lock (_gate)
        {
            if (_isDisposed)
                return;
            _isDisposed = true;
        }

        _engine.Queue.Close();
        await _stop.CancelAsync().ConfigureAwait(false);
        await _workshop.StopListeningAsync().ConfigureAwait(false);
        // In parallel with the rest: an unresponsive router takes some seconds.
        Task unmapped = _engine.PortMapper?.DisposeAsync().AsTask() ?? Task.CompletedTask;
        // Stop the torrents first: commands may wait for a check that takes hours, and this ends it. Stop them again below for
        // any that a start in progress has added meanwhile.
        await StopAllAsync().ConfigureAwait(false);
        await Task.WhenAll(_work.Keys).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await StopAllAsync().ConfigureAwait(false);
        await _workshop.DisposeAsync().ConfigureAwait(false);
        await unmapped.ConfigureAwait(false);
        await _engine.DisposeAsync().ConfigureAwait(false);
        _messages.Writer.TryComplete();
        _stop.Dispose();
    }

    private void Beat()
    {
        _engine.CloseIdleFiles();
        ProcessMemory.Instance.Tick();
        _engine.Queue.Tick();
        _watch.Tick();
        _workshop.Tick();
    }

    private void Fail(TorrentId torrent, TorrentError error)
    {
        if (_hosts.TryFind(torrent, out TorrentHost? host))
            host.Fail(error);
    }

    private IPAddress? OutsideAddress
    {
        get
        {
            IPAddress? router = _engine.PortMapper?.Mappings.FirstOrDefault(mapping => mapping.ExternalAddress is { AddressFamily: AddressFamily.InterNetwork })?.ExternalAddress;
            // Behind two routers, the first one's external address is not public: the internet sees the second one's.
            return router is not null && AddressReaches.Of(router) == AddressReach.Global
                ? router
                : _engine.Outside.Of(AddressFamily.InterNetwork) ?? _engine.Finder?.Status?.ExternalAddress ?? router;
        }
    }

    /// <summary>Announces the router's external port where it differs from ours.</summary>
    private void AnnounceOutsidePort()
    {
        ushort port = _engine.OutsidePort(AddressFamily.InterNetwork);
        if (Interlocked.Exchange(ref _announced, port) == port)
            return;
        foreach (TorrentHost host in _hosts.All)
            host.Announce([]);
    }

    private void Learn(TorrentHost host)
    {
        _hosts.Learn(host);
        _reuse.Add(host);
    }

    private void Say(TorrentMessage message) => _messages.Writer.TryWrite(message);

    /// <summary>
    /// Publishes an answer. An answer that carries a status is ordered with the torrent's other messages, so that a reader of
    /// statuses never sees an older one last.
    /// </summary>
    private void SayAnswer(TorrentAnswer answer)
    {
        if (_hosts.TryFind(answer.TorrentId, out TorrentHost? host))
        {
            host.Say(status => answer switch
            {
                NewTorrentCreated created => created with { Status = status },
                TorrentAlreadyDownloading already => already with { Status = status },
                CommandDone done => done with { Status = status },
                TorrentChecked done => done with { Status = status },
                _ => answer,
            });
        }
        else
        {
            Say(answer);
        }
    }

    private void Track(Task work)
    {
        if (work.IsCompleted)
            return;
        _work.TryAdd(work, true);
        work.ContinueWith(
            static (done, all) => ((ConcurrentDictionary<Task, bool>)all!).TryRemove(done, out _), _work,
            CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
    }

    private async Task HandleAsync(TorrentCommand command)
    {
        // The caller must not wait for the command.
        await Task.Yield();
        try
        {
            SayAnswer(command switch
            {
                CreateNewTorrent create => await CreateAsync(create).ConfigureAwait(false),
                CloseTorrent close => await EndAsync(close, async s => await s.StopAsync().ConfigureAwait(false)
                    ? new TorrentClosed(close.TorrentId, close.CorrelationId, s.Status)
                    : null).ConfigureAwait(false),
                RemoveTorrent remove => await EndAsync(remove, async s => await s.RemoveAsync(remove.DeleteData).ConfigureAwait(false) is { } gone
                    ? new TorrentRemoved(remove.TorrentId, remove.CorrelationId, gone.Files, gone.Bytes) { Status = s.Status, Warnings = gone.Warnings }
                    : null).ConfigureAwait(false),
                SuspendTorrent suspend => await WithAsync(suspend, s => Done(s.SuspendAsync())).ConfigureAwait(false),
                ResumeTorrent resume => await WithAsync(resume, s => s.ResumeAsync()).ConfigureAwait(false),
                RecheckTorrent recheck => await WithAsync(recheck, s => RecheckAsync(recheck, s)).ConfigureAwait(false),
                MoveTorrent move => await WithAsync(move, s => s.MoveAsync(move.Destination)).ConfigureAwait(false),
                AddSources sources => await WithAsync(sources, s => s.AddAsync(sources)).ConfigureAwait(false),
                SetTorrent set => await WithAsync(set, s => s.SetAsync(set.Options)).ConfigureAwait(false),
                SetFilePriorities set => await WithAsync(set, s => s.SetFilePrioritiesAsync(set.Priorities)).ConfigureAwait(false),
                RemoveTrackers remove => await WithAsync(remove, s => Done(s.RemoveTrackersAsync(remove.Trackers))).ConfigureAwait(false),
                RemoveWebSeeds remove => await WithAsync(remove, s => s.RemoveWebSeedsAsync(remove.WebSeeds)).ConfigureAwait(false),
                AnnounceNow announce => await WithAsync(announce, s => Task.FromResult(s.Announce(announce.Trackers))).ConfigureAwait(false),
                GiveMetadata give => await WithAsync(give, s => Done(s.GiveAsync(give.Metainfo))).ConfigureAwait(false),
                _ => NotSupported(command),
            });
        }
#pragma warning disable CA1031 // A command must get its answer, whatever went wrong.
        catch (Exception e)
#pragma warning restore CA1031
        {
            EngineEvents.Log.FaultCaught(command.TorrentId, $"command {command.GetType().Name}", e);
            Say(Failure(command, FaultHandler.ToError(e)));
        }
    }

    private static async Task<TorrentError?> Done(Task work)
    {
        await work.ConfigureAwait(false);
        return null;
    }

    private static async Task<TorrentAnswer> RecheckAsync(RecheckTorrent command, TorrentHost host)
    {
        (ReadOnlyCollection<int> bad, TorrentError? error) = await host.RecheckAsync().ConfigureAwait(false);
        return error is null ? new TorrentChecked(command.TorrentId, command.CorrelationId, bad, host.Status) : Failure(command, error);
    }

    private async Task<TorrentAnswer> CreateAsync(CreateNewTorrent command)
    {
        bool isStarted = false;
        try
        {
            TorrentAnswer answer = await FindOrStartAsync(command).ConfigureAwait(false);
            isStarted = answer is NewTorrentCreated;
            return answer;
        }
        finally
        {
            if (!isStarted)
                await _engine.DiskWorkers.RunAsync(command.ResumeStore.Dispose).ConfigureAwait(false);
        }
    }

    private async Task<TorrentAnswer> FindOrStartAsync(CreateNewTorrent command)
    {
        TorrentId torrent = command.TorrentId;
        if (command.Metainfo is { Version: MetainfoVersion.V2, HasPieceLayers: false } bare && LayerFetcher.SizeOf(bare) > MetainfoReader.MaxMetadataBytes)
            return new TorrentStartFail(torrent, command.CorrelationId, HostErrors.TooManyLayers(bare.Name));
        if (_workshop.Refusal is { } refusal)
            return new TorrentStartFail(torrent, command.CorrelationId, refusal);
        TorrentHost host;
        while (!_hosts.TryAdd(torrent, () => new TorrentHost(_engine, _workshop, command, _say) { Learned = _learned, Twin = _twin, Others = _reuse }, out host))
        {
            if (await host.Started.ConfigureAwait(false) && !host.IsEnding)
                return new TorrentAlreadyDownloading(host.TorrentId, command.CorrelationId, host.Status);
            await host.Ended.ConfigureAwait(false);
        }

        ProcessMemory.Instance.TorrentStarted();
        _reuse.Add(host);
        try
        {
            TorrentAnswer answer = await host.StartAsync().ConfigureAwait(false);
            if (answer is TorrentStartFail)
                Forget(host);
            return answer;
        }
        catch
        {
            Forget(host);
            throw;
        }
    }

    /// <param name="command">The command that ends the torrent.</param>
    /// <param name="end">Ends the torrent and returns the answer; null if it had already ended.</param>
    private async Task<TorrentAnswer> EndAsync(TorrentCommand command, Func<TorrentHost, Task<TorrentAnswer?>> end)
    {
        if (!_hosts.TryFind(command.TorrentId, out TorrentHost? host) || !await host.Started.ConfigureAwait(false))
            return NotFound(command);
        if (await end(host).ConfigureAwait(false) is { } answer)
        {
            Forget(host, isSaved: answer is TorrentClosed);
            return answer;
        }

        // Another command has already ended it.
        await host.Ended.ConfigureAwait(false);
        return NotFound(command);
    }

    private Task<TorrentAnswer> WithAsync(TorrentCommand command, Func<TorrentHost, Task<TorrentError?>> what) =>
        WithAsync(command, async host => await what(host).ConfigureAwait(false) is { } error
            ? Failure(command, error)
            : new CommandDone(command.TorrentId, command.CorrelationId, GetStatus(command.TorrentId) ?? host.Status));

    private async Task<TorrentAnswer> WithAsync(TorrentCommand command, Func<TorrentHost, Task<TorrentAnswer>> what)
    {
        if (!_hosts.TryFind(command.TorrentId, out TorrentHost? host) || !await host.Started.ConfigureAwait(false))
            return NotFound(command);
        try
        {
            return await what(host).ConfigureAwait(false);
        }
        catch (ObjectDisposedException) when (host.IsEnding)
        {
            // It was closed while the command waited for its turn.
            return NotFound(command);
        }
    }

    private async Task StopAllAsync()
    {
        IReadOnlyList<TorrentHost> hosts = _hosts.All;
        Task stopped = Task.WhenAll(hosts.Select(s => s.StopAsync()));
        await stopped.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        foreach (TorrentHost host in hosts)
            Forget(host);
    }

    private void Forget(TorrentHost host, bool isSaved = false)
    {
        _hosts.Remove(host);
        _reuse.Remove(host, isSaved);
        host.End();
    }

    private static CommandFail NotFound(TorrentCommand command) => new(command.TorrentId, command.CorrelationId, new TorrentError(
        TorrentErrorId.TorrentNotFound, $"Torrent {command.TorrentId} is not running here.", "List the running torrents, or start this one."));

    private CommandFail NotSupported(TorrentCommand command) => new(command.TorrentId, command.CorrelationId, new TorrentError(
        TorrentErrorId.NotSupported, $"The engine {Name} does not support {command.GetType().Name}.", "Check the engine's capabilities."));

    private void Refuse(TorrentCommand command) => Say(Failure(command, Stopped));

    private static TorrentAnswer Failure(TorrentCommand command, TorrentError error) => command is CreateNewTorrent
        ? new TorrentStartFail(command.TorrentId, command.CorrelationId, error)
        : new CommandFail(command.TorrentId, command.CorrelationId, error);
}

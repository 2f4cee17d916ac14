using System.Collections.Concurrent;
using System.Collections.ObjectModel;
using System.Threading.Channels;
using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Diagnostics;
using TorrentPatron.Engine.Discovery;
using TorrentPatron.Engine.Network;
using TorrentPatron.Engine.Peers;
using TorrentPatron.Engine.Storage;
using TorrentPatron.Engine.Swarms;
using TorrentPatron.Engine.Trackers;
using TorrentPatron.Protocol;
using TorrentPatron.Protocol.Metainfo;
using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Engine;

/// <summary>The built-in engine.</summary>
public sealed class TorrentClient : ITorrentClient
{
    private static readonly TorrentError Stopped =
        new(TorrentErrorId.PatronStopped, "The engine has been stopped.", "Start the torrent again.");

    private readonly EngineResources _engine;
    private readonly Channel<TorrentMessage> _messages =
        Channel.CreateUnbounded<TorrentMessage>(new UnboundedChannelOptions { SingleReader = true });

    private readonly SwarmList _swarms = new();
    private readonly ConcurrentDictionary<Task, bool> _work = new();
    private readonly PeerListener _listener;
    private readonly SettingsChange _settings;
    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _gate = new();
    private bool _isDisposed;

    /// <summary>Makes an engine and begins to listen.</summary>
    /// <param name="settings">What it is made with.</param>
    public TorrentClient(ClientSettings settings)
        : this(settings, TimeProvider.System)
    {
    }

    /// <summary>Makes an engine and begins to listen.</summary>
    /// <param name="settings">What it is made with.</param>
    /// <param name="time">The clock.</param>
    public TorrentClient(ClientSettings settings, TimeProvider time)
        : this(
            settings ?? throw new ArgumentNullException(nameof(settings)), new SocketNetwork(settings.BindAddress), trackers: null, time, new Random())
    {
    }

    /// <summary>Makes an engine on a network of somebody else's.</summary>
    internal TorrentClient(
        ClientSettings settings, INetwork network, ITrackerClient? trackers, TimeProvider time, Random random, DiskWorkers? disk = null)
    {
        _engine = new EngineResources(settings, network, trackers, time, random, disk);
        _engine.Faults.FailTorrent = Fail;
        _listener = new PeerListener(_engine, _swarms.Contains, Accept);
        _listener.Open();
        _engine.Datagrams.Open(network, family => _engine.ListenPorts.Of(family));
        _engine.Finder = PeerFinder.Open(_engine);
        _settings = new SettingsChange(_engine, _listener, AnnounceAll);
        Track(new Heartbeat(() => _swarms.All, _engine.Faults).RunAsync(_engine.Time, _stop.Token));
    }

    /// <summary>What its torrents share.</summary>
    internal EngineResources Resources => _engine;

    /// <inheritdoc/>
    public string Name => BuiltInEngine.EngineName;

    /// <inheritdoc/>
    public ClientCapabilities Capabilities => ClientCapabilities.TorrentLimits | ClientCapabilities.SeedGoals | ClientCapabilities.Sequential
        | ClientCapabilities.FilePriorities | ClientCapabilities.Move | ClientCapabilities.DeleteData | ClientCapabilities.ManageTrackers
        | ClientCapabilities.BadPieces | ClientCapabilities.PeerList | ClientCapabilities.FileList | ClientCapabilities.FreeSpace
        | ClientCapabilities.Settings | ClientCapabilities.Magnets | ClientCapabilities.ClosedPeers;

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
    public TorrentStatus? GetStatus(InfoHash torrent) => _swarms.TryFind(torrent, out ISwarm? swarm) ? swarm.Status : null;

    /// <inheritdoc/>
    public IReadOnlyList<TorrentStatus> GetStatuses() => [.. _swarms.All.Select(static swarm => swarm.Status)];

    /// <inheritdoc/>
    public TorrentMetainfo? GetMetainfo(InfoHash torrent) => _swarms.TryFind(torrent, out ISwarm? swarm) ? swarm.Metainfo : null;

    /// <inheritdoc/>
    public IReadOnlyList<FileSnapshot> GetFiles(InfoHash torrent) => _swarms.TryFind(torrent, out ISwarm? swarm) ? swarm.Files() : [];

    /// <inheritdoc/>
    public IReadOnlyList<PeerSnapshot> GetPeers(InfoHash torrent) => _swarms.TryFind(torrent, out ISwarm? swarm) ? swarm.Peers() : [];

    /// <inheritdoc/>
    public IReadOnlyList<ClosedPeer> GetClosedPeers(InfoHash torrent) => _swarms.TryFind(torrent, out ISwarm? swarm) ? swarm.ClosedPeers() : [];

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
            ListenEndPoints = _listener.EndPoints,
            Torrents = statuses.Count,
            ConnectedPeers = _engine.Peers,
            DownloadRate = statuses.Sum(s => s.DownloadRate),
            UploadRate = statuses.Sum(s => s.UploadRate),
            Dht = _engine.Finder?.Status,
            Warning = _listener.Warning ?? _engine.Faults.Warning,
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

        await _stop.CancelAsync().ConfigureAwait(false);
        await _listener.DisposeAsync().ConfigureAwait(false);
        // First, because commands may wait for a check, which takes hours and ends with this; and once more for what a
        // start under way has added meanwhile.
        await StopAllAsync().ConfigureAwait(false);
        await Task.WhenAll(_work.Keys).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await StopAllAsync().ConfigureAwait(false);
        await _engine.DisposeAsync().ConfigureAwait(false);
        _messages.Writer.TryComplete();
        _stop.Dispose();
    }

    private void Accept(IConnection connection, Handshake handshake)
    {
        if (_swarms.TryFind(handshake.InfoHash, out ISwarm? swarm))
            swarm.Accept(connection, handshake);
        else
            connection.Dispose();
    }

    private void Fail(InfoHash torrent, TorrentError error)
    {
        if (_swarms.TryFind(torrent, out ISwarm? swarm))
            swarm.Fail(error);
    }

    /// <summary>Trackers hear, as soon as they allow it, where we listen now.</summary>
    private void AnnounceAll()
    {
        foreach (ISwarm swarm in _swarms.All)
            swarm.Announce([]);
    }

    private void Say(TorrentMessage message) => _messages.Writer.TryWrite(message);

    /// <summary>
    /// Says an answer. One that shows how a torrent stands has its turn among all that is said of the torrent, so that who looks at
    /// statuses only does not see an older one last.
    /// </summary>
    private void SayAnswer(TorrentAnswer answer)
    {
        if (_swarms.TryFind(answer.TorrentId, out ISwarm? swarm))
        {
            swarm.Say(status => answer switch
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
        // Whoever posts goes on at once.
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
                MoveTorrent move => await WithAsync(move, s => WithContent(s, content => content.MoveAsync(move.Destination))).ConfigureAwait(false),
                AddSources sources => await WithAsync(sources, s => Done(s.AddAsync(sources))).ConfigureAwait(false),
                SetTorrent set => await WithAsync(set, s => s.SetAsync(set.Options)).ConfigureAwait(false),
                SetFilePriorities set => await WithAsync(set, s => WithContent(s, content => content.SetFilePrioritiesAsync(set.Priorities)))
                    .ConfigureAwait(false),
                RemoveTrackers remove => await WithAsync(remove, s => Done(s.RemoveTrackersAsync(remove.Trackers))).ConfigureAwait(false),
                AnnounceNow announce => await WithAsync(announce, s => Task.FromResult(s.Announce(announce.Trackers))).ConfigureAwait(false),
                GiveMetadata give => await WithAsync(give, s => Done(s is MetadataSwarm fetching ? fetching.GiveAsync(give.Metainfo) : Task.CompletedTask))
                    .ConfigureAwait(false),
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

    /// <summary>Does what only a torrent can whose content is known.</summary>
    private static Task<TorrentError?> WithContent(ISwarm swarm, Func<Swarm, Task<TorrentError?>> what) =>
        swarm is Swarm content ? what(content) : Task.FromResult<TorrentError?>(SwarmErrors.NoMetadata(swarm.Status.Name));

    private static async Task<TorrentAnswer> RecheckAsync(RecheckTorrent command, ISwarm swarm)
    {
        if (swarm is not Swarm content)
            return Failure(command, SwarmErrors.NoMetadata(swarm.Status.Name));
        (ReadOnlyCollection<int> bad, TorrentError? error) = await content.RecheckAsync().ConfigureAwait(false);
        return error is null ? new TorrentChecked(command.TorrentId, command.CorrelationId, bad, swarm.Status) : Failure(command, error);
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
        InfoHash torrent = command.TorrentId;
        ISwarm swarm;
        while (!_swarms.TryAdd(torrent, () => NewSwarm(command), out swarm))
        {
            if (await swarm.Started.ConfigureAwait(false) && !swarm.IsEnding)
                return new TorrentAlreadyDownloading(torrent, command.CorrelationId, swarm.Status);
            await swarm.Ended.ConfigureAwait(false);
        }

        try
        {
            TorrentAnswer answer = await swarm.StartAsync().ConfigureAwait(false);
            if (answer is TorrentStartFail)
                Forget(swarm);
            return answer;
        }
        catch
        {
            Forget(swarm);
            throw;
        }
    }

    private ISwarm NewSwarm(CreateNewTorrent command) =>
        command.Metainfo is null ? new MetadataSwarm(_engine, command, Say, GoOnAsync) : new Swarm(_engine, command, Say);

    /// <summary>The metadata of a torrent is here: another swarm takes its place, with its peers.</summary>
    private Task GoOnAsync(MetadataSwarm fetched)
    {
        CreateNewTorrent command = fetched.Successor;
        var swarm = new Swarm(_engine, command, Say, fetched.Network);
        _swarms.Replace(swarm);
        fetched.End();
        Say(new MetadataReceived(command.TorrentId, command.Metainfo!, swarm.Status));
        Task start = StartAsync();
        Track(start);
        return start;

        async Task StartAsync()
        {
            try
            {
                await swarm.StartAsync().ConfigureAwait(false);
            }
            catch (Exception e) when (e is not OutOfMemoryException)
            {
                EngineEvents.Log.FaultCaught(command.TorrentId, "start with metadata", e);
                Forget(swarm);
                Say(new TorrentWarning(command.TorrentId, new TorrentError(
                    TorrentErrorId.Unexpected, $"The torrent could not go on when its metadata was here: {e.Message}", "Start it again.")));
            }
        }
    }

    /// <param name="command">What ends the torrent.</param>
    /// <param name="end">Does it, and answers; null where it had ended before.</param>
    private async Task<TorrentAnswer> EndAsync(TorrentCommand command, Func<ISwarm, Task<TorrentAnswer?>> end)
    {
        while (_swarms.TryFind(command.TorrentId, out ISwarm? swarm) && await swarm.Started.ConfigureAwait(false))
        {
            if (await end(swarm).ConfigureAwait(false) is { } answer)
            {
                Forget(swarm);
                return answer;
            }

            // Somebody else has closed it, or it has a successor.
            await swarm.Ended.ConfigureAwait(false);
            if (!HasSuccessor(swarm))
                break;
        }

        return NotFound(command);
    }

    private bool HasSuccessor(ISwarm swarm) => swarm is MetadataSwarm
        && _swarms.TryFind(swarm.TorrentId, out ISwarm? other) && other is Swarm;

    private Task<TorrentAnswer> WithAsync(TorrentCommand command, Func<ISwarm, Task<TorrentError?>> what) =>
        WithAsync(command, async swarm => await what(swarm).ConfigureAwait(false) is { } error
            ? Failure(command, error)
            : new CommandDone(command.TorrentId, command.CorrelationId, GetStatus(command.TorrentId) ?? swarm.Status));

    private async Task<TorrentAnswer> WithAsync(TorrentCommand command, Func<ISwarm, Task<TorrentAnswer>> what)
    {
        while (_swarms.TryFind(command.TorrentId, out ISwarm? swarm) && await swarm.Started.ConfigureAwait(false))
        {
            try
            {
                return await what(swarm).ConfigureAwait(false);
            }
            catch (ObjectDisposedException) when (swarm.IsEnding)
            {
                // While the command waited for its turn it was closed, or its metadata came.
                if (!HasSuccessor(swarm))
                    break;
            }
        }

        return NotFound(command);
    }

    private async Task StopAllAsync()
    {
        IReadOnlyList<ISwarm> swarms = _swarms.All;
        Task stopped = Task.WhenAll(swarms.Select(s => s.StopAsync()));
        await stopped.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        foreach (ISwarm swarm in swarms)
            Forget(swarm);
    }

    private void Forget(ISwarm swarm)
    {
        _swarms.Remove(swarm);
        swarm.End();
    }

    private static CommandFail NotFound(TorrentCommand command) => new(command.TorrentId, command.CorrelationId, new TorrentError(
        TorrentErrorId.TorrentNotFound, $"No torrent {command.TorrentId} runs here.", "Look at the statuses for those that do, or start it."));

    private CommandFail NotSupported(TorrentCommand command) => new(command.TorrentId, command.CorrelationId, new TorrentError(
        TorrentErrorId.NotSupported, $"The engine {Name} cannot carry out {command.GetType().Name}.", "Look at what the engine can do."));

    private void Refuse(TorrentCommand command) => Say(Failure(command, Stopped));

    private static TorrentAnswer Failure(TorrentCommand command, TorrentError error) => command is CreateNewTorrent
        ? new TorrentStartFail(command.TorrentId, command.CorrelationId, error)
        : new CommandFail(command.TorrentId, command.CorrelationId, error);
}

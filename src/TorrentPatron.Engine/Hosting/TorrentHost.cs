using System.Collections.ObjectModel;
using System.Net;
using System.Net.Sockets;
using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Diagnostics;
using TorrentPatron.Engine.Network;
using TorrentPatron.Engine.Shared;
using TorrentPatron.Engine.Metadata;
using TorrentPatron.Engine.Storage;
using TorrentPatron.Engine.Timing;
using TorrentPatron.Protocol;
using TorrentPatron.Protocol.Magnets;
using TorrentPatron.Protocol.Metainfo;
using TorrentPatron.Protocol.Trackers;
using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Engine.Hosting;

/// <summary>
/// One torrent from its start to its end, with any kind of work: runs commands one at a time, joins and leaves the swarm with a
/// check where needed, and handles the events of its work. When the metadata of a magnet link arrives, it switches to other work.
/// A command that comes while it is stopping throws <see cref="ObjectDisposedException"/>.
/// </summary>
internal sealed class TorrentHost : ITicking, IWorkEvents, ITorrentNetworkOwner, IQueuedTorrent, IAsyncDisposable
{
    /// <summary>The number of bytes that are checked within a few hundredths of a second.</summary>
    private const long QuicklyChecked = 16L << 20;

    /// <summary>Maximum number of stopped torrents whose saved state is read to find files for a new torrent.</summary>
    private const int MostStoppedRead = 16;

    /// <summary>How often the blocks of slow pieces are written and saved, so that they survive a crash.</summary>
    private static readonly TimeSpan WriteOutInterval = TimeSpan.FromSeconds(5);

    private readonly EngineResources _engine;
    private readonly IWorkshop _workshop;
    private readonly Action<TorrentMessage> _say;
    private readonly TorrentNetwork _network;
    private readonly TorrentLedger _ledger;
    private readonly TorrentPublisher _publisher;
    private readonly ResumeKeeper _resume;
    private readonly FreeSpaceWatch _freeSpace = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly SemaphoreSlim _commands = new(1, 1);

    /// <summary>The start's outcome; null once the torrent has started, to save memory.</summary>
    private volatile TaskCompletionSource<bool>? _started = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Null until someone waits for the end, or it has come.</summary>
    private TaskCompletionSource? _ended;
    private CreateNewTorrent _command;
    private TorrentContent? _content;
    private Instant _lastTick;
    private Instant _lastWriteOut;
    private volatile bool _isResting;
    private TorrentError? _heldFile;
    private TorrentError? _networkDown;
    private volatile bool _isEnding;
    private bool _isDisposed;
    /// <summary>
    /// The file stamps with which a complete torrent was closed before this run; null if it was not, or has written to its files since.
    /// It stays saved as closed with these stamps. So the restart of a seed writes nothing, and the next start finds what other
    /// programs have changed meanwhile, however this run ends.
    /// </summary>
    private volatile IReadOnlyList<FileStamp?>? _closedFiles;
    private bool _mayDownload;

    /// <summary>Creates a host, which does nothing before its start.</summary>
    /// <param name="engine">The engine's shared resources.</param>
    /// <param name="workshop">Creates the torrent's work.</param>
    /// <param name="command">The start command.</param>
    /// <param name="say">Takes the messages about the torrent.</param>
    public TorrentHost(EngineResources engine, IWorkshop workshop, CreateNewTorrent command, Action<TorrentMessage> say)
    {
        _engine = engine;
        _workshop = workshop;
        _command = command;
        _say = say;
        _mayDownload = !command.MetadataOnly;
        _lastTick = _lastWriteOut = Instant.Now(engine.Time);
        _network = new TorrentNetwork(command, engine);
        _ledger = new TorrentLedger(engine, command, _network.Peers.Directory, this);
        engine.Queue.Add(_ledger.Place, command.RequestedAt);
        _resume = new ResumeKeeper(command.ResumeStore, engine.DiskWorkers, engine.Time, engine.Random, SaveWarningChanged);
        _publisher = new TorrentPublisher(engine, command.TorrentId, _ledger, () => _ledger.MakeStatus(_network.Trackers.Snapshot(), _resume.Warning), say);
        if (command.Metainfo is not { } metainfo)
            _ledger.Work = workshop.Make(command.Magnet!, _network, this);
        else if (IsBare(metainfo))
            _ledger.Work = workshop.Make(new MagnetLink { InfoHash = metainfo.TorrentId.V1, InfoHashV2 = metainfo.TorrentId.V2 }, _network, this);
        else
            Know(metainfo);
        _network.Use(this);
    }

    /// <summary>The torrent's id.</summary>
    public TorrentId TorrentId => _command.TorrentId;

    /// <summary>The torrent; null if its metadata is not known.</summary>
    public TorrentMetainfo? Metainfo => _ledger.Metainfo;

    /// <summary>The torrent's id with all of its known hashes: those in the link, until the metadata arrives.</summary>
    public TorrentId KnownId => _ledger.Metainfo?.TorrentId ?? TorrentId;

    /// <summary>The latest snapshot.</summary>
    public TorrentStatus Status => _publisher.Status;

    /// <summary>Called when more of the torrent's hashes become known than its link names.</summary>
    public Action<TorrentHost> Learned { private get; init; } = static _ => { };

    /// <summary>Finds another torrent of the engine that turns out to be the same one, by newly known hashes.</summary>
    public Func<TorrentHost, TorrentId, TorrentHost?> Twin { private get; init; } = static (_, _) => null;

    /// <summary>The engine's torrents by the lengths of their files, including this one; null: there are no others.</summary>
    public ReuseIndex? Others { private get; init; }

    /// <summary>Its entry in that index. Guarded by the index.</summary>
    internal ReuseIndex.Entry? ReuseEntry { get; set; }

    /// <summary>Whether it was idle at the last visit, and has not been woken since.</summary>
    public bool IsResting => _isResting;

    /// <summary>Completes when the start has succeeded (true) or failed.</summary>
    public Task<bool> Started => _started?.Task ?? Task.FromResult(true);

    /// <summary>Whether it is stopping, or its start has failed.</summary>
    public bool IsEnding => _isEnding;

    /// <summary>Completes when the engine has removed it.</summary>
    public Task Ended => EndSource.Task;

    private TaskCompletionSource EndSource =>
        LazyInitializer.EnsureInitialized(ref _ended, static () => new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));

    /// <summary>The work that moves its data or fetches its metadata.</summary>
    public IWork Work => _ledger.Work;

    /// <summary>Current snapshots of the files; empty if they are not known.</summary>
    public IReadOnlyList<FileSnapshot> Files() => _content?.Snapshot() ?? [];

    /// <summary>Current snapshots of the connected peers.</summary>
    public IReadOnlyList<PeerSnapshot> Peers() => Work.Peers();

    /// <summary>The peers whose connections ended most recently, the latest first.</summary>
    public IReadOnlyList<ClosedPeer> ClosedPeers() => _network.Peers.Closed;

    /// <summary>Starts the torrent; a long check continues after the answer.</summary>
    public async Task<TorrentAnswer> StartAsync()
    {
        await _commands.WaitAsync().ConfigureAwait(false);
        try
        {
            TorrentError? error = await TryAsync(_content is null ? BeginFetchingAsync : BeginAsync).ConfigureAwait(false);
            if (error is not null)
            {
                await DisposeAsync().ConfigureAwait(false);
                return new TorrentStartFail(TorrentId, _command.CorrelationId, error);
            }

            _started?.TrySetResult(true);
            _started = null;
            return new NewTorrentCreated(TorrentId, _command.CorrelationId, Status)
            {
                MergedTrackers = _ledger.Choices.MergedTrackers,
                Reservation = PrivateTrackers.Refused(_ledger.Name, _ledger.Choices.RefusedTrackers),
            };
        }
        catch
        {
            await DisposeAsync().ConfigureAwait(false);
            throw;
        }
        finally
        {
            _commands.Release();
        }
    }

    /// <summary>Called when the engine has removed it.</summary>
    public void End()
    {
        _started?.TrySetResult(false);
        EndSource.TrySetResult();
    }

    /// <summary>Stops for good: tells the trackers, closes the files, saves the state.</summary>
    /// <returns>Whether this call stopped it; false if it had already stopped.</returns>
    public Task<bool> StopAsync() => StopAsync(() =>
    {
        _ledger.ClosedInOrder = true;
        return SaveAsync();
    });

    /// <summary>Stops for good and deletes the saved state and, if wanted, the torrent's own data.</summary>
    /// <returns>What was deleted; null if it had already stopped.</returns>
    public async Task<ErasedData?> RemoveAsync(bool deleteData)
    {
        ErasedData erased = ErasedData.Nothing;
        bool isDone = await StopAsync(async () =>
        {
            if (_content is not null)
                erased = await _content.EraseAsync(deleteData).ConfigureAwait(false);
            await _resume.DiscardAsync().ConfigureAwait(false);
        }).ConfigureAwait(false);
        return isDone ? erased : null;
    }

    /// <summary>Leaves the swarm but keeps the torrent.</summary>
    public Task SuspendAsync() => InTurnAsync(async () =>
    {
        if (_ledger.State != TorrentState.Suspended)
            await PauseAsync().ConfigureAwait(false);
        return null;
    });

    /// <summary>Continues after a suspension or failure; data that a failure left in doubt is checked again.</summary>
    /// <returns>Why it cannot; null if it does.</returns>
    public Task<TorrentError?> ResumeAsync() => InTurnAsync(async () =>
    {
        _mayDownload = true;
        return _ledger.State is TorrentState.Suspended or TorrentState.Failed ? await RunAgainAsync().ConfigureAwait(false) : null;
    });

    /// <summary>Hashes everything that can be on disk again, and continues with the result.</summary>
    /// <returns>The pieces that counted as verified and are not, or why the check was not completed.</returns>
    public async Task<(ReadOnlyCollection<int> BadPieces, TorrentError? Error)> RecheckAsync()
    {
        Bitfield? before = null;
        Task<Bitfield?>? check = null;
        TorrentError? refusal = await WithContentAsync(async content =>
        {
            bool wasSuspended = _ledger.State == TorrentState.Suspended;
            await LeaveAsync().ConfigureAwait(false);
            before = Work.Verified();
            (Bitfield possible, IReadOnlyList<UnfinishedPiece> unfinished) = await content.FindPossibleAsync().ConfigureAwait(false);
            // The state first: otherwise a seed without any piece would be visible.
            _ledger.BeginCheck(possible);
            _publisher.Set(TorrentState.Checking);
            Work.Reset(new Bitfield(content.Metainfo.PieceCount), unfinished);
            _ledger.Error = null;
            _closedFiles = null;
            check = await CheckOrJoinAsync(content, possible, CompletionReason.Rechecked, wasSuspended).ConfigureAwait(false);
            return null;
        }).ConfigureAwait(false);

        if (refusal is not null)
            return ([], refusal);
        if (await check!.ConfigureAwait(false) is not { } good)
            return ([], _ledger.Error ?? HostErrors.CheckInterrupted(_ledger.Name));
        var bad = new List<int>();
        foreach (int piece in before!.Ones)
        {
            if (!good[piece])
                bad.Add(piece);
        }

        return (bad.AsReadOnly(), null);
    }

    /// <summary>Moves the files to another folder, and continues there.</summary>
    /// <returns>Why the files are still at the old place, or null.</returns>
    public async Task<TorrentError?> MoveAsync(string destination)
    {
        Task<TorrentError?>? move = null;
        TorrentError? refusal = await WithContentAsync(async content =>
        {
            if (!Path.IsPathFullyQualified(destination))
                return HostErrors.NoDestination(destination);
            if (DestinationPath.Refuse(destination) is { } refused)
                return refused;
            var to = new FileLayout(content.Metainfo, destination);
            if (await _engine.DiskWorkers.RunAsync(() => PathCase.AreOne(to.Destination, content.Storage.Layout.Destination)).ConfigureAwait(false))
                return null;

            TorrentState before = _ledger.State == TorrentState.Moving ? _ledger.StateBeforeMove : _ledger.State;
            await LeaveAsync().ConfigureAwait(false);
            // Saved first, so that the next start can repair a move that a kill interrupted.
            _ledger.BeginMove(before, to.Destination);
            await SaveAsync().ConfigureAwait(false);
            move = BeginMove(content, to, before);
            return null;
        }).ConfigureAwait(false);
        return refusal ?? (move is null ? null : await move.ConfigureAwait(false));
    }

    /// <summary>Changes which files are wanted.</summary>
    /// <returns>Why the change was refused; null if it was made.</returns>
    public Task<TorrentError?> SetFilePrioritiesAsync(IReadOnlyList<FilePriority> priorities) => WithContentAsync(async content =>
    {
        if (priorities.Count != content.Metainfo.Files.Count)
            return HostErrors.WrongNumberOfPriorities(content.Metainfo, priorities.Count);
        if (_ledger.State == TorrentState.Moving)
            return HostErrors.NotActive(_ledger.Name);
        await content.PrepareAsync(priorities).ConfigureAwait(false);
        await Work.PrepareAsync(priorities).ConfigureAwait(false);
        Wake();
        _publisher.WantsChanged(
            () =>
            {
                _ledger.Choices = _ledger.Choices.With(priorities);
                Work.Want(priorities);
            },
            () => Work.IsComplete);
        content.Claim.Follow(content.Files);
        if (_ledger.IsInSwarm)
            await SetAttributesAsync().ConfigureAwait(false);
        Work.Wanted();
        await SaveAsync().ConfigureAwait(false);
        return null;
    });

    /// <summary>Changes the torrent's options.</summary>
    /// <returns>Why the change was refused; null if it was made.</returns>
    public Task<TorrentError?> SetAsync(TorrentOptions options) => InTurnAsync(async () =>
    {
        if (_workshop.Refuse(options) is { } lacking)
            return lacking;
        TorrentChoices before = _ledger.Choices;
        bool isTurned = _content is not null && options.SeedOnly is { } seedOnly && seedOnly != before.SeedOnly;
        if (isTurned && options.SeedOnly == true && _ledger.State is TorrentState.Downloading or TorrentState.Queued && !Work.IsComplete)
            return HostErrors.NotComplete(_ledger.Name);
        _ledger.Choices = before.With(options);
        if (options.Goal is not null)
            _ledger.IsGoalReached = false;
        ApplyChoices();
        if (options.QueuePosition is { } position)
            _engine.Queue.Move(_ledger.Place, position);
        TorrentError? error = null;
        // A seeding torrent restarts with its new write permissions; one that is being checked or suspended is not disturbed.
        if (isTurned && _ledger.State == TorrentState.Seeding)
        {
            await LeaveAsync().ConfigureAwait(false);
            error = await ContinueAsync().ConfigureAwait(false);
        }

        await SettledAsync().ConfigureAwait(false);
        // While it is queued or idle, ticks are rare.
        if (_ledger.HasReachedGoal())
            Watch(RestAtGoalAsync(), "seed goal");
        return error;
    });

    /// <summary>Adds peers, trackers and web seeds.</summary>
    /// <returns>Why they were not added; null if they were.</returns>
    public Task<TorrentError?> AddAsync(AddSources sources) => InTurnAsync(async () =>
    {
        if (RefuseWebSeeds(sources.WebSeeds) is { } lacking)
            return lacking;
        AddPeers(sources.Peers, PeerSource.Manual);
        AddPeers(sources.FoundPeers, PeerSource.Link);
        _network.Discovery.AddDhtNodes(sources.DhtNodes);
        _ledger.Choices = _ledger.Choices.WithTrackers(sources.Trackers).WithFoundTrackers(sources.FoundTrackers, _ledger.OwnTrackers);
        if (sources.WebSeeds.Count + sources.FoundWebSeeds.Count > 0)
        {
            _ledger.Choices = _ledger.Choices.WithWebSeeds(sources.WebSeeds).WithFoundWebSeeds(sources.FoundWebSeeds, _ledger.OwnWebSeeds);
            Work.Apply(_ledger.Choices);
        }

        // If the user gives one of the torrent's own trackers that was removed, it is used again.
        foreach (Uri tracker in _ledger.Choices.AddedTrackers.Concat(sources.Trackers))
            _network.Trackers.Add(tracker);
        await SettledAsync().ConfigureAwait(false);
        return null;
    });

    /// <summary>Removes trackers.</summary>
    public Task RemoveTrackersAsync(IReadOnlyList<Uri> trackers) => InTurnAsync(async () =>
    {
        _ledger.Choices = _ledger.Choices.WithoutTrackers(trackers);
        foreach (Uri tracker in trackers)
            _network.Trackers.Remove(tracker);
        await SettledAsync().ConfigureAwait(false);
        return null;
    });

    /// <summary>Removes web seeds.</summary>
    /// <returns>Why not; null if they were removed.</returns>
    public Task<TorrentError?> RemoveWebSeedsAsync(IReadOnlyList<Uri> webSeeds) => InTurnAsync(async () =>
    {
        if (RefuseWebSeeds(webSeeds) is { } lacking)
            return lacking;
        _ledger.Choices = _ledger.Choices.WithoutWebSeeds(webSeeds);
        Work.Apply(_ledger.Choices);
        await SettledAsync().ConfigureAwait(false);
        return null;
    });

    /// <summary>Announces to trackers as soon as they allow it.</summary>
    /// <returns>Why not; null if it does.</returns>
    public TorrentError? Announce(IReadOnlyList<Uri> trackers)
    {
        if (!_ledger.IsInSwarm)
            return _ledger.State == TorrentState.Queued ? HostErrors.Waits(_ledger.Name) : HostErrors.NotActive(_ledger.Name);
        _network.Trackers.AnnounceNow(trackers);
        return null;
    }

    /// <summary>Takes metadata that did not come from peers; does nothing if it is known.</summary>
    public Task GiveAsync(TorrentMetainfo metainfo) => InTurnAsync(async () =>
    {
        if (_ledger.Metainfo is null && !IsBare(metainfo))
            await TakeAsync(metainfo).ConfigureAwait(false);
        return null;
    });

    /// <summary>Publishes a message with a status, in order with the torrent's other messages.</summary>
    public void Say(Func<TorrentStatus, TorrentMessage> make) => _publisher.Say(make);

    /// <summary>Takes an incoming connection.</summary>
    public void Accept(IConnection connection, Handshake handshake)
    {
        Wake();
        Work.Accept(connection, handshake);
    }

    /// <summary>Called when the IP filter has changed: closes connections to peers that it no longer allows.</summary>
    public void FilterChanged() => _network.Peers.CloseFiltered();

    /// <summary>Called when the bound network interface went down or changed its address.</summary>
    public void LeaveNetwork(string reason)
    {
        _network.Drop(reason);
        Work.DropConnections();
        NoteNetwork();
        _publisher.Changed();
    }

    /// <summary>Called when the network is back.</summary>
    public void RejoinNetwork()
    {
        Wake();
        _network.Rejoin();
        NoteNetwork();
        _publisher.Changed();
    }

    /// <summary>Does the work that is due; called about once a second, and rarely while the torrent is idle.</summary>
    public void Tick()
    {
        var now = Instant.Now(_engine.Time);
        TimeSpan elapsed = now - _lastTick;
        _lastTick = now;
        // Before its start there is nothing to save, and after its end another process may own the state.
        if (_ledger.State == TorrentState.Stopped)
            return;
        bool wasResting = _isResting;
        TransferTotals totals = _ledger.Totals;
        _isResting = _ledger.IsResting && !_resume.IsDirty(totals);
        if (_isResting && !wasResting)
            _publisher.Changed();
        if (_resume.IsDue(totals))
            Watch(SaveAsync(), "saving of a torrent");
        if (_ledger.IsInSwarm)
            _engine.Queue.NoteIdle(_ledger.Place, _ledger.NoteFlow());
        if (!_isResting && _ledger.State is not (TorrentState.Suspended or TorrentState.Failed or TorrentState.Queued))
            TickAwake(now, elapsed);
        if (_ledger.HasReachedGoal())
            Watch(RestAtGoalAsync(), "seed goal");
    }

    /// <inheritdoc/>
    bool ITorrentNetworkOwner.IsSeed => Work.IsComplete;

    /// <inheritdoc/>
    AnnounceRequest ITorrentNetworkOwner.MakeAnnounce(AnnounceEvent announceEvent, AddressFamily family) => _ledger.MakeAnnounce(announceEvent, family);

    /// <inheritdoc/>
    void ITorrentNetworkOwner.TrackersChanged() => _publisher.Changed();

    /// <inheritdoc/>
    void ITorrentNetworkOwner.AddPeers(IEnumerable<IPEndPoint> peers, PeerOrigin origin) => AddPeers(peers, origin);

    /// <inheritdoc/>
    void IQueuedTorrent.TurnChanged() => Watch(FollowQueueLaterAsync(), "queue");

    /// <inheritdoc/>
    void IQueuedTorrent.KeyChanged()
    {
        _resume.Touch();
        _publisher.Update();
    }

    /// <inheritdoc/>
    void IWorkEvents.PieceVerified(int piece, bool isComplete)
    {
        if (_content is not { } content)
            return;
        _resume.PieceVerified(piece);
        // Before the event is published: a listener may open the files at once.
        if (isComplete)
        {
            content.Storage.EndWriting();
            content.Storage.SetAttributes(Work.Has);
        }
        else
        {
            content.Storage.PieceVerified(piece, Work.Has);
        }

        _publisher.PieceArrived();
        TorrentError? error = isComplete
            ? content.Storage.FindLoss(Work.Verified())?.Error
            : _freeSpace.Written(content.Metainfo.PieceSize(piece), content.Storage.Layout.Destination, _ledger.Choices.MinimumFreeSpace);
        if (error is not null)
        {
            ((IWorkEvents)this).StorageFailed(error);
        }
        else if (isComplete)
        {
            // Trackers count only whole downloads, not a selection of files (BEP 3).
            if (Work.MissingBytes == 0)
                _network.Trackers.Completed();
            if (_publisher.TryComplete())
                Watch(SaveAsync(), "saving of a torrent");
        }
    }

    /// <inheritdoc/>
    void IWorkEvents.StorageFailed(TorrentError error)
    {
        EngineEvents.Log.DiskError(TorrentId, error);
        Fail(error);
    }

    /// <inheritdoc/>
    void IWorkEvents.Warned(TorrentError warning) => _publisher.Say(_ => new TorrentWarning(TorrentId, warning));

    /// <inheritdoc/>
    void IWorkEvents.Faulted(Exception fault) => _engine.Faults.EndTorrent(TorrentId, "piece finisher", fault);

    /// <inheritdoc/>
    void IWorkEvents.MetadataFetched(byte[] info) => Watch(TryInTurnAsync(() => TakeAsync(info)), "adoption of metadata");

    private async Task TakeAsync(byte[] info)
    {
        if (_ledger.Metainfo is not null || _command.Magnet is not { } magnet)
            return;
        TorrentMetainfo? metainfo = null;
        string fault = "";
        try
        {
            metainfo = await _engine.DiskWorkers
                .RunAsync(() => MetainfoReader.ReadInfo(info, magnet.Trackers, magnet.WebSeeds, magnet.DhtNodes)).ConfigureAwait(false);
        }
        catch (MetainfoException e)
        {
            fault = e.Message;
        }

        if (metainfo is null)
            await StopByItselfAsync(HostErrors.UnusableMetadata(_ledger.Name, fault)).ConfigureAwait(false);
        else if (!IsBare(metainfo))
            await TakeAsync(metainfo).ConfigureAwait(false);
        else if (LayerFetcher.SizeOf(metainfo) > MetainfoReader.MaxMetadataBytes)
            await StopByItselfAsync(HostErrors.UnusableMetadata(metainfo.Name, "It has too many piece hashes to fetch from peers.")).ConfigureAwait(false);
        else if (_ledger.State == TorrentState.FetchingMetadata)
            Work.FetchPieceLayers(metainfo);
    }

    /// <inheritdoc/>
    void IWorkEvents.PieceLayersFetched(TorrentMetainfo metainfo, IReadOnlyDictionary<InfoHashV2, ReadOnlyMemory<byte>> layers) =>
        Watch(TryInTurnAsync(() => TakeAsync(metainfo, layers)), "adoption of piece layers");

    private async Task TakeAsync(TorrentMetainfo metainfo, IReadOnlyDictionary<InfoHashV2, ReadOnlyMemory<byte>> layers)
    {
        if (_ledger.Metainfo is { HasPieceLayers: true })
            return;
        TorrentMetainfo whole;
        try
        {
            whole = await _engine.DiskWorkers.RunAsync(() => MetainfoReader.WithPieceLayers(metainfo, layers)).ConfigureAwait(false);
        }
        catch (MetainfoException e)
        {
            // Each layer is already proven; together they can only be too large. A hybrid torrent continues without them.
            if (_ledger.Metainfo is null)
                await StopByItselfAsync(HostErrors.UnusableMetadata(_ledger.Name, e.Message)).ConfigureAwait(false);
            return;
        }

        if (_ledger.Metainfo is null)
        {
            await TakeAsync(whole).ConfigureAwait(false);
            return;
        }

        await _resume.SaveMetadataAsync(whole).ConfigureAwait(false);
        _ledger.Metainfo = whole;
        Work.Learn(whole);
    }

    /// <summary>Whether a torrent cannot be downloaded yet: a version 2 torrent without its piece layers.</summary>
    private static bool IsBare(TorrentMetainfo metainfo) => metainfo is { Version: MetainfoVersion.V2, HasPieceLayers: false };

    /// <summary>Releases everything. Stopping ends with this; a torrent that never started needs nothing else.</summary>
    public async ValueTask DisposeAsync()
    {
        _isEnding = true;
        _isDisposed = true;
        _engine.Queue.Remove(_ledger.Place);
        await _stop.CancelAsync().ConfigureAwait(false);
        await Work.DisposeAsync().ConfigureAwait(false);
        await _network.DisposeAsync().ConfigureAwait(false);
        if (_content is not null)
            await _content.DisposeAsync().ConfigureAwait(false);
        await _resume.DisposeAsync().ConfigureAwait(false);
        // Last: from now on the saved state protects the paths.
        _content?.Claim.Dispose();
        _stop.Dispose();
    }

    // ---- turns ------------------------------------------------------------------------------------------------------------

    /// <summary>Runs a command after those before it.</summary>
    private async Task<TorrentError?> InTurnAsync(Func<Task<TorrentError?>> command)
    {
        await _commands.WaitAsync().ConfigureAwait(false);
        try
        {
            ObjectDisposedException.ThrowIf(_isEnding, this);
            return await TryAsync(command).ConfigureAwait(false);
        }
        finally
        {
            _commands.Release();
        }
    }

    /// <summary>Runs a command that needs the torrent's files.</summary>
    private Task<TorrentError?> WithContentAsync(Func<TorrentContent, Task<TorrentError?>> command) => InTurnAsync(
        () => _content is { } content ? command(content) : Task.FromResult<TorrentError?>(HostErrors.NoMetadata(_ledger.Name)));

    /// <summary>Runs an action of the torrent's own in a turn; does nothing if the torrent is stopping.</summary>
    private async Task TryInTurnAsync(Func<Task> what)
    {
        try
        {
            await InTurnAsync(async () =>
            {
                await what().ConfigureAwait(false);
                return null;
            }).ConfigureAwait(false);
        }
        catch (ObjectDisposedException)
        {
            // It was stopped meanwhile.
        }
    }

    private static async Task<TorrentError?> TryAsync(Func<Task<TorrentError?>> what)
    {
        try
        {
            return await what().ConfigureAwait(false);
        }
        catch (StorageException e)
        {
            return e.Error;
        }
        catch (RefusedException e)
        {
            return e.Error;
        }
    }

    // ---- the beginning ----------------------------------------------------------------------------------------------------

    /// <summary>Switches to the work for a torrent whose metadata is known.</summary>
    private TorrentContent Know(TorrentMetainfo metainfo)
    {
        var content = new TorrentContent(_engine, metainfo, _command, _ledger);
        _ledger.Know(metainfo, content.Storage, _workshop.Make(metainfo, content.Storage, _network, this));
        _resume.Know(content.Storage);
        _content = content;
        // A magnet link cannot say whether the torrent is private.
        if (metainfo.IsPrivate)
            _network.Discovery.BecomePrivate();
        _network.Learn(metainfo.TorrentId);
        Learned(this);
        return content;
    }

    private async Task<TorrentError?> BeginFetchingAsync()
    {
        if (!_command.MetadataOnly)
            await _engine.DiskWorkers.RunAsync(() => StoragePreparation.CheckDestination(_command.Destination)).ConfigureAwait(false);
        (ResumeData? data, TorrentError? warning) = await _resume.LoadAsync().ConfigureAwait(false);
        _ledger.Begin(data, warning);
        TakePlace(data);
        Choose(TorrentChoices.Of(_command, data), data);
        _ledger.Reuse = _ledger.Choices.Reuse;
        AddPeers([.. _command.Magnet?.Peers.Select(peer => peer.EndPoint).OfType<IPEndPoint>() ?? []], PeerSource.Link);
        if (_command.Suspended)
            _publisher.Set(TorrentState.Suspended);
        else
            Fetch();
        if (warning is not null)
            _say(new TorrentWarning(TorrentId, warning));
        await SaveAsync().ConfigureAwait(false);
        return null;
    }

    private async Task<TorrentError?> BeginAsync()
    {
        TorrentContent content = _content!;
        // Once for all the steps that follow: otherwise each of ten thousand torrents started together would change threads three
        // times.
        await _engine.DiskWorkers.Enter();
        (ResumeData? data, TorrentError? warning) = await _resume.LoadAsync().ConfigureAwait(false);
        TorrentChoices choices = TorrentChoices.Of(_command, data);
        if ((_workshop.Refuse(_command.Options) ?? RefuseWebSeeds(_command.WebSeeds)) is { } lacking)
            return lacking;
        if ((_command.Selection ?? data?.Selection) is not null && !choices.WantsAny(content.Metainfo))
            return FileSelection.NothingSelected(content.Metainfo);
        // First, because it may refuse the torrent, before anything has been created.
        await Work.BeginAsync(choices).ConfigureAwait(false);

        StartPlan plan = await content.PlanAsync(data, _command.Recheck, choices, _command.IsDestinationSaved).ConfigureAwait(false);
        // Most destinations contain no links; sharing the string saves memory.
        string destination = content.Storage.Layout.Destination;
        _ledger.RealDestination = plan.RealDestination is { } real ? (destination, real == destination ? destination : real) : null;
        _ledger.Origin = plan.Origin;
        _ledger.Begin(data, warning);
        TakePlace(data);
        Choose(choices, data);
        _ledger.Reuse = choices.Reuse;
        _closedFiles = data is { ClosedInOrder: true } && plan.ToCheck.IsEmpty && plan.Trusted.IsFull
            && data.Files.Count == content.Storage.Layout.Files.Count ? data.Files : null;
        Work.Reset(plan.Trusted, plan.Unfinished);
        content.Claim.Follow(content.Files);
        bool isQuick = (long)plan.ToCheck.Count * content.Metainfo.PieceLength <= QuicklyChecked;
        // If the check is short, a file that is not the torrent's, or not good enough to seed, fails the start itself.
        bool isAwaited = isQuick && !_command.Suspended && (plan.IsDisputed || choices.SeedOnly);
        Task check = await CheckOrJoinAsync(
            content, plan.ToCheck, _command.Recheck || data is null ? CompletionReason.Rechecked : CompletionReason.AlreadyOnDisk,
            _command.Suspended, isAwaited).ConfigureAwait(false);
        if (isAwaited)
        {
            await check.ConfigureAwait(false);
            if (_ledger is { State: TorrentState.Failed, Error: { } error })
                return error;
        }

        if (warning is not null)
            _say(new TorrentWarning(TorrentId, warning));
        // A check saves its result, so a quick one need not save at its beginning; for many torrents that adds up. Nor need the
        // first moment's seeding time be saved: most starts after a crash change nothing in the saved state.
        if (plan.ToCheck.IsEmpty || !isQuick)
            await _resume.CheckpointStartAsync(() => MakeResumeData() with { SeedingTime = data?.SeedingTime ?? default }).ConfigureAwait(false);
        return null;
    }

    /// <summary>Takes the torrent's place in the queue, from its saved state or as the start command says. Only at its start.</summary>
    private void TakePlace(ResumeData? data)
    {
        if (_started is null)
            return;
        if (data is not null)
            _engine.Queue.Restore(_ledger.Place, data.QueueKey ?? data.AddedAt.UtcTicks);
        if (_command.Options.QueuePosition is { } position)
            _engine.Queue.Move(_ledger.Place, position);
    }

    /// <summary>Sets all choices, as a start does.</summary>
    private void Choose(TorrentChoices choices, ResumeData? data)
    {
        _ledger.Choices = choices;
        _network.Apply(choices);
        Choose();
        AddPeers(_command.Peers, PeerSource.Manual);
        AddPeers(_command.FoundPeers, PeerSource.Link);
        AddPeers(data?.Peers ?? [], PeerSource.Saved);
    }

    /// <summary>Applies the choices to the work.</summary>
    private void Choose()
    {
        Work.Apply(_ledger.Choices);
        if (_ledger.Choices.FilePriorities.Count > 0)
            Work.Want(_ledger.Choices.FilePriorities);
    }

    // ---- the metadata -----------------------------------------------------------------------------------------------------

    private void Fetch()
    {
        Wake();
        if (!_engine.Queue.Want(_ledger.Place, QueueRole.Download))
        {
            _publisher.Set(TorrentState.Queued);
            return;
        }

        _ledger.FetchingSince = Instant.Now(_engine.Time);
        // Before the state is published: a reader may dial at once.
        Work.Open();
        if (_command.Metainfo is { } bare)
            Work.FetchPieceLayers(bare);
        _publisher.Set(TorrentState.FetchingMetadata);
        _network.Join();
    }

    /// <summary>Continues with the metadata, or keeps it until the torrent is resumed.</summary>
    private async Task TakeAsync(TorrentMetainfo metainfo)
    {
        // Two links to a hybrid torrent with different hashes: only the metadata shows that they are the same torrent.
        if (Twin(this, metainfo.TorrentId) is { } twin)
        {
            await StopByItselfAsync(HostErrors.RunsAlready(metainfo.Name, twin.TorrentId)).ConfigureAwait(false);
            return;
        }

        await _resume.SaveMetadataAsync(metainfo).ConfigureAwait(false);
        _ledger.Metainfo = metainfo;
        if (_mayDownload && _ledger.State is TorrentState.FetchingMetadata or TorrentState.Queued)
        {
            await ContinueWithAsync(metainfo).ConfigureAwait(false);
            return;
        }

        _publisher.Say(status => new MetadataReceived(TorrentId, metainfo, status));
        await LeaveAsync().ConfigureAwait(false);
        _publisher.Set(TorrentState.Suspended);
        await SaveAsync().ConfigureAwait(false);
    }

    /// <summary>
    /// Continues once the metadata is known, like a start that had it. The start command was answered long ago, so on failure the
    /// torrent stays and retries when resumed.
    /// </summary>
    private async Task<TorrentError?> ContinueWithAsync(TorrentMetainfo metainfo)
    {
        _command = _command with
        {
            Metainfo = metainfo,
            Suspended = false,
            Recheck = false,
            Peers = [],
            Trackers = _ledger.Choices.AddedTrackers,
            WebSeeds = _ledger.Choices.AddedWebSeeds,
            FoundWebSeeds = [],
            Options = _ledger.Choices.Options,
            Selection = _ledger.Choices.Selection,
        };
        IWork fetching = Work;
        TorrentContent content = Know(metainfo);
        await fetching.DisposeAsync().ConfigureAwait(false);
        _publisher.Say(status => new MetadataReceived(TorrentId, metainfo, status));
        if (await TryAsync(BeginAsync).ConfigureAwait(false) is not { } error)
            return null;

        await LeaveAsync("The torrent has failed.").ConfigureAwait(false);
        // It may have failed before it resolved the selection: a resumed torrent downloads only what was selected.
        _ledger.Choices = _ledger.Choices.Knowing(metainfo);
        Choose();
        _ledger.Unchecked = new Bitfield(metainfo.PieceCount);
        _ledger.Unchecked.SetAll();
        await content.NoteOriginAsync().ConfigureAwait(false);
        _publisher.Fail(error);
        await SaveAsync().ConfigureAwait(false);
        return error;
    }

    private Task GiveUpWaitingAsync(TimeSpan timeout) => TryInTurnAsync(() => _ledger.State == TorrentState.FetchingMetadata
        ? StopByItselfAsync(HostErrors.MetadataTimeout(_ledger.Name, timeout, Work.Metadata?.Missing + StallCauses.Describe(Status)))
        : Task.CompletedTask);

    // ---- into the swarm and out of it -------------------------------------------------------------------------------------

    /// <summary>Checks the given pieces, then joins the swarm; a suspended torrent only does the check.</summary>
    /// <param name="content">The torrent's files.</param>
    /// <param name="toCheck">The pieces to hash first.</param>
    /// <param name="reason">How it becomes complete, if it does.</param>
    /// <param name="suspended">Whether it is to be suspended.</param>
    /// <param name="isAwaited">
    /// Whether the caller waits for a short check, so that it does not wait for other torrents' checks.
    /// </param>
    /// <returns>
    /// The check, which returns the good pieces, or null if it is cancelled. Callers must not wait for a long one.
    /// </returns>
    private async Task<Task<Bitfield?>> CheckOrJoinAsync(
        TorrentContent content, Bitfield toCheck, CompletionReason reason, bool suspended, bool isAwaited = false)
    {
        Wake();
        if (toCheck.IsEmpty)
        {
            _ledger.Unchecked = null;
            if (suspended)
                _publisher.Set(TorrentState.Suspended);
            else
                await TakeOverOrJoinAsync(content, reason).ConfigureAwait(false);
            return Task.FromResult<Bitfield?>(toCheck);
        }

        // Peers that helped with the metadata are dialled again when the verified pieces are known.
        Work.Halt("The torrent is checking the data on disk first.");
        _ledger.BeginCheck(toCheck);
        _resume.Touch();
        _publisher.Set(TorrentState.Checking);
        return content.Check.Begin(toCheck, error => EndCheckAsync(content, error, reason, suspended), isAwaited);
    }

    private async Task EndCheckAsync(TorrentContent content, TorrentError? error, CompletionReason reason, bool suspended)
    {
        if (error is not null)
        {
            _publisher.Fail(error);
            return;
        }

        if (!suspended && await content.DecideWritesAsync().ConfigureAwait(false) is { } refusal)
        {
            // The cause may have been fixed by the time it is resumed, so missing pieces are checked again.
            _ledger.Unchecked = Work.Verified().Inverse();
            _publisher.Fail(refusal);
            await SaveAsync().ConfigureAwait(false);
            return;
        }

        if (suspended)
            _publisher.Set(TorrentState.Suspended);
        else if (Work.IsComplete)
            _ledger.CompletedAt ??= WallTime.Now(_engine.Time);
        if (Work.IsComplete)
            _ledger.Reuse = null;
        // Before any piece can arrive: notes of pieces only make sense relative to this checkpoint.
        await SaveAsync().ConfigureAwait(false);
        if (!suspended)
            await TakeOverOrJoinAsync(content, reason).ConfigureAwait(false);
    }

    /// <summary>
    /// Reuses data from elsewhere on this machine if that is still to be done, then joins the swarm. Not awaited.
    /// </summary>
    private async Task TakeOverOrJoinAsync(TorrentContent content, CompletionReason reason)
    {
        if (_ledger.Reuse is not { } reuse || await FindReusableAsync(content, reuse).ConfigureAwait(false) is not { } sources)
        {
            _ledger.Reuse = null;
            await JoinAsync(reason).ConfigureAwait(false);
            return;
        }

        Work.Halt("The torrent is reusing data on this machine first.");
        _ledger.BeginCheck(new Bitfield(content.Metainfo.PieceCount));
        _resume.Touch();
        _publisher.Set(TorrentState.Checking);
        Watch(
            content.Check.BeginReuse(
                cancellation => content.Reuse.RunAsync(
                    reuse, sources, SaveAsync, warning => _publisher.Say(_ => new TorrentWarning(TorrentId, warning)), cancellation),
                error => EndCheckAsync(content, error, CompletionReason.Rechecked, suspended: false)),
            "reuse of data");
    }

    /// <summary>
    /// Other torrents' files that may contain data of this one, starting with torrents that it names (BEP 38); null if there are
    /// none.
    /// </summary>
    private async Task<ReuseSources?> FindReusableAsync(TorrentContent content, DataReuse reuse)
    {
        if (_ledger.Choices.SeedOnly || Work.IsComplete)
            return null;
        var sources = new ReuseSources(content.Storage.Layout, content.Metainfo);
        IReadOnlyList<(TorrentId Torrent, TorrentHost? Host)> others = Others?.Find(sources.Lengths) ?? [];
        foreach (TorrentHost other in others.Select(other => other.Host).OfType<TorrentHost>().Where(other => other != this)
            .OrderBy(other => other.IsNamedBy(content.Metainfo) ? 0 : 1))
            other.OfferTo(sources);

        IEnumerable<TorrentId> stopped = others.Where(other => other.Host is null).Select(other => other.Torrent);
        foreach (SavedFiles saved in await _resume.FindStoppedAsync(stopped, sources.Lengths, content.Metainfo.Similar, MostStoppedRead).ConfigureAwait(false))
            sources.Add(saved.Files, saved.Metainfo);
        return sources.IsEmpty && reuse.Folders.Count == 0 ? null : sources;
    }

    private void OfferTo(ReuseSources sources)
    {
        if (!_isEnding && _content is { } content)
            sources.Add(content.Files(), content.Metainfo);
    }

    private bool IsNamedBy(TorrentMetainfo metainfo) =>
        metainfo.Similar.Any(similar => similar.V1 is { } v1 && v1 == KnownId.V1 || similar.V2 is { } v2 && v2 == KnownId.V2 || similar == KnownId)
        || (Metainfo is { } own && own.Collections.Any(metainfo.Collections.Contains));

    /// <summary>Joins the swarm, or waits in the queue.</summary>
    private async Task JoinAsync(CompletionReason reason)
    {
        if (!_engine.Queue.Want(_ledger.Place, Work.IsComplete ? QueueRole.Seed : QueueRole.Download))
        {
            _publisher.Queue(() => Work.IsComplete, reason);
            return;
        }

        await SetAttributesAsync().ConfigureAwait(false);
        await Work.JoinAsync().ConfigureAwait(false);
        _publisher.Join(Work.Open, () => Work.IsComplete, reason);
        _network.Join();
    }

    private async Task SetAttributesAsync()
    {
        if (await _content!.SetAttributesAsync().ConfigureAwait(false) is { } warning)
            _publisher.Say(_ => new TorrentWarning(TorrentId, warning));
    }

    /// <summary>
    /// Continues with the current data on disk after a suspension, a failure, or a change of write permissions. The torrent has
    /// left its swarm.
    /// </summary>
    private async Task<TorrentError?> ContinueAsync()
    {
        TorrentContent content = _content!;
        if (_ledger.Choices.Selection is not null && !_ledger.Choices.WantsAny(content.Metainfo))
            return FileSelection.NothingSelected(content.Metainfo);
        StartPlan plan;
        try
        {
            // Blocks set aside by the failure must not be lost.
            await _engine.DiskWorkers.DrainAsync().ConfigureAwait(false);
            plan = await content.PlanAgainAsync().ConfigureAwait(false);
        }
        catch (StorageException e)
        {
            _publisher.Fail(e.Error);
            return e.Error;
        }

        Work.Reset(plan.Trusted, plan.Unfinished);
        content.Claim.Follow(content.Files);
        _ledger.Error = null;
        await CheckOrJoinAsync(
            content, plan.ToCheck, plan.ToCheck.IsEmpty ? CompletionReason.AlreadyOnDisk : CompletionReason.Rechecked, suspended: false)
            .ConfigureAwait(false);
        await SaveAsync().ConfigureAwait(false);
        return null;
    }

    /// <summary>Runs a torrent that has left its swarm, or was never in it, with or without its metadata.</summary>
    private async Task<TorrentError?> RunAgainAsync()
    {
        if (_content is not null)
            return await ContinueAsync().ConfigureAwait(false);

        _ledger.Error = null;
        if (_ledger.Metainfo is { } metainfo)
            return await ContinueWithAsync(metainfo).ConfigureAwait(false);
        Fetch();
        await SaveAsync().ConfigureAwait(false);
        return null;
    }

    private async Task FollowQueueLaterAsync()
    {
        // The caller may hold a lock.
        await Task.Yield();
        await TryInTurnAsync(FollowQueueAsync).ConfigureAwait(false);
    }

    /// <summary>Starts the torrent if it has its turn, and returns it to the queue if another one has.</summary>
    private async Task FollowQueueAsync()
    {
        if (_ledger.State == TorrentState.Queued && _ledger.Place.MayRun)
        {
            // An error that leaves it in the queue would block the others.
            if (await TryAsync(RunAgainAsync).ConfigureAwait(false) is { } error && _ledger.State == TorrentState.Queued)
                await StopByItselfAsync(error).ConfigureAwait(false);
        }
        else if (_ledger.IsInSwarm && !_ledger.Place.MayRun)
        {
            await LeaveAsync("The torrent waits in the queue.").ConfigureAwait(false);
            if (_ledger.IsInSwarm)
                _publisher.Set(TorrentState.Queued);
            await SaveAsync().ConfigureAwait(false);
        }
    }

    /// <summary>
    /// Moves the files, then continues as before, at the new place or, on failure, at the old one. The torrent has left its
    /// swarm.
    /// </summary>
    /// <returns>Why the files are still at the old place, or null. Must not be awaited.</returns>
    private Task<TorrentError?> BeginMove(TorrentContent content, FileLayout to, TorrentState before)
    {
        Wake();
        TorrentError? failure = _ledger.Error;
        _publisher.Set(TorrentState.Moving);
        return content.Move.Begin(to, async _ =>
        {
            // With the known pieces, and any unfinished check.
            if (before == TorrentState.Failed && failure is not null)
                _publisher.Fail(failure);
            else
                await CheckOrJoinAsync(
                    content, _ledger.Unchecked ?? new Bitfield(content.Metainfo.PieceCount), CompletionReason.AlreadyOnDisk,
                    before == TorrentState.Suspended).ConfigureAwait(false);
            await SaveAsync().ConfigureAwait(false);
        });
    }

    /// <summary>
    /// Cancels a check or a move, or leaves the swarm. Received blocks, including those of unfinished pieces, are written first;
    /// the trackers are told last, for at most a few seconds.
    /// </summary>
    private async Task LeaveAsync(string reason = "The torrent is leaving the swarm.")
    {
        await LeavePeersAsync(reason).ConfigureAwait(false);
        await _network.StopLookingAsync(CancellationToken.None).ConfigureAwait(false);
    }

    private async Task LeavePeersAsync(string reason)
    {
        if (_content is not null)
            await _content.InterruptAsync().ConfigureAwait(false);
        await Work.CloseAsync(reason).ConfigureAwait(false);
        // A torrent outside its swarm keeps no file open; also, some systems set the last-write time only when a file is closed.
        if (_content is not null)
            await _content.CloseFilesAsync().ConfigureAwait(false);
    }

    /// <param name="finish">The last step, when nothing touches the files any more.</param>
    private async Task<bool> StopAsync(Func<Task> finish)
    {
        _isEnding = true;
        _engine.Queue.Leave(_ledger.Place);
        await _commands.WaitAsync().ConfigureAwait(false);
        try
        {
            if (_isDisposed)
                return false;
            await LeavePeersAsync("The torrent is leaving the swarm.").ConfigureAwait(false);
            Task told = _network.StopLookingAsync(CancellationToken.None);
            if (_ledger.State != TorrentState.Failed)
                _publisher.Set(TorrentState.Stopped);
            // In parallel with the trackers' announce, so that a dead tracker does not delay the end of the process.
            await finish().ConfigureAwait(false);
            await told.ConfigureAwait(false);
            await DisposeAsync().ConfigureAwait(false);
            return true;
        }
        finally
        {
            _commands.Release();
        }
    }

    private async Task PauseAsync()
    {
        await LeaveAsync().ConfigureAwait(false);
        _publisher.Set(TorrentState.Suspended);
        await SaveAsync().ConfigureAwait(false);
    }

    private async Task StopByItselfAsync(TorrentError error)
    {
        await LeaveAsync("The torrent has failed.").ConfigureAwait(false);
        _publisher.Fail(error);
        await SaveAsync().ConfigureAwait(false);
    }

    /// <summary>Suspends the torrent because it has reached its goal.</summary>
    private Task RestAtGoalAsync() => TryInTurnAsync(async () =>
    {
        // Meanwhile the goal may have changed, or this may already have been done.
        if (!_ledger.HasReachedGoal())
            return;
        _ledger.IsGoalReached = true;
        await PauseAsync().ConfigureAwait(false);
        _publisher.Say(status => new SeedGoalReached(TorrentId, status));
    });

    // ---- what goes on meanwhile -------------------------------------------------------------------------------------------

    private void TickAwake(Instant now, TimeSpan elapsed)
    {
        if (_ledger.IsInSwarm)
        {
            Work.Tick(elapsed);
            _network.Tick();
        }

        if (_ledger.State == TorrentState.FetchingMetadata && _command.MetadataTimeout is { } timeout && now - _ledger.FetchingSince > timeout)
            Watch(GiveUpWaitingAsync(timeout), "metadata timeout");
        if (now - _lastWriteOut >= WriteOutInterval)
        {
            _lastWriteOut = now;
            Watch(WriteOutAsync(), "saving of a torrent");
        }

        NoteHeldFile();
        NoteNetwork();
        _ledger.NoteProgress();
        _publisher.Tick();
    }

    /// <summary>Publishes a warning when the torrent begins to wait for a file locked by another program.</summary>
    private void NoteHeldFile()
    {
        TorrentError? held = _content?.Storage.HeldWarning;
        if (held == _heldFile)
            return;
        _heldFile = held;
        if (held is null)
            return;
        EngineEvents.Log.DiskError(TorrentId, held);
        _publisher.Say(_ => new TorrentWarning(TorrentId, held));
    }

    /// <summary>Publishes a warning, once, when the network is down.</summary>
    private void NoteNetwork()
    {
        TorrentError? down = _ledger.IsInSwarm ? _engine.NetworkDown : null;
        if (down == Interlocked.Exchange(ref _networkDown, down) || down is null)
            return;
        _publisher.Say(_ => new TorrentWarning(TorrentId, down));
    }

    /// <summary>Takes peer addresses, and dials them.</summary>
    private void AddPeers(IEnumerable<IPEndPoint> peers, PeerOrigin origin)
    {
        Wake();
        Work.AddPeers(peers, origin);
    }

    /// <summary>Called before activity: the torrent is visited in each beat from the next one on.</summary>
    private void Wake()
    {
        if (!_isResting)
            return;
        Work.Wake();
        _lastTick = Instant.Now(_engine.Time);
        _isResting = false;
    }

    /// <summary>Fails the torrent with an error, from any thread. Does nothing if the torrent has left its swarm.</summary>
    public void Fail(TorrentError error)
    {
        if (!_publisher.TryFail(error))
            return;

        // No further requests; a thread that may wait tells the trackers.
        Work.Halt("The torrent has failed.");
        Watch(StopAnnouncingAsync(), "end of a torrent");
    }

    private async Task StopAnnouncingAsync()
    {
        // Blocks that were set aside are written first.
        await _engine.DiskWorkers.DrainAsync().ConfigureAwait(false);
        if (_content is { } content)
            await content.EndWritingAsync().ConfigureAwait(false);
        await _network.StopLookingAsync(_stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await SaveAsync().ConfigureAwait(false);
    }

    /// <summary>Writes and saves the blocks of slow pieces.</summary>
    private async Task WriteOutAsync()
    {
        if (await Work.WriteOutAsync().ConfigureAwait(false))
            await SaveAsync().ConfigureAwait(false);
    }

    /// <summary>Observes a task that nobody awaits; a fault in it ends this torrent.</summary>
    private void Watch(Task work, string root) => _engine.Faults.Watch(work, TorrentId, root);

    private TorrentError? RefuseWebSeeds(IReadOnlyList<Uri> given) => given.Count == 0 || _workshop.Capabilities.HasFlag(ClientCapabilities.WebSeeds)
        ? null
        : HostErrors.NoWebSeeds(_ledger.Name, _workshop.Name);

    private void ApplyChoices()
    {
        _network.Limit(_ledger.Choices);
        Work.Apply(_ledger.Choices);
    }

    /// <summary>Publishes and saves changed settings.</summary>
    private Task SettledAsync()
    {
        Wake();
        _publisher.Changed();
        return SaveAsync();
    }

    /// <summary>Saves the torrent's state.</summary>
    private Task SaveAsync() => _resume.CheckpointAsync(MakeResumeData);

    // File stamps matter only when nothing writes the files any more; thousands of files must not be examined for nothing.
    private ResumeData MakeResumeData()
    {
        if (_ledger.State is TorrentState.Downloading or TorrentState.Checking or TorrentState.Moving)
            _closedFiles = null;
        return _closedFiles is { } files
            ? _ledger.MakeResumeData(files) with { ClosedInOrder = true }
            : _ledger.MakeResumeData(_ledger.ClosedInOrder && _content is { } content ? content.Storage.Stamps() : []);
    }

    private void SaveWarningChanged(TorrentError? warning)
    {
        if (warning is null)
        {
            _publisher.Changed();
            return;
        }

        EngineEvents.Log.DiskError(TorrentId, warning);
        _publisher.Say(_ => new TorrentWarning(TorrentId, warning));
    }
}

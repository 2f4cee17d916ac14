using System.Net;
using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Metadata;
using TorrentPatron.Engine.Peers;
using TorrentPatron.Engine.Pieces;
using TorrentPatron.Engine.Storage;
using TorrentPatron.Engine.Transport;
using TorrentPatron.Protocol;
using TorrentPatron.Protocol.Metainfo;
using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Engine.Swarms;

/// <summary>
/// One torrent: what is on disk, the peers that have the rest, and the state it is in. Commands come one at a time; pieces and
/// peers go on beside them.
/// </summary>
internal sealed class Swarm : ISwarm, ISwarmEvents, IAsyncDisposable
{
    /// <summary>Bytes that are checked within some hundredths of a second.</summary>
    private const long QuicklyChecked = 16L << 20;

    private readonly EngineResources _engine;
    private readonly CreateNewTorrent _command;
    private readonly TorrentMetainfo _metainfo;
    private readonly Action<TorrentMessage> _say;
    private readonly SwarmState _state;
    private readonly SwarmCheck _check;
    private readonly TorrentStorage _storage;
    private readonly SwarmPieces _pieces;
    private readonly SwarmPeers _peers;
    private readonly SwarmLedger _ledger;
    private readonly ResumeKeeper _resume;
    private readonly SwarmNetwork _network;
    private readonly bool _isContinuing;
    private readonly MetadataServer _metadata;
    private readonly SwarmControls _controls;
    private readonly CancellationTokenSource _stop = new();
    private readonly SemaphoreSlim _commands = new(1, 1);
    private readonly TaskCompletionSource<bool> _started = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _lastTick;
    private volatile bool _isResting;
    private bool _isDisposed;

    /// <summary>Makes a swarm, which does nothing before its start.</summary>
    /// <param name="engine">What all torrents share.</param>
    /// <param name="command">The start; it has the metainfo.</param>
    /// <param name="say">Takes what is said of the torrent.</param>
    /// <param name="network">The torrent's network, where its metadata was fetched with it; null: there is none yet.</param>
    public Swarm(EngineResources engine, CreateNewTorrent command, Action<TorrentMessage> say, SwarmNetwork? network = null)
    {
        _engine = engine;
        _command = command;
        _metainfo = command.Metainfo!;
        _say = say;
        _isContinuing = network is not null;
        _network = network ?? new SwarmNetwork(_metainfo.InfoHash, engine, _metainfo.TrackerTiers);
        _storage = new TorrentStorage(new FileLayout(_metainfo, command.Destination), engine.Files);
        _pieces = new SwarmPieces(_metainfo, _storage, engine, this);
        var reader = new BlockReader(_storage, engine.DiskWorkers, _metainfo.PieceLength, e => StorageFailed(e.Error));
        _peers = new SwarmPeers(_metainfo, _pieces, reader, engine, _network.Peers);
        _metadata = new MetadataServer(_metainfo.RawInfo, _network.Upload, engine.Time);
        _network.Peers.Extensions.Set(_metadata);
        _ledger = new SwarmLedger(engine, command, _storage.Layout, _pieces, _peers);
        if (_isContinuing)
            _ledger.State = TorrentState.FetchingMetadata;
        _resume = new ResumeKeeper(command.ResumeStore, _storage, engine.DiskWorkers, _metainfo.PieceCount, engine.Time);
        _lastTick = engine.Time.GetTimestamp();
        _controls = new SwarmControls(_ledger, _pieces, _network);
        _check = new SwarmCheck(_metainfo, _storage, engine, _pieces, _ledger);
        _state = new SwarmState(engine, TorrentId, _ledger, MakeStatus, say);
        _network.Use(_ledger.MakeAnnounce, _state.Changed, AddPeers);
    }

    /// <summary>Which torrent.</summary>
    public InfoHash TorrentId => _metainfo.InfoHash;

    /// <summary>What is in it.</summary>
    public TorrentMetainfo Metainfo => _metainfo;

    /// <summary>The latest snapshot.</summary>
    public TorrentStatus Status => _state.Status;

    /// <summary>Whether nothing was to be done for it when it was last looked at, and it has not been woken since.</summary>
    public bool IsResting
    {
        get => _isResting;
        private set => _isResting = value;
    }

    /// <summary>Completes when the start has succeeded (true) or failed.</summary>
    public Task<bool> Started => _started.Task;

    /// <summary>Whether it is being stopped, or its start has failed.</summary>
    public bool IsEnding { get; private set; }

    /// <summary>Completes when the engine has forgotten it.</summary>
    public Task Ended => _ended.Task;

    /// <summary>Makes ready and starts; what takes long, a check, goes on behind the answer.</summary>
    public async Task<TorrentAnswer> StartAsync()
    {
        await _commands.WaitAsync().ConfigureAwait(false);
        try
        {
            (ResumeData? data, _ledger.StateWarning) = await _resume.LoadAsync().ConfigureAwait(false);
            TorrentChoices choices = TorrentChoices.Of(_command, data);
            if (_command.Selection is not null && !choices.WantsAny(_metainfo))
                return await GiveUpAsync(FileSelection.NothingSelected(_metainfo)).ConfigureAwait(false);
            StartPlan plan = await _engine.DiskWorkers
                .RunAsync(() => StartPlan.Make(_storage, data, _command.Recheck, choices.FilePriorities)).ConfigureAwait(false);
            if (data is not null)
                _ledger.Continue(data);
            _controls.Begin(choices);

            _pieces.Reset(plan.Trusted);
            _peers.Set.Add(_command.Peers, PeerSource.Manual);
            Begin(
                plan.ToCheck, _command.Recheck || data is null ? CompletionReason.Rechecked : CompletionReason.AlreadyOnDisk,
                _command.Suspended);
            if (_ledger.StateWarning is { } warning)
                _say(new TorrentWarning(_metainfo.InfoHash, warning));
            // A check saves what it finds: one that is over in a moment need not be saved when it begins, and of many that adds up.
            if (plan.ToCheck.IsEmpty || (long)plan.ToCheck.Count * _metainfo.PieceLength > QuicklyChecked)
                await _resume.CheckpointAsync(MakeResumeData).ConfigureAwait(false);
            _started.TrySetResult(true);
            return new NewTorrentCreated(_metainfo.InfoHash, _command.CorrelationId, Status);
        }
        catch (StorageException e)
        {
            return await GiveUpAsync(e.Error).ConfigureAwait(false);
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

    private async Task<TorrentAnswer> GiveUpAsync(TorrentError error)
    {
        if (_isContinuing)
            await FailToContinueAsync(error).ConfigureAwait(false);
        else
            await DisposeAsync().ConfigureAwait(false);
        return new TorrentStartFail(TorrentId, _command.CorrelationId, error);
    }

    /// <summary>Its start was answered when its metadata was asked for: it stays, and tries again when it is resumed.</summary>
    private async Task FailToContinueAsync(TorrentError error)
    {
        await _network.LeaveAsync("The torrent has failed.").ConfigureAwait(false);
        _ledger.Unchecked = new Bitfield(_metainfo.PieceCount);
        _ledger.Unchecked.SetAll();
        _state.Fail(error);
        await _resume.CheckpointAsync(MakeResumeData).ConfigureAwait(false);
        _started.TrySetResult(true);
    }

    /// <summary>The engine has forgotten it.</summary>
    public void End()
    {
        _started.TrySetResult(false);
        _ended.TrySetResult();
    }

    /// <summary>Stops for good: tells the trackers, closes the files, saves the state.</summary>
    /// <returns>Whether this did it; false where it had been done before.</returns>
    public async Task<bool> StopAsync()
    {
        IsEnding = true;
        await _commands.WaitAsync().ConfigureAwait(false);
        try
        {
            if (_isDisposed)
                return false;
            await LeaveAsync().ConfigureAwait(false);
            if (_ledger.State != TorrentState.Failed)
                _state.Set(TorrentState.Stopped);
            // Closed first: some systems set the time of the last write only then.
            await _engine.DiskWorkers.RunAsync(_storage.CloseFiles).ConfigureAwait(false);
            _ledger.ClosedInOrder = true;
            await _resume.CheckpointAsync(MakeResumeData).ConfigureAwait(false);
            await DisposeAsync().ConfigureAwait(false);
            return true;
        }
        finally
        {
            _commands.Release();
        }
    }

    /// <summary>Leaves the swarm but stays known.</summary>
    /// <exception cref="ObjectDisposedException">It has been stopped meanwhile; so too the other commands.</exception>
    public async Task SuspendAsync()
    {
        await _commands.WaitAsync().ConfigureAwait(false);
        try
        {
            ObjectDisposedException.ThrowIf(IsEnding, this);
            if (_ledger.State == TorrentState.Suspended)
                return;
            await LeaveAsync().ConfigureAwait(false);
            _state.Set(TorrentState.Suspended);
            await _resume.CheckpointAsync(MakeResumeData).ConfigureAwait(false);
        }
        finally
        {
            _commands.Release();
        }
    }

    /// <summary>Goes on after a suspension or a failure; what a failure has left doubtful is looked at again.</summary>
    public async Task<TorrentError?> ResumeAsync()
    {
        await _commands.WaitAsync().ConfigureAwait(false);
        try
        {
            ObjectDisposedException.ThrowIf(IsEnding, this);
            if (_ledger.State is not (TorrentState.Suspended or TorrentState.Failed))
                return null;
            // A check that was not finished is begun again; where files were lost, what is there now may be anything.
            Bitfield trusted = _pieces.Verified();
            Bitfield toCheck = _ledger.Unchecked?.Clone() ?? new Bitfield(trusted.Length);
            bool isAllDoubtful = _ledger.Error?.Id == TorrentErrorId.DiskReadFailed;
            await _engine.DiskWorkers.RunAsync(() =>
            {
                // Opened anew: an open file may be one that was deleted, or be on a disk that has gone and come again.
                _storage.CloseFiles();
                IReadOnlyList<FileStamp?> stamps = _storage.Stamps();
                Bitfield possible = _storage.PossiblePieces(stamps);
                for (int piece = 0; piece < trusted.Length; piece++)
                {
                    if (isAllDoubtful && trusted[piece])
                        toCheck.Set(piece);
                    if (isAllDoubtful || !possible[piece])
                        trusted.Clear(piece);
                    if (!possible[piece])
                        toCheck.Clear(piece);
                }

                _storage.Prepare(trusted, _ledger.Choices.FilePriorities, stamps);
            }).ConfigureAwait(false);

            _pieces.Reset(trusted);
            _ledger.Error = null;
            Begin(toCheck, toCheck.IsEmpty ? CompletionReason.AlreadyOnDisk : CompletionReason.Rechecked, suspended: false);
            await _resume.CheckpointAsync(MakeResumeData).ConfigureAwait(false);
            return null;
        }
        catch (StorageException e)
        {
            _state.Fail(e.Error);
            return e.Error;
        }
        finally
        {
            _commands.Release();
        }
    }

    /// <summary>Hashes everything that can be on disk again, and goes on from what is found.</summary>
    public async Task RecheckAsync()
    {
        await _commands.WaitAsync().ConfigureAwait(false);
        try
        {
            ObjectDisposedException.ThrowIf(IsEnding, this);
            bool wasSuspended = _ledger.State == TorrentState.Suspended;
            await LeaveAsync().ConfigureAwait(false);
            Bitfield possible = await _engine.DiskWorkers.RunAsync(() => _storage.PossiblePieces(_storage.Stamps())).ConfigureAwait(false);
            _pieces.Reset(new Bitfield(_metainfo.PieceCount));
            _ledger.Error = null;
            Begin(possible, CompletionReason.Rechecked, wasSuspended);
        }
        finally
        {
            _commands.Release();
        }

        await _check.Current.ConfigureAwait(false);
    }

    /// <summary>Says something that shows how the torrent stands, in its turn among what is said of it.</summary>
    public void Say(Func<TorrentStatus, TorrentMessage> make) => _state.Say(make);

    /// <summary>Adds peers and trackers.</summary>
    public Task AddAsync(AddSources sources)
    {
        AddPeers(sources.Peers, PeerSource.Manual);
        _controls.AddTrackers(sources.Trackers);
        return SettledAsync();
    }

    /// <summary>Treats the torrent otherwise.</summary>
    public Task SetAsync(TorrentOptions options)
    {
        _controls.Set(options);
        return SettledAsync();
    }

    /// <summary>Asks trackers no longer.</summary>
    public Task RemoveTrackersAsync(IReadOnlyList<Uri> trackers)
    {
        _controls.RemoveTrackers(trackers);
        return SettledAsync();
    }

    /// <summary>Asks trackers as soon as they allow it.</summary>
    /// <returns>Why they are not asked, or null.</returns>
    public TorrentError? Announce(IReadOnlyList<Uri> trackers)
    {
        if (!_ledger.IsActive)
            return SwarmErrors.NotActive(_metainfo.Name);
        _network.Trackers.AnnounceNow(trackers);
        return null;
    }

    /// <summary>Wants other files, from now on.</summary>
    public async Task<TorrentError?> SetFilePrioritiesAsync(IReadOnlyList<FilePriority> priorities)
    {
        if (priorities.Count != _metainfo.Files.Count)
            return SwarmErrors.WrongNumberOfPriorities(_metainfo, priorities.Count);
        await _commands.WaitAsync().ConfigureAwait(false);
        try
        {
            ObjectDisposedException.ThrowIf(IsEnding, this);
            Bitfield verified = _pieces.Verified();
            await _engine.DiskWorkers.RunAsync(() => _storage.Prepare(verified, priorities, _storage.Stamps())).ConfigureAwait(false);
            Wake();
            _controls.SetPriorities(priorities, _peers.Connected);
            _peers.WantsChanged();
            _state.WantsChanged(() => _pieces.IsComplete);
            await _resume.CheckpointAsync(MakeResumeData).ConfigureAwait(false);
            return null;
        }
        catch (StorageException e)
        {
            return e.Error;
        }
        finally
        {
            _commands.Release();
        }
    }

    /// <summary>The files as they are now.</summary>
    public IReadOnlyList<FileSnapshot> Files() =>
        SwarmView.Files(_metainfo, _storage.Layout, _pieces.Verified(), _ledger.Choices.FilePriorities);

    /// <summary>The connected peers as they are now.</summary>
    public IReadOnlyList<PeerSnapshot> Peers() => SwarmView.Peers(_peers.Connected, _peers.Set.Directory, _metainfo.PieceCount);

    /// <summary>Takes a peer that has dialled us.</summary>
    public void Accept(IConnection connection, Handshake handshake)
    {
        Wake();
        _peers.Set.Attach(connection, handshake, isIncoming: true);
    }

    /// <summary>What is due; called about once a second, or now and then while it is resting.</summary>
    public void Tick()
    {
        long now = _engine.Time.GetTimestamp();
        TimeSpan elapsed = _engine.Time.GetElapsedTime(_lastTick, now);
        _lastTick = now;
        bool wasResting = IsResting;
        IsResting = _ledger.IsResting && !_resume.IsDirty;
        if (IsResting && !wasResting)
            _state.Changed();
        if (IsResting || _ledger.State is TorrentState.Stopped or TorrentState.Suspended or TorrentState.Failed)
            return;
        if (_ledger.IsActive)
            _peers.Tick(elapsed);
        _ledger.NoteProgress();
        if (_ledger.HasReachedGoal())
            _ = RestAtGoalAsync();
        if (_resume.IsDue)
            _ = _resume.CheckpointAsync(MakeResumeData);
        _state.Tick();
    }

    void ISwarmEvents.PieceVerified(int piece, bool isComplete)
    {
        _resume.PieceVerified(piece);
        _peers.PieceVerified(piece, isComplete);
        _state.PieceArrived();
        if (!isComplete)
            return;
        if (_storage.FindLoss(_pieces.Verified()) is { } loss)
        {
            StorageFailed(loss.Error);
            return;
        }

        if (!_state.TryComplete())
            return;
        _network.Trackers.Completed();
        _ = _resume.CheckpointAsync(MakeResumeData);
    }

    void ISwarmEvents.PieceFailed(ActivePiece piece, IReadOnlyList<PeerTransfer> senders) => _peers.PieceFailed(piece.Length, senders);

    void ISwarmEvents.PoisonersFound(IReadOnlyList<PeerTransfer> guilty) => _peers.Ban(guilty);

    void ISwarmEvents.StorageFailed(TorrentError error) => StorageFailed(error);

    private void StorageFailed(TorrentError error)
    {
        if (!_state.TryFail(error))
            return;

        // Peers are asked for nothing more; the trackers are told from a thread that may wait.
        _pieces.Open(false);
        _peers.Set.Close("The torrent has failed.");
        _ = StopAnnouncingAsync();
    }

    private void AddPeers(IEnumerable<IPEndPoint> peers, PeerSource source)
    {
        Wake();
        _peers.Set.Add(peers, source);
    }

    /// <summary>Something is about to happen: from the next beat on it is looked at each time.</summary>
    private void Wake()
    {
        if (!IsResting)
            return;
        _peers.BeginFlow();
        _lastTick = _engine.Time.GetTimestamp();
        IsResting = false;
    }

    /// <summary>It has seeded enough.</summary>
    private async Task RestAtGoalAsync()
    {
        await _commands.WaitAsync().ConfigureAwait(false);
        try
        {
            // By now somebody may have said otherwise, or this may have been done.
            if (IsEnding || !_ledger.HasReachedGoal())
                return;
            _ledger.IsGoalReached = true;
            await LeaveAsync().ConfigureAwait(false);
            _state.Set(TorrentState.Suspended);
            _say(new SeedGoalReached(TorrentId, Status));
            await _resume.CheckpointAsync(MakeResumeData).ConfigureAwait(false);
        }
        finally
        {
            _commands.Release();
        }
    }

    /// <summary>Shows and saves what has been set.</summary>
    private Task SettledAsync()
    {
        Wake();
        _state.Changed();
        return _resume.CheckpointAsync(MakeResumeData);
    }

    private async Task StopAnnouncingAsync()
    {
        await _network.Trackers.StopAsync(_stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _resume.CheckpointAsync(MakeResumeData).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <summary>Checks what is to be checked, then joins the swarm; a suspended torrent stays so but for the check.</summary>
    private void Begin(Bitfield toCheck, CompletionReason reason, bool suspended)
    {
        Wake();
        if (toCheck.IsEmpty)
        {
            _ledger.Unchecked = null;
            if (suspended)
                _state.Set(TorrentState.Suspended);
            else
                Join(reason);
            return;
        }

        // Those who helped with the metadata, if any: they are dialled again when it is known what is here.
        _peers.Set.Close("The torrent looks at what is on disk first.");
        _ledger.BeginCheck(toCheck);
        _resume.Touch();
        _state.Set(TorrentState.Checking);
        _check.Begin(toCheck, async error =>
        {
            if (error is not null)
            {
                _state.Fail(error);
                return;
            }

            if (suspended)
                _state.Set(TorrentState.Suspended);
            else if (_pieces.IsComplete)
                _ledger.CompletedAt ??= _engine.Time.GetUtcNow();
            // Before any piece can arrive: what is noted of one counts only beside what was here before.
            await _resume.CheckpointAsync(MakeResumeData).ConfigureAwait(false);
            if (!suspended)
                Join(reason);
        });
    }

    private void Join(CompletionReason reason)
    {
        _pieces.Open(true);
        _state.Join(_peers.Open, () => _pieces.IsComplete, reason);
        _network.Trackers.Start();
    }

    /// <summary>Ends a check, or leaves the swarm; blocks already received are written first.</summary>
    private async Task LeaveAsync()
    {
        await _check.CancelAsync().ConfigureAwait(false);
        _peers.Set.Close("The torrent leaves the swarm.");
        await _engine.DiskWorkers.DrainAsync().ConfigureAwait(false);
        _pieces.Open(false);
        // What a peer handed over beside this is let go of now; nothing tells of a piece after it.
        await _engine.DiskWorkers.DrainAsync().ConfigureAwait(false);
        await _network.Trackers.StopAsync(CancellationToken.None).ConfigureAwait(false);
    }

    /// <summary>Lets go of everything; <see cref="StopAsync"/> ends with it, and what has never been started needs no more.</summary>
    public async ValueTask DisposeAsync()
    {
        IsEnding = true;
        _isDisposed = true;
        await _stop.CancelAsync().ConfigureAwait(false);
        _check.Dispose();
        _peers.Dispose();
        _metadata.Dispose();
        await _network.DisposeAsync().ConfigureAwait(false);
        await _engine.DiskWorkers.RunAsync(_storage.Dispose).ConfigureAwait(false);
        await _resume.DisposeAsync().ConfigureAwait(false);
        _stop.Dispose();
    }

    private TorrentStatus MakeStatus() => _ledger.MakeStatus(_network.Trackers.Snapshot(), _resume.Warning);

    // How the files are left matters only where nobody writes them any more; thousands of files are not looked at for nothing.
    private ResumeData MakeResumeData() => _ledger.MakeResumeData(_ledger.ClosedInOrder ? _storage.Stamps() : []);
}

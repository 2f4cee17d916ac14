using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Limits;
using TorrentPatron.Engine.Metadata;
using TorrentPatron.Engine.Peers;
using TorrentPatron.Engine.Pieces;
using TorrentPatron.Engine.Storage;
using TorrentPatron.Engine.Trackers;
using TorrentPatron.Engine.Transport;
using TorrentPatron.Protocol;
using TorrentPatron.Protocol.Metainfo;
using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Engine.Swarms;

/// <summary>
/// One torrent: what is on disk, the peers that have the rest, and the state it is in. Commands come one at a time; pieces and
/// peers go on beside them.
/// </summary>
internal sealed class Swarm : ISwarmEvents, IAsyncDisposable
{
    private readonly EngineResources _engine;
    private readonly CreateNewTorrent _command;
    private readonly TorrentMetainfo _metainfo;
    private readonly Action<TorrentMessage> _say;
    private readonly TorrentStorage _storage;
    private readonly SwarmPieces _pieces;
    private readonly SwarmPeers _peers;
    private readonly SwarmLedger _ledger;
    private readonly ResumeKeeper _resume;
    private readonly Announcer _announcer;
    private readonly MetadataServer _metadata;
    private readonly RateLimiter _downloadLimit;
    private readonly RateLimiter _uploadLimit;
    private readonly CancellationTokenSource _stop = new();
    private readonly SemaphoreSlim _commands = new(1, 1);
    private readonly Lock _gate = new();
    private readonly TaskCompletionSource<bool> _started = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private CancellationTokenSource? _checking;
    private Task _check = Task.CompletedTask;
    private TorrentStatus _status;
    private DateTimeOffset _nextUpdate;
    private long _lastTick;
    private bool _hasSaidCompleted;
    private bool _isDisposed;

    public Swarm(EngineResources engine, CreateNewTorrent command, Action<TorrentMessage> say)
    {
        _engine = engine;
        _command = command;
        _metainfo = command.Metainfo;
        _say = say;
        _storage = new TorrentStorage(new FileLayout(_metainfo, command.Destination), engine.Files);
        _pieces = new SwarmPieces(_metainfo, _storage, engine, command.FilePriorities, this);
        _downloadLimit = new RateLimiter(engine.Time, command.Options.MaxDownloadRate ?? 0);
        _uploadLimit = new RateLimiter(engine.Time, command.Options.MaxUploadRate ?? 0);
        var reader = new BlockReader(_storage, engine.DiskWorkers, _metainfo.PieceLength, e => StorageFailed(e.Error));
        var upload = new RateLimiterPair(_uploadLimit, engine.Upload);
        var set = new PeerSet(_metainfo.InfoHash, engine, new RateLimiterPair(_downloadLimit, engine.Download), upload);
        _metadata = new MetadataServer(_metainfo.RawInfo, upload, engine.Time);
        set.Extensions.Add(_metadata);
        _peers = new SwarmPeers(_metainfo, _pieces, reader, engine, set);
        _ledger = new SwarmLedger(engine, command, _storage.Layout, _pieces, _peers);
        _resume = new ResumeKeeper(command.ResumeStore, _storage, engine.DiskWorkers, _metainfo.PieceCount, engine.Time);
        var tiers = _metainfo.TrackerTiers
            .Select(tier => tier.Where(t => Uri.IsWellFormedUriString(t, UriKind.Absolute)).Select(t => new Uri(t)))
            .Concat(command.Trackers.Select(t => Enumerable.Repeat(t, 1)));
        _announcer = new Announcer(
            new TrackerList(tiers, engine.NewRandom()), engine.Trackers, engine.Announces, _ledger.MakeAnnounce,
            (_, peers) => _peers.Set.Add(peers, isTrusted: false), _ => Publish(), engine.Time);
        _lastTick = engine.Time.GetTimestamp();
        _status = MakeStatus();
    }

    /// <summary>Which torrent.</summary>
    public InfoHash TorrentId => _metainfo.InfoHash;

    /// <summary>The latest snapshot.</summary>
    public TorrentStatus Status => Volatile.Read(ref _status);

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
            StartPlan plan = await _engine.DiskWorkers
                .RunAsync(() => StartPlan.Make(_storage, data, _command.Recheck, _command.FilePriorities)).ConfigureAwait(false);
            if (data is not null)
                _ledger.Continue(data);

            _pieces.Reset(plan.Trusted);
            _peers.Set.Add(_command.Peers, isTrusted: true);
            Begin(
                plan.ToCheck, _command.Recheck || data is null ? CompletionReason.Rechecked : CompletionReason.AlreadyOnDisk,
                _command.Suspended);
            if (_ledger.StateWarning is { } warning)
                _say(new TorrentWarning(_metainfo.InfoHash, warning));
            await _resume.CheckpointAsync(MakeResumeData).ConfigureAwait(false);
            _started.TrySetResult(true);
            return new NewTorrentCreated(_metainfo.InfoHash, _command.CorrelationId, Status);
        }
        catch (StorageException e)
        {
            await DisposeAsync().ConfigureAwait(false);
            return new TorrentStartFail(_metainfo.InfoHash, _command.CorrelationId, e.Error);
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
                SetState(TorrentState.Stopped);
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
            SetState(TorrentState.Suspended);
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
            Bitfield trusted = _pieces.Verified();
            Bitfield possible = await _engine.DiskWorkers.RunAsync(() =>
            {
                IReadOnlyList<FileStamp?> stamps = _storage.Stamps();
                _storage.Prepare(trusted, _command.FilePriorities, stamps);
                return _storage.PossiblePieces(stamps);
            }).ConfigureAwait(false);
            // A check that was not finished is begun again.
            Bitfield toCheck = _ledger.Unchecked?.Clone() ?? new Bitfield(trusted.Length);
            for (int piece = 0; piece < trusted.Length; piece++)
            {
                if (possible[piece])
                    continue;
                trusted.Clear(piece);
                toCheck.Clear(piece);
            }

            _pieces.Reset(trusted);
            _ledger.Error = null;
            Begin(toCheck, toCheck.IsEmpty ? CompletionReason.AlreadyOnDisk : CompletionReason.Rechecked, suspended: false);
            return null;
        }
        catch (StorageException e)
        {
            _ledger.Error = e.Error;
            SetState(TorrentState.Failed);
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
        Task check;
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
            check = _check;
        }
        finally
        {
            _commands.Release();
        }

        await check.ConfigureAwait(false);
    }

    /// <summary>Adds peers and trackers.</summary>
    public void Add(AddSources sources)
    {
        _peers.Set.Add(sources.Peers, isTrusted: true);
        foreach (Uri tracker in sources.Trackers)
            _announcer.Add(tracker);
        Publish();
    }

    /// <summary>Takes a peer that has dialled us.</summary>
    public void Accept(IConnection connection, Handshake handshake) => _peers.Set.Attach(connection, handshake, isIncoming: true);

    /// <summary>What is due; called about once a second.</summary>
    public void Tick()
    {
        if (_ledger.State is TorrentState.Stopped or TorrentState.Suspended or TorrentState.Failed)
            return;
        long now = _engine.Time.GetTimestamp();
        TimeSpan elapsed = _engine.Time.GetElapsedTime(_lastTick, now);
        _lastTick = now;
        if (_ledger.IsActive)
            _peers.Tick(elapsed);
        if (_resume.IsDue)
            _ = _resume.CheckpointAsync(MakeResumeData);
        Publish();
        if (_engine.Time.GetUtcNow() >= _nextUpdate)
            SayUpdate();
    }

    void ISwarmEvents.PieceVerified(int piece, bool isComplete)
    {
        _resume.PieceVerified(piece);
        _peers.PieceVerified(piece, isComplete);
        if (!isComplete)
            return;
        lock (_gate)
        {
            if (!_ledger.IsActive || !BecomeComplete(CompletionReason.Downloaded))
                return;
        }

        _announcer.Completed();
    }

    void ISwarmEvents.PieceFailed(ActivePiece piece, IReadOnlyList<PeerTransfer> senders) => _peers.PieceFailed(piece.Length, senders);

    void ISwarmEvents.StorageFailed(TorrentError error) => StorageFailed(error);

    private void StorageFailed(TorrentError error)
    {
        lock (_gate)
        {
            if (!_ledger.IsActive)
                return;
            _ledger.Error = error;
            SetState(TorrentState.Failed);
        }

        // Peers are asked for nothing more; the trackers are told from a thread that may wait.
        _pieces.Open(false);
        _peers.Set.Close("The torrent has failed.");
        _ = StopAnnouncingAsync();
    }

    private async Task StopAnnouncingAsync()
    {
        await _announcer.StopAsync(_stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _resume.CheckpointAsync(MakeResumeData).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <summary>Checks what is to be checked, then joins the swarm; a suspended torrent stays so but for the check.</summary>
    private void Begin(Bitfield toCheck, CompletionReason reason, bool suspended)
    {
        if (toCheck.IsEmpty)
        {
            _ledger.Unchecked = null;
            JoinOrRest(reason, suspended);
            return;
        }

        _ledger.BeginCheck(toCheck);
        _checking = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
        SetState(TorrentState.Checking);
        _check = CheckAsync(toCheck, reason, suspended, _checking.Token);
    }

    private async Task CheckAsync(Bitfield toCheck, CompletionReason reason, bool suspended, CancellationToken cancellationToken)
    {
        try
        {
            Bitfield good = await new PieceChecker(_storage, _metainfo, _engine.DiskWorkers)
                .CheckAsync(toCheck, (_, _) => _ledger.PieceChecked(), cancellationToken).ConfigureAwait(false);
            Bitfield verified = _pieces.Verified();
            for (int piece = 0; piece < good.Length; piece++)
            {
                if (good[piece])
                    verified.Set(piece);
            }

            _pieces.Reset(verified);
            _ledger.EndCheck();
            JoinOrRest(reason, suspended);
            await _resume.CheckpointAsync(MakeResumeData).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // Whoever cancelled says what comes next.
        }
        catch (StorageException e)
        {
            _ledger.Error = e.Error;
            SetState(TorrentState.Failed);
        }
    }

    private void JoinOrRest(CompletionReason reason, bool suspended)
    {
        if (suspended)
        {
            SetState(TorrentState.Suspended);
            return;
        }

        _pieces.Open(true);
        lock (_gate)
        {
            // Before the state is told: who reads that it seeds may dial at once, and must not be turned away.
            _peers.Open();
            if (_pieces.IsComplete)
            {
                BecomeComplete(reason);
            }
            else
            {
                _hasSaidCompleted = false;
                _ledger.CompletedAt = null;
                SetState(TorrentState.Downloading);
            }
        }

        _announcer.Start();
    }

    private bool BecomeComplete(CompletionReason reason)
    {
        bool isFirst;
        lock (_gate)
        {
            isFirst = !_hasSaidCompleted;
            _hasSaidCompleted = true;
            _ledger.CompletedAt ??= _engine.Time.GetUtcNow();
            SetState(TorrentState.Seeding);
            if (isFirst)
                _say(new TorrentCompleted(_metainfo.InfoHash, reason, Status));
        }

        _ = _resume.CheckpointAsync(MakeResumeData);
        return isFirst;
    }

    /// <summary>Ends a check, or leaves the swarm; blocks already received are written first.</summary>
    private async Task LeaveAsync()
    {
        if (_checking is not null)
        {
            await _checking.CancelAsync().ConfigureAwait(false);
            await _check.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            _checking.Dispose();
            _checking = null;
        }

        _peers.Set.Close("The torrent leaves the swarm.");
        await _engine.DiskWorkers.DrainAsync().ConfigureAwait(false);
        _pieces.Open(false);
        // What a peer handed over beside this is let go of now; nothing tells of a piece after it.
        await _engine.DiskWorkers.DrainAsync().ConfigureAwait(false);
        await _announcer.StopAsync(CancellationToken.None).ConfigureAwait(false);
    }

    /// <summary>Lets go of everything; <see cref="StopAsync"/> ends with it, and what has never been started needs no more.</summary>
    public async ValueTask DisposeAsync()
    {
        IsEnding = true;
        _isDisposed = true;
        await _stop.CancelAsync().ConfigureAwait(false);
        _peers.Dispose();
        _metadata.Dispose();
        await _announcer.DisposeAsync().ConfigureAwait(false);
        await _engine.DiskWorkers.RunAsync(_storage.Dispose).ConfigureAwait(false);
        await _resume.DisposeAsync().ConfigureAwait(false);
        _downloadLimit.Dispose();
        _uploadLimit.Dispose();
        _stop.Dispose();
    }

    private void SetState(TorrentState state)
    {
        // In one step, so that what is said comes in the order of the states and shows the state that it speaks of.
        lock (_gate)
        {
            TorrentState previous = _ledger.State;
            _ledger.State = state;
            Publish();
            if (previous != state)
                _say(new TorrentStateChanged(_metainfo.InfoHash, previous, Status));
            SayUpdate();
        }
    }

    private void SayUpdate()
    {
        lock (_gate)
        {
            _nextUpdate = _engine.Time.GetUtcNow() + _engine.Settings.StatusInterval;
            _say(new TorrentStatusUpdate(_metainfo.InfoHash, Status));
        }
    }

    private void Publish()
    {
        // Made and shown in one step: else an older snapshot could replace a newer one.
        lock (_gate)
            Volatile.Write(ref _status, MakeStatus());
    }

    private TorrentStatus MakeStatus() => _ledger.MakeStatus(_announcer.Snapshot(), _resume.Warning);

    // How the files are left matters only where nobody writes them any more; thousands of files are not looked at for nothing.
    private ResumeData MakeResumeData() => _ledger.MakeResumeData(_ledger.ClosedInOrder ? _storage.Stamps() : []);
}

using System.Collections.ObjectModel;
using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Network;
using TorrentPatron.Engine.Storage;
using TorrentPatron.Protocol;
using TorrentPatron.Protocol.Metainfo;
using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Engine.Swarms;

/// <summary>
/// One torrent as its engine knows it: the commands that it takes, those that let it come and go one at a time, and what is asked
/// about it. Pieces and peers go on beside them.
/// </summary>
internal sealed class Swarm : ISwarm, IAsyncDisposable
{
    /// <summary>Bytes that are checked within some hundredths of a second.</summary>
    private const long QuicklyChecked = 16L << 20;

    private readonly EngineResources _engine;
    private readonly CreateNewTorrent _command;
    private readonly Action<TorrentMessage> _say;
    private readonly SwarmLife _life;
    private readonly SwarmParts _parts;
    private readonly bool _isContinuing;
    private readonly SemaphoreSlim _commands = new(1, 1);
    private readonly TaskCompletionSource<bool> _started = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
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
        _say = say;
        _isContinuing = network is not null;
        _life = new SwarmLife(engine, command, say, network);
        _parts = _life.Parts;
    }

    /// <summary>Which torrent.</summary>
    public InfoHash TorrentId => Metainfo.InfoHash;

    /// <summary>What is in it.</summary>
    public TorrentMetainfo Metainfo => _parts.Metainfo;

    /// <summary>The latest snapshot.</summary>
    public TorrentStatus Status => _parts.State.Status;

    /// <summary>Whether nothing was to be done for it when it was last looked at, and it has not been woken since.</summary>
    public bool IsResting => _life.IsResting;

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
            TorrentError? error = await BeginAsync().ConfigureAwait(false);
            if (error is null)
            {
                return new NewTorrentCreated(TorrentId, _command.CorrelationId, Status)
                {
                    MergedTrackers = _parts.Ledger.Choices.MergedTrackers,
                    Reservation = PrivateTrackers.Refused(Metainfo.Name, _parts.Ledger.Choices.RefusedTrackers),
                };
            }

            if (_isContinuing)
                await FailToContinueAsync(error).ConfigureAwait(false);
            else
                await DisposeAsync().ConfigureAwait(false);
            return new TorrentStartFail(TorrentId, _command.CorrelationId, error);
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
    public Task<bool> StopAsync() => StopAsync(() =>
    {
        _parts.Ledger.ClosedInOrder = true;
        return _parts.SaveAsync();
    });

    /// <summary>Stops for good and forgets the torrent: nothing stays saved and, where that is wanted, nothing of its data.</summary>
    /// <returns>What was deleted; null where it had been stopped before.</returns>
    public async Task<ErasedData?> RemoveAsync(bool deleteData)
    {
        ErasedData erased = ErasedData.Nothing;
        bool isDone = await StopAsync(async () =>
        {
            if (deleteData)
            {
                erased = await _engine.DiskWorkers
                    .RunAsync(() => TorrentData.Erase(_parts.Files(), _parts.Claim))
                    .ConfigureAwait(false);
            }

            await _engine.DiskWorkers.RunAsync(_parts.Storage.DeleteParts).ConfigureAwait(false);
            await _parts.Resume.DiscardAsync().ConfigureAwait(false);
        }).ConfigureAwait(false);
        return isDone ? erased : null;
    }

    /// <summary>Leaves the swarm but stays known.</summary>
    /// <exception cref="ObjectDisposedException">It has been stopped meanwhile; so too the other commands.</exception>
    public Task SuspendAsync() => InTurnAsync(async () =>
    {
        if (_parts.Ledger.State != TorrentState.Suspended)
            await PauseAsync().ConfigureAwait(false);
        return null;
    });

    /// <summary>Goes on after a suspension or a failure; what a failure has left doubtful is looked at again.</summary>
    public Task<TorrentError?> ResumeAsync() => InTurnAsync(async () =>
    {
        return _parts.Ledger.State is TorrentState.Suspended or TorrentState.Failed ? await TryGoOnAsync().ConfigureAwait(false) : null;
    });

    /// <summary>Hashes everything that can be on disk again, and goes on from what is found.</summary>
    /// <returns>The pieces that counted as there and are not, or why the check was not finished.</returns>
    public async Task<(ReadOnlyCollection<int> BadPieces, TorrentError? Error)> RecheckAsync()
    {
        Bitfield? before = null;
        Task<Bitfield?>? check = null;
        await InTurnAsync(async () =>
        {
            bool wasSuspended = _parts.Ledger.State == TorrentState.Suspended;
            await _life.LeaveAsync().ConfigureAwait(false);
            before = _parts.Pieces.Verified();
            (Bitfield possible, IReadOnlyList<UnfinishedPiece> unfinished) = await _engine.DiskWorkers.RunAsync(() =>
            {
                Bitfield found = _parts.Storage.FindPossiblePieces();
                return (found, _parts.Storage.PossibleBlocks(_parts.Pieces.Unfinished(), _parts.Storage.Stamps()));
            }).ConfigureAwait(false);
            // The state first: else a seed that lacks every piece would be seen.
            _parts.Ledger.BeginCheck(possible);
            _parts.State.Set(TorrentState.Checking);
            _parts.Pieces.Reset(new Bitfield(Metainfo.PieceCount), unfinished);
            _parts.Ledger.Error = null;
            check = _life.Begin(possible, CompletionReason.Rechecked, wasSuspended);
            return null;
        }).ConfigureAwait(false);

        if (await check!.ConfigureAwait(false) is not { } good)
            return ([], _parts.Ledger.Error ?? SwarmErrors.CheckInterrupted(Metainfo.Name));
        var bad = new List<int>();
        foreach (int piece in before!.Ones)
        {
            if (!good[piece])
                bad.Add(piece);
        }

        return (bad.AsReadOnly(), null);
    }

    /// <summary>Takes the files to another folder, and goes on there.</summary>
    /// <returns>Why they are where they were, or null.</returns>
    public async Task<TorrentError?> MoveAsync(string destination)
    {
        Task<TorrentError?>? move = null;
        TorrentError? refusal = await InTurnAsync(async () =>
        {
            if (!Path.IsPathFullyQualified(destination))
                return SwarmErrors.NoDestination(destination);
            var to = new FileLayout(Metainfo, destination);
            if (to.Destination == _parts.Storage.Layout.Destination)
                return null;

            TorrentState before = _parts.Ledger.State == TorrentState.Moving ? _parts.Ledger.StateBeforeMove : _parts.Ledger.State;
            await _life.LeaveAsync().ConfigureAwait(false);
            await _engine.DiskWorkers.RunAsync(_parts.Storage.CloseFiles).ConfigureAwait(false);
            // Saved first, so that what a kill leaves half done is put right by the next start.
            _parts.Ledger.BeginMove(before, to.Destination);
            await _parts.SaveAsync().ConfigureAwait(false);
            move = _life.BeginMove(to, before);
            return null;
        }).ConfigureAwait(false);
        return refusal ?? (move is null ? null : await move.ConfigureAwait(false));
    }

    /// <summary>Wants other files, from now on.</summary>
    public Task<TorrentError?> SetFilePrioritiesAsync(IReadOnlyList<FilePriority> priorities) => InTurnAsync(async () =>
    {
        if (priorities.Count != Metainfo.Files.Count)
            return SwarmErrors.WrongNumberOfPriorities(Metainfo, priorities.Count);
        if (_parts.Ledger.State == TorrentState.Moving)
            return SwarmErrors.NotActive(Metainfo.Name);
        try
        {
            _parts.Claim.Follow(() => _parts.FilesWanting(priorities));
            await _engine.DiskWorkers.RunAsync(() => Prepare(priorities)).ConfigureAwait(false);
        }
        catch (StorageException e)
        {
            _parts.Claim.Follow(_parts.Files);
            return e.Error;
        }

        _life.Wake();
        _parts.State.WantsChanged(
            () => _parts.Controls.SetPriorities(priorities, _parts.Peers.Connected), () => _parts.Pieces.IsComplete);
        _parts.Claim.Follow(_parts.Files);
        _parts.Peers.WantsChanged();
        await _parts.SaveAsync().ConfigureAwait(false);
        return null;
    });

    /// <summary>Says something that shows how the torrent stands, in its turn among what is said of it.</summary>
    public void Say(Func<TorrentStatus, TorrentMessage> make) => _parts.State.Say(make);

    /// <summary>Adds peers and trackers.</summary>
    public Task AddAsync(AddSources sources)
    {
        _life.AddPeers(sources.Peers, PeerSource.Manual);
        _parts.Controls.AddTrackers(sources);
        return SettledAsync();
    }

    /// <summary>Changes the torrent's options.</summary>
    public async Task<TorrentError?> SetAsync(TorrentOptions options)
    {
        if (options.SeedOnly is { } seedOnly && seedOnly != _parts.Ledger.Choices.SeedOnly
            && await InTurnAsync(() => SetSeedOnlyAsync(seedOnly)).ConfigureAwait(false) is { } refusal)
            return refusal;
        _parts.Controls.Set(options);
        await SettledAsync().ConfigureAwait(false);
        return null;
    }

    /// <summary>Asks trackers no longer.</summary>
    public Task RemoveTrackersAsync(IReadOnlyList<Uri> trackers)
    {
        _parts.Controls.RemoveTrackers(trackers);
        return SettledAsync();
    }

    /// <summary>Asks trackers as soon as they allow it.</summary>
    /// <returns>Why they are not asked, or null.</returns>
    public TorrentError? Announce(IReadOnlyList<Uri> trackers)
    {
        if (!_parts.Ledger.IsActive)
            return SwarmErrors.NotActive(Metainfo.Name);
        _parts.Network.Trackers.AnnounceNow(trackers);
        return null;
    }

    /// <summary>The files as they are now.</summary>
    public IReadOnlyList<FileSnapshot> Files() => SwarmView.Files(
        Metainfo, _parts.Storage.Layout, _parts.Pieces.Verified(), _parts.Ledger.Choices.FilePriorities, _parts.Ledger.Origin,
        _parts.Storage.Apart);

    /// <summary>The connected peers as they are now.</summary>
    public IReadOnlyList<PeerSnapshot> Peers() =>
        SwarmView.Peers(_parts.Peers.Connected, _parts.Network.Peers.Directory, Metainfo.PieceCount);

    /// <summary>Takes a peer that has dialled us.</summary>
    public void Accept(IConnection connection, Handshake handshake)
    {
        _life.Wake();
        _parts.Network.Peers.Attach(connection, handshake, isIncoming: true);
    }

    /// <inheritdoc/>
    public void Fail(TorrentError error) => _life.Fail(error);

    /// <inheritdoc/>
    public IReadOnlyList<ClosedPeer> ClosedPeers() => _parts.Network.Peers.Closed;

    /// <summary>What is due; called about once a second, or now and then while it is resting.</summary>
    public void Tick()
    {
        _life.Tick();
        if (_parts.Ledger.HasReachedGoal())
            _engine.Faults.Watch(RestAtGoalAsync(), TorrentId, "seed goal");
    }

    /// <summary>Lets go of everything; stopping ends with it, and what has never been started needs no more.</summary>
    public async ValueTask DisposeAsync()
    {
        IsEnding = true;
        _isDisposed = true;
        await _life.DisposeAsync().ConfigureAwait(false);
    }

    /// <summary>Carries out a command when those before it are done.</summary>
    private async Task<TorrentError?> InTurnAsync(Func<Task<TorrentError?>> command)
    {
        await _commands.WaitAsync().ConfigureAwait(false);
        try
        {
            ObjectDisposedException.ThrowIf(IsEnding, this);
            return await command().ConfigureAwait(false);
        }
        finally
        {
            _commands.Release();
        }
    }

    /// <summary>A torrent that seeds begins again with what may be written now; one that is being checked, or rests, is not held up.</summary>
    private async Task<TorrentError?> SetSeedOnlyAsync(bool seedOnly)
    {
        if (seedOnly && _parts.Ledger.State == TorrentState.Downloading)
            return SwarmErrors.NotComplete(Metainfo.Name);
        _parts.Controls.Set(new TorrentOptions { SeedOnly = seedOnly });
        if (_parts.Ledger.State != TorrentState.Seeding)
            return null;
        await _life.LeaveAsync().ConfigureAwait(false);
        return await TryGoOnAsync().ConfigureAwait(false);
    }

    /// <summary>Makes ready for other files to be wanted. Blocks on the disk.</summary>
    private void Prepare(IReadOnlyList<FilePriority> priorities)
    {
        TorrentChoices choices = _parts.Ledger.Choices;
        Bitfield verified = _parts.Pieces.Verified();
        // What a check is still to look at is decided on when it is over.
        if (_parts.Ledger.Unchecked is null)
            WriteRules.Apply(_parts.Storage, _parts.Claim, priorities, _parts.Ledger.Origin, verified, choices.SeedOnly);
        if (!choices.SeedOnly)
            _parts.Storage.Prepare(verified, priorities, _parts.Storage.Stamps(), choices.MinimumFreeSpace);
        if (_parts.Ledger.Unchecked is null)
            _parts.Storage.MoveParts();
    }

    private async Task<TorrentError?> BeginAsync()
    {
        try
        {
            (ResumeData? data, TorrentError? warning) = await _parts.Resume.LoadAsync().ConfigureAwait(false);
            if (data is not null)
                await _engine.DiskWorkers.RunAsync(() => _parts.Move.TakeBack(data)).ConfigureAwait(false);
            TorrentChoices choices = TorrentChoices.Of(_command, data);
            if (_command.Selection is not null && !choices.WantsAny(Metainfo))
                return FileSelection.NothingSelected(Metainfo);

            StartPlan plan = await _engine.DiskWorkers
                .RunAsync(() => StartPlan.Make(_parts.Storage, _parts.Claim, data, _command.Recheck, choices)).ConfigureAwait(false);
            _parts.Ledger.Begin(plan.Origin, data, warning);
            _parts.Controls.Begin(choices);
            _parts.Pieces.Reset(plan.Trusted, plan.Unfinished);
            _parts.Claim.Follow(_parts.Files);
            _parts.Network.Peers.Add(_command.Peers, PeerSource.Manual);
            _parts.Network.Peers.Add(data?.Peers ?? [], PeerSource.Saved);
            bool isQuick = (long)plan.ToCheck.Count * Metainfo.PieceLength <= QuicklyChecked;
            // A file that turns out to be somebody else's, or not good enough to seed, fails the start, where that can be told at once.
            bool isAwaited = isQuick && !_command.Suspended && (plan.IsDisputed || choices.SeedOnly);
            Task check = _life.Begin(
                plan.ToCheck, _command.Recheck || data is null ? CompletionReason.Rechecked : CompletionReason.AlreadyOnDisk,
                _command.Suspended, isAwaited);
            if (isAwaited)
            {
                await check.ConfigureAwait(false);
                if (_parts.Ledger is { State: TorrentState.Failed, Error: { } error })
                    return error;
            }

            if (warning is not null)
                _say(new TorrentWarning(TorrentId, warning));
            // A check saves what it finds: one that is over in a moment need not be saved when it begins, and of many that adds up.
            if (plan.ToCheck.IsEmpty || !isQuick)
                await _parts.SaveAsync().ConfigureAwait(false);
            _started.TrySetResult(true);
            return null;
        }
        catch (StorageException e)
        {
            return e.Error;
        }
    }

    /// <summary>Its start was answered when its metadata was asked for: it stays, and tries again when it is resumed.</summary>
    private async Task FailToContinueAsync(TorrentError error)
    {
        await _parts.Network.LeaveAsync("The torrent has failed.").ConfigureAwait(false);
        _parts.Ledger.Unchecked = new Bitfield(Metainfo.PieceCount);
        _parts.Ledger.Unchecked.SetAll();
        // What is there now was there before, whatever comes of it.
        _parts.Ledger.Origin ??= await _engine.DiskWorkers
            .RunAsync(() => DataOrigin.Look(_parts.Storage.Layout, _parts.Storage.Stamps())).ConfigureAwait(false);
        _parts.State.Fail(error);
        await _parts.SaveAsync().ConfigureAwait(false);
        _started.TrySetResult(true);
    }

    /// <param name="finish">What is left to do once nothing touches the files any more.</param>
    private async Task<bool> StopAsync(Func<Task> finish)
    {
        IsEnding = true;
        await _commands.WaitAsync().ConfigureAwait(false);
        try
        {
            if (_isDisposed)
                return false;
            await _life.LeavePeersAsync().ConfigureAwait(false);
            Task told = _life.TellTrackersAsync();
            if (_parts.Ledger.State != TorrentState.Failed)
                _parts.State.Set(TorrentState.Stopped);
            // Closed first: some systems set the time of the last write only then.
            await _engine.DiskWorkers.RunAsync(_parts.Storage.CloseFiles).ConfigureAwait(false);
            // While the trackers hear of it: whoever ends the process does not wait for a dead one.
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
        await _life.LeaveAsync().ConfigureAwait(false);
        _parts.State.Set(TorrentState.Suspended);
        await _parts.SaveAsync().ConfigureAwait(false);
    }

    private async Task<TorrentError?> TryGoOnAsync()
    {
        try
        {
            await GoOnAsync().ConfigureAwait(false);
            return null;
        }
        catch (StorageException e)
        {
            _parts.State.Fail(e.Error);
            return e.Error;
        }
    }

    private async Task GoOnAsync()
    {
        // What a failure has had put aside is not lost.
        await _engine.DiskWorkers.DrainAsync().ConfigureAwait(false);
        // Where files were lost, what is there now may be anything.
        bool isAllDoubtful = _parts.Ledger.Error?.Id == TorrentErrorId.DiskReadFailed;
        Bitfield verified = _parts.Pieces.Verified();
        StartPlan plan = await _engine.DiskWorkers
            .RunAsync(() => StartPlan.MakeAgain(
                _parts.Storage, _parts.Claim, _parts.Ledger.Origin, verified, _parts.Ledger.Unchecked, isAllDoubtful, _parts.Ledger.Choices,
                _parts.Pieces.Unfinished()))
            .ConfigureAwait(false);
        _parts.Pieces.Reset(plan.Trusted, plan.Unfinished);
        _parts.Claim.Follow(_parts.Files);
        _parts.Ledger.Error = null;
        _ = _life.Begin(plan.ToCheck, plan.ToCheck.IsEmpty ? CompletionReason.AlreadyOnDisk : CompletionReason.Rechecked, suspended: false);
        await _parts.SaveAsync().ConfigureAwait(false);
    }

    /// <summary>It has seeded enough.</summary>
    private async Task RestAtGoalAsync()
    {
        await _commands.WaitAsync().ConfigureAwait(false);
        try
        {
            // By now somebody may have said otherwise, or this may have been done.
            if (IsEnding || !_parts.Ledger.HasReachedGoal())
                return;
            _parts.Ledger.IsGoalReached = true;
            await PauseAsync().ConfigureAwait(false);
            _parts.State.Say(status => new SeedGoalReached(TorrentId, status));
        }
        finally
        {
            _commands.Release();
        }
    }

    /// <summary>Shows and saves what has been set.</summary>
    private Task SettledAsync()
    {
        _life.Wake();
        _parts.State.Changed();
        return _parts.SaveAsync();
    }
}

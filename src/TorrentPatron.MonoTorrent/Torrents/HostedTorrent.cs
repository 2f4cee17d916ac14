using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Storage;
using TorrentPatron.Engine.Swarms;
using TorrentPatron.Protocol.Metainfo;
using TorrentPatron.Protocol.Wire;
using InfoHash = TorrentPatron.Protocol.InfoHash;
using TorrentState = TorrentPatron.Engine.Client.TorrentState;

namespace TorrentPatron.MonoTorrent.Torrents;

/// <summary>
/// One torrent as its client knows it: MonoTorrent moves its pieces, and everything else is ours: what is on disk, what of it is
/// believed, which trackers are asked, the state it is in and what is said of it. Commands come one at a time; pieces and peers go on
/// beside them.
/// </summary>
internal sealed class HostedTorrent : IAsyncDisposable
{
    private readonly CreateNewTorrent _command;
    private readonly Action<TorrentMessage> _say;
    private readonly TorrentLife _life;
    private readonly SemaphoreSlim _commands = new(1, 1);
    private readonly TaskCompletionSource<bool> _started = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool _isDisposed;

    /// <summary>Makes it; nothing runs and nothing is touched before <see cref="StartAsync"/>.</summary>
    /// <param name="host">What all torrents share.</param>
    /// <param name="metainfo">What is in it.</param>
    /// <param name="command">What is started.</param>
    /// <param name="say">Takes what is said.</param>
    public HostedTorrent(HostResources host, TorrentMetainfo metainfo, CreateNewTorrent command, Action<TorrentMessage> say)
    {
        _command = command;
        _say = say;
        _life = new TorrentLife(host, metainfo, command, LeaveFailedAsync, say);
    }

    /// <summary>Which torrent.</summary>
    public InfoHash TorrentId => Metainfo.InfoHash;

    /// <summary>What is in it.</summary>
    public TorrentMetainfo Metainfo => _life.Metainfo;

    /// <summary>The torrent as MonoTorrent has it.</summary>
    public SwarmLink Link => _life.Link;

    /// <summary>The latest snapshot.</summary>
    public TorrentStatus Status => _life.News.Status;

    /// <summary>Its connected peers, as they were last looked at.</summary>
    public IReadOnlyList<PeerSnapshot> Peers => _life.News.IsActive ? _life.Ledger.Peers : [];

    /// <summary>Completes when the start has succeeded (true) or failed.</summary>
    public Task<bool> Started => _started.Task;

    /// <summary>Whether it is being stopped, or its start has failed.</summary>
    public bool IsEnding { get; private set; }

    /// <summary>Completes when the client has forgotten it.</summary>
    public Task Ended => _ended.Task;

    /// <summary>Makes ready and starts; what takes long, a check, goes on behind the answer.</summary>
    public async Task<TorrentAnswer> StartAsync()
    {
        await _commands.WaitAsync().ConfigureAwait(false);
        try
        {
            (ResumeData? saved, StartPlan plan) = await _life.PrepareAsync(_command).ConfigureAwait(false);
            _life.Tally.Reset(plan.Trusted);
            await _life.BeginAsync(
                plan.ToCheck, _command.Recheck || saved is null ? CompletionReason.Rechecked : CompletionReason.AlreadyOnDisk,
                _command.Suspended).ConfigureAwait(false);
            if (_life.Ledger.StateWarning is { } warning)
                _say(new TorrentWarning(TorrentId, warning));
            await _life.SaveAsync().ConfigureAwait(false);
            _started.TrySetResult(true);
            return new NewTorrentCreated(TorrentId, _command.CorrelationId, Status)
            {
                MergedTrackers = _life.Ledger.Choices.MergedTrackers,
                Reservation = PrivateTrackers.Refused(Metainfo.Name, _life.Ledger.Choices.RefusedTrackers),
            };
        }
        catch (Exception e) when (e is StorageException or RefusedException)
        {
            await DisposeAsync().ConfigureAwait(false);
            TorrentError error = e is StorageException storage ? storage.Error : ((RefusedException)e).Error;
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

    /// <summary>The client has forgotten it.</summary>
    public void End()
    {
        _started.TrySetResult(false);
        _ended.TrySetResult();
    }

    /// <summary>Stops for good: tells the trackers, closes the files, saves the state.</summary>
    /// <returns>Whether this did it; false where it had been done before.</returns>
    public Task<bool> StopAsync() => StopAsync(() =>
    {
        _life.Ledger.ClosedInOrder = true;
        return _life.SaveAsync();
    });

    /// <summary>Stops for good and forgets the torrent: nothing stays saved and, where that is wanted, nothing of its data.</summary>
    /// <returns>What was deleted; null where it had been stopped before.</returns>
    public async Task<ErasedData?> RemoveAsync(bool deleteData)
    {
        ErasedData erased = ErasedData.Nothing;
        bool isDone = await StopAsync(async () =>
        {
            if (deleteData)
                erased = await _life.Disk.EraseAsync(_life.Files()).ConfigureAwait(false);
            await _life.Disk.ErasePartsAsync().ConfigureAwait(false);
            await _life.Disk.DiscardAsync().ConfigureAwait(false);
        }).ConfigureAwait(false);
        return isDone ? erased : null;
    }

    /// <summary>Leaves the swarm but stays known.</summary>
    /// <exception cref="ObjectDisposedException">It has been stopped meanwhile; so too the other commands.</exception>
    public Task SuspendAsync() => InTurnAsync(async () =>
    {
        if (_life.News.State != TorrentState.Suspended)
            await PauseAsync().ConfigureAwait(false);
    });

    /// <summary>Goes on after a suspension or a failure; what a failure has left doubtful is looked at again.</summary>
    /// <exception cref="StorageException">The destination cannot be written, or has too little room.</exception>
    public Task ResumeAsync() => InTurnAsync(async () =>
    {
        if (_life.News.State is TorrentState.Suspended or TorrentState.Failed)
            await GoOnAsync().ConfigureAwait(false);
    });

    /// <summary>Hashes everything that can be on disk again, and goes on from what is found.</summary>
    /// <returns>The pieces that counted as there and are not.</returns>
    /// <exception cref="RefusedException">The check was not finished.</exception>
    public async Task<IReadOnlyList<int>> RecheckAsync()
    {
        Bitfield? before = null;
        Task<Bitfield?>? check = null;
        await InTurnAsync(async () =>
        {
            bool wasSuspended = _life.News.State == TorrentState.Suspended;
            await _life.LeaveAsync().ConfigureAwait(false);
            before = _life.Tally.Verified();
            Bitfield possible = await _life.Disk.PossiblePiecesAsync().ConfigureAwait(false);
            // The state first: else a seed that lacks every piece would be seen.
            _life.Ledger.BeginCheck(possible);
            _life.News.Set(TorrentState.Checking);
            _life.Tally.Reset(new Bitfield(possible.Length));
            _life.Ledger.Error = null;
            await _life.BeginAsync(possible, CompletionReason.Rechecked, wasSuspended).ConfigureAwait(false);
            check = _life.Check;
        }).ConfigureAwait(false);

        if (await check!.ConfigureAwait(false) is not { } good)
            throw new RefusedException(_life.Ledger.Error ?? SwarmErrors.CheckInterrupted(Metainfo.Name));
        var bad = new List<int>();
        foreach (int piece in before!.Ones)
        {
            if (!good[piece])
                bad.Add(piece);
        }

        return bad;
    }

    /// <summary>Takes the files to another folder, and goes on there.</summary>
    /// <exception cref="RefusedException">They are where they were.</exception>
    public async Task MoveAsync(string destination)
    {
        Task<TorrentError?> move = Task.FromResult<TorrentError?>(null);
        await InTurnAsync(async () =>
        {
            if (!Path.IsPathFullyQualified(destination))
                throw new RefusedException(SwarmErrors.NoDestination(destination));
            var to = new FileLayout(Metainfo, destination);
            if (to.Destination == _life.Disk.Layout.Destination)
                return;
            TorrentState before = _life.News.State == TorrentState.Moving ? _life.Ledger.StateBeforeMove : _life.News.State;
            await _life.LeaveAsync().ConfigureAwait(false);
            await _life.Disk.CloseFilesAsync().ConfigureAwait(false);
            // Saved first, so that what a kill leaves half done is put right by the next start.
            _life.Ledger.BeginMove(before, to.Destination);
            await _life.SaveAsync().ConfigureAwait(false);
            move = _life.BeginMove(to, before);
        }).ConfigureAwait(false);
        if (await move.ConfigureAwait(false) is { } error)
            throw new RefusedException(error);
    }

    /// <summary>Wants other files, from now on.</summary>
    public Task WantAsync(IReadOnlyList<FilePriority> priorities) => InTurnAsync(async () =>
    {
        if (priorities.Count != Metainfo.Files.Count)
            throw new RefusedException(SwarmErrors.WrongNumberOfPriorities(Metainfo, priorities.Count));
        if (_life.News.State == TorrentState.Moving)
            throw new RefusedException(SwarmErrors.NotActive(Metainfo.Name));
        TorrentLedger ledger = _life.Ledger;
        _life.Disk.Claim.Follow(() => _life.FilesWanting(priorities));
        try
        {
            await _life.Disk.PrepareAsync(_life.FilesWanting(priorities), priorities, ledger.Choices).ConfigureAwait(false);
        }
        catch (StorageException)
        {
            _life.Disk.Claim.Follow(_life.Files);
            throw;
        }

        await Link.WantAsync(priorities).ConfigureAwait(false);
        ledger.Choices = ledger.Choices with { FilePriorities = [.. priorities] };
        _life.Disk.Claim.Follow(_life.Files);
        _life.News.WantsChanged(() => _life.Tally.Want(priorities), () => _life.Tally.IsComplete, ledger.Completed);
        await _life.SaveAsync().ConfigureAwait(false);
    });

    /// <summary>Changes the torrent's options.</summary>
    /// <exception cref="RefusedException">They stay as they are.</exception>
    public Task SetAsync(TorrentOptions options) => InTurnAsync(async () =>
    {
        TorrentWishes.Refuse(options);
        TorrentChoices before = _life.Ledger.Choices;
        if (options.SeedOnly == true && !before.SeedOnly && _life.News.State == TorrentState.Downloading)
            throw new RefusedException(SwarmErrors.NotComplete(Metainfo.Name));
        _life.Ledger.Choices = before.With(options);
        // One that is being checked, or rests, is not held up.
        if (_life.Ledger.Choices.SeedOnly != before.SeedOnly && _life.News.State == TorrentState.Seeding)
            await GoOnAsync().ConfigureAwait(false);
        if (options.Goal is not null)
            _life.Ledger.IsGoalReached = false;
        Link.Limit(_life.Ledger.Choices);
        await SettledAsync().ConfigureAwait(false);
    });

    /// <summary>Goes by the client's settings, which have changed.</summary>
    public Task ApplyAsync() => InTurnAsync(Link.ApplyAsync);

    /// <summary>Says something that shows how it stands, in its turn among what is said of it.</summary>
    public void Say(Func<TorrentStatus, TorrentMessage> make) => _life.News.Say(make);

    /// <summary>Adds peers and trackers.</summary>
    public Task AddAsync(AddSources sources) => InTurnAsync(() =>
    {
        Link.AddPeers(sources.Peers, areGiven: true);
        _life.Ledger.Choices = _life.Ledger.Choices.WithTrackers(sources.Trackers)
            .WithFoundTrackers(sources.FoundTrackers, [.. TorrentChoices.OwnTrackers(_command)]);
        foreach (Uri tracker in _life.Ledger.Choices.AddedTrackers.Concat(sources.Trackers))
            _life.Announcer.Add(tracker);
        return SettledAsync();
    });

    /// <summary>Asks trackers no longer.</summary>
    public Task RemoveTrackersAsync(IReadOnlyList<Uri> trackers) => InTurnAsync(() =>
    {
        _life.Ledger.Choices = _life.Ledger.Choices.WithoutTrackers(trackers);
        foreach (Uri tracker in trackers)
            _life.Announcer.Remove(tracker);
        return SettledAsync();
    });

    /// <summary>Asks trackers as soon as they allow it.</summary>
    /// <exception cref="RefusedException">It does not run just now.</exception>
    public void Announce(IReadOnlyList<Uri> trackers)
    {
        if (!_life.News.IsActive)
            throw new RefusedException(SwarmErrors.NotActive(Metainfo.Name));
        _life.Announcer.AnnounceNow(trackers);
    }

    /// <summary>The files, but for padding.</summary>
    public IReadOnlyList<FileSnapshot> Files() => SwarmView.Files(
        Metainfo, _life.Disk.Layout, _life.Tally.Verified(), _life.Ledger.Choices.FilePriorities, _life.Ledger.Origin,
        _life.Disk.Storage.Apart);

    /// <summary>What is due; called about once a second.</summary>
    public async Task TickAsync()
    {
        await _life.TickAsync().ConfigureAwait(false);
        if (_life.Ledger.HasReachedGoal())
            _ = RestAtGoalAsync();
    }

    /// <summary>Lets go of everything; stopping ends with it, and what has never been started needs no more.</summary>
    public async ValueTask DisposeAsync()
    {
        IsEnding = true;
        _isDisposed = true;
        await _life.DisposeAsync().ConfigureAwait(false);
    }

    /// <summary>Carries out a command when those before it are done.</summary>
    /// <exception cref="ObjectDisposedException">It has been stopped meanwhile.</exception>
    private async Task InTurnAsync(Func<Task> command)
    {
        await _commands.WaitAsync().ConfigureAwait(false);
        try
        {
            ObjectDisposedException.ThrowIf(IsEnding, this);
            await command().ConfigureAwait(false);
        }
        finally
        {
            _commands.Release();
        }
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
            if (_life.News.State != TorrentState.Failed)
                _life.News.Set(TorrentState.Stopped);
            // Closed first: some systems set the time of the last write only then.
            await _life.Disk.CloseFilesAsync().ConfigureAwait(false);
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

    /// <summary>Begins again with what is on disk now.</summary>
    private async Task GoOnAsync()
    {
        await _life.LeaveAsync().ConfigureAwait(false);
        TorrentLedger ledger = _life.Ledger;
        StartPlan plan;
        try
        {
            // Where files were lost, what is there now may be anything.
            plan = await _life.Disk.PlanAgainAsync(
                _life.Tally.Verified(), ledger.Unchecked, ledger.Error?.Id == TorrentErrorId.DiskReadFailed, ledger.Choices, ledger.Origin)
                .ConfigureAwait(false);
        }
        catch (StorageException e)
        {
            ledger.Error = e.Error;
            _life.News.Set(TorrentState.Failed);
            throw;
        }

        _life.Tally.Reset(plan.Trusted);
        _life.Disk.Claim.Follow(_life.Files);
        ledger.Error = null;
        await _life.BeginAsync(
            plan.ToCheck, plan.ToCheck.IsEmpty ? CompletionReason.AlreadyOnDisk : CompletionReason.Rechecked, suspended: false).ConfigureAwait(false);
        await _life.SaveAsync().ConfigureAwait(false);
    }

    private async Task PauseAsync()
    {
        await _life.LeaveAsync().ConfigureAwait(false);
        _life.News.Set(TorrentState.Suspended);
        await _life.SaveAsync().ConfigureAwait(false);
    }

    private Task LeaveFailedAsync() => InTurnAsync(async () =>
    {
        if (_life.News.State != TorrentState.Failed)
            return;
        await _life.LeaveAsync().ConfigureAwait(false);
        await _life.SaveAsync().ConfigureAwait(false);
    });

    /// <summary>It has seeded enough.</summary>
    private Task RestAtGoalAsync() => InTurnAsync(async () =>
    {
        // By now somebody may have said otherwise, or this may have been done.
        if (!_life.Ledger.HasReachedGoal())
            return;
        _life.Ledger.IsGoalReached = true;
        await PauseAsync().ConfigureAwait(false);
        _life.News.Say(status => new SeedGoalReached(TorrentId, status));
    });

    /// <summary>Shows and saves what has been set.</summary>
    private Task SettledAsync()
    {
        _life.News.Changed();
        return _life.SaveAsync();
    }
}

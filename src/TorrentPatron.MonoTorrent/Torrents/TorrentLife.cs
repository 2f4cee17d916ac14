using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Storage;
using TorrentPatron.Engine.Swarms;
using TorrentPatron.Engine.Trackers;
using TorrentPatron.MonoTorrent.Network;
using TorrentPatron.MonoTorrent.Storage;
using TorrentPatron.Protocol.Metainfo;
using TorrentPatron.Protocol.Wire;
using TorrentState = TorrentPatron.Engine.Client.TorrentState;

namespace TorrentPatron.MonoTorrent.Torrents;

/// <summary>
/// Takes one torrent into its swarm and out of it again, by way of a check where one is needed, and sees to what comes of its pieces
/// meanwhile. To come and to go are the owner's, one at a time.
/// </summary>
internal sealed class TorrentLife : IAsyncDisposable
{
    private readonly SwarmMove _move;
    private readonly Func<Task> _leaveFailed;
    private CancellationTokenSource? _checking;

    /// <summary>Puts the torrent together; nothing is touched yet.</summary>
    /// <param name="host">What all torrents share.</param>
    /// <param name="metainfo">What is in it.</param>
    /// <param name="command">What is started.</param>
    /// <param name="leaveFailed">Has it leave its swarm, in its turn, where it has failed.</param>
    /// <param name="say">Takes what is said.</param>
    public TorrentLife(
        HostResources host, TorrentMetainfo metainfo, CreateNewTorrent command, Func<Task> leaveFailed, Action<TorrentMessage> say)
    {
        _leaveFailed = leaveFailed;
        Metainfo = metainfo;
        Disk = new TorrentDisk(metainfo, command, host, SaveWarningChanged);
        Tally = new PieceTally(metainfo, Disk.Layout);
        Ledger = new TorrentLedger(metainfo, command, host, Disk, Tally);
        _move = Disk.MakeMove(Ledger, Files);
        Link = new SwarmLink(host, metainfo, Disk, new PeerFeed(metainfo.InfoHash), PieceArrived, Ledger.PieceFailed, Fail);
        Announcer = new Announcer(
            new TrackerList(metainfo.TrackerTiers.Select(AddressReader.Trackers), new Random(), () => host.ListenPorts.Families), host.Trackers, host.Announces, Ledger.MakeAnnounce,
            (_, peers) => Link.AddPeers(peers), _ => News?.Changed(), host.Time);
        News = new TorrentNews(metainfo.InfoHash, MakeStatus, Ledger.Enter, say, host);
    }

    /// <summary>What is in it.</summary>
    public TorrentMetainfo Metainfo { get; }

    /// <summary>Its files and its saved state.</summary>
    public TorrentDisk Disk { get; }

    /// <summary>Its pieces.</summary>
    public PieceTally Tally { get; }

    /// <summary>What is written down of it.</summary>
    public TorrentLedger Ledger { get; }

    /// <summary>What state it is in, and what is said of it.</summary>
    public TorrentNews News { get; }

    /// <summary>Its trackers.</summary>
    public Announcer Announcer { get; }

    /// <summary>The torrent as MonoTorrent has it.</summary>
    public SwarmLink Link { get; }

    /// <summary>
    /// The good pieces among those that are checked, or were last, when it has gone on with them; null where that was ended before it was
    /// over, or failed.
    /// </summary>
    public Task<Bitfield?> Check { get; private set; } = Task.FromResult<Bitfield?>(null);

    /// <summary>How its files stand.</summary>
    public TorrentFiles Files() => FilesWanting(Ledger.Choices.FilePriorities);

    /// <summary>How its files would stand with other priorities.</summary>
    /// <param name="priorities">Priority of each file; empty: all normal.</param>
    public TorrentFiles FilesWanting(IReadOnlyList<FilePriority> priorities) =>
        Disk.Claim.FilesOf(Disk.Layout, priorities, Ledger.Origin, Tally.Verified(), Disk.Storage.Apart, Ledger.Unchecked);

    /// <summary>Makes ready, as far as nothing runs yet.</summary>
    /// <param name="command">What is started.</param>
    /// <returns>What was saved, if anything, and what may be believed of it.</returns>
    /// <exception cref="StorageException">The destination cannot be written, or has too little room.</exception>
    /// <exception cref="RefusedException">It cannot be run, or not so.</exception>
    public async Task<(ResumeData? Saved, StartPlan Plan)> PrepareAsync(CreateNewTorrent command)
    {
        (ResumeData? saved, Ledger.StateWarning) = await Disk.LoadAsync().ConfigureAwait(false);
        TorrentWishes.Refuse(command.Options);
        TorrentChoices choices = TorrentChoices.Of(command, saved);
        if (command.Selection is not null && !choices.WantsAny(Metainfo))
            throw new RefusedException(FileSelection.NothingSelected(Metainfo));
        // First, because it refuses torrents: then nothing has been made yet.
        await Link.OpenAsync(choices).ConfigureAwait(false);
        if (saved is not null)
        {
            await Disk.TakeBackAsync(_move, saved).ConfigureAwait(false);
            Ledger.Continue(saved);
        }

        StartPlan plan = await Disk.PlanAsync(saved, command.Recheck, choices).ConfigureAwait(false);
        (Ledger.Choices, Ledger.Origin) = (choices, plan.Origin);
        Disk.Claim.Follow(Files);
        foreach (Uri tracker in choices.RemovedTrackers)
            Announcer.Remove(tracker);
        foreach (Uri tracker in choices.AddedTrackers)
            Announcer.Add(tracker);
        await Link.WantAsync(choices.FilePriorities).ConfigureAwait(false);
        Tally.Want(choices.FilePriorities);
        Link.AddPeers(command.Peers, areGiven: true);
        return (saved, plan);
    }

    /// <summary>Checks what is to be checked, then joins the swarm; a suspended torrent stays so but for the check.</summary>
    /// <param name="toCheck">The pieces to hash first.</param>
    /// <param name="reason">How it comes to be complete, where it is.</param>
    /// <param name="suspended">Whether it is to rest.</param>
    /// <returns>Completes when it has joined, or a check has begun: <see cref="Check"/>.</returns>
    public async Task BeginAsync(Bitfield toCheck, CompletionReason reason, bool suspended)
    {
        if (toCheck.IsEmpty)
        {
            Ledger.Unchecked = null;
            await JoinOrRestAsync(reason, suspended).ConfigureAwait(false);
            Check = Task.FromResult<Bitfield?>(toCheck);
            return;
        }

        Ledger.BeginCheck(toCheck);
        _checking = new CancellationTokenSource();
        News.Set(TorrentState.Checking);
        Check = CheckAsync(toCheck, reason, suspended, _checking.Token);
    }

    /// <summary>Takes the files elsewhere, then goes on as before, there or, where that failed, here. It has left the swarm before.</summary>
    /// <param name="to">Where the files are to lie.</param>
    /// <param name="before">What the torrent did before.</param>
    /// <returns>Why the files are where they were, or null. It is not to be waited for.</returns>
    public Task<TorrentError?> BeginMove(FileLayout to, TorrentState before)
    {
        News.Set(TorrentState.Moving);
        return _move.Begin(to, async _ =>
        {
            if (before == TorrentState.Failed && Ledger.Error is not null)
            {
                News.Set(TorrentState.Failed);
            }
            else
            {
                Bitfield toCheck = Ledger.Unchecked ?? new Bitfield(Metainfo.PieceCount);
                await BeginAsync(toCheck, CompletionReason.AlreadyOnDisk, before == TorrentState.Suspended).ConfigureAwait(false);
            }

            await SaveAsync().ConfigureAwait(false);
        });
    }

    /// <summary>Ends a move or a check, or leaves the swarm; blocks already received are written first, and the trackers told last.</summary>
    public async Task LeaveAsync()
    {
        await LeavePeersAsync().ConfigureAwait(false);
        await TellTrackersAsync().ConfigureAwait(false);
    }

    /// <summary>Ends a move or a check, or leaves the swarm, but for the trackers; blocks already received are written first.</summary>
    public async Task LeavePeersAsync()
    {
        // The move first: what comes behind it may be a check.
        await _move.CancelAsync().ConfigureAwait(false);
        if (_checking is not null)
        {
            await _checking.CancelAsync().ConfigureAwait(false);
            await ((Task)Check).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            _checking.Dispose();
            _checking = null;
        }

        await Link.LeaveAsync(Ledger).ConfigureAwait(false);
        await Disk.DrainAsync().ConfigureAwait(false);
    }

    /// <summary>Tells the trackers; waits a few seconds at most for those that are dead.</summary>
    public Task TellTrackersAsync() => Announcer.StopAsync(CancellationToken.None);

    /// <summary>Looks at its peers, saves where that is due, and tells how it stands; called about once a second.</summary>
    public async Task TickAsync()
    {
        if (News.State is TorrentState.Stopped or TorrentState.Suspended or TorrentState.Failed)
            return;
        if (News.IsActive)
            (Ledger.Peers, Ledger.KnownPeers) = await Link.LookAtPeersAsync(News.State == TorrentState.Downloading).ConfigureAwait(false);
        Link.Count(Ledger);
        if (Disk.IsSaveDue(Ledger.Totals))
            _ = SaveAsync();
        News.Tick();
    }

    /// <summary>Saves how it stands.</summary>
    public Task SaveAsync() => Disk.SaveAsync(Ledger.MakeResumeData);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _move.Dispose();
        await Link.DisposeAsync().ConfigureAwait(false);
        await Announcer.DisposeAsync().ConfigureAwait(false);
        await Disk.DisposeAsync().ConfigureAwait(false);
    }

    private async Task<Bitfield?> CheckAsync(Bitfield toCheck, CompletionReason reason, bool suspended, CancellationToken cancellationToken)
    {
        try
        {
            Bitfield good = await Disk.CheckAsync(toCheck, Ledger.PieceChecked, cancellationToken).ConfigureAwait(false);
            Bitfield verified = Tally.Verified();
            foreach (int piece in good.Ones)
                verified.Set(piece);
            Tally.Reset(verified);
            Ledger.EndCheck();
            if (!suspended)
                Tally.Reset(await Disk.DecideWritesAsync(Files(), Ledger.Choices).ConfigureAwait(false));
            await JoinOrRestAsync(reason, suspended).ConfigureAwait(false);
            await SaveAsync().ConfigureAwait(false);
            return good;
        }
        catch (OperationCanceledException)
        {
            // Whoever cancelled says what comes next.
        }
        catch (StorageException e)
        {
            // When it is resumed something may have been put right: what was not found is looked for again.
            Ledger.Unchecked ??= Tally.Verified().Inverse();
            Ledger.Error = e.Error;
            News.Set(TorrentState.Failed);
        }

        return null;
    }

    private async Task JoinOrRestAsync(CompletionReason reason, bool suspended)
    {
        if (suspended)
        {
            News.Set(TorrentState.Suspended);
            return;
        }

        // Before the state is told: who reads that it seeds may dial at once, and must not be turned away.
        await Link.JoinAsync(Tally.Verified()).ConfigureAwait(false);
        News.Join(Tally.IsComplete, reason, Ledger.Completed);
        // What came between the two has not been told.
        if (News.State == TorrentState.Downloading)
            News.WantsChanged(() => { }, () => Tally.IsComplete, Ledger.Completed);
        Announcer.Start();
    }

    private void SaveWarningChanged(TorrentError? warning)
    {
        if (warning is null)
            News.Changed();
        else
            News.Say(_ => new TorrentWarning(Metainfo.InfoHash, warning));
    }

    private void PieceArrived(int piece)
    {
        if (!Tally.Add(piece))
            return;
        bool isComplete = Tally.IsComplete;
        _ = NoteAsync(piece, isComplete ? 0 : Ledger.Choices.MinimumFreeSpace);
        if (isComplete && Disk.FindLoss(Tally.Verified()) is { } loss)
        {
            Fail(loss);
            return;
        }

        // Trackers count whole downloads only, not those of some files (BEP 3).
        if (isComplete && Tally.MissingBytes == 0)
            Announcer.Completed();
        if (!News.PieceArrived(() => Tally.IsComplete, Ledger.Completed))
            return;
        _ = SaveAsync();
    }

    private async Task NoteAsync(int piece, long keepFree)
    {
        if (await Disk.PieceVerifiedAsync(piece, keepFree).ConfigureAwait(false) is { } error)
            Fail(error);
    }

    /// <summary>The disk refused, or has lost something.</summary>
    private void Fail(TorrentError error)
    {
        // Peers are asked for nothing more, and the trackers told, from a thread that may wait.
        if (News.TryFail(() => Ledger.Error = error))
            _ = _leaveFailed();
    }

    private TorrentStatus MakeStatus(TorrentState state)
    {
        Link.Count(Ledger);
        return Ledger.MakeStatus(state, Announcer.Snapshot(), Link.HasGivenPeers);
    }
}

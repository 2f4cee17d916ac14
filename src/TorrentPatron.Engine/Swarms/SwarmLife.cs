using System.Net;
using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Diagnostics;
using TorrentPatron.Engine.Peers;
using TorrentPatron.Engine.Pieces;
using TorrentPatron.Engine.Storage;
using TorrentPatron.Engine.Timing;
using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Engine.Swarms;

/// <summary>
/// Takes one torrent into its swarm and out of it again, by way of a check where one is needed, and sees to what comes of its pieces
/// meanwhile. To come and to go are the owner's, one at a time.
/// </summary>
internal sealed class SwarmLife : ISwarmEvents, IAsyncDisposable
{
    /// <summary>How often the blocks of pieces that take long are written and saved, so that they outlive a crash.</summary>
    private static readonly TimeSpan WriteOutInterval = TimeSpan.FromSeconds(5);

    private readonly EngineResources _engine;
    private readonly FreeSpaceWatch _freeSpace = new();
    private readonly CancellationTokenSource _stop = new();
    private Instant _lastTick;
    private Instant _lastWriteOut;
    private volatile bool _isResting;

    /// <summary>Puts the torrent together.</summary>
    /// <param name="engine">What all torrents share.</param>
    /// <param name="command">The start; it has the metainfo.</param>
    /// <param name="say">Takes what is said of the torrent.</param>
    /// <param name="network">The torrent's network, where its metadata was fetched with it; null: there is none yet.</param>
    public SwarmLife(EngineResources engine, CreateNewTorrent command, Action<TorrentMessage> say, SwarmNetwork? network)
    {
        _engine = engine;
        Parts = new SwarmParts(engine, command, network, this, AddPeers, say);
        _lastTick = _lastWriteOut = Instant.Now(engine.Time);
    }

    /// <summary>What the torrent is made of.</summary>
    public SwarmParts Parts { get; }

    /// <summary>Whether nothing was to be done for it when it was last looked at, and it has not been woken since.</summary>
    public bool IsResting => _isResting;

    /// <summary>Checks what is to be checked, then joins the swarm; a suspended torrent stays so but for the check.</summary>
    /// <param name="toCheck">The pieces to hash first.</param>
    /// <param name="reason">How it comes to be complete, where it is.</param>
    /// <param name="suspended">Whether it is to rest.</param>
    /// <param name="isAwaited">Whether the caller waits for a check, which is short, so that it waits for no other torrent's.</param>
    /// <returns>
    /// The good pieces among those checked; null where the check is ended before it is over. Where it is long it is not to be waited for.
    /// </returns>
    public Task<Bitfield?> Begin(Bitfield toCheck, CompletionReason reason, bool suspended, bool isAwaited = false)
    {
        Wake();
        if (toCheck.IsEmpty)
        {
            Parts.Ledger.Unchecked = null;
            if (suspended)
                Parts.State.Set(TorrentState.Suspended);
            else
                Join(reason);
            return Task.FromResult<Bitfield?>(toCheck);
        }

        // Those who helped with the metadata, if any: they are dialled again when it is known what is here.
        Parts.Network.Peers.Close("The torrent looks at what is on disk first.");
        Parts.Ledger.BeginCheck(toCheck);
        Parts.Resume.Touch();
        Parts.State.Set(TorrentState.Checking);
        return Parts.Check.Begin(toCheck, error => EndCheckAsync(error, reason, suspended), isAwaited);
    }

    /// <summary>Takes the files elsewhere, then goes on as before, there or, where that failed, here. It has left the swarm before.</summary>
    /// <param name="to">Where the files are to lie.</param>
    /// <param name="before">What the torrent did before.</param>
    /// <returns>Why the files are where they were, or null. It is not to be waited for.</returns>
    public Task<TorrentError?> BeginMove(FileLayout to, TorrentState before)
    {
        Wake();
        TorrentError? failure = Parts.Ledger.Error;
        Parts.State.Set(TorrentState.Moving);
        return Parts.Move.Begin(to, async _ =>
        {
            if (before == TorrentState.Failed && failure is not null)
                Parts.State.Fail(failure);
            else
                GoOn(before == TorrentState.Suspended);
            await Parts.SaveAsync().ConfigureAwait(false);
        });
    }

    /// <summary>
    /// Ends a check or a move, or leaves the swarm; blocks already received are written first, those of unfinished pieces as well, and the
    /// trackers told last.
    /// </summary>
    public async Task LeaveAsync()
    {
        await LeavePeersAsync().ConfigureAwait(false);
        await TellTrackersAsync().ConfigureAwait(false);
    }

    /// <summary>Ends a check or a move, or leaves the swarm, but for the trackers; blocks already received are written first.</summary>
    public async Task LeavePeersAsync()
    {
        // The move first: what comes behind it may be a check.
        await Parts.Move.CancelAsync().ConfigureAwait(false);
        await Parts.Check.CancelAsync().ConfigureAwait(false);
        Parts.Network.Peers.Close("The torrent leaves the swarm.");
        await _engine.DiskWorkers.DrainAsync().ConfigureAwait(false);
        Parts.Pieces.Open(false);
        // What a peer handed over beside this is let go of now; nothing tells of a piece after it.
        await _engine.DiskWorkers.DrainAsync().ConfigureAwait(false);
    }

    /// <summary>Looks for peers no longer, and tells the trackers; waits a few seconds at most for those that are dead.</summary>
    public Task TellTrackersAsync() => Parts.Network.StopLookingAsync(CancellationToken.None);

    /// <summary>Takes note of addresses, and dials.</summary>
    public void AddPeers(IEnumerable<IPEndPoint> peers, PeerSource source)
    {
        Wake();
        Parts.Network.Peers.Add(peers, source);
    }

    /// <summary>Something is about to happen: from the next beat on it is looked at each time.</summary>
    public void Wake()
    {
        if (!_isResting)
            return;
        Parts.Peers.BeginFlow();
        _lastTick = Instant.Now(_engine.Time);
        _isResting = false;
    }

    /// <summary>What is due; called about once a second, or now and then while it is resting.</summary>
    public void Tick()
    {
        var now = Instant.Now(_engine.Time);
        TimeSpan elapsed = now - _lastTick;
        _lastTick = now;
        // Before its start there is nothing to save, and after its end the state is somebody else's.
        if (Parts.Ledger.State == TorrentState.Stopped)
            return;
        bool wasResting = _isResting;
        TransferTotals totals = Parts.Ledger.Totals;
        _isResting = Parts.Ledger.IsResting && !Parts.Resume.IsDirty(totals);
        if (_isResting && !wasResting)
            Parts.State.Changed();
        if (Parts.Resume.IsDue(totals))
            _engine.Faults.Watch(Parts.SaveAsync(), Parts.Metainfo.InfoHash, "saving of a torrent");
        if (_isResting || Parts.Ledger.State is TorrentState.Suspended or TorrentState.Failed)
            return;
        if (Parts.Ledger.IsActive)
        {
            Parts.Peers.Tick(elapsed);
            Parts.Network.Tick();
        }

        if (now - _lastWriteOut >= WriteOutInterval)
        {
            _lastWriteOut = now;
            _engine.Faults.Watch(WriteOutAsync(), Parts.Metainfo.InfoHash, "saving of a torrent");
        }

        Parts.Ledger.NoteProgress();
        Parts.State.Tick();
    }

    /// <inheritdoc/>
    public void PieceVerified(int piece, bool isComplete)
    {
        Parts.Resume.PieceVerified(piece);
        Parts.Peers.PieceVerified(piece, isComplete);
        Parts.State.PieceArrived();
        TorrentError? error = isComplete
            ? Parts.Storage.FindLoss(Parts.Pieces.Verified())?.Error
            : _freeSpace.Written(
                Parts.Metainfo.PieceSize(piece), Parts.Storage.Layout.Destination, Parts.Ledger.Choices.MinimumFreeSpace);
        if (error is not null)
        {
            StorageFailed(error);
        }
        else if (isComplete)
        {
            // Trackers count whole downloads only, not those of some files (BEP 3).
            if (Parts.Pieces.MissingBytes == 0)
                Parts.Network.Trackers.Completed();
            if (Parts.State.TryComplete())
                _engine.Faults.Watch(Parts.SaveAsync(), Parts.Metainfo.InfoHash, "saving of a torrent");
        }
    }

    /// <inheritdoc/>
    public void PieceFailed(ActivePiece piece, IReadOnlyList<PeerTransfer> senders) => Parts.Peers.PieceFailed(piece.Length, senders);

    /// <inheritdoc/>
    public void RestoredBlocksDropped(long bytes) => Parts.Peers.RestoredBlocksDropped(bytes);

    /// <inheritdoc/>
    public void PoisonersFound(IReadOnlyList<PeerTransfer> guilty) => Parts.Peers.Ban(guilty);

    /// <inheritdoc/>
    public void StorageFailed(TorrentError error)
    {
        EngineEvents.Log.DiskError(Parts.Metainfo.InfoHash, error);
        Fail(error);
    }

    /// <inheritdoc/>
    public void Faulted(Exception fault) => _engine.Faults.EndTorrent(Parts.Metainfo.InfoHash, "piece finisher", fault);

    /// <summary>Stops by itself, with an error; where the torrent has left the swarm, it stays as it is.</summary>
    public void Fail(TorrentError error)
    {
        if (!Parts.State.TryFail(error))
            return;

        // Peers are asked for nothing more; the trackers are told from a thread that may wait.
        Parts.Pieces.Open(false);
        Parts.Network.Peers.Close("The torrent has failed.");
        _ = StopAnnouncingAsync();
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await Parts.DisposeAsync().ConfigureAwait(false);
        _stop.Dispose();
    }

    /// <summary>Goes on with what is known, and with a check that was not finished.</summary>
    private void GoOn(bool suspended) =>
        _ = Begin(Parts.Ledger.Unchecked ?? new Bitfield(Parts.Metainfo.PieceCount), CompletionReason.AlreadyOnDisk, suspended);

    private async Task EndCheckAsync(TorrentError? error, CompletionReason reason, bool suspended)
    {
        if (error is not null)
        {
            Parts.State.Fail(error);
            return;
        }

        if (!suspended && await Parts.DecideWritesAsync().ConfigureAwait(false) is { } refusal)
        {
            // When it is resumed something may have been put right: what was not found is looked for again.
            Parts.Ledger.Unchecked = Parts.Pieces.Verified().Inverse();
            Parts.State.Fail(refusal);
            await Parts.SaveAsync().ConfigureAwait(false);
            return;
        }

        if (suspended)
            Parts.State.Set(TorrentState.Suspended);
        else if (Parts.Pieces.IsComplete)
            Parts.Ledger.CompletedAt ??= WallTime.Now(_engine.Time);
        // Before any piece can arrive: what is noted of one counts only beside what was here before.
        await Parts.SaveAsync().ConfigureAwait(false);
        if (!suspended)
            Join(reason);
    }

    private void Join(CompletionReason reason)
    {
        Parts.Pieces.Open(true);
        Parts.State.Join(Parts.Peers.Open, () => Parts.Pieces.IsComplete, reason);
        Parts.Network.Join();
    }

    /// <summary>Writes and saves the blocks of pieces that take long.</summary>
    private async Task WriteOutAsync()
    {
        if (await Parts.Pieces.WriteOutAsync().ConfigureAwait(false))
            await Parts.SaveAsync().ConfigureAwait(false);
    }

    private async Task StopAnnouncingAsync()
    {
        await Parts.Network.StopLookingAsync(_stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await Parts.SaveAsync().ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }
}

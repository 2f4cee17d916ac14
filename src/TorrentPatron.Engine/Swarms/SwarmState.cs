using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Timing;
using TorrentPatron.Protocol;

namespace TorrentPatron.Engine.Swarms;

/// <summary>The state of a torrent whose pieces are known: it downloads, seeds, and becomes complete. Thread-safe.</summary>
internal sealed class SwarmState : SwarmVoice
{
    private readonly EngineResources _engine;
    private readonly InfoHash _torrent;
    private readonly SwarmLedger _ledger;
    private volatile bool _isCompletionUntold = true;
    private volatile bool _hasArrived;

    /// <summary>Begins in the state that is written down, without a word.</summary>
    /// <param name="engine">The clock and the interval of updates.</param>
    /// <param name="torrent">Which torrent.</param>
    /// <param name="ledger">Where the state is written down.</param>
    /// <param name="makeStatus">Makes a snapshot; called under the lock.</param>
    /// <param name="say">Takes what is said; called under the lock.</param>
    public SwarmState(
        EngineResources engine, InfoHash torrent, SwarmLedger ledger, Func<TorrentStatus> makeStatus, Action<TorrentMessage> say)
        : base(engine, torrent, ledger, makeStatus, say)
    {
        _engine = engine;
        _torrent = torrent;
        _ledger = ledger;
    }

    /// <summary>Joins the swarm: as a seed where all is there, else to download.</summary>
    /// <param name="openPeers">
    /// Takes peers from now on. Done before the state is told: who reads that it seeds may dial at once, and must not be turned away.
    /// </param>
    /// <param name="isComplete">Whether every wanted piece is there.</param>
    /// <param name="reason">How it came to be complete, where it is.</param>
    public void Join(Action openPeers, Func<bool> isComplete, CompletionReason reason)
    {
        lock (Gate)
        {
            openPeers();
            if (isComplete())
            {
                BecomeComplete(reason);
                return;
            }

            _isCompletionUntold = true;
            _ledger.BeginDownload();
            Set(TorrentState.Downloading);
        }
    }

    /// <summary>
    /// Other files are wanted than before: what was complete may have something to fetch, and what was not may be complete. To become
    /// complete so is told only where something has come in since it was told last.
    /// </summary>
    /// <param name="change">Wants them: one step with the state, so that nobody sees a seed that lacks something.</param>
    /// <param name="isComplete">Whether every wanted piece is there.</param>
    public void WantsChanged(Action change, Func<bool> isComplete)
    {
        lock (Gate)
        {
            change();
            bool isSeed = isComplete();
            if (_ledger.State == TorrentState.Downloading && isSeed)
            {
                BecomeComplete(_hasArrived ? CompletionReason.Downloaded : CompletionReason.AlreadyOnDisk);
            }
            else if (_ledger.State == TorrentState.Seeding && !isSeed)
            {
                _ledger.BeginDownload();
                Set(TorrentState.Downloading);
            }
            else
            {
                if (_ledger.State == TorrentState.Suspended)
                    _ledger.NoteCompletion();
                Changed();
            }
        }
    }

    /// <summary>A piece has arrived.</summary>
    public void PieceArrived() => _isCompletionUntold = _hasArrived = true;

    /// <summary>The last wanted piece has arrived: says so, once.</summary>
    /// <returns>False where that was known, or it has left the swarm.</returns>
    public bool TryComplete()
    {
        lock (Gate)
        {
            if (_ledger.State != TorrentState.Downloading)
                return false;
            BecomeComplete(CompletionReason.Downloaded);
            return true;
        }
    }

    /// <summary>Stops by itself.</summary>
    /// <returns>False where it has left the swarm already.</returns>
    public bool TryFail(TorrentError error)
    {
        lock (Gate)
        {
            if (!_ledger.IsActive)
                return false;
            Fail(error);
            return true;
        }
    }

    private void BecomeComplete(CompletionReason reason)
    {
        bool isUntold = _isCompletionUntold;
        _isCompletionUntold = false;
        _ledger.CompletedAt ??= WallTime.Now(_engine.Time);
        _ledger.Completion ??= reason;
        Set(TorrentState.Seeding);
        if (isUntold)
            Say(status => new TorrentCompleted(_torrent, reason, status));
    }
}

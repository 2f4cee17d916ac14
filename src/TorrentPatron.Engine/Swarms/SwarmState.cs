using TorrentPatron.Engine.Client;
using TorrentPatron.Protocol;

namespace TorrentPatron.Engine.Swarms;

/// <summary>
/// The state that a torrent is in, and what is said of it: a change of state, the snapshot that shows it and the messages that tell of
/// it are one step, so that what is said comes in the order of the states. A snapshot is made when it is asked for, and kept while
/// nothing changes. Thread-safe.
/// </summary>
internal sealed class SwarmState
{
    /// <summary>Age at which a snapshot of a torrent in which something happens is made anew.</summary>
    private static readonly TimeSpan LongestAge = TimeSpan.FromMilliseconds(200);

    private readonly EngineResources _engine;
    private readonly InfoHash _torrent;
    private readonly SwarmLedger _ledger;
    private readonly Func<TorrentStatus> _makeStatus;
    private readonly Action<TorrentMessage> _say;
    private readonly Lock _gate = new();
    private TorrentStatus? _status;
    private DateTimeOffset _nextUpdate;
    private volatile bool _isCompletionUntold = true;
    private volatile bool _hasArrived;

    /// <summary>Begins as stopped, without a word.</summary>
    /// <param name="engine">The clock and the interval of updates.</param>
    /// <param name="torrent">Which torrent.</param>
    /// <param name="ledger">Where the state is written down.</param>
    /// <param name="makeStatus">Makes a snapshot; called under the lock.</param>
    /// <param name="say">Takes what is said; called under the lock.</param>
    public SwarmState(
        EngineResources engine, InfoHash torrent, SwarmLedger ledger, Func<TorrentStatus> makeStatus, Action<TorrentMessage> say)
    {
        _engine = engine;
        _torrent = torrent;
        _ledger = ledger;
        _makeStatus = makeStatus;
        _say = say;
    }

    /// <summary>How it stands.</summary>
    public TorrentStatus Status
    {
        get
        {
            lock (_gate)
            {
                if (_status is { } status && _engine.Time.GetUtcNow() - status.Timestamp > LongestAge)
                    _status = _ledger.IsResting ? _ledger.Renew(status) : null;
                return _status ??= _makeStatus();
            }
        }
    }

    /// <summary>Something of what the status shows has changed.</summary>
    public void Changed()
    {
        // Made and forgotten under the lock: else a snapshot from before the change could outlive it.
        lock (_gate)
            _status = null;
    }

    /// <summary>Something happens in the torrent: tells how it stands, where that is due.</summary>
    public void Tick()
    {
        lock (_gate)
        {
            Changed();
            if (_engine.Time.GetUtcNow() >= _nextUpdate)
                SayUpdate();
        }
    }

    /// <summary>Goes into a state.</summary>
    public void Set(TorrentState state)
    {
        lock (_gate)
        {
            TorrentState previous = _ledger.State;
            _ledger.State = state;
            Changed();
            if (previous != state)
                _say(new TorrentStateChanged(_torrent, previous, Status));
            SayUpdate();
        }
    }

    /// <summary>Joins the swarm: as a seed where all is there, else to download.</summary>
    /// <param name="openPeers">
    /// Takes peers from now on. Done before the state is told: who reads that it seeds may dial at once, and must not be turned away.
    /// </param>
    /// <param name="isComplete">Whether every wanted piece is there.</param>
    /// <param name="reason">How it came to be complete, where it is.</param>
    public void Join(Action openPeers, Func<bool> isComplete, CompletionReason reason)
    {
        lock (_gate)
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
    /// <param name="isComplete">Whether every wanted piece is there.</param>
    public void WantsChanged(Func<bool> isComplete)
    {
        lock (_gate)
        {
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
        lock (_gate)
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
        lock (_gate)
        {
            if (!_ledger.IsActive)
                return false;
            Fail(error);
            return true;
        }
    }

    /// <summary>Stops by itself, whatever it was doing.</summary>
    public void Fail(TorrentError error)
    {
        lock (_gate)
        {
            _ledger.Error = error;
            Set(TorrentState.Failed);
        }
    }

    private void BecomeComplete(CompletionReason reason)
    {
        bool isUntold = _isCompletionUntold;
        _isCompletionUntold = false;
        _ledger.CompletedAt ??= _engine.Time.GetUtcNow();
        _ledger.Completion ??= reason;
        Set(TorrentState.Seeding);
        if (isUntold)
            _say(new TorrentCompleted(_torrent, reason, Status));
    }

    private void SayUpdate()
    {
        _nextUpdate = _engine.Time.GetUtcNow() + _engine.Settings.StatusInterval;
        _say(new TorrentStatusUpdate(_torrent, Status));
    }
}

using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Shared;
using TorrentPatron.Engine.Timing;
using TorrentPatron.Protocol;

namespace TorrentPatron.Engine.Hosting;

/// <summary>
/// The state that a torrent is in, and the messages about it: a change of state, the snapshot that shows it and the messages that tell of
/// it are one step, so that messages come in the order of the states. A snapshot is made when it is asked for, and kept while
/// nothing changes. Thread-safe.
/// </summary>
internal sealed class TorrentPublisher
{
    /// <summary>Age at which a snapshot of a torrent in which something happens is made anew.</summary>
    private static readonly TimeSpan LongestAge = TimeSpan.FromMilliseconds(200);

    /// <summary>Makes a change and its telling one step.</summary>
    private readonly Lock _gate = new();
    private readonly EngineResources _engine;
    private readonly TorrentId _torrent;
    private readonly TorrentLedger _ledger;
    private readonly Func<TorrentStatus> _makeStatus;
    private readonly Action<TorrentMessage> _say;
    private TorrentStatus? _status;
    private Instant _statusMade;
    private Instant _nextUpdate;
    private volatile bool _isCompletionUntold = true;
    private volatile bool _hasArrived;

    /// <summary>Begins in the state that is written down, without a word.</summary>
    /// <param name="engine">The clock and the interval of updates.</param>
    /// <param name="torrent">Which torrent.</param>
    /// <param name="ledger">Where the state is written down.</param>
    /// <param name="makeStatus">Makes a snapshot; called under the lock.</param>
    /// <param name="say">Takes what is said; called under the lock.</param>
    public TorrentPublisher(
        EngineResources engine, TorrentId torrent, TorrentLedger ledger, Func<TorrentStatus> makeStatus, Action<TorrentMessage> say)
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
                var now = Instant.Now(_engine.Time);
                if (_status is { } status)
                {
                    if (now - _statusMade <= LongestAge)
                        return status;
                    _status = _ledger.IsResting ? _ledger.Renew(status) : null;
                }

                _statusMade = now;
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
            if (Instant.Now(_engine.Time) >= _nextUpdate)
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

    /// <summary>Stops by itself, whatever it was doing.</summary>
    public void Fail(TorrentError error)
    {
        lock (_gate)
        {
            _ledger.Error = error;
            Set(TorrentState.Failed);
        }
    }

    /// <summary>Tells of something together with how the torrent stands then.</summary>
    /// <param name="make">Makes the message of a snapshot.</param>
    public void Say(Func<TorrentStatus, TorrentMessage> make)
    {
        lock (_gate)
        {
            Changed();
            _say(make(Status));
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
    /// <param name="change">Wants them: one step with the state, so that nobody sees a seed that lacks something.</param>
    /// <param name="isComplete">Whether every wanted piece is there.</param>
    public void WantsChanged(Action change, Func<bool> isComplete)
    {
        lock (_gate)
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
            if (!_ledger.IsInSwarm)
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

    private void SayUpdate()
    {
        _nextUpdate = Instant.Now(_engine.Time) + _engine.Settings.StatusInterval;
        _say(new TorrentStatusUpdate(_torrent, Status));
    }
}

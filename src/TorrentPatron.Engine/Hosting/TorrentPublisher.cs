using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Shared;
using TorrentPatron.Engine.Timing;
using TorrentPatron.Protocol;

namespace TorrentPatron.Engine.Hosting;

/// <summary>
/// Publishes a torrent's state and messages. A change of state, its snapshot and its messages are one step, so that messages come
/// in the order of the states. A snapshot is made on demand and kept until something changes. Thread-safe.
/// </summary>
internal sealed class TorrentPublisher
{
    /// <summary>The age at which a snapshot of an active torrent is renewed.</summary>
    private static readonly TimeSpan LongestAge = TimeSpan.FromMilliseconds(200);

    /// <summary>Makes a change and its publication one step.</summary>
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

    /// <summary>Starts with the ledger's state, without a message.</summary>
    /// <param name="engine">The clock and the update interval.</param>
    /// <param name="torrent">The torrent's id.</param>
    /// <param name="ledger">Holds the state.</param>
    /// <param name="makeStatus">Creates a snapshot; called under the lock.</param>
    /// <param name="say">Takes the messages; called under the lock.</param>
    public TorrentPublisher(
        EngineResources engine, TorrentId torrent, TorrentLedger ledger, Func<TorrentStatus> makeStatus, Action<TorrentMessage> say)
    {
        _engine = engine;
        _torrent = torrent;
        _ledger = ledger;
        _makeStatus = makeStatus;
        _say = say;
    }

    /// <summary>The latest snapshot.</summary>
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
                        return _ledger.WithPosition(status);
                    // Not kept: for 100,000 resting torrents, the garbage collector would follow as many new references in old objects.
                    if (_ledger.IsResting)
                        return _ledger.Renew(status);
                }

                _statusMade = now;
                return _status = _makeStatus();
            }
        }
    }

    /// <summary>Called when a value in the status has changed.</summary>
    public void Changed()
    {
        // Created and discarded under the lock: otherwise a snapshot from before the change could survive it.
        lock (_gate)
            _status = null;
    }

    /// <summary>Publishes a changed status.</summary>
    public void Update()
    {
        lock (_gate)
        {
            Changed();
            SayUpdate();
        }
    }

    /// <summary>Called while the torrent is active: publishes a status when one is due.</summary>
    public void Tick()
    {
        lock (_gate)
        {
            Changed();
            if (Instant.Now(_engine.Time) >= _nextUpdate)
                SayUpdate();
        }
    }

    /// <summary>Changes the state.</summary>
    public void Set(TorrentState state)
    {
        lock (_gate)
        {
            TorrentState previous = _ledger.State;
            _ledger.State = state;
            _engine.Queue.Follow(_ledger.Place, state, _ledger.Work.IsComplete);
            Changed();
            if (previous != state)
                _say(new TorrentStateChanged(_torrent, previous, Status));
            SayUpdate();
        }
    }

    /// <summary>Fails the torrent, in any state.</summary>
    public void Fail(TorrentError error)
    {
        lock (_gate)
        {
            _ledger.Error = error;
            Set(TorrentState.Failed);
        }
    }

    /// <summary>Publishes a message with a current snapshot.</summary>
    /// <param name="make">Creates the message from a snapshot.</param>
    public void Say(Func<TorrentStatus, TorrentMessage> make)
    {
        lock (_gate)
        {
            Changed();
            _say(make(Status));
        }
    }

    /// <summary>Joins the swarm: as a seed if every wanted piece is verified, else to download.</summary>
    /// <param name="openPeers">
    /// Starts accepting peers. Called before the state is published: a reader may dial a new seed at once and must not be
    /// refused.
    /// </param>
    /// <param name="isComplete">Returns whether every wanted piece is verified.</param>
    /// <param name="reason">How it became complete, if it is.</param>
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

    /// <summary>Waits in the queue instead of joining the swarm.</summary>
    /// <param name="isComplete">Returns whether every wanted piece is verified.</param>
    /// <param name="reason">How it became complete, if it is.</param>
    public void Queue(Func<bool> isComplete, CompletionReason reason)
    {
        lock (_gate)
        {
            if (isComplete())
            {
                BecomeComplete(reason, TorrentState.Queued);
                return;
            }

            _isCompletionUntold = true;
            Set(TorrentState.Queued);
        }
    }

    /// <summary>
    /// Publishes a change of wanted files: a complete torrent may become incomplete, or the reverse. Completion is published only
    /// if data has arrived since it was last published.
    /// </summary>
    /// <param name="change">Makes the change, in one step with the state, so that nobody sees an incomplete seed.</param>
    /// <param name="isComplete">Returns whether every wanted piece is verified.</param>
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
                if (_ledger.State is TorrentState.Suspended or TorrentState.Queued)
                    _ledger.NoteCompletion();
                if (_ledger.State == TorrentState.Queued)
                    _engine.Queue.Follow(_ledger.Place, TorrentState.Queued, isSeed);
                Changed();
            }
        }
    }

    /// <summary>A piece has arrived.</summary>
    public void PieceArrived() => _isCompletionUntold = _hasArrived = true;

    /// <summary>Publishes completion after the last wanted piece, once.</summary>
    /// <returns>False if that was already published, or the torrent has left the swarm.</returns>
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

    /// <summary>Fails the torrent.</summary>
    /// <returns>False if it has already left the swarm and the queue.</returns>
    public bool TryFail(TorrentError error)
    {
        lock (_gate)
        {
            if (!_ledger.IsInSwarm && _ledger.State != TorrentState.Queued)
                return false;
            Fail(error);
            return true;
        }
    }

    private void BecomeComplete(CompletionReason reason, TorrentState state = TorrentState.Seeding)
    {
        bool isUntold = _isCompletionUntold;
        _isCompletionUntold = false;
        _ledger.CompletedAt ??= WallTime.Now(_engine.Time);
        _ledger.Completion ??= reason;
        Set(state);
        if (isUntold)
            Say(status => new TorrentCompleted(_torrent, reason, status));
    }

    private void SayUpdate()
    {
        _nextUpdate = Instant.Now(_engine.Time) + _engine.Settings.StatusInterval;
        _say(new TorrentStatusUpdate(_torrent, Status));
    }
}

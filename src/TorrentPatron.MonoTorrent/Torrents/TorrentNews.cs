using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Timing;
using TorrentPatron.Protocol;

namespace TorrentPatron.MonoTorrent.Torrents;

/// <summary>
/// The state that a torrent is in, and what is said of it: a change of state, the snapshot that shows it and the messages that tell of
/// it are one step, so that what is said comes in the order of the states. Thread-safe.
/// </summary>
/// <param name="torrent">Which torrent.</param>
/// <param name="makeStatus">Makes a snapshot in a state; called under the lock.</param>
/// <param name="onState">Is told of a state before it is shown; called under the lock.</param>
/// <param name="say">Takes what is said; called under the lock.</param>
/// <param name="host">The clock, and the interval of updates.</param>
internal sealed class TorrentNews(
    InfoHash torrent, Func<TorrentState, TorrentStatus> makeStatus, Action<TorrentState> onState, Action<TorrentMessage> say,
    HostResources host)
{
    /// <summary>Age at which a snapshot is made anew.</summary>
    private static readonly TimeSpan LongestAge = TimeSpan.FromMilliseconds(200);

    private readonly Lock _gate = new();
    private TorrentStatus? _status;
    private Instant _statusMade;
    private Instant _nextUpdate;
    private bool _isCompletionTold;
    private bool _hasArrived;

    /// <summary>The state.</summary>
    public TorrentState State { get; private set; } = TorrentState.Stopped;

    /// <summary>Whether it is in its swarm.</summary>
    public bool IsActive => State is TorrentState.Downloading or TorrentState.Seeding;

    /// <summary>How it stands.</summary>
    public TorrentStatus Status
    {
        get
        {
            lock (_gate)
            {
                var now = Instant.Now(host.Time);
                if (_status is { } status && now - _statusMade <= LongestAge)
                    return status;
                _statusMade = now;
                return _status = makeStatus(State);
            }
        }
    }

    /// <summary>Something of what the status shows has changed.</summary>
    public void Changed()
    {
        // Forgotten under the lock: else a snapshot from before the change could outlive it.
        lock (_gate)
            _status = null;
    }

    /// <summary>Tells how it stands, where that is due.</summary>
    public void Tick()
    {
        lock (_gate)
        {
            Changed();
            if (Instant.Now(host.Time) >= _nextUpdate)
                SayUpdate();
        }
    }

    /// <summary>Tells of something together with how the torrent stands then, in its turn among what is said of it.</summary>
    /// <param name="make">Makes the message of a snapshot.</param>
    public void Say(Func<TorrentStatus, TorrentMessage> make)
    {
        lock (_gate)
        {
            Changed();
            say(make(Status));
        }
    }

    /// <summary>Goes into a state.</summary>
    public void Set(TorrentState state)
    {
        lock (_gate)
        {
            TorrentState previous = State;
            State = state;
            onState(state);
            Changed();
            if (previous != state)
                say(new TorrentStateChanged(torrent, previous, Status));
            SayUpdate();
        }
    }

    /// <summary>Goes into the state of one that fetches or of one that has all.</summary>
    /// <param name="isComplete">Whether every wanted piece is there.</param>
    /// <param name="reason">How it came to be complete, where it is.</param>
    /// <param name="onComplete">Writes down that it is, and how; called before it is told.</param>
    public void Join(bool isComplete, CompletionReason reason, Action<CompletionReason?> onComplete)
    {
        lock (_gate)
        {
            if (!isComplete)
            {
                _isCompletionTold = false;
                onComplete(null);
                Set(TorrentState.Downloading);
                return;
            }

            bool isTold = _isCompletionTold;
            _isCompletionTold = true;
            onComplete(reason);
            Set(TorrentState.Seeding);
            if (!isTold)
                Say(status => new TorrentCompleted(torrent, reason, status));
        }
    }

    /// <summary>
    /// Other files are wanted than before. To become complete by that is told only where something has come since it was told last.
    /// </summary>
    /// <param name="change">Wants them: one step with the state, so that nobody sees a seed that lacks something.</param>
    /// <param name="isComplete">Whether every wanted piece is there.</param>
    /// <param name="onComplete">Writes down that it is, and how.</param>
    public void WantsChanged(Action change, Func<bool> isComplete, Action<CompletionReason?> onComplete)
    {
        lock (_gate)
        {
            change();
            bool isSeed = isComplete();
            if (State == TorrentState.Downloading && isSeed)
            {
                Join(isSeed, _hasArrived ? CompletionReason.Downloaded : CompletionReason.AlreadyOnDisk, onComplete);
            }
            else if (State == TorrentState.Seeding && !isSeed)
            {
                onComplete(null);
                Set(TorrentState.Downloading);
            }
            else
            {
                // What is told of a state tells the ledger of it.
                if (State == TorrentState.Suspended)
                    onState(State);
                Changed();
            }
        }
    }

    /// <summary>A piece has come; where it was the last wanted one, it is complete.</summary>
    /// <returns>Whether that made it complete.</returns>
    public bool PieceArrived(Func<bool> isComplete, Action<CompletionReason?> onComplete)
    {
        lock (_gate)
        {
            _hasArrived = true;
            _isCompletionTold = false;
            if (State != TorrentState.Downloading || !isComplete())
                return false;
            Join(isComplete: true, CompletionReason.Downloaded, onComplete);
            return true;
        }
    }

    /// <summary>Stops by itself, where it is in its swarm.</summary>
    /// <param name="onFailure">Writes down why; called before it is told.</param>
    /// <returns>False where it has left the swarm already.</returns>
    public bool TryFail(Action onFailure)
    {
        lock (_gate)
        {
            if (!IsActive)
                return false;
            onFailure();
            Set(TorrentState.Failed);
            return true;
        }
    }

    private void SayUpdate()
    {
        _nextUpdate = Instant.Now(host.Time) + host.Settings.StatusInterval;
        say(new TorrentStatusUpdate(torrent, Status));
    }
}

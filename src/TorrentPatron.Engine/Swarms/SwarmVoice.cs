using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Timing;
using TorrentPatron.Protocol;

namespace TorrentPatron.Engine.Swarms;

/// <summary>
/// The state that a torrent is in, and what is said of it: a change of state, the snapshot that shows it and the messages that tell of
/// it are one step, so that what is said comes in the order of the states. A snapshot is made when it is asked for, and kept while
/// nothing changes. Thread-safe.
/// </summary>
internal class SwarmVoice
{
    /// <summary>Age at which a snapshot of a torrent in which something happens is made anew.</summary>
    private static readonly TimeSpan LongestAge = TimeSpan.FromMilliseconds(200);

    private readonly EngineResources _engine;
    private readonly InfoHash _torrent;
    private readonly IStateRecord _record;
    private readonly Func<TorrentStatus> _makeStatus;
    private readonly Action<TorrentMessage> _say;
    private TorrentStatus? _status;
    private Instant _statusMade;
    private Instant _nextUpdate;

    /// <summary>Begins in the state that is written down, without a word.</summary>
    /// <param name="engine">The clock and the interval of updates.</param>
    /// <param name="torrent">Which torrent.</param>
    /// <param name="record">Where the state is written down.</param>
    /// <param name="makeStatus">Makes a snapshot; called under the lock.</param>
    /// <param name="say">Takes what is said; called under the lock.</param>
    public SwarmVoice(
        EngineResources engine, InfoHash torrent, IStateRecord record, Func<TorrentStatus> makeStatus, Action<TorrentMessage> say)
    {
        _engine = engine;
        _torrent = torrent;
        _record = record;
        _makeStatus = makeStatus;
        _say = say;
    }

    /// <summary>How it stands.</summary>
    public TorrentStatus Status
    {
        get
        {
            lock (Gate)
            {
                var now = Instant.Now(_engine.Time);
                if (_status is { } status)
                {
                    if (now - _statusMade <= LongestAge)
                        return status;
                    _status = _record.IsResting ? _record.Renew(status) : null;
                }

                _statusMade = now;
                return _status ??= _makeStatus();
            }
        }
    }

    /// <summary>What makes a change and its telling one step.</summary>
    protected Lock Gate { get; } = new();

    /// <summary>Something of what the status shows has changed.</summary>
    public void Changed()
    {
        // Made and forgotten under the lock: else a snapshot from before the change could outlive it.
        lock (Gate)
            _status = null;
    }

    /// <summary>Something happens in the torrent: tells how it stands, where that is due.</summary>
    public void Tick()
    {
        lock (Gate)
        {
            Changed();
            if (Instant.Now(_engine.Time) >= _nextUpdate)
                SayUpdate();
        }
    }

    /// <summary>Goes into a state.</summary>
    public void Set(TorrentState state)
    {
        lock (Gate)
        {
            TorrentState previous = _record.State;
            _record.State = state;
            Changed();
            if (previous != state)
                _say(new TorrentStateChanged(_torrent, previous, Status));
            SayUpdate();
        }
    }

    /// <summary>Stops by itself, whatever it was doing.</summary>
    public void Fail(TorrentError error)
    {
        lock (Gate)
        {
            _record.Error = error;
            Set(TorrentState.Failed);
        }
    }

    /// <summary>Tells of something together with how the torrent stands then.</summary>
    /// <param name="make">Makes the message of a snapshot.</param>
    public void Say(Func<TorrentStatus, TorrentMessage> make)
    {
        lock (Gate)
        {
            Changed();
            _say(make(Status));
        }
    }

    private void SayUpdate()
    {
        _nextUpdate = Instant.Now(_engine.Time) + _engine.Settings.StatusInterval;
        _say(new TorrentStatusUpdate(_torrent, Status));
    }
}

using TorrentPatron.Engine.Timing;
using TorrentPatron.Protocol.Trackers;

namespace TorrentPatron.Engine.Trackers;

/// <summary>What a torrent knows about one of its trackers. Not thread-safe.</summary>
internal sealed class TrackerState(Uri uri, int tier)
{
    private static readonly TimeSpan FirstBackOff = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan LongestBackOff = TimeSpan.FromMinutes(30);

    private TrackerStatus _outcome = TrackerStatus.NotContacted;
    private string? _message;
    private Instant? _lastAnswer;
    private TimeSpan _minInterval;
    private int? _seeders;
    private int? _leechers;
    private int _peersReceived;

    /// <summary>The announce address.</summary>
    public Uri Uri { get; } = uri;

    /// <summary>The number of its tier.</summary>
    public int Tier { get; } = tier;

    /// <summary>Whether an announce is under way.</summary>
    public bool IsAnnouncing { get; private set; }

    /// <summary>Whether the last announce was answered.</summary>
    public bool IsWorking => _outcome is TrackerStatus.Working or TrackerStatus.Warning;

    /// <summary>Whether it knows of this session, and so must be told of its end.</summary>
    public bool HasStarted { get; private set; }

    /// <summary>Whether it has been told in this session that the download is complete.</summary>
    public bool HasCompleted { get; private set; }

    /// <summary>How many announces have failed in a row.</summary>
    public int Failures { get; private set; }

    /// <summary>When it may be asked again.</summary>
    public Instant NextAnnounce { get; private set; }

    /// <summary>What it wants to be told with each announce.</summary>
    public string? TrackerId { get; private set; }

    /// <summary>Begins a new session.</summary>
    public void Reset(Instant now)
    {
        IsAnnouncing = HasStarted = HasCompleted = false;
        Failures = 0;
        NextAnnounce = now;
        _lastAnswer = null;
        _outcome = TrackerStatus.NotContacted;
        _message = null;
    }

    /// <summary>An announce begins.</summary>
    public void Begin() => IsAnnouncing = true;

    /// <summary>No announce is under way any more, and its outcome is not known.</summary>
    public void Abandon() => IsAnnouncing = false;

    /// <summary>The announce was answered.</summary>
    public void Succeeded(AnnounceEvent announceEvent, AnnounceResponse response, Instant now)
    {
        IsAnnouncing = false;
        HasStarted = true;
        HasCompleted |= announceEvent == AnnounceEvent.Completed;
        Failures = 0;
        NextAnnounce = now + response.Interval;
        TrackerId = response.TrackerId ?? TrackerId;
        _outcome = response.Warning is null ? TrackerStatus.Working : TrackerStatus.Warning;
        _message = response.Warning;
        _lastAnswer = now;
        _minInterval = response.MinInterval ?? TimeSpan.Zero;
        _seeders = response.Seeders ?? _seeders;
        _leechers = response.Leechers ?? _leechers;
        _peersReceived = response.Peers.Count;
    }

    /// <summary>The announce failed: its tier's next tracker has its turn, and this one waits ever longer.</summary>
    public void Failed(string message, Instant now)
    {
        IsAnnouncing = false;
        TimeSpan backOff = FirstBackOff * Math.Pow(2, Math.Min(Failures, 20));
        Failures++;
        NextAnnounce = now + (backOff < LongestBackOff ? backOff : LongestBackOff);
        _outcome = TrackerStatus.Failed;
        _message = message;
    }

    /// <summary>Brings the next announce forward.</summary>
    /// <param name="to">Not later than this.</param>
    public void BringForward(Instant to)
    {
        if (to < NextAnnounce)
            NextAnnounce = to;
    }

    /// <summary>The earliest time at which the tracker allows an announce that nothing but impatience calls for.</summary>
    public Instant EarliestAllowed(Instant now) =>
        IsWorking && _lastAnswer + _minInterval is { } allowed && allowed > now ? allowed : now;

    /// <summary>How it stands now.</summary>
    /// <param name="isPlanned">Whether the next announce will be made when its time has come.</param>
    /// <param name="time">The clock.</param>
    public TrackerSnapshot ToSnapshot(bool isPlanned, TimeProvider time) => new()
    {
        Uri = Uri,
        Tier = Tier,
        Status = IsAnnouncing ? TrackerStatus.Announcing : _outcome,
        Message = _message,
        Failures = Failures,
        LastAnswer = _lastAnswer is { } answer ? WallTime.At(answer, time) : null,
        NextAnnounce = isPlanned && !IsAnnouncing ? WallTime.At(NextAnnounce, time) : null,
        Seeders = _seeders,
        Leechers = _leechers,
        PeersReceived = _peersReceived,
    };
}

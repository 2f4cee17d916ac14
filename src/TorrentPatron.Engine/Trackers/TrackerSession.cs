using System.Net.Sockets;
using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Timing;
using TorrentPatron.Protocol.Trackers;

namespace TorrentPatron.Engine.Trackers;

/// <summary>
/// A torrent's session with one of its trackers over one IP version, from the <c>started</c> event to the <c>stopped</c> one (BEP 3).
/// Peers of either IP version learn of us only by a session over theirs (BEP 7). Not thread-safe.
/// </summary>
/// <param name="tracker">The tracker.</param>
/// <param name="family">The IP version; <see cref="AddressFamily.Unspecified"/>: whichever the tracker answers over.</param>
/// <param name="now">When the first announce is due.</param>
internal sealed class TrackerSession(TrackerState tracker, AddressFamily family, Instant now)
{
    private static readonly TimeSpan FirstBackOff = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan LonelyInterval = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan LongestBackOff = TimeSpan.FromMinutes(30);

    /// <summary>Time after which a tracker that had no address of the IP version is looked up again.</summary>
    private static readonly TimeSpan LookAgain = TimeSpan.FromHours(6);

    private Instant? _lastOutcome;
    private int _lonelyAnnounces;
    private bool _wasScraped;
    private bool _cannotBeScraped;
    private TimeSpan _minInterval;
    private (long Uploaded, long Downloaded)? _origin;

    /// <summary>The tracker.</summary>
    public TrackerState Tracker => tracker;

    /// <summary>The announce address.</summary>
    public Uri Uri => tracker.Uri;

    /// <summary>The IP version.</summary>
    public AddressFamily Family => family;

    /// <summary>Whether an announce is under way.</summary>
    public bool IsAnnouncing { get; private set; }

    /// <summary>Whether the tracker has no address of this IP version.</summary>
    public bool IsAbsent { get; private set; }

    /// <summary>How the last announce ended; never <see cref="TrackerStatus.Announcing"/>.</summary>
    public TrackerStatus Outcome { get; private set; } = TrackerStatus.NotContacted;

    /// <summary>The last warning or failure; null after an answer without a warning.</summary>
    public string? Message { get; private set; }

    /// <summary>Whether the last announce was answered.</summary>
    public bool IsWorking => Outcome is TrackerStatus.Working or TrackerStatus.Warning;

    /// <summary>Whether the tracker knows of this session, and so must be told of its end.</summary>
    public bool HasStarted { get; private set; }

    /// <summary>Whether the tracker has been told in this session that the download is complete.</summary>
    public bool HasCompleted { get; private set; }

    /// <summary>How many announces have failed in a row.</summary>
    public int Failures { get; private set; }

    /// <summary>When the tracker may be asked again.</summary>
    public Instant NextAnnounce { get; private set; } = now;

    /// <summary>When the tracker last answered, if it ever did.</summary>
    public Instant? LastAnswer { get; private set; }

    /// <summary>What the tracker wants to be told with each announce.</summary>
    public string? TrackerId { get; private set; }

    /// <summary>Complete peers, as the tracker last told.</summary>
    public int? Seeders { get; private set; }

    /// <summary>Incomplete peers, as the tracker last told.</summary>
    public int? Leechers { get; private set; }

    /// <summary>How many peers its last answer listed.</summary>
    public int PeersReceived { get; private set; }

    /// <summary>An announce begins.</summary>
    public void Begin() => IsAnnouncing = true;

    /// <summary>No announce is under way any more, and its outcome is not known.</summary>
    public void Abandon() => IsAnnouncing = false;

    /// <summary>The announce was answered.</summary>
    public void Succeeded(AnnounceEvent announceEvent, AnnounceResponse response, Instant now)
    {
        IsAnnouncing = IsAbsent = false;
        HasStarted = true;
        HasCompleted |= announceEvent == AnnounceEvent.Completed;
        Failures = 0;
        NextAnnounce = now + response.Interval;
        _lastOutcome = now;
        TrackerId = response.TrackerId ?? TrackerId;
        Outcome = response.Warning is null ? TrackerStatus.Working : TrackerStatus.Warning;
        Message = response.Warning;
        LastAnswer = now;
        _minInterval = response.MinInterval ?? TimeSpan.Zero;
        _wasScraped &= response.Seeders is null || response.Leechers is null;
        Seeders = response.Seeders ?? Seeders;
        Leechers = response.Leechers ?? Leechers;
        PeersReceived = response.Peers.Count;
    }

    /// <summary>Whether the tracker is asked of the swarm apart, since its answers to announces do not tell.</summary>
    public bool IsToBeScraped => HasStarted && !_cannotBeScraped && (Seeders is null || Leechers is null || _wasScraped);

    /// <summary>The tracker was asked of the swarm apart.</summary>
    /// <param name="response">What it knows; null: nothing, or it cannot be asked, and is not asked again.</param>
    public void Scraped(ScrapeResponse? response)
    {
        _wasScraped = response is not null;
        _cannotBeScraped = response is null;
        if (response is { } swarm)
            (Seeders, Leechers) = (swarm.Seeders, swarm.Leechers);
    }

    /// <summary>The announce failed: the next one waits ever longer.</summary>
    public void Failed(string message, Instant now)
    {
        IsAnnouncing = IsAbsent = false;
        TimeSpan backOff = FirstBackOff * Math.Pow(2, Math.Min(Failures, 20));
        Failures++;
        _lastOutcome = now;
        NextAnnounce = now + (backOff < LongestBackOff ? backOff : LongestBackOff);
        Outcome = TrackerStatus.Failed;
        Message = message;
    }

    /// <summary>The tracker has no address of this IP version.</summary>
    public void BecomeAbsent(Instant now)
    {
        (IsAnnouncing, IsAbsent) = (false, true);
        (Outcome, Message, Failures) = (TrackerStatus.NotContacted, null, 0);
        NextAnnounce = now + LookAgain;
    }

    /// <summary>
    /// A request as it is made in this session: with what the tracker wants to be told, and with the bytes since the session's first
    /// announce. A tracker adds up what sessions tell: bytes told in another one must not be told again.
    /// </summary>
    /// <param name="request">The request, with the bytes of the torrent's whole run.</param>
    public AnnounceRequest Fill(AnnounceRequest request)
    {
        (long uploaded, long downloaded) = _origin ??= (request.Uploaded, request.Downloaded);
        return request with
        {
            // Of what was downloaded some may turn out to be of no use later.
            Uploaded = request.Uploaded - uploaded, Downloaded = Math.Max(0, request.Downloaded - downloaded), TrackerId = TrackerId,
        };
    }

    /// <summary>
    /// The torrent has nobody to get pieces from: the next announce is due five minutes after the last, then ten, and so on up to the
    /// interval; later where the tracker asks for more; also where it failed, since the network may be back.
    /// </summary>
    /// <param name="isAnew">Whether it had somebody when this was last called.</param>
    public void PeersWanted(bool isAnew)
    {
        if (isAnew)
            _lonelyAnnounces = 0;
        if (IsAbsent || _lastOutcome is not { } last)
            return;
        TimeSpan wait = LonelyInterval * Math.Pow(2, Math.Min(_lonelyAnnounces, 10));
        Instant due = last + (_minInterval > wait ? _minInterval : wait);
        if (due >= NextAnnounce)
            return;
        BringForward(due);
        _lonelyAnnounces++;
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
        IsWorking && LastAnswer + _minInterval is { } allowed && allowed > now ? allowed : now;
}

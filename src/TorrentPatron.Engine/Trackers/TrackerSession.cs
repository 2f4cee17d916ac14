using System.Net.Sockets;
using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Timing;
using TorrentPatron.Protocol.Trackers;

namespace TorrentPatron.Engine.Trackers;

/// <summary>
/// A torrent's session with one of its trackers over one IP version, from the <c>started</c> event to the <c>stopped</c> one (BEP
/// 3). Peers of an IP version learn of us only through a session over it (BEP 7). Not thread-safe.
/// </summary>
/// <param name="tracker">The tracker.</param>
/// <param name="family">The IP version; <see cref="AddressFamily.Unspecified"/> means any that the tracker answers over.</param>
/// <param name="now">When the first announce is due.</param>
internal sealed class TrackerSession(TrackerState tracker, AddressFamily family, Instant now)
{
    private static readonly TimeSpan FirstBackOff = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan LonelyInterval = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan LongestBackOff = TimeSpan.FromMinutes(30);

    /// <summary>Time after which a tracker without an address of the IP version is resolved again.</summary>
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

    /// <summary>Whether an announce is in progress.</summary>
    public bool IsAnnouncing { get; private set; }

    /// <summary>Whether the tracker has no address of this IP version.</summary>
    public bool IsAbsent { get; private set; }

    /// <summary>The result of the last announce; never <see cref="TrackerStatus.Announcing"/>.</summary>
    public TrackerStatus Outcome { get; private set; } = TrackerStatus.NotContacted;

    /// <summary>The last warning or failure; null after an answer without a warning.</summary>
    public string? Message { get; private set; }

    /// <summary>Whether the last announce was answered.</summary>
    public bool IsWorking => Outcome is TrackerStatus.Working or TrackerStatus.Warning;

    /// <summary>Whether the tracker knows this session, and so must be told of its end.</summary>
    public bool HasStarted { get; private set; }

    /// <summary>Whether the tracker has been told in this session that the download is complete.</summary>
    public bool HasCompleted { get; private set; }

    /// <summary>The number of consecutive failed announces.</summary>
    public int Failures { get; private set; }

    /// <summary>When the next announce may be sent.</summary>
    public Instant NextAnnounce { get; private set; } = now;

    /// <summary>When the tracker last answered, if it ever did.</summary>
    public Instant? LastAnswer { get; private set; }

    /// <summary>The tracker id to repeat in each announce.</summary>
    public string? TrackerId { get; private set; }

    /// <summary>Complete peers, as the tracker last reported.</summary>
    public int? Seeders { get; private set; }

    /// <summary>Incomplete peers, as the tracker last reported.</summary>
    public int? Leechers { get; private set; }

    /// <summary>The number of peers in its last answer.</summary>
    public int PeersReceived { get; private set; }

    /// <summary>Records the start of an announce.</summary>
    public void Begin() => IsAnnouncing = true;

    /// <summary>Records that an announce was cancelled, with an unknown result.</summary>
    public void Abandon() => IsAnnouncing = false;

    /// <summary>Records an answered announce.</summary>
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

    /// <summary>Whether to scrape the swarm, because the tracker's announce answers have no counts.</summary>
    public bool IsToBeScraped => HasStarted && !_cannotBeScraped && (Seeders is null || Leechers is null || _wasScraped);

    /// <summary>Records the result of a scrape.</summary>
    /// <param name="response">The counts; null if it has none, or cannot be scraped, and will not be scraped again.</param>
    public void Scraped(ScrapeResponse? response)
    {
        _wasScraped = response is not null;
        _cannotBeScraped = response is null;
        if (response is { } swarm)
            (Seeders, Leechers) = (swarm.Seeders, swarm.Leechers);
    }

    /// <summary>Records a failed announce: the next one waits longer each time.</summary>
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

    /// <summary>Records that the tracker has no address of this IP version.</summary>
    public void BecomeAbsent(Instant now)
    {
        (IsAnnouncing, IsAbsent) = (false, true);
        (Outcome, Message, Failures) = (TrackerStatus.NotContacted, null, 0);
        NextAnnounce = now + LookAgain;
    }

    /// <summary>
    /// Completes a request for this session: adds the tracker id, and counts bytes since the session's first announce. A tracker
    /// adds up all sessions, so bytes reported in another one must not be reported again.
    /// </summary>
    /// <param name="request">The request, with the byte counts of the torrent's whole run.</param>
    public AnnounceRequest Fill(AnnounceRequest request)
    {
        (long uploaded, long downloaded) = _origin ??= (request.Uploaded, request.Downloaded);
        return request with
        {
            // Downloaded bytes may turn out to be useless later.
            Uploaded = request.Uploaded - uploaded, Downloaded = Math.Max(0, request.Downloaded - downloaded), TrackerId = TrackerId,
        };
    }

    /// <summary>
    /// Brings the next announce forward because no peer can give pieces: it is due five minutes after the last, then ten, and so
    /// on up to the interval; later if the tracker asks for more. This also applies after a failure, since the network may be
    /// back.
    /// </summary>
    /// <param name="isAnew">Whether a peer could at the last call.</param>
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
    /// <param name="to">The latest time.</param>
    public void BringForward(Instant to)
    {
        if (to < NextAnnounce)
            NextAnnounce = to;
    }

    /// <summary>The earliest time at which the tracker allows an announce that only asks for more peers.</summary>
    public Instant EarliestAllowed(Instant now) =>
        IsWorking && LastAnswer + _minInterval is { } allowed && allowed > now ? allowed : now;
}

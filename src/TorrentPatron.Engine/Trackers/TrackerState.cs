using System.Net.Sockets;
using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Timing;
using TorrentPatron.Protocol.Trackers;

namespace TorrentPatron.Engine.Trackers;

/// <summary>A torrent's state for one of its trackers: its sessions, one for each IP version. Not thread-safe.</summary>
internal sealed class TrackerState(Uri uri, int tier)
{
    private readonly List<TrackerSession> _sessions = [];

    /// <summary>The announce address.</summary>
    public Uri Uri { get; } = uri;

    /// <summary>The number of its tier.</summary>
    public int Tier { get; } = tier;

    /// <summary>The sessions.</summary>
    public IReadOnlyList<TrackerSession> Sessions => _sessions;

    /// <summary>Whether an announce is in progress.</summary>
    public bool IsAnnouncing => _sessions.Exists(session => session.IsAnnouncing);

    /// <summary>Whether it answers over at least one IP version.</summary>
    public bool IsWorking => _sessions.Exists(session => session.IsWorking);

    /// <summary>When the next announce may be sent; null if no session is waiting for that.</summary>
    public Instant? NextAnnounce =>
        _sessions.Where(session => !session.IsAnnouncing).Select(session => (Instant?)session.NextAnnounce).Min();

    /// <summary>Starts new sessions.</summary>
    /// <param name="families">The IP versions.</param>
    /// <param name="now">The current time.</param>
    public void Reset(IReadOnlyList<AddressFamily> families, Instant now)
    {
        _sessions.Clear();
        Use(families, now);
    }

    /// <summary>Starts sessions over IP versions that have none.</summary>
    /// <param name="families">The IP versions.</param>
    /// <param name="now">The current time.</param>
    public void Use(IReadOnlyList<AddressFamily> families, Instant now)
    {
        foreach (AddressFamily family in families)
        {
            if (!_sessions.Exists(session => session.Family == family))
                _sessions.Add(new TrackerSession(this, family, now));
        }
    }

    /// <summary>Called when a session found no address: if none has one, the tracker is contacted over any IP version.</summary>
    public void BecomeAbsent(TrackerSession session, Instant now)
    {
        session.BecomeAbsent(now);
        if (_sessions.TrueForAll(other => other.IsAbsent))
            Use([AddressFamily.Unspecified], now);
    }

    /// <summary>A snapshot, with the values of the best session.</summary>
    /// <param name="isPlanned">Whether the next announce will be sent when it is due.</param>
    /// <param name="time">The clock.</param>
    public TrackerSnapshot ToSnapshot(bool isPlanned, TimeProvider time)
    {
        TrackerSession? best = _sessions.Where(session => !session.IsAbsent).OrderBy(Rank).FirstOrDefault();
        return new TrackerSnapshot
        {
            Uri = Uri,
            Tier = Tier,
            Status = best is null ? TrackerStatus.NotContacted : best.IsAnnouncing ? TrackerStatus.Announcing : best.Outcome,
            Message = best?.Message is { } message ? MaskedAddress.Hide(message, Uri) : null,
            Failures = best?.Failures ?? 0,
            LastAnswer = _sessions.Max(session => session.LastAnswer) is { } answer ? WallTime.At(answer, time) : null,
            NextAnnounce = isPlanned && best is { IsAnnouncing: false } ? WallTime.At(best.NextAnnounce, time) : null,
            Seeders = _sessions.Max(session => session.Seeders),
            Leechers = _sessions.Max(session => session.Leechers),
            PeersReceived = _sessions.Sum(session => session.PeersReceived),
        };
    }

    private static int Rank(TrackerSession session) => session switch
    {
        { IsWorking: true, IsAnnouncing: false } => 0,
        { IsAnnouncing: true } => 1,
        { Outcome: TrackerStatus.NotContacted } => 2,
        _ => 3,
    };
}

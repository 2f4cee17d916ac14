using System.Net.Sockets;
using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Timing;
using TorrentPatron.Protocol.Trackers;

namespace TorrentPatron.Engine.Trackers;

/// <summary>What a torrent knows about one of its trackers: its sessions, one for each IP version. Not thread-safe.</summary>
internal sealed class TrackerState(Uri uri, int tier)
{
    private readonly List<TrackerSession> _sessions = [];

    /// <summary>The announce address.</summary>
    public Uri Uri { get; } = uri;

    /// <summary>The number of its tier.</summary>
    public int Tier { get; } = tier;

    /// <summary>The sessions.</summary>
    public IReadOnlyList<TrackerSession> Sessions => _sessions;

    /// <summary>Whether an announce is under way.</summary>
    public bool IsAnnouncing => _sessions.Exists(session => session.IsAnnouncing);

    /// <summary>Whether it answers, over one IP version at least.</summary>
    public bool IsWorking => _sessions.Exists(session => session.IsWorking);

    /// <summary>When it may be asked again; null while no session waits for that.</summary>
    public Instant? NextAnnounce =>
        _sessions.Where(session => !session.IsAnnouncing).Select(session => (Instant?)session.NextAnnounce).Min();

    /// <summary>Begins new sessions.</summary>
    /// <param name="families">The IP versions.</param>
    /// <param name="now">When they begin.</param>
    public void Reset(IReadOnlyList<AddressFamily> families, Instant now)
    {
        _sessions.Clear();
        Use(families, now);
    }

    /// <summary>Begins sessions over the IP versions over which there is none.</summary>
    /// <param name="families">The IP versions.</param>
    /// <param name="now">When they begin.</param>
    public void Use(IReadOnlyList<AddressFamily> families, Instant now)
    {
        foreach (AddressFamily family in families)
        {
            if (!_sessions.Exists(session => session.Family == family))
                _sessions.Add(new TrackerSession(this, family, now));
        }
    }

    /// <summary>A session found no address: where none has one, the tracker is asked over whatever IP version it has.</summary>
    public void BecomeAbsent(TrackerSession session, Instant now)
    {
        session.BecomeAbsent(now);
        if (_sessions.TrueForAll(other => other.IsAbsent))
            Use([AddressFamily.Unspecified], now);
    }

    /// <summary>How it stands now: as the session that stands best.</summary>
    /// <param name="isPlanned">Whether the next announce will be made when its time has come.</param>
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

using TorrentPatron.Engine.Timing;

namespace TorrentPatron.Engine.Trackers;

/// <summary>A tier of alternative trackers (BEP 12): one is used at a time, and a working one moves to the front.</summary>
internal sealed class TrackerTier
{
    private readonly List<TrackerState> _trackers;

    public TrackerTier(IEnumerable<TrackerState> trackers) => _trackers = [.. trackers];

    /// <summary>The trackers, in the order they are tried.</summary>
    public IReadOnlyList<TrackerState> Trackers => _trackers;

    /// <summary>When an announce is due; null while that depends on one in progress.</summary>
    public Instant? NextDue => Current is { } current ? current.NextAnnounce : _trackers.Min(tracker => tracker.NextAnnounce);

    /// <summary>
    /// The tracker that represents the tier: the one that works, or has an announce in progress; null means none.
    /// </summary>
    private TrackerState? Current =>
        _trackers is [{ IsWorking: true } first, ..] ? first : _trackers.Find(tracker => tracker.IsAnnouncing);

    /// <summary>The sessions with an announce due, all with one tracker.</summary>
    public IEnumerable<TrackerSession> Due(Instant now) =>
        (Current ?? _trackers.Find(tracker => tracker.NextAnnounce <= now))?.Sessions
            .Where(session => !session.IsAnnouncing && session.NextAnnounce <= now) ?? [];

    /// <summary>Whether this tracker's announces will be sent when due, rather than only as a standby.</summary>
    public bool IsPlanned(TrackerState tracker) => _trackers.Contains(tracker) && (!_trackers[0].IsWorking || _trackers[0] == tracker);

    /// <summary>Removes a tracker.</summary>
    public void Remove(TrackerState tracker) => _trackers.Remove(tracker);

    /// <summary>Moves a tracker to the front of its tier.</summary>
    public void Promote(TrackerState tracker)
    {
        _trackers.Remove(tracker);
        _trackers.Insert(0, tracker);
    }
}

using TorrentPatron.Engine.Timing;

namespace TorrentPatron.Engine.Trackers;

/// <summary>Trackers that stand in for one another (BEP 12): one is asked at a time, a working one is the first.</summary>
internal sealed class TrackerTier
{
    private readonly List<TrackerState> _trackers;

    public TrackerTier(IEnumerable<TrackerState> trackers) => _trackers = [.. trackers];

    /// <summary>The trackers, in the order in which they are tried.</summary>
    public IReadOnlyList<TrackerState> Trackers => _trackers;

    /// <summary>When one of them is to be asked; null while that depends on an announce that is under way.</summary>
    public Instant? NextDue => Current is { } current ? current.NextAnnounce : _trackers.Min(tracker => tracker.NextAnnounce);

    /// <summary>The tracker to which the others leave the tier: the one that works, or that is being asked; null means none.</summary>
    private TrackerState? Current =>
        _trackers is [{ IsWorking: true } first, ..] ? first : _trackers.Find(tracker => tracker.IsAnnouncing);

    /// <summary>The sessions, all with one tracker, in which it is time to announce.</summary>
    public IEnumerable<TrackerSession> Due(Instant now) =>
        (Current ?? _trackers.Find(tracker => tracker.NextAnnounce <= now))?.Sessions
            .Where(session => !session.IsAnnouncing && session.NextAnnounce <= now) ?? [];

    /// <summary>Whether this tracker will be asked when its time has come, and does not just stand by.</summary>
    public bool IsPlanned(TrackerState tracker) => _trackers.Contains(tracker) && (!_trackers[0].IsWorking || _trackers[0] == tracker);

    /// <summary>Takes a tracker away.</summary>
    public void Remove(TrackerState tracker) => _trackers.Remove(tracker);

    /// <summary>Makes a tracker the first of its tier.</summary>
    public void Promote(TrackerState tracker)
    {
        _trackers.Remove(tracker);
        _trackers.Insert(0, tracker);
    }
}

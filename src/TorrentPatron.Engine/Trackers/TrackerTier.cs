using TorrentPatron.Engine.Timing;

namespace TorrentPatron.Engine.Trackers;

/// <summary>Trackers that stand in for one another (BEP 12): one is asked at a time, a working one is the first.</summary>
internal sealed class TrackerTier
{
    private readonly List<TrackerState> _trackers;

    public TrackerTier(IEnumerable<TrackerState> trackers) => _trackers = [.. trackers];

    /// <summary>The trackers, in the order in which they are tried.</summary>
    public IReadOnlyList<TrackerState> Trackers => _trackers;

    /// <summary>When one of them is to be asked; <c>null</c> while one is being asked.</summary>
    public Instant? NextDue
    {
        get
        {
            if (_trackers.Count == 0 || _trackers.Exists(tracker => tracker.IsAnnouncing))
                return null;
            return _trackers[0].IsWorking ? _trackers[0].NextAnnounce : _trackers.Min(tracker => tracker.NextAnnounce);
        }
    }

    /// <summary>The tracker to ask now, if it is time.</summary>
    public TrackerState? Due(Instant now)
    {
        if (NextDue is not { } due || due > now)
            return null;
        return _trackers.Find(tracker => tracker.NextAnnounce <= now);
    }

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

using System.Collections.ObjectModel;
using TorrentPatron.Engine.Timing;
using TorrentPatron.Protocol.Trackers;

namespace TorrentPatron.Engine.Trackers;

/// <summary>
/// The trackers of one torrent, in tiers (BEP 12): which are to be asked when, and with what event. In each tier one tracker
/// is asked, and the next one at once when it fails; all tiers are asked, as mainstream clients do. Not thread-safe.
/// </summary>
internal sealed class TrackerList
{
    /// <summary>More trackers than this are not taken.</summary>
    public const int MaxTrackers = 100;

    private readonly List<TrackerTier> _tiers = [];
    private readonly HashSet<Uri> _known = [];
    private bool _isActive;
    private bool _isCompleted;

    /// <summary>Takes the trackers; one that comes twice counts once.</summary>
    /// <param name="tiers">The tiers, the most important first.</param>
    /// <param name="random">Shuffles the trackers within each tier.</param>
    public TrackerList(IEnumerable<IEnumerable<Uri>> tiers, Random random)
    {
        foreach (IEnumerable<Uri> tier in tiers)
        {
            Uri[] added = [.. tier.Where(IsNew)];
            random.Shuffle(added);
            if (added.Length > 0)
                _tiers.Add(new TrackerTier(added.Select(uri => new TrackerState(uri, _tiers.Count)).ToArray()));
        }
    }

    /// <summary>When a tracker is to be asked; <c>null</c> when none is, before something else happens.</summary>
    public Instant? NextDue => _isActive ? _tiers.Min(tier => tier.NextDue) : null;

    private IEnumerable<TrackerState> All => _tiers.SelectMany(tier => tier.Trackers);

    /// <summary>Adds a tracker as a tier of its own.</summary>
    /// <returns>Whether it is new and there was room for it.</returns>
    public bool Add(Uri uri, Instant now)
    {
        if (!IsNew(uri))
            return false;

        var tracker = new TrackerState(uri, _tiers.Count);
        tracker.Reset(now);
        _tiers.Add(new TrackerTier([tracker]));
        return true;
    }

    /// <summary>Takes a tracker away.</summary>
    /// <returns>The tracker; null where there is none of that address.</returns>
    public TrackerState? Remove(Uri uri)
    {
        if (All.FirstOrDefault(tracker => tracker.Uri == uri) is not { } tracker)
            return null;
        _known.Remove(uri);
        _tiers[tracker.Tier].Remove(tracker);
        return tracker;
    }

    /// <summary>Begins a session: every tier is to be asked at once.</summary>
    public void Start(Instant now)
    {
        _isActive = true;
        _isCompleted = false;
        foreach (TrackerState tracker in All)
            tracker.Reset(now);
    }

    /// <summary>Ends the session: none is to be asked any more.</summary>
    /// <returns>The trackers that must be told.</returns>
    public IReadOnlyList<TrackerState> Stop()
    {
        _isActive = false;
        foreach (TrackerState tracker in All)
            tracker.Abandon();
        return [.. All.Where(tracker => tracker.HasStarted)];
    }

    /// <summary>The download is complete: the trackers in use are to be told at once.</summary>
    public void Completed(Instant now)
    {
        if (_isCompleted)
            return;

        _isCompleted = true;
        foreach (TrackerState tracker in All.Where(tracker => tracker.IsWorking))
            tracker.BringForward(now);
    }

    /// <summary>More peers are wanted: trackers are to be asked as soon as they allow, those that failed at once.</summary>
    /// <param name="which">The trackers' addresses; empty: all.</param>
    /// <param name="now">The time.</param>
    public void Hurry(IReadOnlyCollection<Uri> which, Instant now)
    {
        foreach (TrackerState tracker in All.Where(tracker => which.Count == 0 || which.Contains(tracker.Uri)))
            tracker.BringForward(tracker.EarliestAllowed(now));
    }

    /// <summary>The trackers to ask now, at most one of each tier.</summary>
    public IReadOnlyList<TrackerState> Due(Instant now) =>
        _isActive ? [.. _tiers.Select(tier => tier.Due(now)).OfType<TrackerState>()] : [];

    /// <summary>An announce begins.</summary>
    /// <returns>The event that it is to tell.</returns>
    public AnnounceEvent Begin(TrackerState tracker)
    {
        tracker.Begin();
        if (!tracker.HasStarted)
            return AnnounceEvent.Started;
        return OwesCompleted(tracker) ? AnnounceEvent.Completed : AnnounceEvent.None;
    }

    /// <summary>The announce was answered: its tracker becomes the first of its tier.</summary>
    public void Succeeded(TrackerState tracker, AnnounceEvent announceEvent, AnnounceResponse response, Instant now)
    {
        tracker.Succeeded(announceEvent, response, now);
        if (!_tiers[tracker.Tier].Trackers.Contains(tracker))
            return;
        if (OwesCompleted(tracker))
            tracker.BringForward(now);
        _tiers[tracker.Tier].Promote(tracker);
    }

    /// <summary>How one tracker stands now.</summary>
    /// <param name="tracker">The tracker.</param>
    /// <param name="time">The clock of the instants that the list was given.</param>
    public TrackerSnapshot Snapshot(TrackerState tracker, TimeProvider time) =>
        tracker.ToSnapshot(_isActive && _tiers[tracker.Tier].IsPlanned(tracker), time);

    /// <summary>How all trackers stand now, by tier.</summary>
    /// <param name="time">The clock of the instants that the list was given.</param>
    public ReadOnlyCollection<TrackerSnapshot> Snapshot(TimeProvider time) => [.. All.Select(tracker => Snapshot(tracker, time))];

    private bool OwesCompleted(TrackerState tracker) => _isCompleted && !tracker.HasCompleted;

    private bool IsNew(Uri uri) => _known.Count < MaxTrackers && _known.Add(uri);
}

using System.Collections.ObjectModel;
using System.Net.Sockets;
using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Timing;
using TorrentPatron.Protocol.Trackers;

namespace TorrentPatron.Engine.Trackers;

/// <summary>
/// The trackers of one torrent, in tiers (BEP 12), with the schedule and events of their announces. In each tier one tracker is
/// used, and the next one at once when it fails; all tiers are used, as in mainstream clients. Trackers are contacted over each
/// IP version that peers can reach us over. Not thread-safe.
/// </summary>
internal sealed class TrackerList
{
    /// <summary>The most trackers accepted.</summary>
    public const int MaxTrackers = 100;

    private readonly List<TrackerTier> _tiers = [];
    private HashSet<Uri>? _known; // null while there are none
    private readonly Func<IReadOnlyList<AddressFamily>> _families;
    private bool _isActive;
    private bool _isCompleted;

    /// <summary>Creates the list; duplicates count once.</summary>
    /// <param name="tiers">The tiers, most important first.</param>
    /// <param name="random">Shuffles the trackers within each tier.</param>
    /// <param name="families">
    /// Returns the IP versions that peers can reach us over; if there are none, trackers are contacted over any version that they
    /// answer.
    /// </param>
    public TrackerList(IEnumerable<IEnumerable<Uri>> tiers, Random random, Func<IReadOnlyList<AddressFamily>> families)
    {
        _families = families;
        foreach (IEnumerable<Uri> tier in tiers)
        {
            Uri[] added = [.. tier.Where(IsNew)];
            random.Shuffle(added);
            if (added.Length > 0)
                _tiers.Add(new TrackerTier(added.Select(uri => new TrackerState(uri, _tiers.Count)).ToArray()));
        }
    }

    /// <summary>When the next announce is due; <c>null</c> if none is, until something else happens.</summary>
    public Instant? NextDue => _isActive ? _tiers.Min(tier => tier.NextDue) : null;

    private IReadOnlyList<AddressFamily> Families => _families() is { Count: > 0 } families ? families : [AddressFamily.Unspecified];

    private IEnumerable<TrackerState> All => _tiers.SelectMany(tier => tier.Trackers);

    /// <summary>Adds a tracker in a separate tier.</summary>
    /// <returns>Whether it is new and there was room for it.</returns>
    public bool Add(Uri uri, Instant now)
    {
        if (!IsNew(uri))
            return false;

        var tracker = new TrackerState(uri, _tiers.Count);
        tracker.Reset(Families, now);
        _tiers.Add(new TrackerTier([tracker]));
        return true;
    }

    /// <summary>Removes a tracker.</summary>
    /// <returns>The tracker; null if none has that address.</returns>
    public TrackerState? Remove(Uri uri)
    {
        if (All.FirstOrDefault(tracker => tracker.Uri == uri) is not { } tracker)
            return null;
        _known?.Remove(uri);
        _tiers[tracker.Tier].Remove(tracker);
        return tracker;
    }

    /// <summary>Starts a session: every tier is due at once.</summary>
    public void Start(Instant now)
    {
        _isActive = true;
        _isCompleted = false;
        IReadOnlyList<AddressFamily> families = Families;
        foreach (TrackerState tracker in All)
            tracker.Reset(families, now);
    }

    /// <summary>Ends the session: no announce is due any more.</summary>
    /// <returns>The sessions whose trackers must be told, or may have to be.</returns>
    public IReadOnlyList<TrackerSession> Stop()
    {
        _isActive = false;
        TrackerSession[] sessions =
            [.. All.SelectMany(tracker => tracker.Sessions).Where(session => session.HasStarted || session.IsAnnouncing)];
        foreach (TrackerSession session in sessions)
            session.Abandon();
        return sessions;
    }

    /// <summary>Schedules completed events to the trackers in use, at once.</summary>
    public void Completed(Instant now)
    {
        if (_isCompleted)
            return;

        _isCompleted = true;
        foreach (TrackerSession session in All.SelectMany(tracker => tracker.Sessions).Where(session => session.IsWorking))
            session.BringForward(now);
    }

    /// <summary>
    /// Schedules announces as early as the trackers allow, and at once for those that failed, because more peers are wanted.
    /// </summary>
    /// <param name="which">The trackers' addresses; empty means all.</param>
    /// <param name="now">The time.</param>
    public void Hurry(IReadOnlyCollection<Uri> which, Instant now)
    {
        IReadOnlyList<AddressFamily> families = Families;
        foreach (TrackerState tracker in All.Where(tracker => which.Count == 0 || which.Contains(tracker.Uri)))
        {
            // The port may have changed, even for an IP version without a listener before.
            tracker.Use(families, now);
            foreach (TrackerSession session in tracker.Sessions)
                session.BringForward(session.EarliestAllowed(now));
        }
    }

    /// <summary>
    /// Limits the waits for trackers to some minutes, unless they ask for more, because no peer can give pieces.
    /// </summary>
    /// <param name="isAnew">Whether a peer could at the last call.</param>
    public void PeersWanted(bool isAnew)
    {
        foreach (TrackerSession session in All.SelectMany(tracker => tracker.Sessions))
            session.PeersWanted(isAnew);
    }

    /// <summary>The sessions with an announce due: with at most one tracker of each tier.</summary>
    public IReadOnlyList<TrackerSession> Due(Instant now) => _isActive ? [.. _tiers.SelectMany(tier => tier.Due(now))] : [];

    /// <summary>Records the start of an announce.</summary>
    /// <returns>The event to announce.</returns>
    public AnnounceEvent Begin(TrackerSession session)
    {
        session.Begin();
        if (!session.HasStarted)
            return AnnounceEvent.Started;
        return OwesCompleted(session) ? AnnounceEvent.Completed : AnnounceEvent.None;
    }

    /// <summary>Records an answered announce: its tracker becomes the first of its tier.</summary>
    public void Succeeded(TrackerSession session, AnnounceEvent announceEvent, AnnounceResponse response, Instant now)
    {
        session.Succeeded(announceEvent, response, now);
        TrackerTier tier = _tiers[session.Tracker.Tier];
        if (!tier.Trackers.Contains(session.Tracker))
            return;
        tier.Promote(session.Tracker);
        if (OwesCompleted(session))
            session.BringForward(now);
    }

    /// <summary>Whether the tracker must still be told that the download is complete.</summary>
    public bool OwesCompleted(TrackerSession session) =>
        _isCompleted && !session.HasCompleted && _tiers[session.Tracker.Tier].IsPlanned(session.Tracker);

    /// <summary>The sessions whose tracker knows of us.</summary>
    public IEnumerable<TrackerSession> Started => All.SelectMany(tracker => tracker.Sessions).Where(session => session.HasStarted);

    /// <summary>A snapshot of one tracker.</summary>
    /// <param name="tracker">The tracker.</param>
    /// <param name="time">The clock of the list's instants.</param>
    public TrackerSnapshot Snapshot(TrackerState tracker, TimeProvider time) =>
        tracker.ToSnapshot(_isActive && _tiers[tracker.Tier].IsPlanned(tracker), time);

    /// <summary>Snapshots of all trackers, by tier.</summary>
    /// <param name="time">The clock of the list's instants.</param>
    public ReadOnlyCollection<TrackerSnapshot> Snapshot(TimeProvider time) => [.. All.Select(tracker => Snapshot(tracker, time))];

    private bool IsNew(Uri uri) => (_known ??= []).Count < MaxTrackers && _known.Add(uri);
}

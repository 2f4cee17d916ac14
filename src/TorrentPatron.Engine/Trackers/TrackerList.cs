using System.Collections.ObjectModel;
using System.Net.Sockets;
using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Timing;
using TorrentPatron.Protocol.Trackers;

namespace TorrentPatron.Engine.Trackers;

/// <summary>
/// The trackers of one torrent, in tiers (BEP 12): which are to be asked when, and with what event. In each tier one tracker
/// is asked, and the next one at once when it fails; all tiers are asked, as mainstream clients do. A tracker is asked over each IP version
/// over which peers can reach us. Not thread-safe.
/// </summary>
internal sealed class TrackerList
{
    /// <summary>More trackers than this are not taken.</summary>
    public const int MaxTrackers = 100;

    private readonly List<TrackerTier> _tiers = [];
    private HashSet<Uri>? _known; // null while there are none
    private readonly Func<IReadOnlyList<AddressFamily>> _families;
    private bool _isActive;
    private bool _isCompleted;

    /// <summary>Takes the trackers; one that comes twice counts once.</summary>
    /// <param name="tiers">The tiers, the most important first.</param>
    /// <param name="random">Shuffles the trackers within each tier.</param>
    /// <param name="families">
    /// Tells the IP versions over which peers can reach us; none: trackers are asked over whichever they answer.
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

    /// <summary>When a tracker is to be asked; <c>null</c> when none is, before something else happens.</summary>
    public Instant? NextDue => _isActive ? _tiers.Min(tier => tier.NextDue) : null;

    private IReadOnlyList<AddressFamily> Families => _families() is { Count: > 0 } families ? families : [AddressFamily.Unspecified];

    private IEnumerable<TrackerState> All => _tiers.SelectMany(tier => tier.Trackers);

    /// <summary>Adds a tracker as a tier of its own.</summary>
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

    /// <summary>Takes a tracker away.</summary>
    /// <returns>The tracker; null where there is none of that address.</returns>
    public TrackerState? Remove(Uri uri)
    {
        if (All.FirstOrDefault(tracker => tracker.Uri == uri) is not { } tracker)
            return null;
        _known?.Remove(uri);
        _tiers[tracker.Tier].Remove(tracker);
        return tracker;
    }

    /// <summary>Begins a session: every tier is to be asked at once.</summary>
    public void Start(Instant now)
    {
        _isActive = true;
        _isCompleted = false;
        IReadOnlyList<AddressFamily> families = Families;
        foreach (TrackerState tracker in All)
            tracker.Reset(families, now);
    }

    /// <summary>Ends the session: none is to be asked any more.</summary>
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

    /// <summary>The download is complete: the trackers in use are to be told at once.</summary>
    public void Completed(Instant now)
    {
        if (_isCompleted)
            return;

        _isCompleted = true;
        foreach (TrackerSession session in All.SelectMany(tracker => tracker.Sessions).Where(session => session.IsWorking))
            session.BringForward(now);
    }

    /// <summary>More peers are wanted: trackers are to be asked as soon as they allow, those that failed at once.</summary>
    /// <param name="which">The trackers' addresses; empty means all.</param>
    /// <param name="now">The time.</param>
    public void Hurry(IReadOnlyCollection<Uri> which, Instant now)
    {
        IReadOnlyList<AddressFamily> families = Families;
        foreach (TrackerState tracker in All.Where(tracker => which.Count == 0 || which.Contains(tracker.Uri)))
        {
            // The port may be another one, also of an IP version in which nothing listened before.
            tracker.Use(families, now);
            foreach (TrackerSession session in tracker.Sessions)
                session.BringForward(session.EarliestAllowed(now));
        }
    }

    /// <summary>The torrent has nobody to get pieces from: no tracker is waited for longer than some minutes, unless it asks for that.</summary>
    /// <param name="isAnew">Whether it had somebody when this was last called.</param>
    public void PeersWanted(bool isAnew)
    {
        foreach (TrackerSession session in All.SelectMany(tracker => tracker.Sessions))
            session.PeersWanted(isAnew);
    }

    /// <summary>The sessions in which it is time to announce: with at most one tracker of each tier.</summary>
    public IReadOnlyList<TrackerSession> Due(Instant now) => _isActive ? [.. _tiers.SelectMany(tier => tier.Due(now))] : [];

    /// <summary>An announce begins.</summary>
    /// <returns>The event that it is to tell.</returns>
    public AnnounceEvent Begin(TrackerSession session)
    {
        session.Begin();
        if (!session.HasStarted)
            return AnnounceEvent.Started;
        return OwesCompleted(session) ? AnnounceEvent.Completed : AnnounceEvent.None;
    }

    /// <summary>The announce was answered: its tracker becomes the first of its tier.</summary>
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

    /// <summary>Whether the tracker is to hear, and has not heard, that the download is complete.</summary>
    public bool OwesCompleted(TrackerSession session) =>
        _isCompleted && !session.HasCompleted && _tiers[session.Tracker.Tier].IsPlanned(session.Tracker);

    /// <summary>The sessions in which a tracker has heard that we are here.</summary>
    public IEnumerable<TrackerSession> Started => All.SelectMany(tracker => tracker.Sessions).Where(session => session.HasStarted);

    /// <summary>How one tracker stands now.</summary>
    /// <param name="tracker">The tracker.</param>
    /// <param name="time">The clock of the instants that the list was given.</param>
    public TrackerSnapshot Snapshot(TrackerState tracker, TimeProvider time) =>
        tracker.ToSnapshot(_isActive && _tiers[tracker.Tier].IsPlanned(tracker), time);

    /// <summary>How all trackers stand now, by tier.</summary>
    /// <param name="time">The clock of the instants that the list was given.</param>
    public ReadOnlyCollection<TrackerSnapshot> Snapshot(TimeProvider time) => [.. All.Select(tracker => Snapshot(tracker, time))];

    private bool IsNew(Uri uri) => (_known ??= []).Count < MaxTrackers && _known.Add(uri);
}

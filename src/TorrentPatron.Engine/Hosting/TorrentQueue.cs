using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Timing;

namespace TorrentPatron.Engine.Hosting;

/// <summary>
/// Decides which of an engine's torrents run: of those that want to download, the first <see cref="ClientSettings.MaxActiveDownloads"/>
/// in the order of the queue, and likewise of the seeds. A torrent that moves no data for a while does not count, so that a dead
/// one does not block the others. Each change takes O(log n). Thread-safe.
/// </summary>
/// <remarks>
/// A free turn goes at once to a torrent that asks and is the first, and to the others in the next <see cref="Tick"/>: when
/// thousands are stopped one after the other, those behind them do not all start in between. A host asks with <see cref="Want"/> before it joins its swarm and reports its states with <see cref="Follow"/>. When another
/// torrent's change gives it a turn or takes it away, <see cref="IQueuedTorrent.TurnChanged"/> is called; the host then compares
/// <see cref="QueuePlace.MayRun"/> with its state in a turn of its own.
/// </remarks>
/// <param name="settings">Returns the engine's current settings.</param>
/// <param name="time">The clock.</param>
internal sealed class TorrentQueue(Func<ClientSettings> settings, TimeProvider time)
{
    /// <summary>A torrent that moves no data for this long does not count towards the limits.</summary>
    public static readonly TimeSpan IdleTime = TimeSpan.FromMinutes(5);

    /// <summary>The distance between the keys of torrents that are added together, in ticks.</summary>
    private const long Spacing = TimeSpan.TicksPerMillisecond;

    /// <summary>The least distance between keys that were respaced to make room, in ticks.</summary>
    private const long LeastSpacing = 1 << 10;

    /// <summary>Saved keys are bounded by this, so that arithmetic with them cannot overflow.</summary>
    private const long MostKey = long.MaxValue / 2;

    private readonly Lock _gate = new();
    private readonly QueueOrder _order = new();
    private long _lastKey = long.MinValue;
    private volatile bool _isDue;
    private bool _isClosed;

    /// <summary>Whether the settings limit the number of active torrents.</summary>
    public bool IsLimited => settings() is { MaxActiveDownloads: > 0 } or { MaxActiveSeeds: > 0 };

    /// <summary>Adds a new torrent at the end.</summary>
    /// <param name="place">Its place, which wants nothing yet.</param>
    /// <param name="requestedAt">When it was requested, which orders torrents that are added together; null means now.</param>
    public void Add(QueuePlace place, DateTimeOffset? requestedAt)
    {
        lock (_gate)
        {
            place.Key = requestedAt?.UtcTicks ?? Math.Max(WallTime.Now(time).UtcTicks, _lastKey + Spacing);
            _lastKey = Math.Max(_lastKey, place.Key);
            place.IsListed = true;
            _order.Add(place);
        }
    }

    /// <summary>Removes a torrent; does nothing if it was removed before.</summary>
    public void Remove(QueuePlace place)
    {
        Leave(place);
        lock (_gate)
        {
            if (!place.IsListed)
                return;
            _order.Remove(place);
            place.IsListed = false;
        }
    }

    /// <summary>Returns a torrent that wants nothing yet to the place that an earlier run saved.</summary>
    /// <param name="place">Its place.</param>
    /// <param name="key">The saved key.</param>
    public void Restore(QueuePlace place, long key)
    {
        lock (_gate)
        {
            if (place.IsListed)
                Put(place, Math.Clamp(key, -MostKey, MostKey));
        }
    }

    /// <summary>Moves a torrent to a position; those behind it move up or down by one.</summary>
    /// <param name="place">Its place.</param>
    /// <param name="position">1 for the first; a number above that of the torrents means the last.</param>
    public void Move(QueuePlace place, int position)
    {
        List<QueuePlace> respaced = [];
        List<QueuePlace>? changed = null;
        lock (_gate)
        {
            if (!place.IsListed)
                return;
            _order.Remove(place);
            int before = Math.Clamp(position - 1, 0, _order.Counts.All);
            place.Key = KeyBetween(
                before == 0 ? null : _order.At(before), before == _order.Counts.All ? null : _order.At(before + 1), respaced) ?? place.Key;
            _lastKey = Math.Max(_lastKey, place.Key);
            _order.Add(place);
            Balance(place.Role, ref changed);
        }

        foreach (QueuePlace other in respaced)
            other.Owner?.KeyChanged();
        Tell(changed);
    }

    /// <summary>The position of a torrent; null if it has been removed.</summary>
    public int? PositionOf(QueuePlace place)
    {
        lock (_gate)
            return place.IsListed ? _order.PositionOf(place) : null;
    }

    /// <summary>Notes what a torrent wants to do.</summary>
    /// <param name="place">Its place.</param>
    /// <param name="role">What it wants to do.</param>
    /// <returns>Whether it may do so now. If not, it is told when it may. Other torrents get its earlier turn in the next tick.</returns>
    public bool Want(QueuePlace place, QueueRole role)
    {
        lock (_gate)
        {
            if (!place.IsListed)
                return false;
            if (place.Role != role)
            {
                (place.Role, place.MayRun, place.IsIdle) = (role, false, false);
                _order.Recount(place);
                if (role != QueueRole.None && _order.Counts.Running(role) < LimitOf(role) && _order.FirstWaiting(role) == place)
                {
                    place.MayRun = true;
                    _order.Recount(place);
                }

                _isDue = true;
            }

            return place.MayRun;
        }
    }

    /// <summary>Notes that a torrent does not want to run.</summary>
    public void Leave(QueuePlace place) => Want(place, QueueRole.None);

    /// <summary>Follows a torrent's new state. It is told if that is not what it may do now.</summary>
    /// <param name="place">Its place.</param>
    /// <param name="state">Its state. A check or a move changes nothing: the torrent keeps its turn, or waits on.</param>
    /// <param name="isComplete">Whether it is complete.</param>
    public void Follow(QueuePlace place, TorrentState state, bool isComplete)
    {
        if (state is TorrentState.Checking or TorrentState.Moving)
            return;
        QueueRole role = state switch
        {
            TorrentState.Downloading or TorrentState.FetchingMetadata => QueueRole.Download,
            TorrentState.Seeding => QueueRole.Seed,
            TorrentState.Queued => isComplete ? QueueRole.Seed : QueueRole.Download,
            _ => QueueRole.None,
        };
        bool mayRun = Want(place, role);
        if (role != QueueRole.None && mayRun == (state == TorrentState.Queued))
            place.Owner?.TurnChanged();
    }

    /// <summary>Notes whether a running torrent has moved no data for <see cref="IdleTime"/>.</summary>
    /// <param name="place">Its place.</param>
    /// <param name="isIdle">Whether it is idle.</param>
    public void NoteIdle(QueuePlace place, bool isIdle)
    {
        if (place.IsIdle == isIdle || !IsLimited)
            return;
        lock (_gate)
        {
            if (!place.IsListed || !place.MayRun)
                return;
            place.IsIdle = isIdle;
            _order.Recount(place);
            _isDue = true;
        }
    }

    /// <summary>Gives and takes the turns that are due; called about once a second.</summary>
    public void Tick()
    {
        if (_isDue)
            BalanceAll();
    }

    /// <summary>Applies changed limits.</summary>
    public void LimitsChanged() => BalanceAll();

    private void BalanceAll()
    {
        List<QueuePlace>? changed = null;
        lock (_gate)
        {
            _isDue = false;
            Balance(QueueRole.Download, ref changed);
            Balance(QueueRole.Seed, ref changed);
        }

        Tell(changed);
    }

    /// <summary>Called when the engine stops: no torrent gets a turn any more when another one ends.</summary>
    public void Close()
    {
        lock (_gate)
            _isClosed = true;
    }

    private static void Tell(List<QueuePlace>? changed)
    {
        foreach (QueuePlace place in changed ?? [])
            place.Owner?.TurnChanged();
    }

    /// <summary>Gives turns to the first torrents of a role, and takes them from those behind them. With the lock held.</summary>
    private void Balance(QueueRole role, ref List<QueuePlace>? changed)
    {
        if (role == QueueRole.None || _isClosed)
            return;
        int limit = LimitOf(role);
        while (true)
        {
            int running = _order.Counts.Running(role);
            QueuePlace? next = _order.FirstWaiting(role);
            if (running < limit && next is not null)
                SetTurn(next, true, ref changed);
            else if (running > limit || (running == limit && next?.IsBefore(_order.LastRunning(role)!) == true))
                SetTurn(_order.LastRunning(role)!, false, ref changed);
            else
                return;
        }
    }

    private int LimitOf(QueueRole role) =>
        (role == QueueRole.Seed ? settings().MaxActiveSeeds : settings().MaxActiveDownloads) is > 0 and int limit ? limit : int.MaxValue;

    private void SetTurn(QueuePlace place, bool mayRun, ref List<QueuePlace>? changed)
    {
        (place.MayRun, place.IsIdle) = (mayRun, false);
        _order.Recount(place);
        changed ??= [];
        // A turn that is given and taken back at once is not a change.
        if (!changed.Remove(place))
            changed.Add(place);
    }

    private void Put(QueuePlace place, long key)
    {
        if (place.Key == key)
            return;
        _order.Remove(place);
        place.Key = key;
        _lastKey = Math.Max(_lastKey, key);
        _order.Add(place);
    }

    /// <summary>A key between two neighbours; null if there are none.</summary>
    private long? KeyBetween(QueuePlace? before, QueuePlace? after, List<QueuePlace> respaced)
    {
        if (before is null || after is null)
            return before?.Key + Spacing ?? after?.Key - Spacing;
        if (after.Key - before.Key < 2)
            MakeRoom(before, after, respaced);
        return before.Key + ((after.Key - before.Key) / 2);
    }

    /// <summary>Spreads the places behind another one evenly, as few as possible. Their order stays the same.</summary>
    private void MakeRoom(QueuePlace before, QueuePlace? next, List<QueuePlace> respaced)
    {
        while (next is not null && (next.Key - before.Key) / LeastSpacing < respaced.Count + 1)
        {
            respaced.Add(next);
            next = _order.After(next);
        }

        long step = next is null ? Spacing : (next.Key - before.Key) / (respaced.Count + 1);
        for (int i = 0; i < respaced.Count; i++)
            respaced[i].Key = before.Key + ((i + 1) * step);
        _lastKey = Math.Max(_lastKey, respaced[^1].Key);
    }
}

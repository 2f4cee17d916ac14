using System.Net;
using TorrentPatron.Engine.Client;

namespace TorrentPatron.Engine.Peers;

/// <summary>The addresses a torrent knows peers at: who may be dialled, and when again after a failure. Bounded; thread-safe.</summary>
internal sealed class PeerDirectory(Random random)
{
    /// <summary>Addresses kept.</summary>
    public const int Capacity = 1000;

    /// <summary>Failures in a row after which an address is forgotten.</summary>
    private const int MostFailures = 5;

    private static readonly TimeSpan FirstBackOff = TimeSpan.FromSeconds(10);

    /// <summary>Whoever gives a peer by hand knows that it is there, or soon will be.</summary>
    private static readonly TimeSpan FirstTrustedBackOff = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private readonly Dictionary<IPEndPoint, Entry> _entries = [];
    private readonly HashSet<IPAddress> _banned = [];

    /// <summary>None may be dialled before: so that torrents whose peers are all to be left alone for a while are quickly asked.</summary>
    private DateTimeOffset _quietUntil;

    /// <summary>Number of known addresses.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
                return _entries.Count;
        }
    }

    /// <summary>Adds an address.</summary>
    /// <param name="endPoint">Where a peer listens.</param>
    /// <param name="source">Where it is from. What was given by hand is never forgotten, and dialled before others.</param>
    /// <returns>Whether it is new.</returns>
    public bool Add(IPEndPoint endPoint, PeerSource source = PeerSource.Tracker)
    {
        bool isTrusted = source == PeerSource.Manual;
        lock (_gate)
        {
            if (endPoint.Port == 0 || _banned.Contains(endPoint.Address))
                return false;
            if (_entries.TryGetValue(endPoint, out Entry? known))
            {
                known.IsTrusted |= isTrusted;
                return false;
            }

            if (_entries.Count >= Capacity && !(isTrusted && TryForgetOne()))
                return false;
            _entries.Add(endPoint, new Entry { Source = source, IsTrusted = isTrusted });
            _quietUntil = default;
            return true;
        }
    }

    /// <summary>Where an address is from.</summary>
    public PeerSource SourceOf(IPEndPoint endPoint)
    {
        lock (_gate)
            return _entries.TryGetValue(endPoint, out Entry? entry) ? entry.Source : PeerSource.Unknown;
    }

    /// <summary>Takes an address that may be dialled now; it counts as in use until <see cref="Ended"/>.</summary>
    /// <param name="now">The time, UTC.</param>
    /// <returns>The address, or null where there is none.</returns>
    public IPEndPoint? TakeNext(DateTimeOffset now)
    {
        lock (_gate)
        {
            if (now < _quietUntil)
                return null;
            IPEndPoint? best = null;
            DateTimeOffset next = DateTimeOffset.MaxValue;
            (int Untrusted, int Failures, int Chance) bestRank = default;
            foreach ((IPEndPoint endPoint, Entry entry) in _entries)
            {
                if (entry.IsInUse)
                    continue;
                if (entry.NextTry > now)
                {
                    next = entry.NextTry < next ? entry.NextTry : next;
                    continue;
                }

                (int, int, int) rank = (entry.IsTrusted ? 0 : 1, entry.Failures, random.Next());
                if (best is null || rank.CompareTo(bestRank) < 0)
                    (best, bestRank) = (endPoint, rank);
            }

            if (best is null)
                _quietUntil = next;
            else
                _entries[best].IsInUse = true;
            return best;
        }
    }

    /// <summary>When the next address may be dialled; null where none is known that is not in use.</summary>
    public DateTimeOffset? NextTry()
    {
        lock (_gate)
        {
            DateTimeOffset? next = null;
            foreach (Entry entry in _entries.Values)
            {
                if (!entry.IsInUse && (next is null || entry.NextTry < next))
                    next = entry.NextTry;
            }

            return next;
        }
    }

    /// <summary>A dialled connection has ended, or was never made.</summary>
    /// <param name="endPoint">What was dialled.</param>
    /// <param name="wasUseful">Whether a peer of this torrent was found there.</param>
    /// <param name="now">The time, UTC.</param>
    public void Ended(IPEndPoint endPoint, bool wasUseful, DateTimeOffset now)
    {
        lock (_gate)
        {
            if (!_entries.TryGetValue(endPoint, out Entry? entry))
                return;
            entry.IsInUse = false;
            _quietUntil = default;
            entry.Failures = wasUseful ? 0 : entry.Failures + 1;
            if (entry.Failures >= MostFailures && !entry.IsTrusted)
                _entries.Remove(endPoint);
            else
                entry.NextTry = now + (entry.IsTrusted ? FirstTrustedBackOff : FirstBackOff) * Math.Pow(2, Math.Min(entry.Failures, MostFailures));
        }
    }

    /// <summary>Never dials an address again: it is ourselves.</summary>
    public void Forget(IPEndPoint endPoint)
    {
        lock (_gate)
        {
            if (_entries.TryGetValue(endPoint, out Entry? entry))
                (entry.IsInUse, entry.NextTry) = (false, DateTimeOffset.MaxValue);
        }
    }

    /// <summary>Lets every address be dialled at once: the torrent goes on after a rest, in which peers were left by us.</summary>
    public void RetryAll()
    {
        lock (_gate)
        {
            _quietUntil = default;
            foreach (Entry entry in _entries.Values)
            {
                if (entry.NextTry < DateTimeOffset.MaxValue)
                    entry.NextTry = default;
            }
        }
    }

    /// <summary>Shuts an address out: it has sent wrong data.</summary>
    public void Ban(IPAddress address)
    {
        lock (_gate)
        {
            if (_banned.Count < Capacity)
                _banned.Add(address);
            foreach (IPEndPoint endPoint in _entries.Keys.Where(e => e.Address.Equals(address)).ToArray())
                _entries.Remove(endPoint);
        }
    }

    /// <summary>Whether an address has been shut out.</summary>
    public bool IsBanned(IPAddress address)
    {
        lock (_gate)
            return _banned.Contains(address);
    }

    private bool TryForgetOne()
    {
        foreach ((IPEndPoint endPoint, Entry entry) in _entries)
        {
            if (!entry.IsTrusted && !entry.IsInUse)
                return _entries.Remove(endPoint);
        }

        return false;
    }

    private sealed class Entry
    {
        public PeerSource Source { get; init; }

        public bool IsTrusted { get; set; }

        public bool IsInUse { get; set; }

        public int Failures { get; set; }

        public DateTimeOffset NextTry { get; set; }
    }
}

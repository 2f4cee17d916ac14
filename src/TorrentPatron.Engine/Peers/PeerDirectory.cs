using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using TorrentPatron.Engine.Client;
using TorrentPatron.Protocol;

namespace TorrentPatron.Engine.Peers;

/// <summary>The addresses a torrent knows peers at: who may be dialled, and when again after a failure. Bounded; thread-safe.</summary>
internal sealed class PeerDirectory(Random random)
{
    /// <summary>Addresses kept.</summary>
    public const int Capacity = 1000;

    /// <summary>Failures in a row after which an address is forgotten.</summary>
    private const int MostFailures = 5;

    /// <summary>Peers of one address that have sent wrong data, with which the address is shut out.</summary>
    private const int MostOffences = 3;

    private static readonly TimeSpan FirstBackOff = TimeSpan.FromSeconds(10);

    /// <summary>Whoever gives a peer by hand knows that it is there, or soon will be.</summary>
    private static readonly TimeSpan FirstTrustedBackOff = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private readonly Dictionary<IPEndPoint, Entry> _entries = [];
    private readonly HashSet<(IPAddress Address, PeerId Id)> _bannedPeers = [];
    private readonly HashSet<IPEndPoint> _bannedEndPoints = [];
    private readonly Dictionary<IPAddress, int> _offences = [];

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
            if (endPoint.Port == 0 || (!isTrusted && !IsOneHost(endPoint.Address)) || _bannedEndPoints.Contains(endPoint) || IsShutOut(endPoint.Address))
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

    /// <summary>
    /// Shuts a peer out: it has sent wrong data. Others at its address, behind the same router perhaps, are not to blame; but where
    /// several there have done so, the address is shut out.
    /// </summary>
    /// <param name="endPoint">How it was connected.</param>
    /// <param name="id">Who it said it was.</param>
    /// <param name="listening">Where it says that it listens; null: it did not say.</param>
    public void Ban(IPEndPoint endPoint, PeerId id, IPEndPoint? listening = null)
    {
        lock (_gate)
        {
            bool isNew = _bannedPeers.Count < Capacity && _bannedPeers.Add((endPoint.Address, id));
            IPAddress neighbourhood = NeighbourhoodOf(endPoint.Address);
            if (isNew)
                CollectionsMarshal.GetValueRefOrAddDefault(_offences, neighbourhood, out _)++;
            foreach (IPEndPoint one in listening is null ? [endPoint] : (IPEndPoint[])[endPoint, listening])
            {
                if (_bannedEndPoints.Count < 2 * Capacity)
                    _bannedEndPoints.Add(one);
                _entries.Remove(one);
            }

            if (IsShutOut(endPoint.Address))
            {
                foreach (IPEndPoint other in _entries.Keys.Where(e => NeighbourhoodOf(e.Address).Equals(neighbourhood)).ToArray())
                    _entries.Remove(other);
            }
        }
    }

    /// <summary>Whether a peer has been shut out.</summary>
    /// <param name="endPoint">How it is connected.</param>
    /// <param name="id">Who it says it is.</param>
    public bool IsBanned(IPEndPoint endPoint, PeerId id)
    {
        lock (_gate)
            return _bannedPeers.Contains((endPoint.Address, id)) || _bannedEndPoints.Contains(endPoint) || IsShutOut(endPoint.Address);
    }

    /// <summary>Whether an address is one that a host can have: not "any", no group, no broadcast.</summary>
    private static bool IsOneHost(IPAddress address)
    {
        if (address.IsIPv4MappedToIPv6)
            address = address.MapToIPv4();
        if (address.AddressFamily == AddressFamily.InterNetworkV6)
            return !address.IsIPv6Multicast && !address.Equals(IPAddress.IPv6Any);
        Span<byte> bytes = stackalloc byte[4];
        return address.TryWriteBytes(bytes, out _) && bytes[0] is > 0 and < 224;
    }

    /// <summary>An address, or of IPv6 the network that one customer has whole.</summary>
    private static IPAddress NeighbourhoodOf(IPAddress address)
    {
        if (address.AddressFamily != AddressFamily.InterNetworkV6 || address.IsIPv4MappedToIPv6)
            return address;
        Span<byte> bytes = stackalloc byte[16];
        address.TryWriteBytes(bytes, out _);
        bytes[8..].Clear();
        return new IPAddress(bytes);
    }

    private bool IsShutOut(IPAddress address) =>
        _offences.Count > 0 && _offences.GetValueOrDefault(NeighbourhoodOf(address)) >= MostOffences;

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

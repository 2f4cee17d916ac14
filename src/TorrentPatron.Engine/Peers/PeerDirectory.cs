using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Limits;
using TorrentPatron.Engine.Network;
using TorrentPatron.Engine.Timing;
using TorrentPatron.Protocol;
using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Engine.Peers;

/// <summary>
/// A torrent's known peer addresses: which may be dialled, in what order, and when again after a failure. Sources take turns:
/// first their kinds (trackers, the DHT, peer exchange), then the sources of one kind. Bounded; thread-safe.
/// </summary>
/// <param name="random">Decides between otherwise equal addresses.</param>
/// <param name="self">Returns our address as seen from the internet, by IP version; null if unknown.</param>
/// <param name="classes">The peer classes, some of which are preferred; null if there are none.</param>
internal sealed class PeerDirectory(Random random, Func<AddressFamily, IPEndPoint?>? self = null, PeerClassTable? classes = null)
{
    /// <summary>The most addresses kept.</summary>
    public const int Capacity = 1000;

    /// <summary>
    /// Consecutive failures, at any addresses, after which our own network is assumed to be down if all addresses have failed.
    /// </summary>
    private const int MostOfFewFailures = 10;

    /// <summary>The lowest port that is dialled unless a user gave it: lower ones are well-known services.</summary>
    private const int FirstPort = 1024;

    /// <summary>The most encryption hints kept for addresses that are not known yet.</summary>
    private const int MostHints = 200;

    /// <summary>The empty collections of a torrent without addresses, as most idle ones are; never written to.</summary>
    private static readonly (Dictionary<IPEndPoint, Entry> Entries, Dictionary<PeerOrigin, Namer> Namers) None = ([], []);

    private Dictionary<IPEndPoint, Entry> _entries = None.Entries;
    private Dictionary<PeerOrigin, Namer> _namers = None.Namers;
    private readonly DialPace _pace = new();

    /// <summary>When each kind of source had its last turn, counted in turns.</summary>
    private long[] _turns = [];
    private long _turn;

    /// <summary>Whether the last address was taken because its class is preferred: then the next one is not.</summary>
    private bool _wasPreferred;
    private PeerBans? _bans;

    /// <summary>Addresses that are said to prefer encryption and are not known yet; null if none.</summary>
    private HashSet<IPEndPoint>? _hints;

    /// <summary>
    /// No address may be dialled before this time: a cached result, so that a torrent whose peers must all wait is cheap to ask.
    /// </summary>
    private Instant _quietUntil;

    /// <summary>The effort for which <see cref="_quietUntil"/> was computed.</summary>
    private DialEffort _quietEffort;

    /// <summary>Failures since a peer was last reached.</summary>
    private int _failuresInARow;

    /// <summary>Number of known addresses.</summary>
    public int Count
    {
        get
        {
            lock (this)
                return _entries.Count;
        }
    }

    /// <summary>
    /// Adds an address. If there is no room, it replaces one that has failed, or one from the source with the most addresses.
    /// </summary>
    /// <param name="endPoint">The address and port that a peer listens on.</param>
    /// <param name="origin">
    /// Its source. Addresses from the user are dialled before others and replaced last. A known address is dialled again without
    /// delay if its source has just seen the peer: a tracker, the local network, or a user who gives it or its link again.
    /// </param>
    /// <returns>Whether it is new.</returns>
    public bool Add(IPEndPoint endPoint, PeerOrigin origin)
    {
        PeerSource source = origin.Source;
        lock (this)
        {
            // Saved addresses were reached in an earlier run.
            bool isPossible = source == PeerSource.Manual ? endPoint.Port != 0
                : AddressReaches.IsOfHost(endPoint.Address) && endPoint.Port >= (source == PeerSource.Saved ? 1 : FirstPort);
            if (!isPossible || _bans?.Has(endPoint) == true)
                return false;
            if (_entries.TryGetValue(endPoint, out Entry? known))
            {
                NoteNamer(known, origin);
                if (source is PeerSource.Tracker or PeerSource.LocalDiscovery or PeerSource.Manual or PeerSource.Link)
                    (known.EndedAt, _quietUntil) = (null, default);
                return false;
            }

            if (_entries.Count >= Capacity && !TryForgetFor(origin))
                return false;
            if (_entries == None.Entries)
                (_entries, _namers, _turns) = ([], [], new long[Entry.SourceCount]);
            // Saved addresses were reached in an earlier run, so they are saved again, even if this run reaches nobody.
            _entries.Add(endPoint, new Entry(NamerOf(origin), Priority(endPoint), classes, endPoint.Address)
            {
                WasReached = source == PeerSource.Saved,
                LikesEncryption = _hints?.Remove(endPoint) == true,
            });
            _quietUntil = default;
            return true;
        }
    }

    /// <summary>The source of an address.</summary>
    public PeerSource SourceOf(IPEndPoint endPoint)
    {
        lock (this)
            return _entries.TryGetValue(endPoint, out Entry? entry) ? entry.Source : PeerSource.Unknown;
    }

    /// <summary>Whether a user gave an address.</summary>
    public bool IsTrusted(IPEndPoint endPoint)
    {
        lock (this)
            return _entries.TryGetValue(endPoint, out Entry? entry) && entry.IsTrusted;
    }

    /// <summary>Records that a peer of this torrent was reached at an address.</summary>
    public void Reached(IPEndPoint endPoint)
    {
        lock (this)
        {
            // If all addresses had failed before, our own network was down and the peers were not at fault.
            if (_failuresInARow >= Math.Max(MostOfFewFailures, _entries.Count))
            {
                foreach (Entry known in _entries.Values)
                    (known.Failures, known.EndedAt) = (0, null);
                _pace.Forgive();
                _quietUntil = default;
            }

            _failuresInARow = 0;
            _pace.Reached(endPoint.Address);
            if (_entries.TryGetValue(endPoint, out Entry? entry))
                entry.WasReached = entry.IsReached = true;
        }
    }

    /// <summary>
    /// Records that a peer of this torrent has connected from an address: its host is not the victim of a false report.
    /// </summary>
    public void Met(IPAddress address)
    {
        lock (this)
        {
            _pace.Reached(address);
            _quietUntil = default;
        }
    }

    /// <summary>
    /// Addresses at which peers were reached, now or in an earlier run: first those in use, then those with the fewest failures
    /// since.
    /// </summary>
    /// <param name="most">The most addresses to return.</param>
    public IReadOnlyList<IPEndPoint> Proven(int most)
    {
        lock (this)
        {
            if (_entries.Count == 0)
                return [];
            var proven = new List<IPEndPoint>();
            foreach ((IPEndPoint address, Entry entry) in _entries)
            {
                if (entry.WasReached && address.Address is not HostAddress)
                    proven.Add(address);
            }

            proven.Sort((left, right) => Compare(_entries[left], _entries[right]));
            return proven.Slice(0, Math.Min(most, proven.Count));
        }
    }

    /// <summary>Number of addresses that a source has named, whether or not it was the first.</summary>
    public int CountOf(PeerSource source)
    {
        lock (this)
            return _entries.Values.Count(entry => entry.IsNamedBy(source));
    }

    /// <summary>Takes an address that may be dialled now; it counts as in use until <see cref="Ended"/>.</summary>
    /// <param name="now">The time.</param>
    /// <param name="effort">How urgently peers are needed.</param>
    /// <returns>The address; null if there is none.</returns>
    public IPEndPoint? TakeNext(Instant now, DialEffort effort)
    {
        lock (this)
        {
            if (FindNext(now, effort) is not { } next)
                return null;
            (next.Entry.IsInUse, next.Entry.IsReached) = (true, false);
            _wasPreferred = next.IsPreferred;
            _pace.Dialled(next.EndPoint.Address, now);
            _turns[(int)next.Namer.Origin.Source] = next.Namer.LastTurn = ++_turn;
            return next.EndPoint;
        }
    }

    /// <summary>Takes a particular address, unless it is in use; see <see cref="TakeNext"/>.</summary>
    public bool TryTake(IPEndPoint endPoint, Instant now)
    {
        lock (this)
        {
            if (!_entries.TryGetValue(endPoint, out Entry? entry) || entry.IsInUse || entry.IsOurselves)
                return false;
            (entry.IsInUse, entry.IsReached) = (true, false);
            _pace.Dialled(endPoint.Address, now);
            return true;
        }
    }

    /// <summary>Whether any address may be dialled now.</summary>
    /// <param name="now">The time.</param>
    /// <param name="effort">How urgently peers are needed.</param>
    public bool HasNext(Instant now, DialEffort effort)
    {
        lock (this)
            return FindNext(now, effort) is not null;
    }

    /// <summary>Records that a dialled connection has ended, or could not be made.</summary>
    /// <param name="endPoint">The dialled address.</param>
    /// <param name="wasUseful">Whether a peer of this torrent answered there.</param>
    /// <param name="now">The time.</param>
    /// <param name="effort">How urgently peers are needed; with little effort, an address that keeps failing is dropped.</param>
    public void Ended(IPEndPoint endPoint, bool wasUseful, Instant now, DialEffort effort)
    {
        lock (this)
        {
            if (!_entries.TryGetValue(endPoint, out Entry? entry))
                return;
            (entry.IsInUse, entry.EndedAt) = (false, now);
            _quietUntil = default;
            entry.Failures = wasUseful ? 0 : entry.Failures + 1;
            // Another program may be listening there by now.
            if (!wasUseful && !entry.IsReached)
                entry.SpeaksUtp = null;
            if (!wasUseful)
            {
                _failuresInARow++;
                _pace.Failed(endPoint.Address, now);
            }

            if (effort == DialEffort.Little && entry is { HasFailedOften: true, IsTrusted: false })
                Remove(endPoint, entry);
        }
    }

    /// <summary>Whether to encrypt when an address is dialled: its peer accepts nothing else, or is said to prefer it.</summary>
    public bool LikesEncryption(IPEndPoint endPoint)
    {
        lock (this)
            return _entries.TryGetValue(endPoint, out Entry? entry) && entry.LikesEncryption;
    }

    /// <summary>
    /// Records a hint that an address, which is named next, prefers encryption. Our own experience counts for more.
    /// </summary>
    public void HintEncryption(IPEndPoint endPoint)
    {
        lock (this)
        {
            if (_entries.ContainsKey(endPoint))
                return;
            _hints ??= [];
            if (_hints.Count >= MostHints)
                _hints.Clear();
            _hints.Add(endPoint);
        }
    }

    /// <summary>
    /// Whether an address that has refused one form, encrypted or not, may be tried in the other at once; true one time.
    /// </summary>
    public bool MayTryOther(IPEndPoint endPoint)
    {
        lock (this)
        {
            if (!_entries.TryGetValue(endPoint, out Entry? entry) || entry.WasTriedOther)
                return false;
            return entry.WasTriedOther = true;
        }
    }

    /// <summary>
    /// Records that an address accepted one form after refusing the other; if it ever changes, both are tried again.
    /// </summary>
    public void NoteEncryption(IPEndPoint endPoint, bool isEncrypted)
    {
        lock (this)
        {
            if (_entries.TryGetValue(endPoint, out Entry? entry))
                (entry.LikesEncryption, entry.WasTriedOther) = (isEncrypted, false);
        }
    }

    /// <summary>Whether to use the v2 hash of a hybrid when an address is dialled: its peer accepts nothing else.</summary>
    public bool LikesSecondHash(IPEndPoint endPoint)
    {
        lock (this)
            return _entries.TryGetValue(endPoint, out Entry? entry) && entry.LikesSecondHash;
    }

    /// <summary>
    /// Whether an address that has refused one hash of a hybrid may be tried with the other at once; true one time.
    /// </summary>
    public bool MayTryOtherHash(IPEndPoint endPoint)
    {
        lock (this)
        {
            if (!_entries.TryGetValue(endPoint, out Entry? entry) || entry.WasTriedOtherHash)
                return false;
            return entry.WasTriedOtherHash = true;
        }
    }

    /// <summary>
    /// Records that an address accepted one hash of a hybrid after refusing the other; if it ever changes, both are tried again.
    /// </summary>
    public void NoteHash(IPEndPoint endPoint, bool isSecond)
    {
        lock (this)
        {
            if (_entries.TryGetValue(endPoint, out Entry? entry))
                (entry.LikesSecondHash, entry.WasTriedOtherHash) = (isSecond, false);
        }
    }

    /// <summary>Whether an address supports uTP; null if unknown.</summary>
    public bool? SpeaksUtp(IPEndPoint endPoint)
    {
        lock (this)
            return _entries.TryGetValue(endPoint, out Entry? entry) ? entry.SpeaksUtp : null;
    }

    /// <summary>Records another peer's hint that an address supports uTP. Our own experience counts for more.</summary>
    public void HintUtp(IPEndPoint endPoint)
    {
        lock (this)
        {
            // In the local network TCP comes first, unless it is known to fail.
            if (_entries.TryGetValue(endPoint, out Entry? entry) && AddressReaches.Of(endPoint.Address) == AddressReach.Global)
                entry.SpeaksUtp ??= true;
        }
    }

    /// <summary>Records whether an address answered with uTP, or only with TCP although uTP was tried.</summary>
    public void NoteUtp(IPEndPoint endPoint, bool speaksUtp)
    {
        lock (this)
        {
            if (_entries.TryGetValue(endPoint, out Entry? entry))
                entry.SpeaksUtp = speaksUtp;
        }
    }

    /// <summary>Records that we gave up a connection ourselves, which says nothing about the address.</summary>
    public void Released(IPEndPoint endPoint)
    {
        lock (this)
        {
            if (_entries.TryGetValue(endPoint, out Entry? entry))
                entry.IsInUse = false;
            _quietUntil = default;
        }
    }

    /// <summary>Excludes an address from dialling: it is our own.</summary>
    public void Forget(IPEndPoint endPoint)
    {
        lock (this)
        {
            if (_entries.TryGetValue(endPoint, out Entry? entry))
                (entry.IsInUse, entry.IsOurselves) = (false, true);
        }
    }

    /// <summary>
    /// Makes every address available for dialling: the torrent resumes after a suspension, in which it left its peers.
    /// </summary>
    public void RetryAll()
    {
        lock (this)
        {
            _quietUntil = default;
            foreach (Entry entry in _entries.Values)
                entry.EndedAt = null;
        }
    }

    /// <summary>
    /// Removes unused addresses that only certain sources have named, because the torrent turns out to be private.
    /// </summary>
    public void ForgetAllOf(params IReadOnlyCollection<PeerSource> sources)
    {
        lock (this)
        {
            foreach ((IPEndPoint endPoint, Entry entry) in _entries)
            {
                if (!entry.IsInUse && entry.IsNamedOnlyBy(sources))
                    Remove(endPoint, entry);
            }
        }
    }

    /// <summary>Bans a peer because it sent wrong data.</summary>
    /// <param name="endPoint">Its address.</param>
    /// <param name="id">Its peer id.</param>
    /// <param name="wasDialled">Whether we dialled it: then its port is banned as well, whatever peer id it uses.</param>
    public void Ban(IPEndPoint endPoint, PeerId id, bool wasDialled)
    {
        lock (this)
        {
            _bans ??= new PeerBans();
            _bans.Add(id, endPoint, wasDialled);
            foreach ((IPEndPoint known, Entry entry) in _entries)
            {
                if (_bans.Has(known))
                    Remove(known, entry);
            }
        }
    }

    /// <summary>Whether a peer is banned.</summary>
    /// <param name="endPoint">Its address.</param>
    /// <param name="id">Its peer id.</param>
    public bool IsBanned(IPEndPoint endPoint, PeerId id)
    {
        lock (this)
            return _bans?.Has(id, endPoint) == true;
    }

    // The same canonical order that others on the internet use (BEP 40); in other networks, or while our address is unknown, a
    // random order.
    private uint Priority(IPEndPoint endPoint) =>
        AddressReaches.Of(endPoint.Address) == AddressReach.Global && self?.Invoke(endPoint.AddressFamily) is { } us
            ? PeerPriority.Compute(us, endPoint)
            : (uint)random.NextInt64(uint.MaxValue + 1L);

    private Namer NamerOf(PeerOrigin origin)
    {
        ref Namer? namer = ref CollectionsMarshal.GetValueRefOrAddDefault(_namers, origin, out _);
        // Behind those already waiting: a source gains nothing by leaving and returning, or by changing its name.
        return namer ??= new Namer(origin) { LastTurn = _turns[(int)origin.Source] };
    }

    /// <summary>
    /// Records another source of a known address. Only a few are remembered per address, but one of each kind always is. A source
    /// with many addresses is replaced by one with fewer: otherwise a few sources that each name a thousand could keep an address
    /// for their own turns.
    /// </summary>
    private void NoteNamer(Entry entry, PeerOrigin origin)
    {
        entry.NamedBy(origin.Source);
        int count = _namers.TryGetValue(origin, out Namer? known) ? known.Count : 0;
        if (known is not null && entry.Namers.Contains(known))
            return;
        if (!entry.HasRoomForNamer && entry.Namers.Any(namer => namer.Origin.Source == origin.Source))
        {
            Namer largest = entry.Namers.MaxBy(namer => namer.Count)!;
            if (largest.Count <= count + 1)
                return;
            entry.NoLongerNamedBy(largest);
        }

        entry.NamedBy(NamerOf(origin));
    }

    private void Remove(IPEndPoint endPoint, Entry entry)
    {
        _entries.Remove(endPoint);
        foreach (Namer namer in entry.Namers)
        {
            if (--namer.Count == 0)
                _namers.Remove(namer.Origin);
        }
    }

    /// <summary>
    /// The next address to dial: addresses from the user first, then alternately one of a preferred class and one from the source
    /// whose turn it is. So preferred peers come first, but naming many addresses of such a class does not hide those from other
    /// sources.
    /// </summary>
    private (IPEndPoint EndPoint, Entry Entry, Namer Namer, bool IsPreferred)? FindNext(Instant now, DialEffort effort)
    {
        if (now < _quietUntil && effort <= _quietEffort)
            return null;
        foreach (Namer namer in _namers.Values)
            namer.Best = null;
        Instant next = Instant.Never;
        (IPEndPoint EndPoint, Entry Entry)? trusted = null, preferred = null;
        foreach ((IPEndPoint endPoint, Entry entry) in _entries)
        {
            if (entry.IsInUse)
                continue;
            Instant due = entry.NextTry(effort);
            // If a peer was reached there before, reports about its host are irrelevant.
            if (due <= now && !entry.IsTrusted && !entry.WasReached)
                due = _pace.Next(endPoint.Address, now);
            if (due > now)
            {
                next = due < next ? due : next;
                continue;
            }

            if (entry.IsTrusted && (trusted is null || entry.IsBetterThan(trusted.Value.Entry)))
                trusted = (endPoint, entry);
            if (!_wasPreferred && entry.IsPreferred && (preferred is null || entry.IsBetterThan(preferred.Value.Entry)))
                preferred = (endPoint, entry);
            foreach (Namer namer in entry.Namers)
            {
                if (namer.Best is null || entry.IsBetterThan(namer.Best.Value.Entry))
                    namer.Best = (endPoint, entry);
            }
        }

        if (trusted is { } byHand)
            return (byHand.EndPoint, byHand.Entry, byHand.Entry.Namers[0], IsPreferred: false);
        if (preferred is { } early)
            return (early.EndPoint, early.Entry, early.Entry.Namers[0], IsPreferred: true);
        Namer? first = null;
        foreach (Namer namer in _namers.Values)
        {
            if (namer.Best is not null && (first is null || IsBefore(namer, first)))
                first = namer;
        }

        if (first is { Best: { } best })
            return (best.EndPoint, best.Entry, first, IsPreferred: false);
        (_quietUntil, _quietEffort) = (next, effort);
        return null;
    }

    /// <summary>
    /// Whether one source's turn comes before another's: the kind that has waited longest, then the source that has waited
    /// longest; before the first turn the better address decides.
    /// </summary>
    private bool IsBefore(Namer one, Namer other)
    {
        int order = _turns[(int)one.Origin.Source].CompareTo(_turns[(int)other.Origin.Source]);
        if (order == 0)
            order = one.LastTurn.CompareTo(other.LastTurn);
        return order == 0 ? one.Best!.Value.Entry.IsBetterThan(other.Best!.Value.Entry) : order < 0;
    }

    private bool TryForgetFor(PeerOrigin newcomer)
    {
        Span<int> counts = stackalloc int[Entry.SourceCount];
        foreach (Entry entry in _entries.Values)
            counts[(int)entry.Source]++;
        var kind = (PeerSource)counts.IndexOf(Greatest(counts));
        Namer largest = _namers.Values.Where(namer => namer.Origin.Source == kind).MaxBy(namer => namer.Count)!;
        // A source with many addresses cannot displace those of others merely by naming more.
        bool isOfFewKind = newcomer.Source == PeerSource.Manual || counts[(int)newcomer.Source] < counts[(int)kind];
        bool isOfFew = newcomer.Source == kind && (_namers.TryGetValue(newcomer, out Namer? own) ? own.Count : 0) < largest.Count;
        (IPEndPoint EndPoint, Entry Entry)? worst = null;
        foreach ((IPEndPoint endPoint, Entry entry) in _entries)
        {
            bool mayGo = !entry.IsInUse && (!entry.IsTrusted || newcomer.Source == PeerSource.Manual)
                && (entry.IsOurselves || entry.Failures > 0 || (isOfFewKind && entry.Source == kind) || (isOfFew && entry.Namers.Length == 1 && entry.Namers[0] == largest));
            if (mayGo && (worst is null || worst.Value.Entry.IsBetterThan(entry)))
                worst = (endPoint, entry);
        }

        if (worst is not { } loser)
            return false;
        Remove(loser.EndPoint, loser.Entry);
        return true;
    }

    /// <summary>Compares for <see cref="Proven"/>: less than 0 if the left one comes first.</summary>
    private static int Compare(Entry left, Entry right) => left.IsInUse != right.IsInUse ? (left.IsInUse ? -1 : 1)
        : left.IsBetterThan(right) ? -1
        : right.IsBetterThan(left) ? 1
        : 0;

    private static int Greatest(ReadOnlySpan<int> counts)
    {
        int greatest = 0;
        foreach (int count in counts)
            greatest = Math.Max(greatest, count);
        return greatest;
    }

    /// <summary>A source of addresses.</summary>
    private sealed class Namer(PeerOrigin origin)
    {
        public PeerOrigin Origin => origin;

        /// <summary>The number of known addresses that it has named.</summary>
        public int Count { get; set; }

        /// <summary>When one of its addresses was last dialled, counted in turns.</summary>
        public long LastTurn { get; set; }

        /// <summary>Its best address, during a search.</summary>
        public (IPEndPoint EndPoint, Entry Entry)? Best { get; set; }
    }

    private sealed class Entry
    {
        /// <summary>The most sources remembered per address.</summary>
        private const int MostNamers = 4;

        public const int SourceCount = (int)PeerSource.Link + 1;

        /// <summary>The number of failures after which the wait no longer grows.</summary>
        private const int ManyFailures = 5;

        private static readonly TimeSpan FirstBackOff = TimeSpan.FromSeconds(10);

        /// <summary>Short, because a user who gives a peer knows that it is there, or soon will be.</summary>
        private static readonly TimeSpan FirstTrustedBackOff = TimeSpan.FromSeconds(1);

        /// <summary>The longest wait while no peer is connected.</summary>
        private static readonly TimeSpan LongestLonelyBackOff = TimeSpan.FromMinutes(2);

        private readonly uint _priority;
        private readonly PeerClassTable? _classes;
        private readonly IPAddress _address;
        private PeerClassLimits? _class;
        private int _sources;

        public Entry(Namer namer, uint priority, PeerClassTable? classes, IPAddress address)
        {
            (_priority, _classes, _address) = (priority, classes, address);
            Source = namer.Origin.Source;
            NamedBy(namer);
        }

        /// <summary>The kind of the source that named it first.</summary>
        public PeerSource Source { get; }

        /// <summary>Its sources: it may be dialled in the turn of any of them.</summary>
        public Namer[] Namers { get; private set; } = [];

        public bool IsTrusted => IsNamedBy(PeerSource.Manual);

        /// <summary>Whether its current class is preferred.</summary>
        public bool IsPreferred
        {
            get
            {
                if (_class is null or { IsOutdated: true })
                    _class = _classes?.Of(_address);
                return _class is { IsPreferred: true };
            }
        }

        public bool IsInUse { get; set; }

        public bool WasReached { get; set; }

        /// <summary>Whether a peer of this torrent was reached there since it was last dialled.</summary>
        public bool IsReached { get; set; }

        public bool LikesEncryption { get; set; }

        /// <summary>Whether it supports uTP; null if unknown.</summary>
        public bool? SpeaksUtp { get; set; }

        /// <summary>Whether both forms, encrypted and not, were refused.</summary>
        public bool WasTriedOther { get; set; }

        /// <summary>Whether to use a hybrid's v2 hash there.</summary>
        public bool LikesSecondHash { get; set; }

        /// <summary>Whether both hashes of a hybrid were refused.</summary>
        public bool WasTriedOtherHash { get; set; }

        public int Failures { get; set; }

        public bool HasFailedOften => Failures >= ManyFailures;

        /// <summary>When it was last in use, if that makes it wait; null if it may be dialled at once.</summary>
        public Instant? EndedAt { get; set; }

        /// <summary>Whether it is our own address.</summary>
        public bool IsOurselves { get; set; }

        /// <summary>When it may be dialled.</summary>
        public Instant NextTry(DialEffort effort)
        {
            if (IsOurselves)
                return Instant.Never;
            if (EndedAt is not { } ended)
                return default;
            TimeSpan wait = (IsTrusted ? FirstTrustedBackOff : FirstBackOff) * Math.Pow(2, Math.Min(Failures, ManyFailures));
            return ended + (effort == DialEffort.Most && wait > LongestLonelyBackOff ? LongestLonelyBackOff : wait);
        }

        /// <summary>Whether another source can be remembered.</summary>
        public bool HasRoomForNamer => Namers.Length < MostNamers;

        public void NoLongerNamedBy(Namer namer)
        {
            Namers = [.. Namers.Where(other => other != namer)];
            namer.Count--;
        }

        public void NamedBy(PeerSource other) => _sources |= 1 << (int)other;

        public void NamedBy(Namer namer)
        {
            NamedBy(namer.Origin.Source);
            if (Array.IndexOf(Namers, namer) >= 0)
                return;
            Namers = [.. Namers, namer];
            namer.Count++;
        }

        public bool IsNamedBy(PeerSource other) => (_sources & 1 << (int)other) != 0;

        public bool IsNamedOnlyBy(IReadOnlyCollection<PeerSource> others)
        {
            int left = _sources;
            foreach (PeerSource other in others)
                left &= ~(1 << (int)other);
            return left == 0;
        }

        /// <summary>
        /// Whether it is dialled before another address: one from the user, one without failures, one nearby or of a preferred
        /// class, one from several sources, and then by priority.
        /// </summary>
        public bool IsBetterThan(Entry other) => Rank.CompareTo(other.Rank) > 0;

        private (bool, int, bool, int, uint) Rank =>
            (IsTrusted, -Failures, IsPreferred || IsNamedBy(PeerSource.LocalDiscovery), System.Numerics.BitOperations.PopCount((uint)_sources), _priority);
    }
}

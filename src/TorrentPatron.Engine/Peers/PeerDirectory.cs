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
/// The addresses a torrent knows peers at, whoever named them: who may be dialled, who first, and when again after a failure. Those who
/// name addresses take turns: first their kinds (trackers, the DHT, peer exchange), then who is of one kind. Bounded; thread-safe.
/// </summary>
/// <param name="random">Decides between addresses of which nothing better is known.</param>
/// <param name="self">Where others on the internet see us, by IP version; null where that is not known.</param>
/// <param name="classes">The classes of peers, of which some are preferred; null: none is.</param>
internal sealed class PeerDirectory(Random random, Func<AddressFamily, IPEndPoint?>? self = null, PeerClassTable? classes = null)
{
    /// <summary>Addresses kept.</summary>
    public const int Capacity = 1000;

    /// <summary>Failures in a row, of whatever addresses, after which the network is thought to be out, if all addresses have failed.</summary>
    private const int MostOfFewFailures = 10;

    /// <summary>The first port that is dialled where it was not given by hand: below are the well-known services.</summary>
    private const int FirstPort = 1024;

    /// <summary>Addresses that are to be named and are said to like encryption.</summary>
    private const int MostHints = 200;

    /// <summary>Those of a torrent that knows no address, as most do while they rest: never written to.</summary>
    private static readonly (Dictionary<IPEndPoint, Entry> Entries, Dictionary<PeerOrigin, Namer> Namers) None = ([], []);

    private Dictionary<IPEndPoint, Entry> _entries = None.Entries;
    private Dictionary<PeerOrigin, Namer> _namers = None.Namers;
    private readonly DialPace _pace = new();

    /// <summary>When each kind of origin had its last turn, counted in turns.</summary>
    private long[] _turns = [];
    private long _turn;

    /// <summary>Whether the last address that was taken had its turn because its class is preferred: then the next one has not.</summary>
    private bool _wasPreferred;
    private PeerBans? _bans;

    /// <summary>Addresses that are said to like encryption and are not known yet; null: none.</summary>
    private HashSet<IPEndPoint>? _hints;

    /// <summary>None may be dialled before: so that torrents whose peers are all to be left alone for a while are quickly asked.</summary>
    private Instant _quietUntil;

    /// <summary>What <see cref="_quietUntil"/> was worked out for.</summary>
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

    /// <summary>Adds an address. Where there is no room, one that has failed or that came from where most come from makes way.</summary>
    /// <param name="endPoint">Where a peer listens.</param>
    /// <param name="origin">
    /// Who named it. What was given by hand is dialled before others and makes way last. A known address is dialled again without
    /// waiting where its source has just seen the peer: a tracker, the local network, or whoever gives it, or its link, by hand again.
    /// </param>
    /// <returns>Whether it is new.</returns>
    public bool Add(IPEndPoint endPoint, PeerOrigin origin)
    {
        PeerSource source = origin.Source;
        lock (this)
        {
            // Those that were saved were reached in an earlier run.
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
            // Those that were saved were reached in an earlier run: they are saved again, though this one may reach nobody.
            _entries.Add(endPoint, new Entry(NamerOf(origin), Priority(endPoint), classes, endPoint.Address)
            {
                WasReached = source == PeerSource.Saved,
                LikesEncryption = _hints?.Remove(endPoint) == true,
            });
            _quietUntil = default;
            return true;
        }
    }

    /// <summary>Where an address is from.</summary>
    public PeerSource SourceOf(IPEndPoint endPoint)
    {
        lock (this)
            return _entries.TryGetValue(endPoint, out Entry? entry) ? entry.Source : PeerSource.Unknown;
    }

    /// <summary>Whether an address was given by hand.</summary>
    public bool IsTrusted(IPEndPoint endPoint)
    {
        lock (this)
            return _entries.TryGetValue(endPoint, out Entry? entry) && entry.IsTrusted;
    }

    /// <summary>A peer of this torrent was reached at an address.</summary>
    public void Reached(IPEndPoint endPoint)
    {
        lock (this)
        {
            // Where all had failed before it was our own network that was out, and not the peers.
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

    /// <summary>A peer of this torrent has come from an address: its host is no victim of who names it.</summary>
    public void Met(IPAddress address)
    {
        lock (this)
        {
            _pace.Reached(address);
            _quietUntil = default;
        }
    }

    /// <summary>Addresses at which peers were reached, now or in an earlier run: first those in use, then those that have failed least since.</summary>
    /// <param name="most">How many at most.</param>
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

    /// <summary>Number of addresses that a source has named, first or not.</summary>
    public int CountOf(PeerSource source)
    {
        lock (this)
            return _entries.Values.Count(entry => entry.IsNamedBy(source));
    }

    /// <summary>Takes an address that may be dialled now; it counts as in use until <see cref="Ended"/>.</summary>
    /// <param name="now">The time.</param>
    /// <param name="effort">How much peers are needed.</param>
    /// <returns>The address, or null where there is none.</returns>
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

    /// <summary>Takes one address, unless it is in use; as <see cref="TakeNext"/> does.</summary>
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

    /// <summary>Whether an address may be dialled now.</summary>
    /// <param name="now">The time.</param>
    /// <param name="effort">How much peers are needed.</param>
    public bool HasNext(Instant now, DialEffort effort)
    {
        lock (this)
            return FindNext(now, effort) is not null;
    }

    /// <summary>A dialled connection has ended, or was never made.</summary>
    /// <param name="endPoint">What was dialled.</param>
    /// <param name="wasUseful">Whether a peer of this torrent was found there.</param>
    /// <param name="now">The time.</param>
    /// <param name="effort">How much peers are needed; where little, an address that fails again and again is forgotten.</param>
    public void Ended(IPEndPoint endPoint, bool wasUseful, Instant now, DialEffort effort)
    {
        lock (this)
        {
            if (!_entries.TryGetValue(endPoint, out Entry? entry))
                return;
            (entry.IsInUse, entry.EndedAt) = (false, now);
            _quietUntil = default;
            entry.Failures = wasUseful ? 0 : entry.Failures + 1;
            // Perhaps another program listens there by now.
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

    /// <summary>Whether to encrypt when an address is dialled: it has taken nothing else, or is said to like that.</summary>
    public bool LikesEncryption(IPEndPoint endPoint)
    {
        lock (this)
            return _entries.TryGetValue(endPoint, out Entry? entry) && entry.LikesEncryption;
    }

    /// <summary>Somebody says that an address, which is named next, likes encryption. What is known already counts for more.</summary>
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

    /// <summary>Whether an address that has refused one way, encrypted or not, may be tried the other way at once: it is, one time.</summary>
    public bool MayTryOther(IPEndPoint endPoint)
    {
        lock (this)
        {
            if (!_entries.TryGetValue(endPoint, out Entry? entry) || entry.WasTriedOther)
                return false;
            return entry.WasTriedOther = true;
        }
    }

    /// <summary>An address has taken one way after it had refused the other; should it ever change its mind, it is tried again.</summary>
    public void NoteEncryption(IPEndPoint endPoint, bool isEncrypted)
    {
        lock (this)
        {
            if (_entries.TryGetValue(endPoint, out Entry? entry))
                (entry.LikesEncryption, entry.WasTriedOther) = (isEncrypted, false);
        }
    }

    /// <summary>Whether to name a hybrid by its v2 hash when an address is dialled: its peer has taken nothing else.</summary>
    public bool LikesSecondHash(IPEndPoint endPoint)
    {
        lock (this)
            return _entries.TryGetValue(endPoint, out Entry? entry) && entry.LikesSecondHash;
    }

    /// <summary>Whether an address that has refused a hybrid by one of its hashes may be asked by the other at once: it is, one time.</summary>
    public bool MayTryOtherHash(IPEndPoint endPoint)
    {
        lock (this)
        {
            if (!_entries.TryGetValue(endPoint, out Entry? entry) || entry.WasTriedOtherHash)
                return false;
            return entry.WasTriedOtherHash = true;
        }
    }

    /// <summary>An address has taken one hash of a hybrid after it had refused the other; should it ever change its mind, it is asked again.</summary>
    public void NoteHash(IPEndPoint endPoint, bool isSecond)
    {
        lock (this)
        {
            if (_entries.TryGetValue(endPoint, out Entry? entry))
                (entry.LikesSecondHash, entry.WasTriedOtherHash) = (isSecond, false);
        }
    }

    /// <summary>Whether uTP is spoken at an address; null: not known.</summary>
    public bool? SpeaksUtp(IPEndPoint endPoint)
    {
        lock (this)
            return _entries.TryGetValue(endPoint, out Entry? entry) ? entry.SpeaksUtp : null;
    }

    /// <summary>Another peer says that uTP is spoken at an address. What we have seen ourselves counts for more.</summary>
    public void HintUtp(IPEndPoint endPoint)
    {
        lock (this)
        {
            // Near by TCP comes first, unless it was seen to be of no use.
            if (_entries.TryGetValue(endPoint, out Entry? entry) && AddressReaches.Of(endPoint.Address) == AddressReach.Global)
                entry.SpeaksUtp ??= true;
        }
    }

    /// <summary>An address has answered by uTP or, though it was tried, by TCP alone.</summary>
    public void NoteUtp(IPEndPoint endPoint, bool speaksUtp)
    {
        lock (this)
        {
            if (_entries.TryGetValue(endPoint, out Entry? entry))
                entry.SpeaksUtp = speaksUtp;
        }
    }

    /// <summary>A connection was given up by ourselves, which says nothing about its address.</summary>
    public void Released(IPEndPoint endPoint)
    {
        lock (this)
        {
            if (_entries.TryGetValue(endPoint, out Entry? entry))
                entry.IsInUse = false;
            _quietUntil = default;
        }
    }

    /// <summary>Never dials an address again: it is ourselves.</summary>
    public void Forget(IPEndPoint endPoint)
    {
        lock (this)
        {
            if (_entries.TryGetValue(endPoint, out Entry? entry))
                (entry.IsInUse, entry.IsOurselves) = (false, true);
        }
    }

    /// <summary>Lets every address be dialled at once: the torrent goes on after a rest, in which peers were left by us.</summary>
    public void RetryAll()
    {
        lock (this)
        {
            _quietUntil = default;
            foreach (Entry entry in _entries.Values)
                entry.EndedAt = null;
        }
    }

    /// <summary>Forgets what some sources alone have named, and is not in use: the torrent turns out to be private.</summary>
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

    /// <summary>Shuts a peer out: it has sent wrong data.</summary>
    /// <param name="endPoint">How it was connected.</param>
    /// <param name="id">Who it said it was.</param>
    /// <param name="wasDialled">Whether it was we who dialled: then whoever listens there is shut out, whatever it says it is.</param>
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

    /// <summary>Whether a peer has been shut out.</summary>
    /// <param name="endPoint">How it is connected.</param>
    /// <param name="id">Who it says it is.</param>
    public bool IsBanned(IPEndPoint endPoint, PeerId id)
    {
        lock (this)
            return _bans?.Has(id, endPoint) == true;
    }

    // As others on the internet rank us (BEP 40), so do we them; elsewhere, or while our address is not known, chance decides.
    private uint Priority(IPEndPoint endPoint) =>
        AddressReaches.Of(endPoint.Address) == AddressReach.Global && self?.Invoke(endPoint.AddressFamily) is { } us
            ? PeerPriority.Compute(us, endPoint)
            : (uint)random.NextInt64(uint.MaxValue + 1L);

    private Namer NamerOf(PeerOrigin origin)
    {
        ref Namer? namer = ref CollectionsMarshal.GetValueRefOrAddDefault(_namers, origin, out _);
        // Behind those that wait already: who leaves and comes back, or comes by another name, is served no sooner for it.
        return namer ??= new Namer(origin) { LastTurn = _turns[(int)origin.Source] };
    }

    /// <summary>
    /// One more names a known address. Few are remembered of one address; one of each kind always is, and of those who name many one makes way
    /// for who names fewer: else some who name a thousand each could keep an address for their own turns.
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
    /// What is dialled next: what was given by hand; else, every other time, one of a preferred class, and else that of who has a turn. So the
    /// preferred come first, and who names many addresses of such a class does not hide those of others.
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
            // Where a peer was reached before, what others say of its host counts for nothing.
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

    /// <summary>Whose turn it is: of the kind that waits longest, who waits longest; where nobody has had a turn, the better address decides.</summary>
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
        // Nobody who names many drives out what others have named: not with names alone.
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

    /// <summary>Compares for <see cref="Proven"/>: less than 0 where the left one comes first.</summary>
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

    /// <summary>One who names addresses.</summary>
    private sealed class Namer(PeerOrigin origin)
    {
        public PeerOrigin Origin => origin;

        /// <summary>Addresses that it has named and that are known.</summary>
        public int Count { get; set; }

        /// <summary>When one of its addresses was dialled last, counted in turns.</summary>
        public long LastTurn { get; set; }

        /// <summary>Its best address, while one is looked for.</summary>
        public (IPEndPoint EndPoint, Entry Entry)? Best { get; set; }
    }

    private sealed class Entry
    {
        /// <summary>Origins that are remembered of one address.</summary>
        private const int MostNamers = 4;

        public const int SourceCount = (int)PeerSource.Link + 1;

        /// <summary>Failures after which the wait grows no longer.</summary>
        private const int ManyFailures = 5;

        private static readonly TimeSpan FirstBackOff = TimeSpan.FromSeconds(10);

        /// <summary>Whoever gives a peer by hand knows that it is there, or soon will be.</summary>
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

        /// <summary>The kind of who named it first.</summary>
        public PeerSource Source { get; }

        /// <summary>Who named it: it is dialled when one of them has a turn.</summary>
        public Namer[] Namers { get; private set; } = [];

        public bool IsTrusted => IsNamedBy(PeerSource.Manual);

        /// <summary>Whether its class, as the classes are now, is preferred.</summary>
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

        /// <summary>Whether a peer of this torrent has been met there since it was last dialled.</summary>
        public bool IsReached { get; set; }

        public bool LikesEncryption { get; set; }

        /// <summary>Whether uTP is spoken there; null: not known.</summary>
        public bool? SpeaksUtp { get; set; }

        /// <summary>Whether both ways, encrypted and not, have been refused.</summary>
        public bool WasTriedOther { get; set; }

        /// <summary>Whether a hybrid is named by its v2 hash there.</summary>
        public bool LikesSecondHash { get; set; }

        /// <summary>Whether both hashes of a hybrid have been refused.</summary>
        public bool WasTriedOtherHash { get; set; }

        public int Failures { get; set; }

        public bool HasFailedOften => Failures >= ManyFailures;

        /// <summary>When it was last in use, as far as that makes it wait; null: it may be dialled at once.</summary>
        public Instant? EndedAt { get; set; }

        /// <summary>Whether it turned out to be our own address.</summary>
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

        /// <summary>Whether one more who names it is remembered.</summary>
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
        /// Whether it is dialled first: what was given by hand, what has not failed, what is near or of a preferred class, what
        /// several have named, and then by priority.
        /// </summary>
        public bool IsBetterThan(Entry other) => Rank.CompareTo(other.Rank) > 0;

        private (bool, int, bool, int, uint) Rank =>
            (IsTrusted, -Failures, IsPreferred || IsNamedBy(PeerSource.LocalDiscovery), System.Numerics.BitOperations.PopCount((uint)_sources), _priority);
    }
}

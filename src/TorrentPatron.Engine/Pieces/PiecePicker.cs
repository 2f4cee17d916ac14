using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Engine.Pieces;

/// <summary>
/// Chooses the next piece to download: the rarest among the peers, sooner if its priority is higher, at random among equals.
/// </summary>
/// <remarks>
/// The free pieces are kept sorted, so that picking examines few of them and a change costs a few swaps, however many there are.
/// Changes to many pieces at once only mark the order as stale; the next pick sorts it again. Seeds have every piece and do not
/// affect the order, so they are only counted. Not thread-safe.
/// </remarks>
internal sealed class PiecePicker
{
    /// <summary>The highest priority.</summary>
    public const byte MaxPriority = 7;

    /// <summary>The initial priority of every piece.</summary>
    public const byte NormalPriority = 4;

    /// <summary>
    /// The number of verified pieces below which rarity is ignored: at first any piece to give is more useful than a rare one.
    /// </summary>
    private const int RandomFirst = 4;

    /// <summary>The number of pieces examined in order before the peer's own pieces are searched instead.</summary>
    private const int ScanBudget = 256;

    /// <summary>The bit order of a byte of a bitfield.</summary>
    private static readonly Vector128<ushort> BitsOfByte =
        Vector128.Create((ushort)0x80, 0x40, 0x20, 0x10, 0x08, 0x04, 0x02, 0x01);

    private readonly Random _random;
    private readonly PieceState[] _state;
    private readonly byte[] _priority;

    /// <summary>
    /// The number of peers with each piece, without seeds; padded to multiples of eight, which change together.
    /// </summary>
    private readonly ushort[] _availability;
    private readonly Bitfield _free;
    private readonly Bitfield _missing;

    private readonly PieceOrder _order;

    /// <summary>An upper bound of all priorities.</summary>
    private byte _highestPriority = NormalPriority;

    /// <summary>Whether the free pieces must be sorted before the order is used.</summary>
    private bool _isStale = true;

    /// <summary>Creates a picker in which every piece is free, with normal priority and without peers.</summary>
    /// <param name="pieceCount">Number of pieces, 0 or more.</param>
    /// <param name="random">Breaks ties.</param>
    public PiecePicker(int pieceCount, Random random)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(pieceCount);
        _random = random;
        _state = new PieceState[pieceCount];
        _priority = new byte[pieceCount];
        _priority.AsSpan().Fill(NormalPriority);
        _availability = new ushort[Bitfield.ByteLength(pieceCount) * 8];
        _order = new PieceOrder(pieceCount);
        _free = new Bitfield(pieceCount);
        _free.SetAll();
        _missing = _free.Clone();
        Wanted = pieceCount;
    }

    private enum PieceState : byte
    {
        Open,
        Started,
        Verified,
    }

    /// <summary>Number of pieces.</summary>
    public int PieceCount => _state.Length;

    /// <summary>The number of pieces with a priority above 0, verified or not.</summary>
    public int Wanted { get; private set; }

    /// <summary>The number of wanted pieces that are not verified.</summary>
    public int WantedLeft => _missing.Count;

    /// <summary>The number of wanted pieces that are neither started nor verified.</summary>
    public int Free => _free.Count;

    /// <summary>The number of verified pieces.</summary>
    public int VerifiedCount { get; private set; }

    /// <summary>The number of peers with every piece.</summary>
    public int Seeds { get; private set; }

    /// <summary>Whether pieces are picked in index order, among those with the highest priority, instead of by rarity.</summary>
    public bool Sequential { get; set; }

    /// <summary>Whether a piece is wanted and not verified yet.</summary>
    /// <param name="piece">Index of the piece.</param>
    public bool IsWanted(int piece) => _missing[piece];

    /// <summary>Number of peers that have a piece, seeds included.</summary>
    /// <param name="piece">Index of the piece.</param>
    public int Availability(int piece) => _availability[piece] + Seeds;

    /// <summary>The priority of a piece, 0 to <see cref="MaxPriority"/>.</summary>
    /// <param name="piece">Index of the piece.</param>
    public byte Priority(int piece) => _priority[piece];

    /// <summary>Sets the priority of a piece. A started piece stays started.</summary>
    /// <param name="piece">Index of the piece.</param>
    /// <param name="priority">0 (not wanted) to <see cref="MaxPriority"/>.</param>
    public void SetPriority(int piece, byte priority)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(priority, MaxPriority);
        byte old = _priority[piece];
        if (old == priority)
            return;
        _highestPriority = Math.Max(_highestPriority, priority);

        if ((old == 0) != (priority == 0))
            Wanted += priority == 0 ? -1 : 1;
        Change(piece, _state[piece], priority, _availability[piece]);
    }

    /// <summary>Records that a peer, not a seed, has got a piece.</summary>
    /// <param name="piece">Index of the piece.</param>
    public void Have(int piece) =>
        Change(piece, _state[piece], _priority[piece], checked((ushort)(_availability[piece] + 1)));

    /// <summary>Records that a peer, not a seed, has lost a piece.</summary>
    /// <param name="piece">Index of the piece.</param>
    public void LostHave(int piece) =>
        Change(piece, _state[piece], _priority[piece], checked((ushort)(_availability[piece] - 1)));

    /// <summary>Adds a peer that is not a seed.</summary>
    /// <param name="has">Its pieces.</param>
    public void AddPeer(Bitfield has) => AddToAvailability(has, 1);

    /// <summary>Removes a peer that is not a seed, or that has become one (then <see cref="AddSeed"/> follows).</summary>
    /// <param name="has">All of its pieces that were counted by <see cref="AddPeer"/> and <see cref="Have"/>.</param>
    public void RemovePeer(Bitfield has) => AddToAvailability(has, -1);

    /// <summary>Adds a seed.</summary>
    public void AddSeed() => Seeds++;

    /// <summary>Removes a seed.</summary>
    /// <exception cref="InvalidOperationException">There is none.</exception>
    public void RemoveSeed()
    {
        if (Seeds == 0)
            throw new InvalidOperationException("There is no seed to remove.");
        Seeds--;
    }

    /// <summary>Picks and starts the next piece to download from a peer.</summary>
    /// <param name="peerHas">The peer's pieces; null means all.</param>
    /// <param name="suggested">
    /// Pieces that the peer suggests (BEP 6), newest first: one is picked if it is about as rare as the rarest. They may be
    /// arbitrary.
    /// </param>
    /// <returns>The piece's index; -1 if the peer has no free one.</returns>
    public int Pick(Bitfield? peerHas, ReadOnlySpan<int> suggested = default)
    {
        if (Free == 0)
            return -1;

        bool isSeed = peerHas is null || peerHas.IsFull;
        int piece = Sequential ? PickFirst(isSeed ? _free.Ones : _free.InBoth(peerHas!)) : PickByRarity(isSeed ? null : peerHas);
        if (piece >= 0 && !Sequential)
            piece = FindSuggested(suggested, isSeed ? null : peerHas, piece) ?? piece;
        if (piece >= 0)
            SetState(piece, PieceState.Started);
        return piece;
    }

    /// <summary>
    /// Picks the first piece of a run for a source that gives long runs, a web seed: the start of the longest run of free pieces
    /// of the highest priority, so that runs stay long and peers find the rest.
    /// </summary>
    /// <param name="has">The source's pieces; null means all.</param>
    /// <param name="next">The piece that continues its previous run; below 0 means none.</param>
    /// <returns>The piece's index; -1 if the source has no free one.</returns>
    public int PickRun(Bitfield? has, int next = -1)
    {
        int piece = Sequential ? PickFirst(has is null ? _free.Ones : _free.InBoth(has))
            : (uint)next < (uint)PieceCount && _free[next] && has?[next] != false && _priority[next] >= _highestPriority ? next
            : PickLongest(has is null ? _free.Ones : _free.InBoth(has));
        if (piece >= 0)
            SetState(piece, PieceState.Started);
        return piece;
    }

    /// <summary>Picks and starts the piece after another one, if it is free and of the same priority.</summary>
    /// <param name="piece">Index of the previous piece.</param>
    /// <param name="has">The source's pieces; null means all.</param>
    /// <returns>The piece's index; -1 if it is not available.</returns>
    public int PickBehind(int piece, Bitfield? has)
    {
        int next = piece + 1;
        return next < PieceCount && has?[next] != false && _priority[next] >= _priority[piece] && TryPick(next) ? next : -1;
    }

    /// <summary>Picks and starts a particular piece.</summary>
    /// <param name="piece">Index of the piece.</param>
    /// <returns>False if it is not free.</returns>
    public bool TryPick(int piece)
    {
        if (!_free[piece])
            return false;
        SetState(piece, PieceState.Started);
        return true;
    }

    /// <summary>Frees a started piece that has been abandoned. Does nothing if the piece is not started.</summary>
    /// <param name="piece">Index of the piece.</param>
    public void Return(int piece)
    {
        if (_state[piece] == PieceState.Started)
            SetState(piece, PieceState.Open);
    }

    /// <summary>Marks a piece in any state as verified: it is not picked again.</summary>
    /// <param name="piece">Index of the piece.</param>
    public void Verified(int piece) => SetState(piece, PieceState.Verified);

    /// <summary>Frees a verified piece that is lost. Does nothing if the piece is not verified.</summary>
    /// <param name="piece">Index of the piece.</param>
    public void Unverified(int piece)
    {
        if (_state[piece] == PieceState.Verified)
            SetState(piece, PieceState.Open);
    }

    /// <summary>Whether <see cref="Pick"/> would find a piece for a peer.</summary>
    /// <param name="peerHas">The peer's pieces; null means all.</param>
    public bool HasFreeFor(Bitfield? peerHas) => peerHas is null ? Free > 0 : _free.Intersects(peerHas);

    /// <summary>Whether a peer is interesting: it has a piece that is wanted and not verified, started or not.</summary>
    /// <param name="peerHas">The peer's pieces; null means all.</param>
    public bool HasWantedFor(Bitfield? peerHas) => peerHas is null ? WantedLeft > 0 : _missing.Intersects(peerHas);

    /// <summary>The number of a peer's pieces that are wanted and not verified, started or not.</summary>
    /// <param name="peerHas">The peer's pieces.</param>
    public int CountWantedFor(Bitfield peerHas) => _missing.CountInBoth(peerHas);

    private static int Key(int availability, int priority) => (availability + 1) * (MaxPriority + 1 - priority);

    private static bool IsFree(PieceState state, int priority) => state == PieceState.Open && priority > 0;

    private int PickByRarity(Bitfield? peerHas)
    {
        if (_isStale)
        {
            _order.Sort(WriteKeys);
            _isStale = false;
        }

        return VerifiedCount < RandomFirst ? PickRandom(peerHas) : peerHas is null ? PickRarest() : PickRarest(peerHas);
    }

    /// <summary>Finds a suggested piece that may be downloaded instead of the picked one; null means none.</summary>
    private int? FindSuggested(ReadOnlySpan<int> suggested, Bitfield? peerHas, int picked)
    {
        // At most half as many peers again, plus one: otherwise pieces in one peer's memory would make us leave the rare ones to
        // the end.
        int most = Availability(picked) * 3 / 2 + 1;
        foreach (int piece in suggested)
        {
            if ((uint)piece < (uint)PieceCount && _free[piece] && peerHas?[piece] != false && _priority[piece] >= _priority[picked]
                && (Availability(piece) <= most || VerifiedCount < RandomFirst))
                return piece;
        }

        return null;
    }

    private int PickFirst(SetBits candidates)
    {
        int best = -1;
        foreach (int piece in candidates)
        {
            if (best < 0 || _priority[piece] > _priority[best])
                best = piece;
            if (_priority[best] >= _highestPriority)
                break;
        }

        return best;
    }

    /// <summary>The first piece of the longest run among those of the highest priority.</summary>
    private int PickLongest(SetBits candidates)
    {
        int best = -1, bestLength = 0, first = -1, last = -1;
        foreach (int piece in candidates)
        {
            if (first < 0 || piece != last + 1 || _priority[piece] != _priority[first])
                first = piece;
            last = piece;
            int length = piece - first + 1;
            if (best >= 0 && (_priority[piece] < _priority[best] || (_priority[piece] == _priority[best] && length <= bestLength)))
                continue;
            (best, bestLength) = (first, length);
        }

        return best;
    }

    private int PickRandom(Bitfield? peerHas)
    {
        int start = _random.Next(Free);
        if (peerHas is null)
            return _order[start];

        int budget = Math.Min(ScanBudget, Free);
        for (int i = 0, at = start; i < budget; i++)
        {
            if (peerHas[_order[at]])
                return _order[at];
            if (++at == Free)
                at = 0;
        }

        return budget == Free ? -1 : PickAmongTheirs(peerHas, rarest: false);
    }

    private int PickRarest()
    {
        int start = 0;
        foreach (int end in _order.BucketEnds)
        {
            if (end > start)
                return _order[_random.Next(start, end)];
        }

        return -1;
    }

    private int PickRarest(Bitfield peerHas)
    {
        int budget = ScanBudget;
        int start = 0;
        foreach (int end in _order.BucketEnds)
        {
            int size = end - start;
            int at = size > 1 ? _random.Next(start, end) : start;
            for (int i = 0; i < size; i++)
            {
                if (--budget < 0)
                    return PickAmongTheirs(peerHas, rarest: true);
                if (peerHas[_order[at]])
                    return _order[at];
                if (++at == end)
                    at = start;
            }

            start = end;
        }

        return -1;
    }

    /// <summary>Searches the free pieces that the peer has: cheap for peers with few, and bounded for all.</summary>
    private int PickAmongTheirs(Bitfield peerHas, bool rarest)
    {
        int best = -1, bestKey = int.MaxValue, equals = 0;
        foreach (int piece in _free.InBoth(peerHas))
        {
            int key = rarest ? Key(_availability[piece], _priority[piece]) : 0;
            if (key > bestKey)
                continue;
            if (key < bestKey)
                (bestKey, equals) = (key, 0);
            if (_random.Next(++equals) == 0)
                best = piece;
        }

        return best;
    }

    private void SetState(int piece, PieceState state)
    {
        PieceState old = _state[piece];
        if (old == state)
            return;
        if (old == PieceState.Verified)
            VerifiedCount--;
        if (state == PieceState.Verified)
            VerifiedCount++;
        Change(piece, state, _priority[piece], _availability[piece]);
    }

    private void AddToAvailability(Bitfield has, int change)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(has.Length, PieceCount, nameof(has));
        _isStale |= has.Count > PieceCount / 16;
        if (!_isStale)
        {
            foreach (int piece in has.Ones)
                Change(piece, _state[piece], _priority[piece], checked((ushort)(_availability[piece] + change)));
            return;
        }

        // Eight pieces at once. A torrent has far too few peers to overflow.
        Vector128<ushort> changes = Vector128.Create((ushort)change);
        Span<Vector128<ushort>> eights = MemoryMarshal.Cast<ushort, Vector128<ushort>>(_availability.AsSpan());
        ReadOnlySpan<byte> bytes = has.Bytes;
        for (int i = 0; i < bytes.Length; i++)
            eights[i] += changes & Vector128.Equals(Vector128.Create((ushort)bytes[i]) & BitsOfByte, BitsOfByte);
    }

    private void WriteKeys(Span<int> keys)
    {
        foreach (int piece in _free.Ones)
            keys[piece] = Key(_availability[piece], _priority[piece]);
    }

    /// <summary>The only place where a single piece changes: keeps the fields, the counts and the order consistent.</summary>
    private void Change(int piece, PieceState state, byte priority, ushort availability)
    {
        bool wasFree = IsFree(_state[piece], _priority[piece]);
        bool isFree = IsFree(state, priority);
        int oldKey = Key(_availability[piece], _priority[piece]);
        (_state[piece], _priority[piece], _availability[piece]) = (state, priority, availability);

        if (state != PieceState.Verified && priority > 0)
            _missing.Set(piece);
        else
            _missing.Clear(piece);
        if (isFree)
            _free.Set(piece);
        else if (wasFree)
            _free.Clear(piece);

        if (_isStale)
            return;
        int newKey = Key(availability, priority);
        if (wasFree && isFree)
            _order.Move(piece, oldKey, newKey);
        else if (wasFree)
            _order.Remove(piece, oldKey);
        else if (isFree)
            _order.Add(piece, newKey);
    }
}

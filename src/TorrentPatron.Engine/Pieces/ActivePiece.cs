using System.Runtime.InteropServices;
using TorrentPatron.Engine.Storage;
using TorrentPatron.Engine.Timing;
using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Engine.Pieces;

/// <summary>
/// A piece in flight: which of its blocks are requested, and the received ones, as slices of the slabs they were received into.
/// It has a separate lock: usually one peer fetches a piece, so nobody waits for it.
/// </summary>
internal sealed class ActivePiece
{
    /// <summary>Stands for the slab of a block that has been written and is no longer in memory.</summary>
    private static readonly Slab Written = new(pool: null, 0);

    private readonly Lock _gate = new();
    private readonly byte[] _requests;

    /// <summary>The sources that owe a block, at most two; the second is used in the end game.</summary>
    private readonly IBlockSource?[] _askedFirst;
    private IBlockSource?[]? _askedSecond;
    private readonly ReceivedBlock[] _blocks;
    private readonly HeldBytes? _heldInAll;
    private int _free;
    private int _freeFrom;
    private int _single;
    private int _pending;
    private int _received;
    private int _prefix;
    private long _held;
    private bool _isRetired;
    private bool _isAbandoned;

    /// <summary>
    /// How often the piece failed with blocks from a source in it, and how often those were dropped. Used only on the disk
    /// thread.
    /// </summary>
    private Dictionary<IBlockSource, (int Failures, int Drops)>? _suspicions;

    /// <summary>The sources whose blocks were dropped because the piece failed: for a while it comes from others.</summary>
    private volatile IBlockSource[] _excluded = [];

    /// <summary>The proven hashes of its blocks; null if unknown.</summary>
    private volatile byte[]? _leaves;
    private volatile bool _areLeavesAsked;
    private int _wasLookedAt;

    /// <summary>Creates a piece with only the blocks that an earlier session left on disk.</summary>
    /// <param name="index">The piece.</param>
    /// <param name="length">Its length in bytes.</param>
    /// <param name="held">Counts bytes that cannot be hashed yet; null means they are not counted.</param>
    /// <param name="onDisk">The unverified blocks on disk, one bit per block; null means none.</param>
    public ActivePiece(int index, int length, HeldBytes? held = null, Bitfield? onDisk = null)
    {
        _heldInAll = held;
        Index = index;
        Length = length;
        BlockCount = UnfinishedPiece.CountBlocks(length);
        _requests = new byte[BlockCount];
        _askedFirst = new IBlockSource?[BlockCount];
        _blocks = new ReceivedBlock[BlockCount];
        _free = BlockCount;
        if (onDisk is not null)
            Restore(onDisk);
    }

    /// <summary>The piece.</summary>
    public int Index { get; }

    /// <summary>Its length in bytes.</summary>
    public int Length { get; }

    /// <summary>Number of blocks in it.</summary>
    public int BlockCount { get; }

    /// <summary>
    /// Whether a block is neither received nor requested. Without the lock, so the answer may already be outdated.
    /// </summary>
    public bool HasFree => Volatile.Read(ref _free) > 0;

    /// <summary>
    /// Whether a block is owed by only one source, so that in the end game another may be asked. Without the lock, like
    /// <see cref="HasFree"/>.
    /// </summary>
    public bool HasSingle => Volatile.Read(ref _single) > 0;

    /// <summary>Whether every block has been received.</summary>
    public bool IsComplete => Received == BlockCount;

    /// <summary>The number of blocks received.</summary>
    public int Received => Volatile.Read(ref _received);

    /// <summary>The number of blocks received from the first on without a gap.</summary>
    public int Prefix => Volatile.Read(ref _prefix);

    /// <summary>Bytes in memory after a missing block.</summary>
    public long Held => Volatile.Read(ref _held);

    /// <summary>When it was started.</summary>
    public Instant BegunAt { get; init; }

    /// <summary>The range of a block.</summary>
    public BlockRequest RangeOf(int block)
    {
        int begin = block * BlockRequest.BlockLength;
        return new BlockRequest(Index, begin, Math.Min(BlockRequest.BlockLength, Length - begin));
    }

    /// <summary>The finisher that hashes and writes it; set once, right after the piece has been created.</summary>
    public PieceFinisher Finisher { get; set; } = null!;

    /// <summary>Whether it has been abandoned or completed.</summary>
    public bool IsAbandoned => Volatile.Read(ref _isAbandoned);

    /// <summary>The proven hashes of its blocks, 32 bytes each (BEP 52); null if unknown.</summary>
    public byte[]? Leaves
    {
        get => _leaves;
        set => _leaves = value;
    }

    /// <summary>Whether the hashes of its blocks have been requested and may still arrive.</summary>
    public bool AreLeavesAsked
    {
        get => _areLeavesAsked;
        set => _areLeavesAsked = value;
    }

    /// <summary>
    /// True on the first call only: the time to decide whether to request the hashes of its blocks before it is complete.
    /// </summary>
    public bool IsFirstLook => _wasLookedAt == 0 && Interlocked.Exchange(ref _wasLookedAt, 1) == 0;

    /// <summary>The distinct sources of its blocks.</summary>
    public IReadOnlyList<IBlockSource> Senders
    {
        get
        {
            lock (_gate)
                return [.. _blocks.Select(static block => block.Sender).OfType<IBlockSource>().Distinct()];
        }
    }

    /// <summary>The bytes in the first blocks of the piece.</summary>
    public long BytesOf(int blocks) => Math.Min((long)blocks * BlockRequest.BlockLength, Length);

    /// <summary>Reserves unrequested blocks, in order.</summary>
    /// <param name="into">Receives the blocks.</param>
    /// <param name="source">The source that will be asked; null if it need not be told when another sends one of them.</param>
    /// <returns>The number of blocks reserved.</returns>
    public int ReserveFree(Span<PendingBlock> into, IBlockSource? source = null)
    {
        lock (_gate)
        {
            int taken = 0;
            while (taken < into.Length && _free > 0)
            {
                while (_requests[_freeFrom] > 0 || _blocks[_freeFrom].Slab is not null)
                    _freeFrom++;
                _requests[_freeFrom] = 1;
                _askedFirst[_freeFrom] = source;
                _single++;
                _free--;
                _pending++;
                into[taken++] = new PendingBlock(this, _freeFrom);
            }

            return taken;
        }
    }

    /// <summary>Reserves consecutive unrequested blocks.</summary>
    /// <param name="into">Receives the blocks.</param>
    /// <param name="most">Bytes after which no more is reserved; at least one block is.</param>
    /// <param name="source">The source that will be asked.</param>
    /// <param name="from">The block that the run must begin with; null means the first available one.</param>
    /// <returns>Bytes reserved.</returns>
    public long ReserveRun(List<PendingBlock> into, long most, IBlockSource source, int? from = null) =>
        ReserveRun(into, most, from, block => _requests[block] == 0 && _blocks[block].Slab is null, block =>
        {
            _requests[block] = 1;
            _askedFirst[block] = source;
            _single++;
            _free--;
        });

    /// <summary>End game: reserves consecutive blocks that one other source owes.</summary>
    /// <param name="into">Receives the blocks.</param>
    /// <param name="most">Bytes after which no more is reserved; at least one block is.</param>
    /// <param name="source">The source that will be asked.</param>
    /// <returns>Bytes reserved.</returns>
    public long ReserveOwedRun(List<PendingBlock> into, long most, IBlockSource source) =>
        ReserveRun(into, most, from: null, block => IsSingle(block) && _askedFirst[block] != source && _askedSecond?[block] != source, block =>
        {
            Count(block, +1);
            (_askedFirst[block] is null ? ref _askedFirst[block] : ref (_askedSecond ??= new IBlockSource?[BlockCount])[block]) = source;
        });

    private long ReserveRun(List<PendingBlock> into, long most, int? from, Predicate<int> mayTake, Action<int> take)
    {
        lock (_gate)
        {
            if (_isRetired)
                return 0;
            int block = from ?? 0;
            while (from is null && block < BlockCount && !mayTake(block))
                block++;
            long taken = 0;
            for (; block < BlockCount && (taken < most || taken == 0) && mayTake(block); block++)
            {
                take(block);
                _pending++;
                into.Add(new PendingBlock(this, block));
                taken += RangeOf(block).Length;
            }

            return taken;
        }
    }

    /// <summary>End game: reserves blocks that another source owes.</summary>
    /// <param name="into">Receives the blocks.</param>
    /// <param name="source">The source that will be asked; blocks that it already owes are skipped.</param>
    /// <returns>The number of blocks reserved.</returns>
    public int ReserveRequested(Span<PendingBlock> into, IBlockSource source)
    {
        lock (_gate)
        {
            int taken = 0;
            for (int block = 0, left = _single; left > 0 && taken < into.Length; block++)
            {
                if (!IsSingle(block))
                    continue;
                left--;
                if (_askedFirst[block] == source || _askedSecond?[block] == source)
                    continue;
                Count(block, +1);
                // The first source may have released its request, while a late block from another counts as one.
                ref IBlockSource? asked = ref _askedFirst[block] is null ? ref _askedFirst[block] : ref (_askedSecond ??= new IBlockSource?[BlockCount])[block];
                asked = source;
                _pending++;
                into[taken++] = new PendingBlock(this, block);
            }

            return taken;
        }
    }

    /// <summary>Reserves a block that has arrived although it is no longer requested.</summary>
    /// <returns>Whether it is still wanted.</returns>
    public bool TryReserve(int block)
    {
        lock (_gate)
        {
            if (_isRetired || _blocks[block].Slab is not null || _requests[block] == byte.MaxValue)
                return false;
            if (_requests[block] == 0)
                _free--;
            Count(block, +1);
            _pending++;
            return true;
        }
    }

    /// <summary>Stops reserving blocks, because the piece is abandoned.</summary>
    /// <param name="onlyIfUntouched">Whether to do so only if none of it is received or requested.</param>
    /// <returns>Whether it is abandoned.</returns>
    public bool Retire(bool onlyIfUntouched)
    {
        lock (_gate)
        {
            if (onlyIfUntouched && (_pending > 0 || _received > 0))
                return false;
            Hold(-_held);
            _isRetired = true;
            _free = _single = 0;
            return true;
        }
    }

    /// <summary>Whether a source may be asked for its blocks, given which sources are shunned.</summary>
    public bool MayCome(IBlockSource source) => Array.IndexOf(_excluded, source) < 0;

    /// <summary>Allows all sources again: perhaps no other has its blocks.</summary>
    public void Forgive() => _excluded = [];

    /// <summary>Releases a request.</summary>
    /// <param name="block">The block's index.</param>
    /// <param name="source">The source that it was reserved for.</param>
    /// <param name="isFree">Whether the block may be requested again, because no other source owes it.</param>
    /// <returns>Whether the piece is untouched: nothing received and nothing requested.</returns>
    public bool Release(int block, IBlockSource? source, out bool isFree)
    {
        lock (_gate)
        {
            _pending--;
            Count(block, -1);
            Forget(block, source);
            isFree = _requests[block] == 0 && _blocks[block].Slab is null && !_isRetired;
            if (isFree)
            {
                _free++;
                _freeFrom = Math.Min(_freeFrom, block);
            }

            return _pending == 0 && _received == 0;
        }
    }

    /// <summary>The sources that owe a block, at most two.</summary>
    public (IBlockSource? First, IBlockSource? Second) AskedFor(int block)
    {
        lock (_gate)
            return (_askedFirst[block], _askedSecond?[block]);
    }

    /// <summary>Stores a received block, and retains its slab.</summary>
    /// <param name="block">The block's index; it was requested.</param>
    /// <param name="slab">The slab that contains it.</param>
    /// <param name="offset">Its offset in the slab.</param>
    /// <param name="sender">The source that sent it.</param>
    /// <param name="othersAsked">Whether another source has been asked for it as well.</param>
    /// <param name="bytesToHash">The bytes that have now become hashable.</param>
    /// <returns>False if the block had already been received.</returns>
    public bool Add(int block, Slab slab, int offset, IBlockSource sender, out bool othersAsked, out long bytesToHash)
    {
        lock (_gate)
        {
            _pending--;
            Count(block, -1);
            Forget(block, sender);
            othersAsked = _requests[block] > 0;
            bytesToHash = 0;
            if (_blocks[block].Slab is not null)
                return false;

            if (IsSingle(block))
                _single--;
            slab.Retain();
            _blocks[block] = new ReceivedBlock(slab, offset, sender);
            _received++;
            Hold(RangeOf(block).Length);
            int prefix = _prefix;
            for (; prefix < BlockCount && _blocks[prefix].Slab is { } here; prefix++)
            {
                if (here != Written)
                    Hold(-RangeOf(prefix).Length);
            }

            bytesToHash = BytesOf(prefix) - BytesOf(_prefix);
            Volatile.Write(ref _prefix, prefix);
            return true;
        }
    }

    /// <summary>Whether a block has been written and is no longer in memory. Used only on the disk thread.</summary>
    public bool IsWritten(int block) => _blocks[block].Slab == Written;

    /// <summary>Whether a block is in memory. Used only on the disk thread.</summary>
    public bool IsInMemory(int block)
    {
        lock (_gate)
            return _blocks[block].Slab is { } slab && slab != Written;
    }

    /// <summary>A block in memory. Used only on the disk thread.</summary>
    public ReadOnlyMemory<byte> BlockAt(int block)
    {
        ref readonly ReceivedBlock received = ref _blocks[block];
        return received.Slab!.Bytes.AsMemory(received.Offset, RangeOf(block).Length);
    }

    /// <summary>
    /// The blocks that have been written and can be read back; null if there are none, or the piece has been abandoned.
    /// </summary>
    public Bitfield? WrittenBlocks()
    {
        lock (_gate)
        {
            if (_isAbandoned)
                return null;
            var written = new Bitfield(BlockCount);
            for (int block = 0; block < BlockCount; block++)
            {
                if (_blocks[block].Slab == Written)
                    written.Set(block);
            }

            return written.IsEmpty ? null : written;
        }
    }

    /// <summary>
    /// Drops the blocks of earlier sessions, which are then requested again. Used only on the disk thread, and only for a
    /// complete piece, to which nothing is being added.
    /// </summary>
    /// <returns>Bytes dropped; 0 if the piece has no such block.</returns>
    public long DropRestored() => DropOf(sender: null);

    /// <summary>
    /// Drops the blocks of one of several senders, which are then requested from others: of a sender not dropped before that sent
    /// the fewest, because that costs least; but the more often the piece failed with a sender's blocks in it, the likelier they
    /// are wrong. Same conditions as <see cref="DropRestored"/>.
    /// </summary>
    /// <returns>Bytes dropped; 0 if one source has sent all of it.</returns>
    public long DropSuspect()
    {
        const double WeightOfFailure = 0.25;
        Dictionary<IBlockSource, int> sent = _blocks.Select(static block => block.Sender).OfType<IBlockSource>().CountBy(static sender => sender).ToDictionary();
        if (sent.Count < 2)
            return 0;
        Dictionary<IBlockSource, (int Failures, int Drops)> suspicions = _suspicions ??= [];
        foreach (IBlockSource sender in sent.Keys)
            CollectionsMarshal.GetValueRefOrAddDefault(suspicions, sender, out _).Failures++;
        IBlockSource suspect = sent.MinBy(pair => (suspicions[pair.Key].Drops, pair.Value * Math.Pow(WeightOfFailure, suspicions[pair.Key].Failures))).Key;
        CollectionsMarshal.GetValueRefOrAddDefault(suspicions, suspect, out _).Drops++;
        // Before its blocks are free: otherwise it might be asked for them at once.
        _excluded = [.. _excluded, suspect];
        return DropOf(suspect);
    }

    /// <summary>
    /// Drops wrong blocks, which are then requested from others. Used only on the disk thread; other blocks may be added
    /// meanwhile.
    /// </summary>
    /// <param name="blocks">The blocks.</param>
    /// <param name="senders">Their senders.</param>
    /// <param name="before">The previous <see cref="Prefix"/>.</param>
    /// <param name="after">The remaining prefix.</param>
    public void Drop(IReadOnlySet<int> blocks, IEnumerable<IBlockSource> senders, out int before, out int after)
    {
        _excluded = [.. _excluded.Union(senders)];
        Drop(blocks.Contains, out before, out after);
    }

    /// <summary>The sender of a received block; null if an earlier session received it.</summary>
    public IBlockSource? SenderOf(int block) => _blocks[block].Sender;

    /// <summary>Releases the slabs of the first blocks, which have been written; their senders stay known.</summary>
    public void ReleaseSlabs(int from, int to)
    {
        lock (_gate)
        {
            for (int block = from; block < to; block++)
            {
                if (_blocks[block].Slab is { } slab && slab != Written)
                {
                    slab.Release();
                    if (block >= _prefix)
                        Hold(-RangeOf(block).Length);
                }

                _blocks[block].Slab = Written;
            }
        }
    }

    /// <summary>Releases everything, because the piece is abandoned.</summary>
    public void Abandon()
    {
        Retire(onlyIfUntouched: false);
        lock (_gate)
            _isAbandoned = true;
        ReleaseSlabs(0, BlockCount);
    }

    private long DropOf(IBlockSource? sender) => Drop(block => _blocks[block].Sender == sender, out _, out _);

    private long Drop(Predicate<int> isDropped, out int before, out int after)
    {
        lock (_gate)
        {
            before = after = _prefix;
            long dropped = 0;
            for (int block = 0; block < BlockCount; block++)
            {
                if (_blocks[block].Slab is not { } slab || !isDropped(block))
                    continue;
                if (slab != Written)
                {
                    slab.Release();
                    if (block >= before)
                        Hold(-RangeOf(block).Length);
                }

                _blocks[block] = default;
                if (IsSingle(block))
                    _single++;
                _received--;
                dropped += RangeOf(block).Length;
                // If another source still owes it, it becomes free when that source releases its request.
                if (!_isRetired && _requests[block] == 0)
                    _free++;
            }

            if (dropped == 0)
                return 0;
            after = CountPrefix();
            // Data in memory after the gaps cannot be hashed any more.
            for (int block = after; block < before; block++)
            {
                if (_blocks[block].Slab is { } slab && slab != Written)
                    Hold(RangeOf(block).Length);
            }

            _freeFrom = Math.Min(_freeFrom, after);
            Volatile.Write(ref _prefix, after);
            return dropped;
        }
    }

    private bool IsSingle(int block) => _requests[block] == 1 && _blocks[block].Slab is null && !_isRetired;

    private void Count(int block, int requests)
    {
        if (IsSingle(block))
            _single--;
        _requests[block] = (byte)(_requests[block] + requests);
        if (IsSingle(block))
            _single++;
    }

    private void Forget(int block, IBlockSource? source)
    {
        if (_askedFirst[block] == source)
            _askedFirst[block] = null;
        else if (_askedSecond is { } second && second[block] == source)
            second[block] = null;
    }

    private void Restore(Bitfield onDisk)
    {
        foreach (int block in onDisk.Ones)
            _blocks[block] = new ReceivedBlock(Written, 0, sender: null);
        _received = onDisk.Count;
        _free -= onDisk.Count;
        _prefix = CountPrefix();
    }

    private int CountPrefix()
    {
        int prefix = 0;
        while (prefix < BlockCount && _blocks[prefix].Slab is not null)
            prefix++;
        return prefix;
    }

    private void Hold(long bytes)
    {
        // Abandoned blocks are released, here or by the garbage collector, and must not count for ever.
        if (_isRetired)
            return;
        _held += bytes;
        _heldInAll?.Add(bytes);
    }

    private struct ReceivedBlock(Slab slab, int offset, IBlockSource? sender)
    {
        public Slab? Slab = slab;
        public readonly int Offset = offset;

        /// <summary>Null if an earlier session received it, or it is missing; nobody can be blamed for it.</summary>
        public readonly IBlockSource? Sender = sender;
    }
}

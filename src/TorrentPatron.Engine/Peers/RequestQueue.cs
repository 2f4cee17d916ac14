using TorrentPatron.Engine.Pieces;
using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Engine.Peers;

/// <summary>
/// The open requests to a peer, oldest first, and their target number: what it sends in three seconds, found by a slow start, and
/// at most what it queues. Thread-safe.
/// </summary>
internal sealed class RequestQueue
{
    private const int Least = 2;
    private const int Most = 500;
    private const int FirstDepth = 8;
    private const int SecondsAhead = 3;

    private readonly Lock _gate = new();
    private readonly RequestRing _pending = new();

    /// <summary>The latest requests removed without an answer, oldest first.</summary>
    private readonly List<PendingBlock> _late = [];
    private int _count;
    private int _limit = 250;
    private int _depth = FirstDepth;
    private bool _slowStart = true;
    private long _lastRate;

    /// <summary>The number of open requests.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>The target number of open requests.</summary>
    public int Depth => IsSnubbed ? 1 : Math.Clamp(Volatile.Read(ref _depth), Least, _limit);

    /// <summary>Whether the peer has let requests time out and has sent nothing since.</summary>
    public bool IsSnubbed { get; private set; }

    /// <summary>Sets the peer's own limit for queued requests.</summary>
    public void SetPeerLimit(int limit) => _limit = Math.Clamp(limit, Least, Most);

    /// <summary>Adds requests that are being sent.</summary>
    /// <param name="blocks">The requested blocks.</param>
    /// <param name="now">The clock's timestamp.</param>
    public void Add(ReadOnlySpan<PendingBlock> blocks, long now = 0)
    {
        lock (_gate)
        {
            foreach (PendingBlock block in blocks)
                _pending.Add(block, now);
            Volatile.Write(ref _count, _pending.Count);
        }
    }

    /// <summary>Releases its memory if no request is open.</summary>
    public void Trim()
    {
        lock (_gate)
        {
            _pending.Trim();
            if (_late.Count == 0)
                _late.TrimExcess();
        }
    }

    /// <summary>Finds and removes the request that a range answers.</summary>
    public bool TryTake(BlockRequest range, out PendingBlock block)
    {
        lock (_gate)
        {
            int index = _pending.IndexOf(range);
            block = index < 0 ? default : _pending.RemoveAt(index);
            Volatile.Write(ref _count, _pending.Count);
            return index >= 0;
        }
    }

    /// <summary>Removes a request if it is open.</summary>
    public bool TryTake(PendingBlock block)
    {
        lock (_gate)
        {
            int index = _pending.IndexOf(block.Piece, block.Block);
            if (index >= 0)
                _pending.RemoveAt(index);
            Volatile.Write(ref _count, _pending.Count);
            return index >= 0;
        }
    }

    /// <summary>Removes every request; answers may still be in flight.</summary>
    public PendingBlock[] TakeAll() => TakeBefore(long.MaxValue, isLate: false);

    /// <summary>Finds the request that a range answers among those removed without an answer, and forgets it.</summary>
    public bool TryTakeLate(BlockRequest range, out PendingBlock block)
    {
        lock (_gate)
        {
            int index = _late.FindIndex(late => late.Piece.Index == range.Piece && late.Range == range);
            block = index < 0 ? default : _late[index];
            if (index >= 0)
                _late.RemoveAt(index);
            return index >= 0;
        }
    }

    /// <summary>Forgets the requests removed without an answer.</summary>
    public void ForgetLate()
    {
        lock (_gate)
            _late.Clear();
    }

    /// <summary>
    /// Removes the requests that were sent before some time and are unanswered: a trickling peer would keep them from others for
    /// ever. It gets few requests from then on, until its rate shows that it can do more.
    /// </summary>
    /// <param name="before">A timestamp of the clock.</param>
    public PendingBlock[] TakeOverdue(long before) => TakeBefore(before, isLate: true);

    /// <summary>Records a received block: the slow start continues, and a snub ends.</summary>
    public void BlockArrived()
    {
        IsSnubbed = false;
        if (_slowStart && _depth < Most)
            _depth++;
    }

    /// <summary>Marks the peer as snubbed: its requests have timed out.</summary>
    public void Snub()
    {
        IsSnubbed = true;
        _slowStart = false;
        _depth = Least;
    }

    /// <summary>Adapts the target to the measured rate; called about once a second.</summary>
    /// <param name="rate">Bytes/s from this peer.</param>
    public void Follow(long rate)
    {
        if (IsSnubbed || Count == 0)
            return;
        // The slow start ends when another second of it has gained nothing.
        if (_slowStart && rate > 0 && _lastRate > 0 && rate < _lastRate + _lastRate / 10)
            _slowStart = false;
        _lastRate = rate;
        if (!_slowStart)
            _depth = (int)Math.Clamp(rate * SecondsAhead / BlockRequest.BlockLength, Least, Most);
    }

    private PendingBlock[] TakeBefore(long before, bool isLate)
    {
        lock (_gate)
        {
            var taken = new List<PendingBlock>();
            for (int i = 0; i < _pending.Count;)
            {
                if (_pending.TimeOf(i) < before)
                    taken.Add(_pending.RemoveAt(i));
                else
                    i++;
            }

            Volatile.Write(ref _count, _pending.Count);
            _late.AddRange(taken);
            if (_late.Count > Most)
                _late.RemoveRange(0, _late.Count - Most);
            if (isLate && taken.Count > 0)
                (_slowStart, _depth) = (false, Least);
            return [.. taken];
        }
    }

    /// <summary>A ring of requests that is searched from the oldest, where answers are nearly always found.</summary>
    private sealed class RequestRing
    {
        private const int Least = 16;

        private (PendingBlock Block, long Time)[] _items = [];
        private int _head;

        public int Count { get; private set; }

        public PendingBlock this[int index] => ItemAt(index).Block;

        public long TimeOf(int index) => ItemAt(index).Time;

        public void Add(PendingBlock block, long time)
        {
            if (Count == _items.Length)
            {
                var larger = new (PendingBlock, long)[Math.Max(Least, _items.Length * 2)];
                for (int i = 0; i < Count; i++)
                    larger[i] = ItemAt(i);
                (_items, _head) = (larger, 0);
            }

            _items[(_head + Count++) & (_items.Length - 1)] = (block, time);
        }

        public void Trim()
        {
            if (Count == 0)
                (_items, _head) = ([], 0);
        }

        public int IndexOf(ActivePiece piece, int block)
        {
            for (int i = 0; i < Count; i++)
            {
                PendingBlock item = this[i];
                if (item.Block == block && item.Piece == piece)
                    return i;
            }

            return -1;
        }

        public int IndexOf(BlockRequest range)
        {
            for (int i = 0; i < Count; i++)
            {
                PendingBlock item = this[i];
                if (item.Piece.Index == range.Piece && item.Range == range)
                    return i;
            }

            return -1;
        }

        /// <summary>Removes a request. Those before it move up; they are few, since answers are near the oldest.</summary>
        public PendingBlock RemoveAt(int index)
        {
            PendingBlock removed = this[index];
            for (int i = index; i > 0; i--)
                ItemAt(i) = ItemAt(i - 1);
            _items[_head] = default;
            _head = (_head + 1) & (_items.Length - 1);
            Count--;
            return removed;
        }

        private ref (PendingBlock Block, long Time) ItemAt(int index) => ref _items[(_head + index) & (_items.Length - 1)];
    }
}

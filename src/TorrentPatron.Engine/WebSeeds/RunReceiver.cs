using TorrentPatron.Engine.Pieces;

namespace TorrentPatron.Engine.WebSeeds;

/// <summary>
/// Takes the bytes of a run of blocks in their order, into slabs from which the blocks are hashed and written. Whoever receives them
/// disposes it: blocks that have not come whole are free for others then.
/// </summary>
/// <param name="source">The source that was asked.</param>
/// <param name="blocks">The blocks, one behind the other; more may be added behind them.</param>
/// <param name="handler">The swarm.</param>
/// <param name="slabs">The slabs.</param>
/// <param name="pieceLength">Bytes of each piece but the last.</param>
internal sealed class RunReceiver(IBlockSource source, List<PendingBlock> blocks, IBlockHandler handler, SlabPool slabs, int pieceLength) : IDisposable
{
    private readonly List<ActivePiece> _touched = [];
    private long _bytesToHash;
    private Slab? _slab;

    /// <summary>Where the bytes of the current block begin in the slab, and where those that are there end.</summary>
    private int _begin;
    private int _end;
    private int _current;

    /// <summary>Bytes of the current block that did not come from the source: zeros.</summary>
    private int _zeros;

    /// <summary>Size of the next slab.</summary>
    public int SlabLength { get; set; } = SlabPool.SmallLength;

    /// <summary>Whether all have come.</summary>
    public bool IsComplete => _current == blocks.Count;

    /// <summary>The last block of the run.</summary>
    public PendingBlock Last { get; private set; } = blocks[^1];

    /// <summary>The file that was asked for last; below 0: none.</summary>
    public int File { get; set; } = -1;

    /// <summary>Where the next byte lies among all the torrent's bytes.</summary>
    public long Position => blocks[_current] is var block ? ((long)block.Piece.Index * pieceLength) + block.Range.Begin + (_end - _begin) : 0;

    /// <summary>Bytes that are still to come.</summary>
    public long Remaining
    {
        get
        {
            long left = -(_end - _begin);
            for (int i = _current; i < blocks.Count; i++)
                left += blocks[i].Range.Length;
            return left;
        }
    }

    /// <summary>Room for the next bytes.</summary>
    /// <param name="most">The most bytes that may come.</param>
    public Memory<byte> Room(long most)
    {
        int length = blocks[_current].Range.Length;
        if (_slab is null || (_end == _begin && _slab.Length - _begin < length))
        {
            _slab?.Release();
            _slab = slabs.Rent(Math.Max(SlabLength, length));
            (_begin, _end) = (0, 0);
        }

        // As many whole blocks as the slab takes.
        int end = _begin + length;
        for (int next = _current + 1; next < blocks.Count && blocks[next].Range.Length <= _slab.Length - end; next++)
            end += blocks[next].Range.Length;
        return _slab.Bytes.AsMemory(_end, (int)Math.Min(end - _end, most));
    }

    /// <summary>Bytes have come into the room.</summary>
    public void Advance(int bytes)
    {
        _end += bytes;
        while (_current < blocks.Count && blocks[_current].Range.Length is var length && _end - _begin >= length)
            Complete(length);
        HandOver();
    }

    /// <summary>The next bytes are zeros, which nobody sends.</summary>
    public void AddZeros(long bytes)
    {
        while (bytes > 0)
        {
            // A block at a time, so that it is known how much of it is zeros.
            Memory<byte> room = Room(Math.Min(bytes, blocks[_current].Range.Length - (_end - _begin)));
            room.Span.Clear();
            bytes -= room.Length;
            _zeros += room.Length;
            Advance(room.Length);
        }
    }

    /// <summary>Goes on with blocks right behind the last one, where all have come.</summary>
    /// <param name="reserve">Takes such blocks, and tells the number of their bytes.</param>
    /// <returns>Whether there are any.</returns>
    public bool TryProlong(Func<PendingBlock, List<PendingBlock>, long> reserve)
    {
        if (!IsComplete)
            return true;
        blocks.Clear();
        _current = 0;
        if (reserve(Last, blocks) == 0)
            return false;
        Last = blocks[^1];
        return true;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        HandOver();
        _slab?.Release();
        _slab = null;
        if (!IsComplete)
            handler.Released(source, [.. blocks[_current..]]);
    }

    private void Complete(int length)
    {
        PendingBlock block = blocks[_current++];
        bool isNew = block.Piece.Add(block.Block, _slab!, _begin, source, out bool othersAsked, out long bytesToHash);
        int received = length - Math.Min(length, _zeros);
        _zeros = 0;
        handler.PayloadReceived(received, wasted: isNew ? 0 : received);
        _begin += length;
        if (!isNew)
            return;
        if (othersAsked)
            handler.BlockArrivedFrom(source, block);
        _bytesToHash += bytesToHash;
        if (!_touched.Contains(block.Piece))
            _touched.Add(block.Piece);
    }

    private void HandOver()
    {
        if (_touched.Count == 0)
            return;
        handler.BlocksAdded(_touched, _bytesToHash);
        _touched.Clear();
        _bytesToHash = 0;
    }
}

using TorrentPatron.Engine.Pieces;

namespace TorrentPatron.Engine.WebSeeds;

/// <summary>
/// Receives the bytes of a run of blocks in order, into slabs from which the blocks are hashed and written. Disposing it releases
/// incomplete blocks for others.
/// </summary>
/// <param name="source">The source.</param>
/// <param name="blocks">The consecutive blocks; more may be appended.</param>
/// <param name="handler">The swarm.</param>
/// <param name="slabs">The slabs.</param>
/// <param name="pieceLength">Bytes of each piece except the last.</param>
internal sealed class RunReceiver(IBlockSource source, List<PendingBlock> blocks, IBlockHandler handler, SlabPool slabs, int pieceLength) : IDisposable
{
    private readonly List<ActivePiece> _touched = [];
    private long _bytesToHash;
    private Slab? _slab;

    /// <summary>The start of the current block in the slab, and the end of its received bytes.</summary>
    private int _begin;
    private int _end;
    private int _current;

    /// <summary>Bytes of the current block that are zeros and did not come from the source.</summary>
    private int _zeros;

    /// <summary>Size of the next slab.</summary>
    public int SlabLength { get; set; } = SlabPool.SmallLength;

    /// <summary>Whether all blocks have arrived.</summary>
    public bool IsComplete => _current == blocks.Count;

    /// <summary>The last block of the run.</summary>
    public PendingBlock Last { get; private set; } = blocks[^1];

    /// <summary>The file requested last; below 0 means none.</summary>
    public int File { get; set; } = -1;

    /// <summary>The offset of the next byte among all the torrent's bytes.</summary>
    public long Position => blocks[_current] is var block ? ((long)block.Piece.Index * pieceLength) + block.Range.Begin + (_end - _begin) : 0;

    /// <summary>Bytes still to be received.</summary>
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

    /// <summary>The buffer for the next bytes.</summary>
    /// <param name="most">The most bytes that may arrive.</param>
    public Memory<byte> Room(long most)
    {
        int length = blocks[_current].Range.Length;
        if (_slab is null || (_end == _begin && _slab.Length - _begin < length))
        {
            _slab?.Release();
            _slab = slabs.Rent(Math.Max(SlabLength, length));
            (_begin, _end) = (0, 0);
        }

        // As many whole blocks as fit in the slab.
        int end = _begin + length;
        for (int next = _current + 1; next < blocks.Count && blocks[next].Range.Length <= _slab.Length - end; next++)
            end += blocks[next].Range.Length;
        return _slab.Bytes.AsMemory(_end, (int)Math.Min(end - _end, most));
    }

    /// <summary>Records bytes received into the buffer.</summary>
    public void Advance(int bytes)
    {
        _end += bytes;
        while (_current < blocks.Count && blocks[_current].Range.Length is var length && _end - _begin >= length)
            Complete(length);
        HandOver();
    }

    /// <summary>Adds zeros, which are not downloaded.</summary>
    public void AddZeros(long bytes)
    {
        while (bytes > 0)
        {
            // One block at a time, to count its zeros.
            Memory<byte> room = Room(Math.Min(bytes, blocks[_current].Range.Length - (_end - _begin)));
            room.Span.Clear();
            bytes -= room.Length;
            _zeros += room.Length;
            Advance(room.Length);
        }
    }

    /// <summary>Extends a complete run with the blocks directly after it.</summary>
    /// <param name="reserve">Reserves such blocks, and returns the number of their bytes.</param>
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

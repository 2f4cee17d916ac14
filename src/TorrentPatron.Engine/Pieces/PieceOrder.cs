namespace TorrentPatron.Engine.Pieces;

/// <summary>
/// Pieces sorted by a key: one flat array, divided into a bucket for each key. A piece whose key changes is moved across the
/// boundaries between its old and its new bucket. Empty, and without memory, until it is sorted.
/// </summary>
/// <param name="pieceCount">The most pieces.</param>
internal sealed class PieceOrder(int pieceCount)
{
    /// <summary>The key of a piece that is not in the order.</summary>
    private const int Absent = 0;

    /// <summary>The number of buckets added at once when a key has none.</summary>
    private const int Growth = 8;

    private int[] _pieces = [];
    private int[] _position = [];

    /// <summary>Bucket k is between _bucketEnd[k - 1] and _bucketEnd[k].</summary>
    private int[] _bucketEnd = [0];

    /// <summary>Number of pieces in the order.</summary>
    public int Count => _bucketEnd[^1];

    /// <summary>For 0 and each key, the end of its bucket.</summary>
    public ReadOnlySpan<int> BucketEnds => _bucketEnd;

    /// <summary>The piece at a position.</summary>
    /// <param name="position">0 to <see cref="Count"/> - 1.</param>
    public int this[int position] => _pieces[position];

    /// <summary>Adds a piece.</summary>
    /// <param name="piece">A piece that is not in the order.</param>
    /// <param name="key">Its key, 1 or more.</param>
    public void Add(int piece, int key)
    {
        EnsureBucket(key);
        Put(piece, _bucketEnd[^1]++);
        Move(piece, _bucketEnd.Length - 1, key);
    }

    /// <summary>Removes a piece.</summary>
    /// <param name="piece">A piece that is in the order.</param>
    /// <param name="key">Its key.</param>
    public void Remove(int piece, int key)
    {
        Move(piece, key, _bucketEnd.Length - 1);
        MoveGap(_position[piece], --_bucketEnd[^1]);
    }

    /// <summary>Changes a piece's key.</summary>
    /// <param name="piece">A piece that is in the order.</param>
    /// <param name="from">Its old key.</param>
    /// <param name="to">Its new key, 1 or more.</param>
    public void Move(int piece, int from, int to)
    {
        EnsureBucket(to);
        // The piece leaves a gap, which the piece at each boundary on the way fills.
        int gap = _position[piece];
        for (; from < to; from++)
            gap = MoveGap(gap, --_bucketEnd[from]);
        for (; from > to; from--)
            gap = MoveGap(gap, _bucketEnd[from - 1]++);
        Put(piece, gap);
    }

    /// <summary>Rebuilds the order with a counting sort.</summary>
    /// <param name="writeKeys">Writes the keys of the pieces to include, each at its index.</param>
    public void Sort(Action<Span<int>> writeKeys)
    {
        if (_pieces.Length == 0)
            (_pieces, _position) = (new int[pieceCount], new int[pieceCount]);

        // _position holds the keys during the sort.
        Array.Clear(_position);
        writeKeys(_position);
        int topKey = 0;
        foreach (int key in _position)
            topKey = Math.Max(topKey, key);
        _bucketEnd = new int[topKey + 1];
        foreach (int key in _position)
            _bucketEnd[key]++;

        // Counts become starts; filling a bucket then moves its start to its end. Absent pieces are filled in as well, after the
        // others: skipping them would take longer.
        int start = 0;
        for (int key = Absent + 1; key <= topKey; key++)
            (_bucketEnd[key], start) = (start, start + _bucketEnd[key]);
        _bucketEnd[Absent] = start;
        for (int piece = 0; piece < _pieces.Length; piece++)
            Put(piece, _bucketEnd[_position[piece]]++);
        _bucketEnd[Absent] = 0;
    }

    /// <summary>Fills a gap with the piece at another position, which becomes the gap.</summary>
    private int MoveGap(int gap, int position)
    {
        if (gap != position)
            Put(_pieces[position], gap);
        return position;
    }

    private void Put(int piece, int position)
    {
        _pieces[position] = piece;
        _position[piece] = position;
    }

    private void EnsureBucket(int key)
    {
        int old = _bucketEnd.Length;
        if (key < old)
            return;
        int count = Count;
        Array.Resize(ref _bucketEnd, key + Growth);
        _bucketEnd.AsSpan(old).Fill(count);
    }
}

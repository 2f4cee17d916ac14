namespace TorrentPatron.Engine.Pieces;

/// <summary>
/// Pieces in the order of a key: one flat array, cut into a bucket for each key. A piece whose key changes is swapped across
/// the boundaries between its old and its new bucket.
/// </summary>
/// <param name="pieceCount">Number of pieces there can be.</param>
internal sealed class PieceOrder(int pieceCount)
{
    /// <summary>What <see cref="Sort"/> is told for a piece that is not to be in the order.</summary>
    public const int Absent = -1;

    /// <summary>Buckets made at once when there is no bucket for a key.</summary>
    private const int Growth = 8;

    private readonly int[] _pieces = new int[pieceCount];
    private readonly int[] _position = new int[pieceCount];

    /// <summary>Bucket k lies between _bucketEnd[k - 1] and _bucketEnd[k].</summary>
    private int[] _bucketEnd = [0];

    /// <summary>Number of pieces in the order.</summary>
    public int Count => _bucketEnd[^1];

    /// <summary>For each key from 0, where its bucket ends and the next one begins.</summary>
    public ReadOnlySpan<int> BucketEnds => _bucketEnd;

    /// <summary>The piece at a place of the order.</summary>
    /// <param name="position">0 to <see cref="Count"/> - 1.</param>
    public int this[int position] => _pieces[position];

    /// <summary>Puts a piece in.</summary>
    /// <param name="piece">A piece that is not in the order.</param>
    /// <param name="key">Its key, 0 or more.</param>
    public void Add(int piece, int key)
    {
        EnsureBucket(key);
        int last = _bucketEnd[^1]++;
        _pieces[last] = piece;
        _position[piece] = last;
        Move(piece, _bucketEnd.Length - 1, key);
    }

    /// <summary>Takes a piece out.</summary>
    /// <param name="piece">A piece that is in the order.</param>
    /// <param name="key">Its key.</param>
    public void Remove(int piece, int key)
    {
        Move(piece, key, _bucketEnd.Length - 1);
        Swap(_position[piece], --_bucketEnd[^1]);
    }

    /// <summary>Changes a piece's key.</summary>
    /// <param name="piece">A piece that is in the order.</param>
    /// <param name="from">Its old key.</param>
    /// <param name="to">Its new key, 0 or more.</param>
    public void Move(int piece, int from, int to)
    {
        EnsureBucket(to);
        for (; from < to; from++)
            Swap(_position[piece], --_bucketEnd[from]);
        for (; from > to; from--)
            Swap(_position[piece], _bucketEnd[from - 1]++);
    }

    /// <summary>Makes the order anew, by counting.</summary>
    /// <param name="keyOf">Gives a piece's key, or <see cref="Absent"/>.</param>
    public void Sort(Func<int, int> keyOf)
    {
        // _position holds the keys while they are needed.
        int topKey = 0;
        for (int piece = 0; piece < _pieces.Length; piece++)
        {
            _position[piece] = keyOf(piece);
            topKey = Math.Max(topKey, _position[piece]);
        }

        _bucketEnd = new int[topKey + 1];
        foreach (int key in _position)
        {
            if (key != Absent)
                _bucketEnd[key]++;
        }

        // Counts become starts; filling a bucket then moves its start to its end.
        int start = 0;
        for (int key = 0; key <= topKey; key++)
            (_bucketEnd[key], start) = (start, start + _bucketEnd[key]);
        for (int piece = 0; piece < _pieces.Length; piece++)
        {
            int key = _position[piece];
            if (key == Absent)
                continue;
            int at = _bucketEnd[key]++;
            _pieces[at] = piece;
            _position[piece] = at;
        }
    }

    private void Swap(int a, int b)
    {
        if (a == b)
            return;
        (_pieces[a], _pieces[b]) = (_pieces[b], _pieces[a]);
        _position[_pieces[a]] = a;
        _position[_pieces[b]] = b;
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

namespace TorrentPatron.Engine.Swarms;

/// <summary>
/// The pieces of a torrent that were read or written last: most likely the operating system has them in memory, so they are suggested to peers
/// (BEP 6). Thread-safe; its lock is a leaf.
/// </summary>
/// <param name="pieceLength">Length of a piece in bytes, 1 or more.</param>
internal sealed class RecentPieces(long pieceLength)
{
    /// <summary>Most pieces that are remembered.</summary>
    public const int Most = 32;

    /// <summary>Most bytes of them: what is further back may not be in memory any more.</summary>
    public const long MostBytes = 32L << 20;

    private readonly int _most = (int)Math.Clamp(MostBytes / pieceLength, 1, Most);

    /// <summary>The oldest first.</summary>
    private List<int>? _pieces; // null until one is noted

    /// <summary>Notes that a piece is read, or has been written.</summary>
    public void Add(int piece)
    {
        lock (this)
        {
            _pieces ??= [];
            if (!_pieces.Remove(piece) && _pieces.Count == _most)
                _pieces.RemoveAt(0);
            _pieces.Add(piece);
        }
    }

    /// <summary>The pieces, the newest first.</summary>
    public int[] Newest()
    {
        lock (this)
        {
            int[] pieces = [.. _pieces ?? []];
            Array.Reverse(pieces);
            return pieces;
        }
    }
}

namespace TorrentPatron.Engine.Swarms;

/// <summary>
/// The most recently read and written pieces of a torrent: probably in the operating system's cache, so they are suggested to
/// peers (BEP 6). Thread-safe; its lock is a leaf.
/// </summary>
/// <param name="pieceLength">Length of a piece in bytes, 1 or more.</param>
internal sealed class RecentPieces(long pieceLength)
{
    /// <summary>The most pieces remembered.</summary>
    public const int Most = 32;

    /// <summary>The most bytes of them: older pieces may no longer be in memory.</summary>
    public const long MostBytes = 32L << 20;

    private readonly int _most = (int)Math.Clamp(MostBytes / pieceLength, 1, Most);

    /// <summary>Oldest first.</summary>
    private List<int>? _pieces; // null until one is noted

    /// <summary>Records that a piece is being read, or has been written.</summary>
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

    /// <summary>The pieces, newest first.</summary>
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

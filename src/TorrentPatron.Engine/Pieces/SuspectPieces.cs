namespace TorrentPatron.Engine.Pieces;

/// <summary>
/// The failed pieces and their fingerprints, kept until the piece succeeds: then it is known who sent wrong blocks. Bounded;
/// thread-safe.
/// </summary>
internal sealed class SuspectPieces
{
    /// <summary>The most blocks remembered, of all pieces: 1 GiB of content.</summary>
    private const int MostBlocks = 64 * 1024;

    private readonly Lock _gate = new();
    private readonly LinkedList<(int Piece, BlockFingerprints Prints)> _bad = new();
    private int _blocks;
    private volatile int _count;

    /// <summary>Whether a piece has failed and not succeeded since.</summary>
    public bool Contains(int piece)
    {
        if (_count == 0)
            return false;
        lock (_gate)
            return _bad.Any(entry => entry.Piece == piece);
    }

    /// <summary>Adds a failed piece; above the limit the oldest are dropped.</summary>
    public void Add(int piece, BlockFingerprints prints)
    {
        lock (_gate)
        {
            _bad.AddLast((piece, prints));
            _blocks += prints.Count;
            while (_blocks > MostBlocks && _bad.Count > 1)
                Remove(_bad.First!);
            _count = _bad.Count;
        }
    }

    /// <summary>Resolves a piece that has succeeded.</summary>
    /// <param name="piece">The piece's index.</param>
    /// <param name="good">Its fingerprints.</param>
    /// <returns>The distinct senders of wrong blocks in earlier attempts.</returns>
    public IReadOnlyList<IBlockSource> Resolve(int piece, BlockFingerprints good)
    {
        var guilty = new List<IBlockSource>();
        lock (_gate)
        {
            for (LinkedListNode<(int Piece, BlockFingerprints Prints)>? node = _bad.First; node is not null;)
            {
                LinkedListNode<(int Piece, BlockFingerprints Prints)>? next = node.Next;
                if (node.Value.Piece == piece)
                {
                    guilty.AddRange(node.Value.Prints.SendersOfOther(good));
                    Remove(node);
                }

                node = next;
            }

            _count = _bad.Count;
        }

        return [.. guilty.Distinct()];
    }

    private void Remove(LinkedListNode<(int Piece, BlockFingerprints Prints)> node)
    {
        _blocks -= node.Value.Prints.Count;
        _bad.Remove(node);
    }
}

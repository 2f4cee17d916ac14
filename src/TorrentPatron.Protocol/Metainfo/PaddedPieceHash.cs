namespace TorrentPatron.Protocol.Metainfo;

/// <summary>The SHA-1 of a piece that has padding in it (BEP 47): padding is zeros, and is kept as such.</summary>
/// <param name="first">The SHA-1.</param>
/// <param name="padding">Where padding lies in the piece: begin and end, in their order.</param>
/// <param name="whenNotZero">Is told the hash where padding was something else than zeros.</param>
internal sealed class PaddedPieceHash(PieceHash first, IReadOnlyList<(int Begin, int End)> padding, PaddedPieceHash.NotZero whenNotZero) : PieceHash
{
    private int _offset;
    private bool _isNotZero;

    /// <summary>Takes the hash of a piece whose padding is not zeros.</summary>
    public delegate void NotZero(ReadOnlySpan<byte> hash);

    /// <inheritdoc/>
    public override int Length => first.Length;

    /// <inheritdoc/>
    public override void Append(ReadOnlySpan<byte> blocks)
    {
        first.Append(blocks);
        foreach ((int begin, int end) in padding)
        {
            int from = Math.Max(begin, _offset) - _offset, to = Math.Min(end - _offset, blocks.Length);
            _isNotZero |= from < to && blocks[from..to].ContainsAnyExcept((byte)0);
        }

        _offset += blocks.Length;
    }

    /// <inheritdoc/>
    public override void End(Span<byte> hash)
    {
        first.End(hash);
        if (_isNotZero)
            whenNotZero(hash);
        (_offset, _isNotZero) = (0, false);
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
            first.Dispose();
    }
}

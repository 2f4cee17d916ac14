namespace TorrentPatron.Protocol.Metainfo;

/// <summary>The SHA-1 of a piece that contains padding (BEP 47), which must be zeros.</summary>
/// <param name="first">The SHA-1.</param>
/// <param name="padding">The padding ranges in the piece: begin and end, in order.</param>
/// <param name="whenNotZero">Called with the hash if padding was not all zeros.</param>
internal sealed class PaddedPieceHash(PieceHash first, IReadOnlyList<(int Begin, int End)> padding, PaddedPieceHash.NotZero whenNotZero) : PieceHash
{
    private int _offset;
    private bool _isNotZero;

    /// <summary>Receives the hash of a piece whose padding is not all zeros.</summary>
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

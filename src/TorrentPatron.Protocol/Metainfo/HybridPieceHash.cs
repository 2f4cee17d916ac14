namespace TorrentPatron.Protocol.Metainfo;

/// <summary>Both hashes of a hybrid torrent's piece, SHA-1 first.</summary>
/// <param name="first">The SHA-1.</param>
/// <param name="second">The node of the file's tree.</param>
/// <param name="padding">Zeros after the appended bytes, which only the SHA-1 covers.</param>
internal sealed class HybridPieceHash(PieceHash first, PieceHash second, int padding = 0) : PieceHash
{
    private static readonly byte[] Zeros = new byte[64 * 1024];

    /// <inheritdoc/>
    public override int Length => first.Length + second.Length;

    /// <inheritdoc/>
    internal override (bool HasSha1, Sha256PieceHash? Tree)? Parts =>
        padding == 0 && first.Parts is (true, null) && second.Parts is (false, { } tree) ? (true, tree) : null;

    /// <inheritdoc/>
    public override void Append(ReadOnlySpan<byte> blocks)
    {
        first.Append(blocks);
        second.Append(blocks);
    }

    /// <inheritdoc/>
    public override void End(Span<byte> hash)
    {
        for (int left = padding; left > 0; left -= Zeros.Length)
            first.Append(Zeros.AsSpan(0, Math.Min(left, Zeros.Length)));
        first.End(hash[..first.Length]);
        second.End(hash[first.Length..]);
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (!disposing)
            return;
        first.Dispose();
        second.Dispose();
    }
}

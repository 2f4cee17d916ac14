using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Protocol.Metainfo;

/// <summary>
/// Verifies pieces of a hybrid torrent with both of their hashes (BEP 52), and with SHA-1 alone if a file's layer is unknown, as
/// after a link.
/// </summary>
/// <param name="v1">Knows the SHA-1 of every piece.</param>
/// <param name="v2">Knows the SHA-256 tree of every file, or of some.</param>
internal sealed class HybridPieceVerifier(V1PieceVerifier v1, V2PieceVerifier v2) : PieceVerifier
{
    private volatile bool _isContradictory;

    /// <inheritdoc/>
    public override bool IsContradictory => _isContradictory || v1.IsContradictory;

    /// <inheritdoc/>
    public override PieceHash Begin(int piece) => v2.Knows(piece) ? new HybridPieceHash(v1.Begin(piece), v2.Begin(piece)) : v1.Begin(piece);

    /// <inheritdoc/>
    public override bool IsHashOf(int piece, ReadOnlySpan<byte> hash)
    {
        bool isV1 = v1.IsHashOf(piece, hash[..PieceHash.V1Length]);
        if (hash.Length <= PieceHash.V1Length)
            return isV1;
        bool isV2 = v2.IsHashOf(piece, hash[PieceHash.V1Length..]);
        // In the reverse case the padding may be wrong, and its sender at fault.
        if (isV1 && !isV2)
            _isContradictory = true;
        return isV1 && isV2;
    }

    /// <inheritdoc/>
    internal override HashRequest? LeavesOf(int piece, Span<byte> node) => v2.LeavesOf(piece, node);

    /// <inheritdoc/>
    internal override bool IsBlock(int piece, int block, ReadOnlySpan<byte> bytes, ReadOnlySpan<byte> leaves) => v2.IsBlock(piece, block, bytes, leaves);

    /// <inheritdoc/>
    public override PieceVerifier ForFiles() => new FileVerifier(v1, v2);

    /// <inheritdoc/>
    public override UInt128 FingerprintOf(ReadOnlySpan<byte> block) => v1.FingerprintOf(block);

    /// <summary>Verifies data in files, where padding cannot be wrong: the SHA-256 is enough if it is known.</summary>
    private sealed class FileVerifier(V1PieceVerifier v1, V2PieceVerifier v2) : PieceVerifier
    {
        public override PieceHash Begin(int piece) => v2.Knows(piece) ? v2.Begin(piece) : v1.Begin(piece);

        public override bool IsHashOf(int piece, ReadOnlySpan<byte> hash) =>
            v2.Knows(piece) ? v2.IsHashOf(piece, hash) : v1.IsHashOf(piece, hash);

        public override UInt128 FingerprintOf(ReadOnlySpan<byte> block) => v1.FingerprintOf(block);
    }
}

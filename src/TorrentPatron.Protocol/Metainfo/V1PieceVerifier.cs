using System.Buffers.Binary;
using System.Security.Cryptography;

namespace TorrentPatron.Protocol.Metainfo;

/// <summary>Verifies pieces by their SHA-1 (BEP 3): a block is verified with its piece.</summary>
/// <param name="hashes">The hashes of all pieces, 20 bytes each.</param>
internal sealed class V1PieceVerifier(ReadOnlyMemory<byte> hashes) : PieceVerifier
{
    /// <inheritdoc/>
    public override PieceHash Begin(int piece) => new Sha1PieceHash();

    /// <inheritdoc/>
    public override bool IsHashOf(int piece, ReadOnlySpan<byte> hash) =>
        hash.SequenceEqual(hashes.Span.Slice(checked(piece * PieceHash.V1Length), PieceHash.V1Length));

    /// <inheritdoc/>
    public override UInt128 FingerprintOf(ReadOnlySpan<byte> block)
    {
        Span<byte> digest = stackalloc byte[SHA1.HashSizeInBytes];
        SHA1.HashData(block, digest);
        return BinaryPrimitives.ReadUInt128BigEndian(digest);
    }
}

using System.Buffers.Binary;
using System.Security.Cryptography;
using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Protocol.Metainfo;

/// <summary>Verifies pieces by the SHA-256 trees of their files (BEP 52).</summary>
/// <param name="metainfo">A v2 or hybrid torrent.</param>
internal sealed class V2PieceVerifier(TorrentMetainfo metainfo) : PieceVerifier
{
    /// <summary>Whether the hash of a piece is known: its file has a layer, or is no longer than a piece.</summary>
    public bool Knows(int piece) => !Expected(piece).IsEmpty;

    /// <inheritdoc/>
    public override PieceHash Begin(int piece)
    {
        TorrentFileEntry file = metainfo.Files[metainfo.FileOfPiece(piece)];
        return new Sha256PieceHash(metainfo.BytesOfFileIn(file, piece), metainfo.HeightOfPieceHash(file));
    }

    /// <inheritdoc/>
    public override bool IsHashOf(int piece, ReadOnlySpan<byte> hash)
    {
        ReadOnlySpan<byte> expected = Expected(piece);
        return !expected.IsEmpty && hash.SequenceEqual(expected);
    }

    /// <inheritdoc/>
    public override UInt128 FingerprintOf(ReadOnlySpan<byte> block)
    {
        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(block, digest);
        return BinaryPrimitives.ReadUInt128BigEndian(digest);
    }

    /// <inheritdoc/>
    internal override HashRequest? LeavesOf(int piece, Span<byte> node)
    {
        TorrentFileEntry file = metainfo.Files[metainfo.FileOfPiece(piece)];
        int length = 1 << metainfo.HeightOfPieceHash(file);
        if (length is < 2 or > HashRequest.MostLeaves || !Knows(piece))
            return null;
        Expected(piece).CopyTo(node);
        // The piece's own hash is known: nothing above it needs a proof.
        int first = (int)(piece - (file.Offset / metainfo.PieceLength)) * (metainfo.PieceLength / MerkleTree.BlockLength);
        return new HashRequest(new InfoHashV2(file.PiecesRoot.Span), BaseLayer: 0, first, length, ProofLayers: 0);
    }

    /// <inheritdoc/>
    internal override bool IsBlock(int piece, int block, ReadOnlySpan<byte> bytes, ReadOnlySpan<byte> leaves)
    {
        int begin = block * MerkleTree.BlockLength;
        int ofFile = Math.Clamp(metainfo.BytesOfFileIn(metainfo.Files[metainfo.FileOfPiece(piece)], piece) - begin, 0, bytes.Length);
        // After the end of a file there is a hybrid's padding.
        if (bytes[ofFile..].ContainsAnyExcept((byte)0))
            return false;
        if (ofFile == 0)
            return true;
        Span<byte> digest = stackalloc byte[MerkleTree.HashLength];
        SHA256.HashData(bytes[..ofFile], digest);
        return digest.SequenceEqual(leaves.Slice(block * MerkleTree.HashLength, MerkleTree.HashLength));
    }

    private ReadOnlySpan<byte> Expected(int piece)
    {
        int index = metainfo.FileOfPiece(piece);
        TorrentFileEntry file = metainfo.Files[index];
        ReadOnlyMemory<byte> layer = file.Length <= metainfo.PieceLength ? file.PiecesRoot : metainfo.PieceLayer(index);
        int at = (piece - (int)(file.Offset / metainfo.PieceLength)) * MerkleTree.HashLength;
        return at + MerkleTree.HashLength <= layer.Length ? layer.Span.Slice(at, MerkleTree.HashLength) : default;
    }
}

using System.Security.Cryptography;
using TorrentPatron.Protocol.Hashing;

namespace TorrentPatron.Protocol.Metainfo;

/// <summary>The node of a file's tree that covers one piece (BEP 52).</summary>
/// <param name="bytes">Bytes of the piece that belong to its file; any padding after them is not hashed.</param>
/// <param name="height">The node's height above the leaves.</param>
internal sealed class Sha256PieceHash(int bytes, int height) : PieceHash
{
    private readonly MerkleSum _sum = new(layer: 0);
    private int _hashed;

    /// <inheritdoc/>
    public override int Length => MerkleTree.HashLength;

    /// <inheritdoc/>
    internal override (bool HasSha1, Sha256PieceHash? Tree)? Parts => (false, this);

    /// <inheritdoc/>
    public override void Append(ReadOnlySpan<byte> blocks)
    {
        const int RowsLength = Lanes.Count * MerkleTree.BlockLength;
        Span<byte> leaves = stackalloc byte[Lanes.Count * MerkleTree.HashLength];
        blocks = blocks[..Math.Min(blocks.Length, bytes - _hashed)];
        for (; Lanes.IsSupported && blocks.Length >= RowsLength; blocks = blocks[RowsLength..])
        {
            LaneSha256.Hash(blocks[..RowsLength], leaves);
            for (int at = 0; at < leaves.Length; at += MerkleTree.HashLength)
                AddLeaf(leaves.Slice(at, MerkleTree.HashLength), MerkleTree.BlockLength);
        }

        while (!blocks.IsEmpty)
        {
            int length = Math.Min(blocks.Length, MerkleTree.BlockLength);
            SHA256.HashData(blocks[..length], leaves);
            AddLeaf(leaves[..MerkleTree.HashLength], length);
            blocks = blocks[length..];
        }
    }

    /// <summary>Appends the piece's next block, hashed elsewhere.</summary>
    /// <param name="leaf">The block's hash.</param>
    /// <param name="length">The block's length, bytes.</param>
    public void AddLeaf(ReadOnlySpan<byte> leaf, int length)
    {
        _sum.Add(leaf);
        _hashed += length;
    }

    /// <inheritdoc/>
    public override void End(Span<byte> hash)
    {
        // Missing bytes count as missing: the hash then matches no file.
        _sum.End(height, hash);
        _hashed = 0;
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
    }
}

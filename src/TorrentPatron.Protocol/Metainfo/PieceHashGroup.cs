using TorrentPatron.Protocol.Hashing;

namespace TorrentPatron.Protocol.Metainfo;

/// <summary>The hashes of several pieces, computed side by side; see <see cref="Lanes"/>.</summary>
internal sealed class PieceHashGroup : PieceHash
{
    /// <summary>Pieces in a group.</summary>
    public const int Count = Lanes.Count;

    /// <summary>Bytes from the start of a piece's block to that of the next piece's in what is appended.</summary>
    public const int Stride = MerkleTree.BlockLength + Lanes.Gap;

    /// <summary>Bytes appended at a time: a block of each piece, each followed by a gap.</summary>
    public const int RowsLength = Count * Stride;

    private readonly IReadOnlyList<PieceHash> _hashes;
    private readonly Sha256PieceHash[] _trees;
    private readonly LaneSha1 _sha1 = new();

    private PieceHashGroup(IReadOnlyList<PieceHash> hashes, Sha256PieceHash[] trees) => (_hashes, _trees) = (hashes, trees);

    /// <inheritdoc/>
    public override int Length => Count * _hashes[0].Length;

    /// <inheritdoc cref="PieceHash.SideBySide"/>
    public static PieceHashGroup? TryBegin(IReadOnlyList<PieceHash> hashes)
    {
        if (!Lanes.IsSupported || hashes.Count != Count || hashes.Any(hash => hash.Parts is not { HasSha1: true } || hash.Length != hashes[0].Length))
            return null;
        Sha256PieceHash[] trees = [.. hashes.Select(hash => hash.Parts!.Value.Tree).OfType<Sha256PieceHash>()];
        return new PieceHashGroup(hashes, trees);
    }

    /// <inheritdoc/>
    public override void Append(ReadOnlySpan<byte> blocks)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(blocks.Length, RowsLength);
        if (_trees.Length == 0)
        {
            _sha1.Append(blocks, Lanes.Gap);
            return;
        }

        Span<byte> leaves = stackalloc byte[Count * MerkleTree.HashLength];
        LaneSha256.Hash(blocks, leaves, Lanes.Gap, _sha1);
        for (int i = 0; i < _trees.Length; i++)
            _trees[i].AddLeaf(leaves.Slice(i * MerkleTree.HashLength, MerkleTree.HashLength), MerkleTree.BlockLength);
    }

    /// <inheritdoc/>
    public override void End(Span<byte> hash)
    {
        Span<byte> digests = stackalloc byte[Count * V1Length];
        _sha1.End(digests);
        int length = Length / Count;
        for (int i = 0; i < Count; i++)
        {
            Span<byte> target = hash.Slice(i * length, length);
            digests.Slice(i * V1Length, V1Length).CopyTo(target);
            if (_trees.Length > 0)
                _trees[i].End(target[V1Length..]);
        }
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (!disposing)
            return;
        foreach (PieceHash hash in _hashes)
            hash.Dispose();
    }
}

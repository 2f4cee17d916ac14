namespace TorrentPatron.Protocol.Metainfo;

/// <summary>Computes a node's hash incrementally from the hashes below it, in the memory of one path through the tree.</summary>
/// <param name="layer">The layer of the hashes.</param>
internal sealed class MerkleSum(int layer)
{
    /// <summary>For each layer, the left child that waits for its right one, if that layer's bit is set in the count.</summary>
    private byte[] _left = new byte[16 * MerkleTree.HashLength];
    private long _count;

    /// <summary>Number of hashes added.</summary>
    public long Count => _count;

    /// <summary>Adds the next hash of the layer.</summary>
    public void Add(ReadOnlySpan<byte> hash)
    {
        Span<byte> node = stackalloc byte[MerkleTree.HashLength];
        hash.CopyTo(node);
        int level = 0;
        for (; (_count >> level & 1) != 0; level++)
            MerkleTree.Join(Left(level), node, node);
        node.CopyTo(Left(level));
        _count++;
    }

    /// <summary>Completes the hash, with padding for missing ones, and resets the object.</summary>
    /// <param name="height">The node's height above the hashes, at most 2^height of them.</param>
    /// <param name="root">Receives the node's hash.</param>
    public void End(int height, Span<byte> root)
    {
        if (_count > 1L << height)
            throw new ArgumentOutOfRangeException(nameof(height), "The node's subtree is already full.");
        bool isFull = _count == 1L << height;
        if (isFull)
        {
            Left(height).CopyTo(root);
        }
        else
        {
            bool isAny = false;
            for (int level = 0; level < height; level++)
            {
                ReadOnlySpan<byte> pad = MerkleTree.PadOf(layer + level);
                if ((_count >> level & 1) != 0)
                    MerkleTree.Join(Left(level), isAny ? root[..MerkleTree.HashLength] : pad, root);
                else if (isAny)
                    MerkleTree.Join(root[..MerkleTree.HashLength], pad, root);
                isAny |= (_count >> level & 1) != 0;
            }

            if (!isAny)
                MerkleTree.PadOf(layer + height).CopyTo(root);
        }

        _count = 0;
    }

    private Span<byte> Left(int level)
    {
        if ((level + 1) * MerkleTree.HashLength > _left.Length)
            Array.Resize(ref _left, _left.Length * 2);
        return _left.AsSpan(level * MerkleTree.HashLength, MerkleTree.HashLength);
    }
}

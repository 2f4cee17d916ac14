namespace TorrentPatron.Protocol.Metainfo;

/// <summary>Makes the hash of a node of hashes below it as they come, in the memory of one path through the tree.</summary>
/// <param name="layer">The layer of the hashes.</param>
internal sealed class MerkleSum(int layer)
{
    /// <summary>Of each layer the left child that waits for its right one: where the bit of that layer is set in the count.</summary>
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

    /// <summary>Ends it, with padding in place of what has not been added. It may be used again then.</summary>
    /// <param name="height">How many layers the node is above the hashes; there are 2^height of them at most.</param>
    /// <param name="root">Takes the node's hash.</param>
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

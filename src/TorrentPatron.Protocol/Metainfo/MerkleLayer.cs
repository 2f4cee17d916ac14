namespace TorrentPatron.Protocol.Metainfo;

/// <summary>One fully known layer of a file's tree, and the layers above that follow from it. Thread-safe.</summary>
/// <param name="hashes">The hashes that cover bytes of the file.</param>
/// <param name="layer">The layer's number.</param>
/// <param name="height">Layers of the whole tree above its leaves.</param>
public sealed class MerkleLayer(ReadOnlyMemory<byte> hashes, int layer, int height)
{
    /// <summary>
    /// Layers between this one and the next cached one: a node above then takes few hashes to compute, and the cache is small.
    /// </summary>
    private const int Step = 9;

    private MerkleLayer? _coarse;

    /// <summary>The layer's number.</summary>
    public int Layer => layer;

    /// <summary>Layers of the whole tree above its leaves.</summary>
    public int Height => height;

    /// <summary>The hash of a node of this layer or one above.</summary>
    /// <param name="nodeLayer">Its layer.</param>
    /// <param name="index">Its index in that layer.</param>
    /// <param name="hash">Receives the hash.</param>
    public void Node(int nodeLayer, long index, Span<byte> hash)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(nodeLayer, layer);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(nodeLayer, height);
        int above = nodeLayer - layer;
        if (above >= Step && hashes.Length > MerkleTree.HashLength << Step)
        {
            (_coarse ??= MakeCoarse()).Node(nodeLayer, index, hash);
            return;
        }

        long first = Math.Min(index << above, Count), end = Math.Min((index + 1) << above, Count);
        MerkleTree.Root(hashes.Span[(int)(first * MerkleTree.HashLength)..(int)(end * MerkleTree.HashLength)], layer, above, hash);
    }

    private long Count => hashes.Length / MerkleTree.HashLength;

    private MerkleLayer MakeCoarse()
    {
        long count = (Count + (1 << Step) - 1) >> Step;
        var coarse = new byte[count * MerkleTree.HashLength];
        for (int index = 0; index < count; index++)
        {
            ReadOnlySpan<byte> below = hashes.Span[(index * MerkleTree.HashLength << Step)..];
            MerkleTree.Root(
                below[..Math.Min(below.Length, MerkleTree.HashLength << Step)], layer, Step, coarse.AsSpan(index * MerkleTree.HashLength, MerkleTree.HashLength));
        }

        return new MerkleLayer(coarse, layer + Step, height);
    }
}

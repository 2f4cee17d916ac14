using System.Security.Cryptography;
using TorrentPatron.Protocol.Hashing;

namespace TorrentPatron.Protocol.Metainfo;

/// <summary>Computes a node's hash incrementally from the hashes below it, in the memory of one path through the tree.</summary>
/// <remarks>The nodes of a layer are joined many at a time, side by side where that is faster.</remarks>
/// <param name="layer">The layer of the hashes.</param>
internal sealed class MerkleSum(int layer)
{
    /// <summary>Nodes of a layer that wait for their parents to be computed, at most.</summary>
    private const int MaxWaiting = 2 * Lanes.Count;

    /// <summary>Fewer pairs are hashed faster one by one.</summary>
    private const int FewestPairsSideBySide = 4;

    /// <summary>The waiting nodes of each layer, the hashes' own first.</summary>
    private readonly List<PendingLayer> _layers = [];

    /// <summary>Number of hashes added.</summary>
    public long Count { get; private set; }

    /// <summary>Adds the next hash of the layer.</summary>
    public void Add(ReadOnlySpan<byte> hash)
    {
        LayerAt(0).Add(hash);
        Count++;
        for (int level = 0; _layers[level].Count == MaxWaiting; level++)
            Join(level);
    }

    /// <summary>Completes the hash, with padding for missing ones, and resets the object.</summary>
    /// <param name="height">The node's height above the hashes, at most 2^height of them.</param>
    /// <param name="root">Receives the node's hash.</param>
    public void End(int height, Span<byte> root)
    {
        if (Count > 1L << height)
            throw new ArgumentOutOfRangeException(nameof(height), "The node's subtree is already full.");
        for (int level = 0; level < height; level++)
        {
            if (LayerAt(level).Count % 2 != 0)
                _layers[level].Add(MerkleTree.PadOf(layer + level));
            Join(level);
        }

        (Count > 0 ? LayerAt(height).Nodes.AsSpan(0, MerkleTree.HashLength) : MerkleTree.PadOf(layer + height)).CopyTo(root);
        LayerAt(height).Count = 0;
        Count = 0;
    }

    /// <summary>Replaces the pairs of nodes waiting at a level by their parents, one level higher.</summary>
    private void Join(int level)
    {
        PendingLayer nodes = _layers[level], parents = LayerAt(level + 1);
        int pairs = nodes.Count / 2;
        Span<byte> hashes = stackalloc byte[Lanes.Count * MerkleTree.HashLength];
        if (Lanes.IsSupported && pairs >= FewestPairsSideBySide)
        {
            LaneSha256.Hash(nodes.Nodes, hashes);
        }
        else
        {
            for (int i = 0; i < pairs; i++)
                SHA256.HashData(nodes.Nodes.AsSpan(2 * i * MerkleTree.HashLength, 2 * MerkleTree.HashLength), hashes[(i * MerkleTree.HashLength)..]);
        }

        parents.Add(hashes[..(pairs * MerkleTree.HashLength)]);
        nodes.Count = 0;
    }

    private PendingLayer LayerAt(int level)
    {
        while (_layers.Count <= level)
            _layers.Add(new PendingLayer());
        return _layers[level];
    }

    private sealed class PendingLayer
    {
        public byte[] Nodes { get; } = new byte[MaxWaiting * MerkleTree.HashLength];

        public int Count { get; set; }

        public void Add(ReadOnlySpan<byte> hashes)
        {
            hashes.CopyTo(Nodes.AsSpan(Count * MerkleTree.HashLength));
            Count += hashes.Length / MerkleTree.HashLength;
        }
    }
}

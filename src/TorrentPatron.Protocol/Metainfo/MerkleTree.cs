using System.Numerics;
using System.Security.Cryptography;

namespace TorrentPatron.Protocol.Metainfo;

/// <summary>
/// A file's SHA-256 tree (BEP 52): its leaves are the hashes of the file's blocks, and every node above is the hash of two.
/// </summary>
/// <remarks>
/// Layer 0 is the leaves. If the number of leaves is not a power of two, zeros take the place of the missing ones.
/// </remarks>
public static class MerkleTree
{
    /// <summary>Bytes of a file below one leaf; the last block of a file may be shorter.</summary>
    public const int BlockLength = 16 * 1024;

    /// <summary>Bytes of a hash.</summary>
    public const int HashLength = SHA256.HashSizeInBytes;

    /// <summary>The height of the tallest tree, for a file of 2^63 bytes.</summary>
    public const int MaxHeight = 49;

    private static readonly byte[] Pads = MakePads();

    /// <summary>The number of blocks in a number of bytes.</summary>
    /// <param name="bytes">0 or more.</param>
    public static long CountBlocks(long bytes) => (bytes / BlockLength) + (bytes % BlockLength == 0 ? 0 : 1);

    /// <summary>The number of layers above a number of hashes.</summary>
    /// <param name="hashes">1 or more.</param>
    public static int HeightOf(long hashes) => hashes <= 1 ? 0 : BitOperations.Log2((ulong)(hashes - 1)) + 1;

    /// <summary>The hash of a node without any block below it.</summary>
    /// <param name="layer">The node's layer, 0 to <see cref="MaxHeight"/>.</param>
    public static ReadOnlySpan<byte> PadOf(int layer) => Pads.AsSpan(layer * HashLength, HashLength);

    /// <summary>The hash of two nodes' parent.</summary>
    /// <param name="left">Its left child.</param>
    /// <param name="right">Its right child.</param>
    /// <param name="parent">Receives the hash; may overlap a child.</param>
    public static void Join(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right, Span<byte> parent)
    {
        Span<byte> pair = stackalloc byte[2 * HashLength];
        left.CopyTo(pair);
        right.CopyTo(pair[HashLength..]);
        SHA256.HashData(pair, parent);
    }

    /// <summary>The hash of a node, computed from hashes below it.</summary>
    /// <param name="hashes">The first hashes of the node's part of a layer; missing ones are padding.</param>
    /// <param name="layer">Their layer.</param>
    /// <param name="height">The node's height above them: it covers 2^height hashes.</param>
    /// <param name="root">Receives the node's hash.</param>
    public static void Root(ReadOnlySpan<byte> hashes, int layer, int height, Span<byte> root)
    {
        var sum = new MerkleSum(layer);
        for (int at = 0; at < hashes.Length; at += HashLength)
            sum.Add(hashes.Slice(at, HashLength));
        sum.End(height, root);
    }

    /// <summary>Whether a layer of a file matches the file's root.</summary>
    /// <param name="hashes">All hashes of the layer that cover bytes of the file.</param>
    /// <param name="layer">The layer's number.</param>
    /// <param name="root">The root: 32 bytes.</param>
    public static bool IsLayerOf(ReadOnlySpan<byte> hashes, int layer, ReadOnlySpan<byte> root)
    {
        Span<byte> found = stackalloc byte[HashLength];
        Root(hashes, layer, HeightOf(hashes.Length / HashLength), found);
        return found.SequenceEqual(root);
    }

    private static byte[] MakePads()
    {
        var pads = new byte[(MaxHeight + 1) * HashLength];
        for (int layer = 0; layer < MaxHeight; layer++)
        {
            ReadOnlySpan<byte> below = pads.AsSpan(layer * HashLength, HashLength);
            Join(below, below, pads.AsSpan((layer + 1) * HashLength, HashLength));
        }

        return pads;
    }
}

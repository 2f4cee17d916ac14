using System.Buffers.Binary;
using System.Numerics;
using TorrentPatron.Protocol.Metainfo;

namespace TorrentPatron.Protocol.Wire;

/// <summary>A range of one layer of a file's SHA-256 tree that a peer is asked for (BEP 52), and what proves it.</summary>
/// <param name="PiecesRoot">The file, by the root of its tree.</param>
/// <param name="BaseLayer">The layer: 0 is that of the leaves.</param>
/// <param name="Index">The first hash; a multiple of <paramref name="Length"/>.</param>
/// <param name="Length">Number of hashes: a power of two, 2 or more but for a layer of one.</param>
/// <param name="ProofLayers">Layers above the base layer for which a proof is wanted; those below the top of the range need none.</param>
public readonly record struct HashRequest(InfoHashV2 PiecesRoot, int BaseLayer, int Index, int Length, int ProofLayers)
{
    /// <summary>Length of the message's body: what follows the id.</summary>
    public const int BodyLength = MerkleTree.HashLength + (4 * 4);

    /// <summary>The most hashes that are asked for at once, as BEP 52 advises.</summary>
    public const int MaxLength = 512;

    /// <summary>The most hashes of blocks that are asked for, and given, at once: those of 32 MiB.</summary>
    internal const int MostLeaves = 2048;

    /// <summary>The most hashes of the base layer that a message may have: the leaves of the longest piece that others use, 128 MiB.</summary>
    public const int MaxAnswered = 8192;

    /// <summary>Length of the longest body of a message with hashes.</summary>
    internal const int MaxHashesBodyLength = BodyLength + ((MaxAnswered + MerkleTree.MaxHeight) * MerkleTree.HashLength);

    /// <summary>How many layers the range's own node is above the base layer.</summary>
    public int Height => BitOperations.Log2((uint)Length);

    /// <summary>Number of hashes that prove the range: one for each proof layer from the range's own node on.</summary>
    public int UncleCount => Math.Max(0, ProofLayers - Math.Max(0, Height - 1));

    /// <summary>Whether the range can be one of a file's tree.</summary>
    /// <param name="height">Layers of the tree above its leaves.</param>
    public bool Fits(int height)
    {
        if (BaseLayer < 0 || BaseLayer > height || Length is < 1 or > MaxAnswered || !BitOperations.IsPow2(Length) || Index < 0 || Index % Length != 0)
            return false;
        long width = 1L << (height - BaseLayer);
        return (Length >= 2 || width == 1) && (long)Index + Length <= width && ProofLayers >= 0 && ProofLayers <= Math.Max(0, height - BaseLayer - 1);
    }

    /// <summary>Reads a request from the body of a message: of a request, a reject, or the beginning of one with hashes.</summary>
    /// <param name="body">At least <see cref="BodyLength"/> bytes.</param>
    public static HashRequest Read(ReadOnlySpan<byte> body) => new(
        new InfoHashV2(body[..MerkleTree.HashLength]),
        BinaryPrimitives.ReadInt32BigEndian(body[32..]),
        BinaryPrimitives.ReadInt32BigEndian(body[36..]),
        BinaryPrimitives.ReadInt32BigEndian(body[40..]),
        BinaryPrimitives.ReadInt32BigEndian(body[44..]));

    /// <summary>Writes the body of a request or a reject, or the beginning of that of hashes.</summary>
    /// <param name="body">At least <see cref="BodyLength"/> bytes.</param>
    public void Write(Span<byte> body)
    {
        PiecesRoot.CopyTo(body);
        BinaryPrimitives.WriteInt32BigEndian(body[32..], BaseLayer);
        BinaryPrimitives.WriteInt32BigEndian(body[36..], Index);
        BinaryPrimitives.WriteInt32BigEndian(body[40..], Length);
        BinaryPrimitives.WriteInt32BigEndian(body[44..], ProofLayers);
    }

    /// <summary>Whether hashes are those that were asked for: with their proof they lead to a node that is known.</summary>
    /// <param name="hashes">The hashes of the range, and behind them those of the proof from the lowest layer on.</param>
    /// <param name="node">The node that the proof ends below: the root of the file, where all layers were asked for.</param>
    public bool IsProven(ReadOnlySpan<byte> hashes, ReadOnlySpan<byte> node)
    {
        if (hashes.Length != ((long)Length + UncleCount) * MerkleTree.HashLength)
            return false;
        Span<byte> found = stackalloc byte[MerkleTree.HashLength];
        MerkleTree.Root(hashes[..(Length * MerkleTree.HashLength)], BaseLayer, Height, found);
        int index = Index / Length;
        for (int at = Length * MerkleTree.HashLength; at < hashes.Length; at += MerkleTree.HashLength, index /= 2)
        {
            ReadOnlySpan<byte> uncle = hashes.Slice(at, MerkleTree.HashLength);
            if (index % 2 == 0)
                MerkleTree.Join(found, uncle, found);
            else
                MerkleTree.Join(uncle, found, found);
        }

        return found.SequenceEqual(node);
    }
}

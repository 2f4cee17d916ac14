using System.Buffers.Binary;
using System.Numerics;
using TorrentPatron.Protocol.Metainfo;

namespace TorrentPatron.Protocol.Wire;

/// <summary>A request for a range of hashes in one layer of a file's SHA-256 tree, with a proof (BEP 52).</summary>
/// <param name="PiecesRoot">The file, by the root of its tree.</param>
/// <param name="BaseLayer">The layer: 0 is the leaves.</param>
/// <param name="Index">The first hash; a multiple of <paramref name="Length"/>.</param>
/// <param name="Length">Number of hashes: a power of two, 2 or more except in a layer of one.</param>
/// <param name="ProofLayers">Layers above the base layer to be proven; those below the top of the range need no proof.</param>
public readonly record struct HashRequest(InfoHashV2 PiecesRoot, int BaseLayer, int Index, int Length, int ProofLayers)
{
    /// <summary>Length of the message's body after the id.</summary>
    public const int BodyLength = MerkleTree.HashLength + (4 * 4);

    /// <summary>The most hashes requested at once, as BEP 52 advises.</summary>
    public const int MaxLength = 512;

    /// <summary>The most block hashes requested or sent at once: those of 32 MiB.</summary>
    internal const int MostLeaves = 2048;

    /// <summary>The most hashes of the base layer in a message: the leaves of the longest piece in common use, 128 MiB.</summary>
    public const int MaxAnswered = 8192;

    /// <summary>Length of the longest body of a message with hashes.</summary>
    internal const int MaxHashesBodyLength = BodyLength + ((MaxAnswered + MerkleTree.MaxHeight) * MerkleTree.HashLength);

    /// <summary>The height of the range's own node above the base layer.</summary>
    public int Height => BitOperations.Log2((uint)Length);

    /// <summary>Number of hashes in the proof: one for each proof layer from the range's own node on.</summary>
    public int UncleCount => Math.Max(0, ProofLayers - Math.Max(0, Height - 1));

    /// <summary>Whether the range is valid for a file's tree.</summary>
    /// <param name="height">Layers of the tree above its leaves.</param>
    public bool Fits(int height)
    {
        if (BaseLayer < 0 || BaseLayer > height || Length is < 1 or > MaxAnswered || !BitOperations.IsPow2(Length) || Index < 0 || Index % Length != 0)
            return false;
        long width = 1L << (height - BaseLayer);
        return (Length >= 2 || width == 1) && (long)Index + Length <= width && ProofLayers >= 0 && ProofLayers <= Math.Max(0, height - BaseLayer - 1);
    }

    /// <summary>Reads a request from the body of a request or reject, or from the beginning of a hashes message's body.</summary>
    /// <param name="body">At least <see cref="BodyLength"/> bytes.</param>
    public static HashRequest Read(ReadOnlySpan<byte> body) => new(
        new InfoHashV2(body[..MerkleTree.HashLength]),
        BinaryPrimitives.ReadInt32BigEndian(body[32..]),
        BinaryPrimitives.ReadInt32BigEndian(body[36..]),
        BinaryPrimitives.ReadInt32BigEndian(body[40..]),
        BinaryPrimitives.ReadInt32BigEndian(body[44..]));

    /// <summary>Writes the body of a request or reject, or the beginning of a hashes message's body.</summary>
    /// <param name="body">At least <see cref="BodyLength"/> bytes.</param>
    public void Write(Span<byte> body)
    {
        PiecesRoot.CopyTo(body);
        BinaryPrimitives.WriteInt32BigEndian(body[32..], BaseLayer);
        BinaryPrimitives.WriteInt32BigEndian(body[36..], Index);
        BinaryPrimitives.WriteInt32BigEndian(body[40..], Length);
        BinaryPrimitives.WriteInt32BigEndian(body[44..], ProofLayers);
    }

    /// <summary>Whether hashes match the request: with their proof they lead to a known node.</summary>
    /// <param name="hashes">The hashes of the range, followed by the proof from the lowest layer on.</param>
    /// <param name="node">The node that the proof leads to: the root of the file, if all layers were requested.</param>
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

using System.Buffers.Binary;
using System.Security.Cryptography;

namespace TorrentPatron.Engine.Pieces;

/// <summary>What a piece was made of: of each block a hash and who sent it. Enough to find out later who sent a wrong one.</summary>
/// <param name="hashes">The blocks' hashes, in order.</param>
/// <param name="senders">Who sent each; null: an earlier session received it.</param>
internal sealed class BlockPrints(UInt128[] hashes, IBlockSource?[] senders)
{
    /// <summary>Number of blocks.</summary>
    public int Count => hashes.Length;

    /// <summary>Who sent them, each once.</summary>
    public IReadOnlyList<IBlockSource> Senders { get; } = [.. senders.OfType<IBlockSource>().Distinct()];

    /// <summary>The hash of one block's bytes: the beginning of its SHA-1.</summary>
    public static UInt128 HashOf(ReadOnlySpan<byte> block)
    {
        Span<byte> digest = stackalloc byte[SHA1.HashSizeInBytes];
        SHA1.HashData(block, digest);
        return BinaryPrimitives.ReadUInt128BigEndian(digest);
    }

    /// <summary>Who sent a block other than that of the good piece.</summary>
    /// <param name="good">The same piece as it should be.</param>
    public IEnumerable<IBlockSource> SendersOfOther(BlockPrints good)
    {
        for (int block = 0; block < hashes.Length; block++)
        {
            if (hashes[block] != good.HashAt(block) && senders[block] is { } sender)
                yield return sender;
        }
    }

    private UInt128 HashAt(int block) => hashes[block];
}

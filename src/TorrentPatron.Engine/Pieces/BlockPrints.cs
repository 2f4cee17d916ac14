namespace TorrentPatron.Engine.Pieces;

/// <summary>What a piece was made of: of each block a fingerprint and who sent it. Enough to find out later who sent a wrong one.</summary>
/// <param name="fingerprints">The blocks' fingerprints, in order.</param>
/// <param name="senders">Who sent each; null: an earlier session received it.</param>
internal sealed class BlockPrints(UInt128[] fingerprints, IBlockSource?[] senders)
{
    /// <summary>Number of blocks.</summary>
    public int Count => fingerprints.Length;

    /// <summary>Who sent them, each once.</summary>
    public IReadOnlyList<IBlockSource> Senders { get; } = [.. senders.OfType<IBlockSource>().Distinct()];

    /// <summary>Who sent a block other than that of the good piece.</summary>
    /// <param name="good">The same piece as it should be.</param>
    public IEnumerable<IBlockSource> SendersOfOther(BlockPrints good)
    {
        for (int block = 0; block < fingerprints.Length; block++)
        {
            if (fingerprints[block] != good.FingerprintAt(block) && senders[block] is { } sender)
                yield return sender;
        }
    }

    private UInt128 FingerprintAt(int block) => fingerprints[block];
}

namespace TorrentPatron.Engine.Pieces;

/// <summary>
/// A fingerprint and the sender of each block of a piece: enough to find out later which sender sent a wrong one.
/// </summary>
/// <param name="fingerprints">The blocks' fingerprints, in order.</param>
/// <param name="senders">The sender of each; null if an earlier session received it.</param>
internal sealed class BlockFingerprints(UInt128[] fingerprints, IBlockSource?[] senders)
{
    /// <summary>Number of blocks.</summary>
    public int Count => fingerprints.Length;

    /// <summary>The distinct senders.</summary>
    public IReadOnlyList<IBlockSource> Senders { get; } = [.. senders.OfType<IBlockSource>().Distinct()];

    /// <summary>The senders of blocks that differ from those of the good piece.</summary>
    /// <param name="good">The verified piece.</param>
    public IEnumerable<IBlockSource> SendersOfOther(BlockFingerprints good)
    {
        for (int block = 0; block < fingerprints.Length; block++)
        {
            if (fingerprints[block] != good.FingerprintAt(block) && senders[block] is { } sender)
                yield return sender;
        }
    }

    private UInt128 FingerprintAt(int block) => fingerprints[block];
}

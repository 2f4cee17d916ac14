namespace TorrentPatron.Protocol.Metainfo;

/// <summary>Chooses a piece length for a new torrent.</summary>
public static class PieceLengthChooser
{
    /// <summary>The shortest piece chosen, in bytes: one block.</summary>
    public const int Smallest = 16 * 1024;

    /// <summary>The longest piece chosen, in bytes.</summary>
    public const int Largest = 16 * 1024 * 1024;

    private const int MostPieces = 2000;

    /// <summary>
    /// The power of two that gives 1000 to 2000 pieces, within <see cref="Smallest"/> and <see cref="Largest"/>.
    /// </summary>
    /// <param name="totalSize">The sum of the files' lengths in bytes; 0 or more.</param>
    /// <returns>A length in bytes.</returns>
    public static int ForSize(long totalSize)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(totalSize);
        int length = Smallest;
        while (length < Largest && totalSize > (long)length * MostPieces)
            length *= 2;
        return length;
    }
}

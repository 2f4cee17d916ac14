namespace TorrentPatron.Protocol.Metainfo;

/// <summary>Chooses a piece length for a new torrent.</summary>
public static class PieceLengthChooser
{
    /// <summary>The shortest piece chosen, in bytes: one block.</summary>
    public const int Smallest = 16 * 1024;

    /// <summary>The longest piece chosen, in bytes: the longest that other programs accept by default.</summary>
    public const int Largest = 128 * 1024 * 1024;

    /// <summary>The longest piece chosen just to have few pieces, in bytes.</summary>
    private const int LargestUsual = 16 * 1024 * 1024;

    private const int MostUsualPieces = 2000;

    /// <summary>Pieces whose hashes, of both versions, take less than half a megabyte.</summary>
    private const int MostPieces = 8192;

    /// <summary>
    /// The power of two, within <see cref="Smallest"/> and <see cref="Largest"/>, that gives 1000 to 2000 pieces. Content of more than 32 GB has up to
    /// 8192 pieces, of 16 MiB or more, so that the .torrent of a terabyte stays below a megabyte; of more than 1 TiB it has pieces of 128 MiB.
    /// </summary>
    /// <param name="totalSize">The sum of the files' lengths in bytes; 0 or more.</param>
    /// <returns>A length in bytes.</returns>
    public static int ForSize(long totalSize)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(totalSize);
        int length = Smallest;
        while (length < Largest && totalSize > (long)length * (length < LargestUsual ? MostUsualPieces : MostPieces))
            length *= 2;
        return length;
    }
}

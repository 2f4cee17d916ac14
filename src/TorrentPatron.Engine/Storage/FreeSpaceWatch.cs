using TorrentPatron.Engine.Client;

namespace TorrentPatron.Engine.Storage;

/// <summary>
/// Sees to it that a part of a volume stays free while a torrent is written there: the volume is looked at again before as much has been
/// written as would fill it. Called by one disk thread at a time.
/// </summary>
internal sealed class FreeSpaceWatch
{
    /// <summary>So many bytes are written at most without a look: others write there too.</summary>
    private const long MostUnseen = 16L << 20;

    private long _unseen;

    /// <summary>Bytes that can be had on the volume of a folder; more than there can be where that cannot be told.</summary>
    /// <param name="folder">The folder.</param>
    public static long Available(string folder)
    {
        try
        {
            return OperatingSystem.IsWindows() ? WindowsFiles.AvailableBytes(folder) : new DriveInfo(folder).AvailableFreeSpace;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            // A network share, or a system that does not tell: the disk itself will say so when it is full.
            return long.MaxValue;
        }
    }

    /// <summary>Notes that bytes have been written.</summary>
    /// <param name="bytes">How many.</param>
    /// <param name="folder">The destination.</param>
    /// <param name="minimum">Bytes that must stay free; 0: any.</param>
    /// <returns>Why no more may be written, or null.</returns>
    public TorrentError? Written(long bytes, string folder, long minimum)
    {
        if (minimum == 0)
            return null;
        _unseen -= bytes;
        if (_unseen > 0)
            return null;
        long available = Available(folder);
        if (available <= minimum)
            return StorageErrors.TooLittleFree(folder, minimum, available);
        _unseen = Math.Min((available - minimum) / 2, MostUnseen);
        return null;
    }
}

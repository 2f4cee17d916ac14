using TorrentPatron.Engine.Client;

namespace TorrentPatron.Engine.Storage;

/// <summary>
/// Keeps part of a volume free while a torrent is written there: checks the volume again before enough has been written to fill
/// it. Called by one disk thread at a time.
/// </summary>
internal sealed class FreeSpaceWatch
{
    /// <summary>The most bytes written between two checks, since others write there too.</summary>
    private const long MostUnseen = 16L << 20;

    private long _unseen;

    /// <summary>The available bytes on the volume of a folder; more than possible if unknown.</summary>
    /// <param name="folder">The folder.</param>
    public static long Available(string folder)
    {
        try
        {
            return OperatingSystem.IsWindows() ? WindowsFiles.AvailableBytes(folder) : new DriveInfo(folder).AvailableFreeSpace;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            // A network share, or a system without this information: the disk itself reports when it is full.
            return long.MaxValue;
        }
    }

    /// <summary>Counts written bytes.</summary>
    /// <param name="bytes">How many.</param>
    /// <param name="folder">The destination.</param>
    /// <param name="minimum">Bytes that must stay free; 0 means none.</param>
    /// <returns>The error if no more may be written, or null.</returns>
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

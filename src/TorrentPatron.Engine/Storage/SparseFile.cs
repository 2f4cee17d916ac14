using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using Microsoft.Win32.SafeHandles;

namespace TorrentPatron.Engine.Storage;

/// <summary>What .NET does not say about files with holes. Where the system does not either, a file has none.</summary>
internal static class SparseFile
{
    /// <summary>Parts of a file that Windows is asked for at once.</summary>
    private const int PartsAtOnce = 512;
    private const int Enxio = 6;

    private static readonly int SeekData = OperatingSystem.IsMacOS() ? 4 : 3;
    private static readonly int SeekHole = OperatingSystem.IsMacOS() ? 3 : 4;

    /// <summary>Whether the system tells, and an offset is 64 bits in its interface.</summary>
    private static readonly bool CanSeek = Environment.Is64BitProcess
        && (OperatingSystem.IsLinux() || OperatingSystem.IsMacOS() || OperatingSystem.IsFreeBSD());

    /// <summary>Makes a file sparse on Windows, where it is not so by itself, if the file system knows holes.</summary>
    /// <param name="handle">The file, open for writing.</param>
    public static void Allow(SafeFileHandle handle)
    {
        if (OperatingSystem.IsWindows())
            WindowsFiles.AllowHoles(handle);
    }

    /// <summary>
    /// Whether the file system of a file knows holes. Where it does not, a byte far behind the end has the system write all that is before
    /// it, at once. One that is not known is taken to know them.
    /// </summary>
    /// <param name="handle">The file.</param>
    /// <param name="path">Its path.</param>
    public static bool AreKnown(SafeFileHandle handle, string path)
    {
        try
        {
            return !IsWithoutHoles(OperatingSystem.IsWindows() ? WindowsFiles.FileSystemOf(handle) : new DriveInfo(Path.GetDirectoryName(path)!).DriveFormat);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return true;
        }
    }

    /// <summary>Whether a file system knows no holes.</summary>
    /// <param name="name">As Windows, Linux or macOS call it; null: it is not known.</param>
    internal static bool IsWithoutHoles(string? name) =>
        name?.ToUpperInvariant() is "FAT" or "FAT12" or "FAT16" or "FAT32" or "VFAT" or "MSDOS" or "EXFAT" or "HFS" or "HFSPLUS";

    /// <summary>Where the next bytes lie that were ever written.</summary>
    /// <param name="handle">The file.</param>
    /// <param name="offset">From where to look, below the file's length.</param>
    /// <returns>An offset, <paramref name="offset"/> or more; <see cref="long.MaxValue"/> where only a hole follows.</returns>
    public static long NextData(SafeFileHandle handle, long offset)
    {
        if (OperatingSystem.IsWindows())
        {
            long length = RandomAccess.GetLength(handle);
            return offset >= length || WindowsFiles.AllocatedRanges(handle, offset, length - offset, most: 1) is not { } ranges ? offset
                : ranges.Length == 0 ? long.MaxValue
                : Math.Max(offset, ranges[0].Offset);
        }

        if (!CanSeek)
            return offset;
        long data = LSeek(handle, offset, SeekData);
        return data >= 0 ? data : Marshal.GetLastPInvokeError() == Enxio ? long.MaxValue : offset;
    }

    /// <summary>Bytes of a file that take room on the disk, about.</summary>
    /// <param name="handle">The file.</param>
    /// <param name="length">How much of it counts.</param>
    public static long AllocatedBytes(SafeFileHandle handle, long length)
    {
        // A file in more parts than this is counted as whole from there on.
        const int MostParts = 100_000;
        if (OperatingSystem.IsWindows())
            return AllocatedOnWindows(handle, length, MostParts);
        if (!CanSeek)
            return length;

        long allocated = 0, at = 0;
        for (int part = 0; part < MostParts; part++)
        {
            long data = at < length ? NextData(handle, at) : long.MaxValue;
            if (data >= length)
                return allocated;
            long hole = LSeek(handle, data, SeekHole);
            at = hole <= data ? length : Math.Min(hole, length);
            allocated += at - data;
        }

        return allocated + length - at;
    }

    [SupportedOSPlatform("windows")]
    private static long AllocatedOnWindows(SafeFileHandle handle, long length, int mostParts)
    {
        long allocated = 0, at = 0;
        for (int parts = 0; at < length && parts < mostParts; parts += PartsAtOnce)
        {
            if (WindowsFiles.AllocatedRanges(handle, at, length - at, PartsAtOnce) is not { } ranges)
                break;
            foreach ((long offset, long bytes) in ranges)
            {
                long end = Math.Min(offset + bytes, length);
                allocated += Math.Max(0, end - Math.Max(offset, at));
                at = Math.Max(at, end);
            }

            if (ranges.Length < PartsAtOnce)
                return allocated;
        }

        return allocated + length - at;
    }

    [DllImport("libc", EntryPoint = "lseek", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern long LSeek(SafeFileHandle handle, long offset, int whence);
}

using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using Microsoft.Win32.SafeHandles;

namespace TorrentPatron.Engine.Storage;

/// <summary>Support for sparse files beyond .NET's. If the system provides no information, a file has no holes.</summary>
internal static class SparseFile
{
    /// <summary>Parts of a file requested from Windows at once.</summary>
    private const int PartsAtOnce = 512;
    private const int Enxio = 6;

    private static readonly int SeekData = OperatingSystem.IsMacOS() ? 4 : 3;
    private static readonly int SeekHole = OperatingSystem.IsMacOS() ? 3 : 4;

    /// <summary>Whether the system supports it, with 64-bit offsets in its interface.</summary>
    private static readonly bool CanSeek = Environment.Is64BitProcess
        && (OperatingSystem.IsLinux() || OperatingSystem.IsMacOS() || OperatingSystem.IsFreeBSD());

    /// <summary>Makes a file sparse on Windows, where that is not the default, if the file system supports holes.</summary>
    /// <param name="handle">The file, open for writing.</param>
    public static void Allow(SafeFileHandle handle)
    {
        if (OperatingSystem.IsWindows())
            WindowsFiles.AllowHoles(handle);
    }

    /// <summary>
    /// Whether the file system of a file supports holes. If not, writing a byte far beyond the end makes the system write
    /// everything before it at once. Unknown file systems are assumed to support them.
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

    /// <summary>Whether a file system does not support holes.</summary>
    /// <param name="name">Its name on Windows, Linux or macOS; null if unknown.</param>
    internal static bool IsWithoutHoles(string? name) =>
        name?.ToUpperInvariant() is "FAT" or "FAT12" or "FAT16" or "FAT32" or "VFAT" or "MSDOS" or "EXFAT" or "HFS" or "HFSPLUS";

    /// <summary>The offset of the next bytes that were ever written.</summary>
    /// <param name="handle">The file.</param>
    /// <param name="offset">The offset to start from, below the file's length.</param>
    /// <returns>An offset, <paramref name="offset"/> or more; <see cref="long.MaxValue"/> if only a hole follows.</returns>
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

    /// <summary>The approximate number of a file's bytes that take space on disk.</summary>
    /// <param name="handle">The file.</param>
    /// <param name="length">The length to consider.</param>
    public static long AllocatedBytes(SafeFileHandle handle, long length)
    {
        // A file with more parts than this counts as allocated from there on.
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

using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace TorrentPatron.Engine.Storage;

/// <summary>What .NET does not say about files with holes. Where the system does not either, a file has none.</summary>
internal static class SparseFile
{
    private const uint FsctlSetSparse = 0x000900C4;
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
            _ = DeviceIoControl(handle, FsctlSetSparse, 0, 0, 0, 0, out _, 0);
    }

    /// <summary>Where the next bytes lie that were ever written.</summary>
    /// <param name="handle">The file.</param>
    /// <param name="offset">From where to look, below the file's length.</param>
    /// <returns>An offset, <paramref name="offset"/> or more; <see cref="long.MaxValue"/> where only a hole follows.</returns>
    public static long NextData(SafeFileHandle handle, long offset)
    {
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
        if (!CanSeek)
            return length;

        // A file in more parts than this is counted as whole from there on.
        const int MostParts = 100_000;
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

    [DllImport("libc", EntryPoint = "lseek", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern long LSeek(SafeFileHandle handle, long offset, int whence);

    [DllImport("kernel32", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static extern int DeviceIoControl(SafeFileHandle handle, uint code, nint input, uint inputSize,
        nint output, uint outputSize, out uint returned, nint overlapped);
}

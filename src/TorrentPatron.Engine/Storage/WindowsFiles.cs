using System.Buffers.Binary;
using System.ComponentModel;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using Microsoft.Win32.SafeHandles;

namespace TorrentPatron.Engine.Storage;

/// <summary>The calls of Windows for what .NET does not say of files and volumes.</summary>
[SupportedOSPlatform("windows")]
internal static class WindowsFiles
{
    private const uint FsctlSetSparse = 0x000900C4, FsctlQueryAllocatedRanges = 0x000940CF;
    private const int ErrorMoreData = 234;
    private const int RangeBytes = 16;

    /// <summary>Makes a file sparse, if the file system knows holes.</summary>
    /// <param name="file">The file, open for writing.</param>
    public static void AllowHoles(SafeFileHandle file) => _ = DeviceIoControl(file, FsctlSetSparse, [], 0, [], 0, out _, 0);

    /// <summary>The parts of a file that take room on the disk.</summary>
    /// <param name="file">The file, open for reading.</param>
    /// <param name="offset">From where to look.</param>
    /// <param name="length">How far.</param>
    /// <param name="most">The most that are told at once.</param>
    /// <returns>The first of them: where each begins and how long it is; null where the file system does not tell.</returns>
    public static (long Offset, long Length)[]? AllocatedRanges(SafeFileHandle file, long offset, long length, int most)
    {
        byte[] range = new byte[RangeBytes];
        BinaryPrimitives.WriteInt64LittleEndian(range, offset);
        BinaryPrimitives.WriteInt64LittleEndian(range.AsSpan(sizeof(long)), length);
        byte[] found = new byte[most * RangeBytes];
        if (DeviceIoControl(file, FsctlQueryAllocatedRanges, range, RangeBytes, found, (uint)found.Length, out uint returned, 0) == 0
            && Marshal.GetLastPInvokeError() != ErrorMoreData)
            return null;
        var ranges = new (long, long)[Math.Min(returned, (uint)found.Length) / RangeBytes];
        for (int i = 0; i < ranges.Length; i++)
        {
            ReadOnlySpan<byte> entry = found.AsSpan(i * RangeBytes, RangeBytes);
            ranges[i] = (BinaryPrimitives.ReadInt64LittleEndian(entry), BinaryPrimitives.ReadInt64LittleEndian(entry[sizeof(long)..]));
        }

        return ranges;
    }

    /// <summary>Bytes that this user can have on the volume of a folder: also of a share, or one that is mounted in a folder.</summary>
    /// <param name="folder">An absolute path of a folder that is there.</param>
    /// <exception cref="IOException">It cannot be told.</exception>
    public static long AvailableBytes(string folder) =>
        GetDiskFreeSpaceEx(Extended(Path.TrimEndingDirectorySeparator(folder)) + @"\", out ulong available, out _, out _) != 0
            ? (long)Math.Min(available, long.MaxValue)
            : throw Error(folder);

    /// <summary>What the file system of a file is called, such as NTFS, ReFS or exFAT; null where that cannot be told.</summary>
    /// <param name="file">The file, open.</param>
    public static string? FileSystemOf(SafeFileHandle file)
    {
        char[] name = new char[64];
        if (GetVolumeInformationByHandle(file, null, 0, 0, 0, 0, name, name.Length) == 0)
            return null;
        int end = Array.IndexOf(name, '\0');
        return new string(name, 0, end < 0 ? name.Length : end);
    }

    /// <summary>As the system wants a path that may be long.</summary>
    private static string Extended(string path) => path.StartsWith(@"\\?\", StringComparison.Ordinal) || path.StartsWith(@"\\.\", StringComparison.Ordinal) ? path
        : path.StartsWith(@"\\", StringComparison.Ordinal) ? string.Concat(@"\\?\UNC\", path.AsSpan(2))
        : @"\\?\" + path;

    private static IOException Error(string path)
    {
        var fault = new Win32Exception(Marshal.GetLastPInvokeError());
        return new IOException($"{fault.Message} : '{path}'", unchecked((int)0x80070000) | fault.NativeErrorCode);
    }

    [DllImport("kernel32", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static extern int DeviceIoControl(
        SafeFileHandle file, uint code, byte[] input, uint inputSize, [Out] byte[] output, uint outputSize, out uint returned, nint overlapped);

    [DllImport("kernel32", EntryPoint = "GetDiskFreeSpaceExW", CharSet = CharSet.Unicode, SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static extern int GetDiskFreeSpaceEx(string folder, out ulong available, out ulong total, out ulong free);

    [DllImport("kernel32", EntryPoint = "GetVolumeInformationByHandleW", CharSet = CharSet.Unicode, SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static extern int GetVolumeInformationByHandle(
        SafeFileHandle file, [Out] char[]? volumeName, int volumeNameSize, nint serialNumber, nint longestName, nint flags, [Out] char[] fileSystem,
        int fileSystemSize);
}

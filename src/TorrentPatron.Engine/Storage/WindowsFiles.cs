using System.Buffers.Binary;
using System.ComponentModel;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using Microsoft.Win32.SafeHandles;

namespace TorrentPatron.Engine.Storage;

/// <summary>Windows calls for file and volume information that .NET does not provide.</summary>
[SupportedOSPlatform("windows")]
internal static class WindowsFiles
{
    private const uint FsctlSetSparse = 0x000900C4, FsctlQueryAllocatedRanges = 0x000940CF;
    private const int ErrorFileNotFound = 2, ErrorPathNotFound = 3, ErrorAccessDenied = 5, ErrorFilenameTooLong = 206, ErrorMoreData = 234;
    private const int ErrorInvalidFunction = 1, ErrorNotSupported = 50, ErrorInvalidParameter = 87, ErrorCallNotImplemented = 120;
    private const uint DeleteAccess = 0x10000, Synchronize = 0x100000, ReadAttributes = 0x80;
    private const uint ShareAll = 7, OpenExisting = 3, BackupSemantics = 0x02000000, OpenReparsePoint = 0x00200000;
    private const int RenameInfo = 3, DispositionInfo = 4, AttributeTagInfo = 9, DispositionInfoEx = 21, RenameInfoEx = 22;
    private const uint DispositionDelete = 1, DispositionPosix = 2, RenameReplace = 1, RenamePosix = 2;
    private const uint VolumeNameGuid = 1;
    private const int FileTypeDisk = 1;
    private const int InformationBytes = 52;

    /// <summary>The flag of tags that redirect elsewhere, as links and junctions do.</summary>
    private const uint NameSurrogate = 0x20000000;

    /// <summary>Sockets, pipes and devices of the Windows Subsystem for Linux, and links to Store apps.</summary>
    private const uint TagSocket = 0x80000023, TagPipe = 0x80000024, TagCharacter = 0x80000025, TagBlock = 0x80000026, TagProgram = 0x8000001B;

    private const int RangeBytes = 16;

    /// <summary>Makes a file sparse, if the file system supports holes.</summary>
    /// <param name="file">The file, open for writing.</param>
    public static void AllowHoles(SafeFileHandle file) => _ = DeviceIoControl(file, FsctlSetSparse, [], 0, [], 0, out _, 0);

    /// <summary>The parts of a file that take space on disk.</summary>
    /// <param name="file">The file, open for reading.</param>
    /// <param name="offset">The offset to start from.</param>
    /// <param name="length">The length to consider.</param>
    /// <param name="most">The most parts to return.</param>
    /// <returns>The first parts, each with offset and length; null if the file system does not provide them.</returns>
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

    /// <summary>The bytes available to this user on the volume of a folder, including shares and mounted volumes.</summary>
    /// <param name="folder">An absolute path of an existing folder.</param>
    /// <exception cref="IOException">The number is not available.</exception>
    public static long AvailableBytes(string folder) =>
        GetDiskFreeSpaceEx(Extended(Path.TrimEndingDirectorySeparator(folder)) + @"\", out ulong available, out _, out _) != 0
            ? (long)Math.Min(available, long.MaxValue)
            : throw Error(folder);

    /// <summary>The name of a file's file system, such as NTFS, ReFS or exFAT; null if unknown.</summary>
    /// <param name="file">The file, open.</param>
    public static string? FileSystemOf(SafeFileHandle file)
    {
        char[] name = new char[64];
        if (GetVolumeInformationByHandle(file, null, 0, 0, 0, 0, name, name.Length) == 0)
            return null;
        int end = Array.IndexOf(name, '\0');
        return new string(name, 0, end < 0 ? name.Length : end);
    }

    /// <summary>Opens the item at a path to examine it; a link is opened itself.</summary>
    /// <param name="path">An absolute path.</param>
    /// <exception cref="IOException">
    /// The item cannot be opened; <see cref="FileNotFoundException"/> if it does not exist.
    /// </exception>
    /// <exception cref="UnauthorizedAccessException">Access is denied.</exception>
    public static SafeFileHandle OpenEntry(string path) => OpenAny(path, ReadAttributes, OpenReparsePoint);

    /// <summary>Opens the item at a path to delete or rename it; a link is opened itself.</summary>
    /// <inheritdoc cref="OpenEntry" path="/param"/>
    /// <inheritdoc cref="OpenEntry" path="/exception"/>
    public static SafeFileHandle OpenToChange(string path) => OpenAny(path, DeleteAccess | ReadAttributes | Synchronize, OpenReparsePoint);

    /// <summary>The metadata of an open item.</summary>
    /// <param name="file">The file, folder or link.</param>
    /// <param name="path">Its path, for errors.</param>
    public static FileNode Stat(SafeFileHandle file, string path)
    {
        if (GetFileType(file) != FileTypeDisk)
            return new FileNode { Kind = FileKind.Special };
        byte[] information = new byte[InformationBytes];
        if (GetFileInformationByHandle(file, information) == 0)
            throw Error(path);
        var attributes = (FileAttributes)Number(information, 0);
        FileKind kind = attributes.HasFlag(FileAttributes.ReparsePoint) ? KindOf(TagOf(file), attributes)
            : attributes.HasFlag(FileAttributes.Directory) ? FileKind.Folder
            : FileKind.Regular;
        return new FileNode
        {
            Kind = kind,
            Identity = new FileIdentity(Number(information, 28), ((ulong)Number(information, 44) << 32) | Number(information, 48)),
            Length = (long)(((ulong)Number(information, 32) << 32) | Number(information, 36)),
            Links = Number(information, 40),
            // In units of 100 ns, whole: only compared.
            LastWrite = ((long)(((ulong)Number(information, 24) << 32) | Number(information, 20)), 0),
        };
    }

    /// <summary>A path with all links and drive letters resolved; null if the system does not provide it.</summary>
    /// <param name="path">An absolute path of an existing item.</param>
    public static string? FinalPath(string path)
    {
        try
        {
            using SafeFileHandle file = OpenAny(path, ReadAttributes, 0);
            return FinalPath(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>The location of an open item; null if the system does not provide it.</summary>
    /// <param name="file">The file, folder or link.</param>
    public static string? FinalPath(SafeFileHandle file)
    {
        string? path = FinalPath(file, 0) ?? FinalPath(file, VolumeNameGuid);
        return path is null ? null
            : path.StartsWith(@"\\?\UNC\", StringComparison.Ordinal) ? string.Concat(@"\\", path.AsSpan(8))
            : path.StartsWith(@"\\?\", StringComparison.Ordinal) && path.Length > 5 && path[5] == ':' ? path[4..]
            : path;
    }

    /// <summary>Deletes an open item; a folder must be empty.</summary>
    /// <param name="file">The item, opened with <see cref="OpenToChange"/>.</param>
    /// <param name="path">Its path, for errors.</param>
    public static void Delete(SafeFileHandle file, string path)
    {
        byte[] how = new byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32LittleEndian(how, DispositionDelete | DispositionPosix);
        if (SetFileInformationByHandle(file, DispositionInfoEx, how, (uint)how.Length) != 0)
            return;
        // FAT, and Windows before 10, support only the old call.
        if (IsUnknownCall(Marshal.GetLastPInvokeError()) && SetFileInformationByHandle(file, DispositionInfo, [1], 1) != 0)
            return;
        throw Failure(path);
    }

    /// <summary>Renames a file within its volume.</summary>
    /// <param name="file">The file, opened with <see cref="OpenToChange"/>.</param>
    /// <param name="newPath">The new path.</param>
    /// <param name="overwrite">Whether to replace an existing file.</param>
    public static void Move(SafeFileHandle file, string newPath, bool overwrite)
    {
        byte[] name = System.Text.Encoding.Unicode.GetBytes(Extended(newPath));
        int start = (2 * nint.Size) + sizeof(uint);
        byte[] how = new byte[start + name.Length + sizeof(char)];
        BinaryPrimitives.WriteUInt32LittleEndian(how, overwrite ? RenameReplace | RenamePosix : RenamePosix);
        BinaryPrimitives.WriteInt32LittleEndian(how.AsSpan(2 * nint.Size), name.Length);
        name.CopyTo(how, start);
        if (SetFileInformationByHandle(file, RenameInfoEx, how, (uint)how.Length) != 0)
            return;
        if (IsUnknownCall(Marshal.GetLastPInvokeError()))
        {
            BinaryPrimitives.WriteUInt32LittleEndian(how, overwrite ? 1u : 0u);
            if (SetFileInformationByHandle(file, RenameInfo, how, (uint)how.Length) != 0)
                return;
        }

        throw Failure(newPath);
    }

    private static SafeFileHandle OpenAny(string path, uint access, uint flags)
    {
        SafeFileHandle file = CreateFile(Extended(path), access, ShareAll, 0, OpenExisting, BackupSemantics | flags, 0);
        if (!file.IsInvalid)
            return file;
        Exception failure = Failure(path);
        file.Dispose();
        throw failure;
    }

    private static FileKind KindOf(uint tag, FileAttributes attributes) => (tag & NameSurrogate) != 0 ? FileKind.Link
        : tag switch
        {
            TagPipe => FileKind.Pipe,
            TagSocket or TagCharacter or TagBlock or TagProgram => FileKind.Special,
            // Files in the cloud, or compressed by a driver, are read like any other file.
            _ => attributes.HasFlag(FileAttributes.Directory) ? FileKind.Folder : FileKind.Regular,
        };

    private static uint TagOf(SafeFileHandle file)
    {
        byte[] information = new byte[2 * sizeof(uint)];
        // A file without this information counts as a link.
        return GetFileInformationByHandleEx(file, AttributeTagInfo, information, (uint)information.Length) != 0 ? Number(information, 4) : NameSurrogate;
    }

    private static string? FinalPath(SafeFileHandle file, uint flags)
    {
        char[] buffer = new char[512];
        uint length = GetFinalPathNameByHandle(file, buffer, (uint)buffer.Length, flags);
        if (length > buffer.Length)
        {
            buffer = new char[length];
            length = GetFinalPathNameByHandle(file, buffer, (uint)buffer.Length, flags);
        }

        return length == 0 || length > buffer.Length ? null : new string(buffer, 0, (int)length);
    }

    private static uint Number(byte[] bytes, int offset) => BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(offset));

    private static bool IsUnknownCall(int error) => error is ErrorInvalidFunction or ErrorNotSupported or ErrorInvalidParameter or ErrorCallNotImplemented;

    /// <summary>The exception that .NET itself would throw.</summary>
    private static Exception Failure(string path) => Marshal.GetLastPInvokeError() switch
    {
        ErrorFileNotFound => new FileNotFoundException($"'{path}' does not exist.", path),
        ErrorPathNotFound => new DirectoryNotFoundException($"The folder of '{path}' does not exist."),
        ErrorAccessDenied => new UnauthorizedAccessException($"Access to the path '{path}' is denied."),
        ErrorFilenameTooLong => new PathTooLongException($"The path '{path}' is too long."),
        _ => Error(path),
    };

    /// <summary>A path in the system's form for long paths: without '/' and '.', which it would take literally.</summary>
    private static string Extended(string path)
    {
        if (path.StartsWith(@"\\?\", StringComparison.Ordinal) || path.StartsWith(@"\\.\", StringComparison.Ordinal))
            return path;
        string full = Path.GetFullPath(path);
        return full.StartsWith(@"\\.\", StringComparison.Ordinal) ? full
            : full.StartsWith(@"\\", StringComparison.Ordinal) ? string.Concat(@"\\?\UNC\", full.AsSpan(2))
            : @"\\?\" + full;
    }

    private static IOException Error(string path)
    {
        var fault = new Win32Exception(Marshal.GetLastPInvokeError());
        return new IOException($"{fault.Message} : '{path}'", unchecked((int)0x80070000) | fault.NativeErrorCode);
    }

    /// <summary>Gives a file a second, unused name.</summary>
    /// <returns>Whether it has the name; false if the file system does not allow it.</returns>
    public static bool TryHardLink(string path, string newPath) => CreateHardLink(newPath, path, 0) != 0;

    [DllImport("kernel32", EntryPoint = "CreateHardLinkW", CharSet = CharSet.Unicode, SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static extern int CreateHardLink(string newPath, string path, nint security);

    [DllImport("kernel32", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static extern int DeviceIoControl(
        SafeFileHandle file, uint code, byte[] input, uint inputSize, [Out] byte[] output, uint outputSize, out uint returned, nint overlapped);

    [DllImport("kernel32", EntryPoint = "CreateFileW", CharSet = CharSet.Unicode, SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static extern SafeFileHandle CreateFile(string path, uint access, uint share, nint security, uint mode, uint flags, nint template);

    [DllImport("kernel32")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static extern int GetFileType(SafeFileHandle file);

    [DllImport("kernel32", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static extern int GetFileInformationByHandle(SafeFileHandle file, [Out] byte[] information);

    [DllImport("kernel32", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static extern int GetFileInformationByHandleEx(SafeFileHandle file, int what, [Out] byte[] information, uint size);

    [DllImport("kernel32", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static extern int SetFileInformationByHandle(SafeFileHandle file, int what, byte[] information, uint size);

    [DllImport("kernel32", EntryPoint = "GetFinalPathNameByHandleW", CharSet = CharSet.Unicode, SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static extern uint GetFinalPathNameByHandle(SafeFileHandle file, [Out] char[] path, uint size, uint flags);

    [DllImport("kernel32", EntryPoint = "GetDiskFreeSpaceExW", CharSet = CharSet.Unicode, SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static extern int GetDiskFreeSpaceEx(string folder, out ulong available, out ulong total, out ulong free);

    [DllImport("kernel32", EntryPoint = "GetVolumeInformationByHandleW", CharSet = CharSet.Unicode, SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static extern int GetVolumeInformationByHandle(
        SafeFileHandle file, [Out] char[]? volumeName, int volumeNameSize, nint serialNumber, nint longestName, nint flags, [Out] char[] fileSystem,
        int fileSystemSize);
}

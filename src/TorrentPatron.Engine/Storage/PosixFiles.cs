using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace TorrentPatron.Engine.Storage;

/// <summary>
/// The system calls of Linux and macOS that reach a file from an open folder, so that no folder in the path is resolved twice.
/// Nothing else in TorrentPatron makes these calls.
/// </summary>
internal static class PosixFiles
{
    public const int Enoent = 2;
    public const int Enxio = 6;
    public const int Eexist = 17;
    public const int Exdev = 18;
    public const int Enotdir = 20;
    public const int Eisdir = 21;

    private const int Eperm = 1;
    private const int Eacces = 13;
    private const int StatBytes = 256;
    private const int LongestPath = 4096; // PATH_MAX of Linux; that of macOS is less
    private const uint StatxBasic = 0x7ff;
    private const int OpenAt2Call = 437;
    private const int ResolveNoLinks = 4, ResolveBeneath = 8;

    /// <summary>The file type bits of a mode, and their values.</summary>
    private const int TypeMask = 0xF000, TypeRegular = 0x8000, TypeFolder = 0x4000, TypeLink = 0xA000, TypePipe = 0x1000;

    [ThreadStatic]
    private static byte[]? s_stat; // what the system says of a file, until it has been read

    private static readonly bool IsMac = OperatingSystem.IsMacOS();

    // On some processors two flags have other values.
    private static readonly bool IsArm = RuntimeInformation.ProcessArchitecture
        is Architecture.Arm or Architecture.Arm64 or Architecture.Armv6 or Architecture.Ppc64le;

    private static readonly int CloseOnExec = IsMac ? 0x1000000 : 0x80000;
    private static readonly int NonBlocking = IsMac ? 4 : 0x800;
    private static readonly int NoFollow = IsMac ? 0x100 : IsArm ? 0x8000 : 0x20000;
    private static readonly int Directory = IsMac ? 0x100000 : IsArm ? 0x4000 : 0x10000;
    private static readonly int SearchOnly = IsMac ? 0 : 0x200000;
    private static readonly int LargeFile = IsMac || Environment.Is64BitProcess ? 0 : IsArm ? 0x20000 : 0x8000;
    private static readonly int CreateNew = IsMac ? 0 : 0xC0;
    private static readonly int EWouldBlock = IsMac ? 35 : 11;
    private static readonly int ELoop = IsMac ? 62 : 40;
    private static readonly int ENameTooLong = IsMac ? 63 : 36;
    private static readonly int AtFolder = IsMac ? -2 : -100;
    private static readonly int AtNoFollow = IsMac ? 0x20 : 0x100;
    private static readonly int AtRemoveFolder = IsMac ? 0x80 : 0x200;
    private static readonly int AtEmptyPath = 0x1000;

    /// <summary>Whether the system has these calls.</summary>
    public static bool AreSupported { get; } = (OperatingSystem.IsLinux() || IsMac) && CanStat();

    /// <summary>Whether a file can be created in an open folder.</summary>
    // On macOS the mode is passed in a way that .NET does not support.
    public static bool CanCreate => !IsMac;

    /// <summary>The user whose permissions apply to files.</summary>
    public static uint EffectiveUser => GetEUid();

    /// <summary>Opens a top folder; links are followed.</summary>
    public static SafeFileHandle OpenTop(string path)
    {
        int descriptor = Repeat(() => OpenAt(AtFolder, path, SearchOnly | Directory | CloseOnExec, 0));
        return descriptor >= 0 ? new SafeFileHandle(descriptor, ownsHandle: true) : throw Error(LastError(), path, isFolder: true);
    }

    /// <summary>Opens a folder in another one, unless it is a link.</summary>
    /// <param name="folder">The parent folder.</param>
    /// <param name="name">Its name.</param>
    /// <param name="path">Its path, for errors.</param>
    public static SafeFileHandle OpenFolder(SafeFileHandle folder, string name, string path) =>
        TryOpenFolder(folder, name, path) ?? throw Error(Enoent, path, isFolder: true);

    /// <summary>The same as <see cref="OpenFolder"/>; null if it does not exist.</summary>
    public static SafeFileHandle? TryOpenFolder(SafeFileHandle folder, string name, string path)
    {
        int descriptor = Repeat(() => OpenAt(folder, name, SearchOnly | Directory | NoFollow | CloseOnExec, 0));
        if (descriptor >= 0)
            return new SafeFileHandle(descriptor, ownsHandle: true);
        int error = LastError();
        if (error == Enoent)
            return null;
        if (error == ELoop || (error == Enotdir && Find(folder, name) is { Kind: FileKind.Link }))
            throw new UnsafeFileException(path, isLink: true);
        throw Error(error, path, isFolder: true);
    }

    /// <summary>Opens a file in a folder, or creates a new one; no link is followed, and nothing blocks.</summary>
    /// <returns>Null if it does not exist, or exists and must not.</returns>
    public static SafeFileHandle? OpenFile(SafeFileHandle folder, string name, string path, FileAccess access, bool isNew, UnixFileMode mode, out FileNode? node)
    {
        int flags = AccessFlags(access) | NoFollow | NonBlocking | CloseOnExec | LargeFile | (isNew ? CreateNew : 0);
        int descriptor = Repeat(() => OpenAt(folder, name, flags, (int)mode));
        return Check(descriptor, path, isNew ? Eexist : Enoent, out node);
    }

    /// <summary>
    /// Opens an existing file in one step, with the same rules as <see cref="OpenFile"/> from folder to folder.
    /// </summary>
    /// <param name="folder">The open top folder.</param>
    /// <param name="top">Its path.</param>
    /// <param name="path">The file's path, below it.</param>
    /// <param name="access">The access needed.</param>
    /// <param name="isMissing">Whether it, or a folder in the path, does not exist.</param>
    /// <param name="node">Its metadata.</param>
    /// <returns>
    /// Null if the system does not support it, or the file cannot be opened; opening it step by step tells why.
    /// </returns>
    public static SafeFileHandle? TryOpenAtOnce(
        SafeFileHandle folder, string top, string path, FileAccess access, out bool isMissing, out FileNode? node)
    {
        const int Enosys = 38;
        (isMissing, node) = (false, null);
        if (!CanOpenAtOnce)
            return null;
        int begin = top.Length;
        while (begin < path.Length && path[begin] == '/')
            begin++;
        long[] how = [AccessFlags(access) | NoFollow | NonBlocking | CloseOnExec, 0, ResolveBeneath | ResolveNoLinks];
        string name = path[begin..];
        int descriptor = Repeat(() => (int)OpenAt2(OpenAt2Call, folder, name, how, how.Length * sizeof(long)));
        if (descriptor >= 0)
            return Check(descriptor, path, expected: 0, out node);
        int error = LastError();
        isMissing = error == Enoent;
        if (error == Enosys)
            CanOpenAtOnce = false;
        return null;
    }

    /// <summary>Opens a file for reading, following links; nothing blocks.</summary>
    /// <param name="path">The path.</param>
    /// <param name="kind">Its kind.</param>
    /// <param name="mayBeAny">Whether it may also be a pipe or a device.</param>
    public static SafeFileHandle OpenFollowing(string path, out FileKind kind, bool mayBeAny = false)
    {
        int descriptor = Repeat(() => OpenAt(AtFolder, path, NonBlocking | CloseOnExec | LargeFile, 0));
        SafeFileHandle file = Check(descriptor, path, expected: 0, out FileNode? node, mayBeAny)!;
        kind = node!.Value.Kind;
        return file;
    }

    /// <summary>Reads the beginning of a file that was just opened.</summary>
    /// <param name="file">The file.</param>
    /// <param name="content">The buffer to fill. It may be filled in part.</param>
    /// <returns>Number of bytes read.</returns>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static int ReadBeginning(SafeFileHandle file, byte[] content)
    {
        int count = Repeat(() => (int)ReadBytes(file, content, content.Length));
        return count >= 0 ? count : throw Error(LastError(), "", isFolder: false);
    }

    /// <summary>The metadata of an open file.</summary>
    public static FileNode Stat(SafeFileHandle file)
    {
        byte[] buffer = s_stat ??= new byte[StatBytes];
        int result = Repeat(() => IsMac ? (IsIntel ? FStatIntel(file, buffer) : FStat(file, buffer))
            : StatX(file, "", AtEmptyPath, StatxBasic, buffer));
        return result == 0 ? Read(buffer) : throw Error(LastError(), "", isFolder: false);
    }

    /// <summary>The item with a name in a folder; null if there is none. A link is not followed.</summary>
    public static FileNode? Find(SafeFileHandle folder, string name)
    {
        byte[] buffer = s_stat ??= new byte[StatBytes];
        int result = Repeat(() => IsMac ? (IsIntel ? FStatAtIntel(folder, name, buffer, AtNoFollow) : FStatAt(folder, name, buffer, AtNoFollow))
            : StatX(folder, name, AtNoFollow, StatxBasic, buffer));
        if (result == 0)
            return Read(buffer);
        int error = LastError();
        return error == Enoent ? null : throw Error(error, name, isFolder: false);
    }

    /// <summary>The item at a path; null if there is none. Links in the path are followed, but not a link at its end.</summary>
    public static FileNode? Find(string path)
    {
        if (IsMac)
        {
            using SafeFileHandle folder = OpenTop(Path.GetDirectoryName(path)!);
            return Find(folder, Path.GetFileName(path));
        }

        byte[] buffer = s_stat ??= new byte[StatBytes];
        return Repeat(() => StatX(AtFolder, path, AtNoFollow, StatxBasic, buffer)) == 0 ? Read(buffer) : null;
    }

    /// <summary>A path with all links resolved; null if it does not exist or cannot be resolved.</summary>
    public static string? RealPath(string path)
    {
        byte[] real = ArrayPool<byte>.Shared.Rent(LongestPath);
        try
        {
            return Resolve(path, real) != 0 ? Encoding.UTF8.GetString(real.AsSpan(0, real.AsSpan().IndexOf((byte)0))) : null;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(real);
        }
    }

    /// <summary>Creates a folder in another one; an existing one is kept.</summary>
    public static void MakeFolder(SafeFileHandle folder, string name, string path, UnixFileMode mode)
    {
        if (Repeat(() => MkDirAt(folder, name, (uint)mode)) != 0 && LastError() is var error and not Eexist)
            throw Error(error, path, isFolder: true);
    }

    /// <summary>Makes a rename in a folder survive a power failure, if possible.</summary>
    public static void FlushFolder(string path)
    {
        int descriptor = Repeat(() => OpenAt(AtFolder, path, CloseOnExec, 0));
        if (descriptor < 0)
            return;
        using var folder = new SafeFileHandle(descriptor, ownsHandle: true);
        _ = Repeat(() => FSync(folder));
    }

    /// <summary>Deletes a file or an empty folder by name.</summary>
    public static void Delete(SafeFileHandle folder, string name, string path, bool isFolder)
    {
        if (Repeat(() => UnlinkAt(folder, name, isFolder ? AtRemoveFolder : 0)) != 0)
            throw Error(LastError(), path, isFolder);
    }

    /// <summary>Renames a file; an existing item is overwritten, or an error.</summary>
    public static void Move(SafeFileHandle from, string name, SafeFileHandle to, string newName, string path, bool overwrite)
    {
        if (!overwrite)
        {
            if (Repeat(() => LinkAt(from, name, to, newName, 0)) == 0)
            {
                Delete(from, name, path, isFolder: false);
                return;
            }

            // If the file system does not support several names for a file, there remains a moment in which another file can
            // appear there.
            if (LastError() == Eexist || Find(to, newName) is not null)
                throw Error(Eexist, path, isFolder: false);
        }

        if (Repeat(() => RenameAt(from, name, to, newName)) != 0)
            throw Error(LastError(), path, isFolder: false);
    }

    /// <summary>Gives a file a second, unused name.</summary>
    /// <returns>Whether it has the name; false if the system or the file system does not allow it.</returns>
    public static bool TryHardLink(SafeFileHandle from, string name, SafeFileHandle to, string newName) =>
        Repeat(() => LinkAt(from, name, to, newName, 0)) == 0;

    /// <summary>Creates a symbolic link in a folder, with an unused name.</summary>
    public static void MakeLink(SafeFileHandle folder, string name, string target, string path)
    {
        if (Repeat(() => SymLinkAt(target, folder, name)) != 0)
            throw Error(LastError(), path, isFolder: false);
    }

    /// <summary>The target text of a symbolic link in a folder; null if it is not a link.</summary>
    public static string? ReadLink(SafeFileHandle folder, string name)
    {
        byte[] text = new byte[LongestPath];
        int length = Repeat(() => (int)ReadLinkAt(folder, name, text, text.Length));
        return length < 0 ? null : Encoding.UTF8.GetString(text, 0, length);
    }

    /// <summary>Locks an open file in .NET's way: exclusively, or shared.</summary>
    /// <exception cref="IOException">Another process has locked it; with .NET's error number.</exception>
    public static void Lock(SafeFileHandle file, string path, bool isAlone)
    {
        const int Shared = 1, Alone = 2, AtOnce = 4;
        if (Repeat(() => FLock(file, (isAlone ? Alone : Shared) | AtOnce)) != 0 && LastError() == EWouldBlock)
            throw new IOException($"'{path}' is in use by another process.", EWouldBlock);
    }

    /// <summary>
    /// Makes a system call, and repeats it while a signal interrupts it: user-space and network file systems report that, and
    /// .NET's own timers and debuggers send signals. The number of repeats is limited.
    /// </summary>
    /// <param name="call">The call; a negative result means failure.</param>
    internal static int Repeat(Func<int> call)
    {
        const int Interrupted = 4, MostTimes = 1_000;
        int result = call();
        for (int times = 1; result < 0 && times < MostTimes && LastError() == Interrupted; times++)
            result = call();
        return result;
    }

    /// <summary>Whether Linux is 5.6 or later, as far as known.</summary>
    private static bool CanOpenAtOnce { get; set; } = OperatingSystem.IsLinux() && Environment.Is64BitProcess;

    private static bool IsIntel => RuntimeInformation.ProcessArchitecture == Architecture.X64;

    private static int AccessFlags(FileAccess access) => access switch
    {
        FileAccess.Read => 0,
        FileAccess.Write => 1,
        _ => 2,
    };

    private static SafeFileHandle? Check(int descriptor, string path, int expected, out FileNode? node, bool mayBeAny = false)
    {
        node = null;
        if (descriptor < 0)
        {
            int error = LastError();
            return error == expected ? null
                : error == ELoop ? throw new UnsafeFileException(path, isLink: true)
                : error == Enxio ? throw new UnsafeFileException(path, isLink: false)
                : throw Error(error == Eisdir ? Eacces : error, path, isFolder: false);
        }

        var file = new SafeFileHandle(descriptor, ownsHandle: true);
        try
        {
            FileNode found = Stat(file);
            node = found;
            return found.Kind switch
            {
                FileKind.Regular => file,
                FileKind.Folder => throw Error(Eacces, path, isFolder: false),
                FileKind.Pipe or FileKind.Special when mayBeAny => file,
                var kind => throw new UnsafeFileException(path, isLink: kind == FileKind.Link),
            };
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>The exception that .NET itself would throw.</summary>
    private static Exception Error(int error, string path, bool isFolder) => error switch
    {
        Enoent => isFolder ? new DirectoryNotFoundException($"The folder '{path}' does not exist.") : new FileNotFoundException($"'{path}' is not there.", path),
        Eacces or Eperm => new UnauthorizedAccessException($"Access to the path '{path}' is denied."),
        _ when error == ENameTooLong => new PathTooLongException($"The path '{path}' is too long."),
        _ => new IOException($"{Marshal.GetPInvokeErrorMessage(error)} : '{path}'", error),
    };

    private static FileNode Read(ReadOnlySpan<byte> stat)
    {
        int mode = IsMac ? BinaryPrimitives.ReadUInt16LittleEndian(stat[4..]) : Number16(stat[28..]);
        FileKind kind = (mode & TypeMask) switch
        {
            TypeRegular => FileKind.Regular,
            TypeFolder => FileKind.Folder,
            TypeLink => FileKind.Link,
            TypePipe => FileKind.Pipe,
            _ => FileKind.Special,
        };
        var permissions = (UnixFileMode)(mode & 0xFFF);
        return IsMac
            ? new FileNode(kind, new FileIdentity(Number(stat), BinaryPrimitives.ReadUInt64LittleEndian(stat[8..])),
                BinaryPrimitives.ReadInt64LittleEndian(stat[96..]), Number(stat[16..]), permissions, BinaryPrimitives.ReadUInt16LittleEndian(stat[6..]),
                (BinaryPrimitives.ReadInt64LittleEndian(stat[48..]), Number(stat[56..])))
            : new FileNode(kind, new FileIdentity(((ulong)Number(stat[136..]) << 32) | Number(stat[140..]), MemoryMarshal.Read<ulong>(stat[32..])),
                MemoryMarshal.Read<long>(stat[40..]), Number(stat[20..]), permissions, Number(stat[16..]),
                (MemoryMarshal.Read<long>(stat[112..]), Number(stat[120..])));
    }

    private static uint Number(ReadOnlySpan<byte> bytes) => MemoryMarshal.Read<uint>(bytes);

    private static ushort Number16(ReadOnlySpan<byte> bytes) => MemoryMarshal.Read<ushort>(bytes);

    private static int LastError() => Marshal.GetLastPInvokeError();

    private static bool CanStat()
    {
        try
        {
            byte[] buffer = s_stat ??= new byte[StatBytes];
            return IsMac || StatX(AtFolder, "/", AtNoFollow, StatxBasic, buffer) == 0;
        }
        catch (EntryPointNotFoundException)
        {
            // An old libc.
            return false;
        }
    }

    [DllImport("libc", EntryPoint = "openat", SetLastError = true, BestFitMapping = false, ThrowOnUnmappableChar = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int OpenAt(SafeFileHandle folder, [MarshalAs(UnmanagedType.LPUTF8Str)] string name, int flags, int mode);

    [DllImport("libc", EntryPoint = "openat", SetLastError = true, BestFitMapping = false, ThrowOnUnmappableChar = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int OpenAt(int folder, [MarshalAs(UnmanagedType.LPUTF8Str)] string name, int flags, int mode);

    [DllImport("libc", EntryPoint = "syscall", SetLastError = true, BestFitMapping = false, ThrowOnUnmappableChar = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern long OpenAt2(
        long number, SafeFileHandle folder, [MarshalAs(UnmanagedType.LPUTF8Str)] string path, long[] how, nint size);

    [DllImport("libc", EntryPoint = "statx", SetLastError = true, BestFitMapping = false, ThrowOnUnmappableChar = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int StatX(
        SafeFileHandle folder, [MarshalAs(UnmanagedType.LPUTF8Str)] string name, int flags, uint mask, [Out] byte[] buffer);

    [DllImport("libc", EntryPoint = "statx", SetLastError = true, BestFitMapping = false, ThrowOnUnmappableChar = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int StatX(int folder, [MarshalAs(UnmanagedType.LPUTF8Str)] string name, int flags, uint mask, [Out] byte[] buffer);

    [DllImport("libc", EntryPoint = "fstat", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int FStat(SafeFileHandle file, [Out] byte[] buffer);

    [DllImport("libc", EntryPoint = "fstat$INODE64", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int FStatIntel(SafeFileHandle file, [Out] byte[] buffer);

    [DllImport("libc", EntryPoint = "fstatat", SetLastError = true, BestFitMapping = false, ThrowOnUnmappableChar = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int FStatAt(SafeFileHandle folder, [MarshalAs(UnmanagedType.LPUTF8Str)] string name, [Out] byte[] buffer, int flags);

    [DllImport("libc", EntryPoint = "fstatat$INODE64", SetLastError = true, BestFitMapping = false, ThrowOnUnmappableChar = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int FStatAtIntel(SafeFileHandle folder, [MarshalAs(UnmanagedType.LPUTF8Str)] string name, [Out] byte[] buffer, int flags);

    [DllImport("libc", EntryPoint = "mkdirat", SetLastError = true, BestFitMapping = false, ThrowOnUnmappableChar = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int MkDirAt(SafeFileHandle folder, [MarshalAs(UnmanagedType.LPUTF8Str)] string name, uint mode);

    [DllImport("libc", EntryPoint = "unlinkat", SetLastError = true, BestFitMapping = false, ThrowOnUnmappableChar = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int UnlinkAt(SafeFileHandle folder, [MarshalAs(UnmanagedType.LPUTF8Str)] string name, int flags);

    [DllImport("libc", EntryPoint = "linkat", SetLastError = true, BestFitMapping = false, ThrowOnUnmappableChar = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int LinkAt(
        SafeFileHandle folder, [MarshalAs(UnmanagedType.LPUTF8Str)] string name,
        SafeFileHandle newFolder, [MarshalAs(UnmanagedType.LPUTF8Str)] string newName, int flags);

    [DllImport("libc", EntryPoint = "renameat", SetLastError = true, BestFitMapping = false, ThrowOnUnmappableChar = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int RenameAt(
        SafeFileHandle folder, [MarshalAs(UnmanagedType.LPUTF8Str)] string name,
        SafeFileHandle newFolder, [MarshalAs(UnmanagedType.LPUTF8Str)] string newName);

    [DllImport("libc", EntryPoint = "symlinkat", SetLastError = true, BestFitMapping = false, ThrowOnUnmappableChar = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int SymLinkAt(
        [MarshalAs(UnmanagedType.LPUTF8Str)] string target, SafeFileHandle folder, [MarshalAs(UnmanagedType.LPUTF8Str)] string name);

    [DllImport("libc", EntryPoint = "readlinkat", SetLastError = true, BestFitMapping = false, ThrowOnUnmappableChar = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern nint ReadLinkAt(
        SafeFileHandle folder, [MarshalAs(UnmanagedType.LPUTF8Str)] string name, [Out] byte[] text, nint length);

    [DllImport("libc", EntryPoint = "read", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern nint ReadBytes(SafeFileHandle file, [Out] byte[] content, nint length);

    [DllImport("libc", EntryPoint = "flock", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int FLock(SafeFileHandle file, int operation);

    [DllImport("libc", EntryPoint = "fsync", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int FSync(SafeFileHandle file);

    [DllImport("libc", EntryPoint = "realpath", BestFitMapping = false, ThrowOnUnmappableChar = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern nint Resolve([MarshalAs(UnmanagedType.LPUTF8Str)] string path, [Out] byte[] resolved);

    [DllImport("libc", EntryPoint = "geteuid")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern uint GetEUid();
}

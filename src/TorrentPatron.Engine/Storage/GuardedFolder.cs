using Microsoft.Win32.SafeHandles;

namespace TorrentPatron.Engine.Storage;

/// <summary>
/// A folder below a top folder, with files that must belong to the user: the rules of <see cref="GuardedFile"/> and
/// <see cref="FileOwner"/>, but with a single walk to the folder for all operations in it.
/// </summary>
public sealed class GuardedFolder : IDisposable
{
    private readonly string _top;
    private readonly string _path;
    private readonly SafeFileHandle? _folder;

    private GuardedFolder(string top, string path, SafeFileHandle? folder) => (_top, _path, _folder) = (top, path, folder);

    /// <summary>Opens a folder.</summary>
    /// <param name="top">The top folder, which its owner chose; it may be a link.</param>
    /// <param name="path">That folder, or the absolute path of one below it.</param>
    /// <exception cref="UnsafeFileException">The path is a link, or contains one.</exception>
    /// <exception cref="IOException">The folder cannot be opened.</exception>
    /// <exception cref="UnauthorizedAccessException">Access is denied.</exception>
    public static GuardedFolder Open(string top, string path) =>
        new(top, path, PosixFiles.AreSupported ? GuardedFile.OpenFolder(top, path) : null);

    /// <summary>
    /// Creates a folder and its parents, including the top one; requires both the folder and the top one to belong to the user.
    /// </summary>
    /// <param name="top">The top folder, which its owner chose.</param>
    /// <param name="path">That folder, or the absolute path of one below it.</param>
    /// <param name="permissions">Permissions of new folders.</param>
    /// <exception cref="UnsafeFileException">The path is a link, or contains one.</exception>
    /// <exception cref="WorldWritableException">Everyone can write to one of them.</exception>
    /// <exception cref="IOException">The folder cannot be created.</exception>
    /// <exception cref="UnauthorizedAccessException">Access is denied, or it belongs to another user.</exception>
    public static GuardedFolder Make(string top, string path, UnixFileMode permissions)
    {
        if (!PosixFiles.AreSupported)
        {
            MakeTop(top, permissions);
            if (path.Length > top.Length)
                GuardedFile.MakeFolder(top, path, permissions);
            return new GuardedFolder(top, path, null);
        }

        SafeFileHandle folder = OpenOrMakeTop(top, permissions);
        try
        {
            FileOwner.RequireFolder(top, folder, top);
        }
        catch
        {
            folder.Dispose();
            throw;
        }

        if (path.Length <= top.Length)
            return new GuardedFolder(top, path, folder);
        folder = GuardedFile.OpenFolder(folder, top, path, isMade: true, permissions);
        try
        {
            FileOwner.RequireFolder(top, folder, path);
            return new GuardedFolder(top, path, folder);
        }
        catch
        {
            folder.Dispose();
            throw;
        }
    }

    /// <summary>Opens or creates a file in the folder that must belong to the user.</summary>
    /// <param name="name">The file's name.</param>
    /// <param name="mode">Open, OpenOrCreate or CreateNew.</param>
    /// <param name="access">The access needed.</param>
    /// <param name="share">The access that others may have meanwhile, as in <see cref="GuardedFile"/>.</param>
    /// <param name="permissions">Permissions of a new file, before the process's umask.</param>
    /// <exception cref="UnsafeFileException">It is a link, or neither a file nor a folder.</exception>
    /// <exception cref="IOException">The file cannot be opened.</exception>
    /// <exception cref="UnauthorizedAccessException">Access is denied, it is a folder, or it belongs to another user.</exception>
    public SafeFileHandle OpenFile(string name, FileMode mode, FileAccess access, FileShare share, UnixFileMode permissions)
    {
        string path = Path.Join(_path, name);
        FileNode? node;
        SafeFileHandle? file = _folder is { } folder
            ? GuardedFile.OpenIn(folder, path, mode, access, share, permissions, isMissing: false, out node)
            : GuardedFile.Open(_top, path, mode, access, share, permissions, needsFolder: true, out node);
        return file is null
            ? throw new FileNotFoundException($"'{path}' does not exist.", path)
            : Own(_top, file, node, path, access);
    }

    /// <summary>Opens a file below a top folder that must belong to the user.</summary>
    /// <param name="top">That folder; it may be a link.</param>
    /// <param name="path">The file's absolute path, below it.</param>
    /// <param name="mode">Open, OpenOrCreate or CreateNew.</param>
    /// <param name="access">The access needed.</param>
    /// <param name="share">The access that others may have meanwhile, as in <see cref="GuardedFile"/>.</param>
    /// <param name="permissions">Permissions of a new file, before the process's umask.</param>
    /// <param name="needsFolder">Whether it is an error if the file's folder does not exist either.</param>
    /// <returns>The file; null if it does not exist and is not to be created.</returns>
    /// <exception cref="UnsafeFileException">The path is a link, or contains one; or it is neither a file nor a folder.</exception>
    /// <exception cref="IOException">The file cannot be opened.</exception>
    /// <exception cref="UnauthorizedAccessException">Access is denied, it is a folder, or it belongs to another user.</exception>
    public static SafeFileHandle? OpenFile(
        string top, string path, FileMode mode, FileAccess access, FileShare share, UnixFileMode permissions, bool needsFolder) =>
        GuardedFile.Open(top, path, mode, access, share, permissions, needsFolder, out FileNode? node) is { } file
            ? Own(top, file, node, path, access)
            : null;

    /// <summary>
    /// Reads a user's file below a folder that its owner has chosen. Other programs may write, rename or delete it meanwhile.
    /// </summary>
    /// <param name="top">The chosen folder; it may be a link.</param>
    /// <param name="path">The file's absolute path, below that folder.</param>
    /// <param name="maxBytes">The maximum length in bytes.</param>
    /// <param name="stamp">The file's identity, length and time when it was read, to recognise it later.</param>
    /// <returns>The file's bytes; null if it does not exist.</returns>
    /// <exception cref="InvalidDataException">The file is longer.</exception>
    /// <exception cref="UnsafeFileException">The path is or passes through a link, or is neither a file nor a folder.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">The file may not be read, is a folder, or belongs to someone
    /// else.</exception>
    public static byte[]? ReadFile(string top, string path, int maxBytes, out FileStamp stamp)
    {
        stamp = default;
        using SafeFileHandle? file = GuardedFile.Open(
            top, path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, permissions: null, needsFolder: false, out FileNode? node);
        if (file is null)
            return null;
        FileOwner.Require(top, node, path, isWritten: false);
        bool isKnown = PosixFiles.AreSupported && node is not null;
        stamp = isKnown
            ? new FileStamp(node!.Value.Length, TimeOf(node.Value.LastWrite))
            : new FileStamp(RandomAccess.GetLength(file), File.GetLastWriteTimeUtc(file));
        if (stamp.Length > maxBytes)
            throw new InvalidDataException("it is too large");
        byte[] content = new byte[stamp.Length];
        int read = isKnown ? PosixFiles.ReadBeginning(file, content) : 0;
        while (read < content.Length && RandomAccess.Read(file, content.AsSpan(read), read) is > 0 and var count)
            read += count;
        return read == content.Length ? content : content[..read];
    }

    /// <summary>Renames a file within the folder.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="newName">The new name; a file with that name is replaced.</param>
    /// <exception cref="UnsafeFileException">It is a link.</exception>
    /// <exception cref="IOException">It cannot be renamed.</exception>
    /// <exception cref="UnauthorizedAccessException">Access is denied.</exception>
    public void Replace(string name, string newName)
    {
        (string path, string newPath) = (Path.Join(_path, name), Path.Join(_path, newName));
        if (_folder is { } folder)
            GuardedFile.MoveIn(folder, path, folder, newPath, seen: null, overwrite: true);
        else
            GuardedFile.Move(_top, path, _top, newPath, overwrite: true);
    }

    /// <summary>Deletes the file or link with a name.</summary>
    /// <param name="name">Its name.</param>
    /// <exception cref="IOException">It cannot be deleted.</exception>
    /// <exception cref="UnauthorizedAccessException">Access is denied.</exception>
    public void Delete(string name)
    {
        string path = Path.Join(_path, name);
        if (_folder is { } folder)
            GuardedFile.DeleteIn(folder, path, seen: null);
        else
            GuardedFile.Delete(_top, path);
    }

    /// <inheritdoc/>
    public void Dispose() => _folder?.Dispose();

    /// <summary>A file time as .NET represents it.</summary>
    private static DateTime TimeOf((long Seconds, uint Nanoseconds) moment) =>
        DateTime.UnixEpoch.AddTicks((moment.Seconds * TimeSpan.TicksPerSecond) + (moment.Nanoseconds / TimeSpan.NanosecondsPerTick));

    private static SafeFileHandle Own(string top, SafeFileHandle file, FileNode? node, string path, FileAccess access)
    {
        try
        {
            FileOwner.Require(top, node, path, isWritten: access != FileAccess.Read);
            return file;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    private static SafeFileHandle OpenOrMakeTop(string top, UnixFileMode permissions)
    {
        try
        {
            return PosixFiles.OpenTop(top);
        }
        catch (DirectoryNotFoundException)
        {
            MakeTop(top, permissions);
            return PosixFiles.OpenTop(top);
        }
    }

    private static void MakeTop(string top, UnixFileMode permissions)
    {
        if (OperatingSystem.IsWindows())
            Directory.CreateDirectory(top);
        else
            Directory.CreateDirectory(top, permissions);
    }
}

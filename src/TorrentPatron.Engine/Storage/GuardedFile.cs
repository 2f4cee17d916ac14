using Microsoft.Win32.SafeHandles;

namespace TorrentPatron.Engine.Storage;

/// <summary>
/// Access to files and folders below a top folder, by paths that others may change at any moment: no link below that folder is
/// followed, only regular files are opened, nothing waits for the other end of a pipe, and the item that is deleted or moved is
/// the one that was examined. All that TorrentPatron reads and writes below a destination or a state folder goes through here.
/// </summary>
/// <remarks>
/// On Linux and macOS each folder is opened from its parent, so there is no gap between examining and acting. Elsewhere
/// <see cref="PortableFiles"/> comes as close to that as the system allows.
/// </remarks>
public static class GuardedFile
{
    /// <summary>The retries if someone else creates or deletes the file between two steps.</summary>
    private const int MostAttempts = 10;

    private const UnixFileMode ForAll =
        UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.OtherRead | UnixFileMode.OtherWrite;

    private const UnixFileMode FolderForAll = ForAll | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    /// <summary>Opens a file.</summary>
    /// <param name="top">The top folder, which its owner chose; it may be a link.</param>
    /// <param name="path">The file's absolute path, below that folder.</param>
    /// <param name="mode">Open, OpenOrCreate or CreateNew.</param>
    /// <param name="access">The access needed.</param>
    /// <param name="share">
    /// The access that others may have meanwhile. On Unix the file is locked, for programs that honour locks, unless they may
    /// delete it.
    /// </param>
    /// <param name="permissions">Permissions of a new file, before the process's umask; null means all.</param>
    /// <exception cref="UnsafeFileException">The path is a link, or contains one; or it is neither a file nor a folder.</exception>
    /// <exception cref="IOException">The file cannot be opened.</exception>
    /// <exception cref="UnauthorizedAccessException">Access is denied, or it is a folder.</exception>
    public static SafeFileHandle Open(
        string top, string path, FileMode mode, FileAccess access, FileShare share = FileShare.ReadWrite | FileShare.Delete,
        UnixFileMode? permissions = null)
    {
        return Open(top, path, mode, access, share, permissions, needsFolder: true, out _)
            ?? throw new FileNotFoundException($"'{path}' does not exist.", path);
    }

    /// <summary>
    /// The same as <see cref="Open(string, string, FileMode, FileAccess, FileShare, UnixFileMode?)"/>, for a file that may be
    /// missing.
    /// </summary>
    /// <returns>
    /// The file; null if it does not exist and is not to be created. If its folder does not exist either, that is an error if the
    /// folder is needed.
    /// </returns>
    /// <inheritdoc cref="Open(string, string, FileMode, FileAccess, FileShare, UnixFileMode?)" path="/exception"/>
    internal static SafeFileHandle? Open(
        string top, string path, FileMode mode, FileAccess access, FileShare share, UnixFileMode? permissions, bool needsFolder,
        out FileNode? node)
    {
        top = StorageRoots.Top(top);
        if (!PosixFiles.AreSupported)
            return OpenPortably(top, path, mode, access, share, permissions, out node);

        SafeFileHandle topFolder = PosixFiles.OpenTop(top);
        bool isMissing = false;
        try
        {
            if (mode != FileMode.CreateNew && PosixFiles.TryOpenAtOnce(topFolder, top, path, access, out isMissing, out node) is { } there)
            {
                topFolder.Dispose();
                return Locked(there, path, access, share);
            }

            if (isMissing && mode == FileMode.Open && !needsFolder)
            {
                node = null;
                topFolder.Dispose();
                return null;
            }
        }
        catch
        {
            topFolder.Dispose();
            throw;
        }

        using SafeFileHandle folder = OpenFolder(topFolder, top, Path.GetDirectoryName(path)!, isMade: false, default);
        return OpenIn(folder, path, mode, access, share, permissions, isMissing, out node);
    }

    /// <summary>Opens a file in an open folder; <c>isMissing</c> says that it did not exist a moment ago.</summary>
    /// <returns>The file; null if it does not exist and is not to be created.</returns>
    internal static SafeFileHandle? OpenIn(
        SafeFileHandle folder, string path, FileMode mode, FileAccess access, FileShare share, UnixFileMode? permissions, bool isMissing,
        out FileNode? node)
    {
        string name = Path.GetFileName(path);
        for (int attempt = 0; attempt < MostAttempts; attempt++)
        {
            SafeFileHandle? file = null;
            node = null;
            if (mode != FileMode.CreateNew && !isMissing)
                file = PosixFiles.OpenFile(folder, name, path, access, isNew: false, default, out node);
            isMissing = false;
            if (file is null && mode == FileMode.Open)
                return null;
            file ??= PosixFiles.CanCreate
                ? PosixFiles.OpenFile(folder, name, path, access, isNew: true, permissions ?? ForAll, out node)
                : MakeByPath(folder, name, path, access, permissions, out node);
            if (file is not null)
                return Locked(file, path, access, share);
            if (mode == FileMode.CreateNew)
                break;
        }

        throw new IOException($"'{path}' already exists.");
    }

    private static SafeFileHandle? OpenPortably(
        string top, string path, FileMode mode, FileAccess access, FileShare share, UnixFileMode? permissions, out FileNode? node)
    {
        try
        {
            SafeFileHandle file = PortableFiles.Open(top, path, mode, access, share, permissions);
            node = PortableFiles.Stat(file);
            return file;
        }
        catch (FileNotFoundException)
        {
            node = null;
            return null;
        }
    }

    /// <summary>
    /// The same as <see cref="Open(string, string, FileMode, FileAccess, FileShare, UnixFileMode?)"/>; creates missing folders,
    /// including the top one.
    /// </summary>
    /// <inheritdoc cref="Open(string, string, FileMode, FileAccess, FileShare, UnixFileMode?)" path="/param"/>
    /// <inheritdoc cref="Open(string, string, FileMode, FileAccess, FileShare, UnixFileMode?)" path="/exception"/>
    public static SafeFileHandle OpenOrMake(string top, string path, FileMode mode, FileAccess access)
    {
        try
        {
            return Open(top, path, mode, access);
        }
        catch (DirectoryNotFoundException)
        {
            MakeTop(top);
            MakeFolder(top, Path.GetDirectoryName(path)!);
            return Open(top, path, mode, access);
        }
    }

    /// <summary>Opens a file that its owner has named for reading, following links.</summary>
    /// <param name="path">The file's path.</param>
    /// <exception cref="UnsafeFileException">It is neither a file nor a folder.</exception>
    /// <inheritdoc cref="Open(string, string, FileMode, FileAccess, FileShare, UnixFileMode?)" path="/exception"/>
    public static SafeFileHandle OpenFollowing(string path) => PosixFiles.AreSupported
        ? PosixFiles.OpenFollowing(path, out _)
        : PortableFiles.OpenFollowing(path);

    /// <summary>
    /// Opens any item that its owner has named for reading, following links. Pipes are opened without waiting; while one is
    /// empty, reading reports that it would block.
    /// </summary>
    /// <param name="path">The path.</param>
    /// <param name="isPipe">Whether it is a pipe, which someone may write to later.</param>
    /// <param name="isSpecial">Whether it is a pipe or a device.</param>
    /// <exception cref="IOException">It cannot be opened.</exception>
    /// <exception cref="UnauthorizedAccessException">Access is denied, or it is a folder.</exception>
    public static SafeFileHandle OpenAny(string path, out bool isPipe, out bool isSpecial)
    {
        (isPipe, isSpecial) = (false, false);
        if (!PosixFiles.AreSupported)
            return PortableFiles.OpenFollowing(path);
        SafeFileHandle file = PosixFiles.OpenFollowing(path, out FileKind kind, mayBeAny: true);
        (isPipe, isSpecial) = (kind == FileKind.Pipe, kind != FileKind.Regular);
        return file;
    }

    /// <summary>The identity of an open file; null if the system does not provide it.</summary>
    /// <param name="file">The file.</param>
    public static FileIdentity? IdentityOf(SafeFileHandle file) =>
        PosixFiles.AreSupported ? PosixFiles.Stat(file).Identity : PortableFiles.Stat(file)?.Identity;

    /// <summary>Creates a folder and its parents, up to an existing top folder; existing folders are kept.</summary>
    /// <param name="top">That folder.</param>
    /// <param name="path">The folder's absolute path, below it.</param>
    /// <param name="permissions">Permissions of new folders, before the process's umask; null means all.</param>
    /// <exception cref="UnsafeFileException">The path is a link, or contains one.</exception>
    /// <exception cref="IOException">The folder cannot be created.</exception>
    /// <exception cref="UnauthorizedAccessException">Access is denied.</exception>
    public static void MakeFolder(string top, string path, UnixFileMode? permissions = null)
    {
        top = StorageRoots.Top(top);
        if (!PosixFiles.AreSupported)
            PortableFiles.MakeFolder(top, path, permissions);
        else
            OpenFolder(top, path, isMade: true, permissions ?? FolderForAll).Dispose();
    }

    /// <summary>
    /// Creates a top folder and its parents; existing folders are kept. Links are followed, but not below a root.
    /// </summary>
    /// <param name="top">Its absolute path.</param>
    /// <exception cref="UnsafeFileException">Below a root, the path is a link or contains one.</exception>
    /// <exception cref="IOException">The folder cannot be created.</exception>
    /// <exception cref="UnauthorizedAccessException">Access is denied.</exception>
    internal static void MakeTop(string top)
    {
        if (StorageRoots.Of(top) is { } root && root.Length < Path.TrimEndingDirectorySeparator(top).Length)
            MakeFolder(root, top);
        else
            Directory.CreateDirectory(top);
    }

    /// <summary>Opens a torrent's file behind a link for reading; below a root no link is followed.</summary>
    /// <param name="path">The link's path.</param>
    /// <exception cref="UnsafeFileException">It is neither a file nor a folder, or is below a root.</exception>
    /// <inheritdoc cref="Open(string, string, FileMode, FileAccess, FileShare, UnixFileMode?)" path="/exception"/>
    internal static SafeFileHandle OpenLinked(string path) =>
        StorageRoots.Of(path) is null ? OpenFollowing(path) : throw new UnsafeFileException(path, isLink: true);

    /// <summary>Whether there is any accessible item at a path. Links in the path are followed.</summary>
    /// <param name="path">An absolute path.</param>
    public static bool Exists(string path) => Look(path) is not null;

    /// <summary>The item at a path; null if there is none, or it cannot be examined. Links in the path are followed.</summary>
    /// <param name="path">An absolute path.</param>
    internal static FileNode? Look(string path)
    {
        try
        {
            return PosixFiles.AreSupported ? PosixFiles.Find(path) : PortableFiles.Find(Path.GetDirectoryName(path)!, path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>The item at a path; null if there is none.</summary>
    /// <param name="top">The top folder, which its owner chose.</param>
    /// <param name="path">An absolute path, below that folder.</param>
    /// <exception cref="UnsafeFileException">The path contains a link.</exception>
    /// <exception cref="IOException">It cannot be examined, or a folder in the path is missing.</exception>
    /// <exception cref="UnauthorizedAccessException">Access is denied.</exception>
    internal static FileNode? Find(string top, string path)
    {
        top = StorageRoots.Top(top);
        if (!PosixFiles.AreSupported)
            return PortableFiles.Find(top, path);
        using SafeFileHandle folder = OpenParent(top, path);
        return PosixFiles.Find(folder, Path.GetFileName(path));
    }

    /// <summary>The metadata of an open file; null if the system does not provide it.</summary>
    internal static FileNode? Stat(SafeFileHandle file) => PosixFiles.AreSupported ? PosixFiles.Stat(file) : PortableFiles.Stat(file);

    /// <summary>Deletes the file or link at a path.</summary>
    /// <param name="top">The top folder, which its owner chose.</param>
    /// <param name="path">The file's absolute path, below that folder.</param>
    /// <exception cref="UnsafeFileException">The path contains a link.</exception>
    /// <exception cref="IOException">It cannot be deleted, or is a different file now.</exception>
    /// <exception cref="UnauthorizedAccessException">Access is denied.</exception>
    public static void Delete(string top, string path) => Delete(top, path, seen: null);

    /// <summary>Deletes a file if it is the one that was seen; null deletes any file or link.</summary>
    /// <exception cref="IOException">It cannot be deleted, or is a different file now.</exception>
    internal static void Delete(string top, string path, FileNode? seen)
    {
        top = StorageRoots.Top(top);
        if (!PosixFiles.AreSupported)
        {
            PortableFiles.Delete(top, path, node => Require(node, seen, path));
            return;
        }

        using SafeFileHandle folder = OpenParent(top, path);
        DeleteIn(folder, path, seen);
    }

    /// <summary>The same as <see cref="Delete(string, string, FileNode?)"/>, in an open folder.</summary>
    internal static void DeleteIn(SafeFileHandle folder, string path, FileNode? seen)
    {
        string name = Path.GetFileName(path);
        if (PosixFiles.Find(folder, name) is not { } node)
            return;
        Require(node, seen, path);
        PosixFiles.Delete(folder, name, path, isFolder: false);
    }

    /// <summary>Gives a file a second name at an unused path, and creates missing folders.</summary>
    /// <param name="top">The top folder, which its owner chose.</param>
    /// <param name="path">The file's absolute path, below that folder.</param>
    /// <param name="newTop">The top folder of the new name.</param>
    /// <param name="newPath">The absolute path of the new name.</param>
    /// <returns>Whether it has the new name; false if the system or the file system does not allow it.</returns>
    /// <exception cref="UnsafeFileException">The path contains a link, or the file is one.</exception>
    /// <exception cref="IOException">The file cannot be opened, or a folder cannot be created.</exception>
    /// <exception cref="UnauthorizedAccessException">Access is denied.</exception>
    internal static bool TryHardLink(string top, string path, string newTop, string newPath)
    {
        MakeTop(newTop);
        MakeFolder(newTop, Path.GetDirectoryName(newPath)!);
        using SafeFileHandle file = Open(top, path, FileMode.Open, FileAccess.Read);
        if (!TryHardLink(StorageRoots.Top(top), path, StorageRoots.Top(newTop), newPath))
            return false;
        using (SafeFileHandle made = Open(newTop, newPath, FileMode.Open, FileAccess.Read))
        {
            if (IdentityOf(made) is { } identity && identity == IdentityOf(file))
                return true;
        }

        // Someone has just put another file there.
        Delete(newTop, newPath);
        return false;

        static bool TryHardLink(string top, string path, string newTop, string newPath)
        {
            if (!PosixFiles.AreSupported)
                return OperatingSystem.IsWindows() && WindowsFiles.TryHardLink(path, newPath);
            using SafeFileHandle from = OpenParent(top, path);
            using SafeFileHandle to = OpenParent(newTop, newPath);
            return PosixFiles.TryHardLink(from, Path.GetFileName(path), to, Path.GetFileName(newPath));
        }
    }

    /// <summary>Creates a symbolic link at an unused path, and missing folders.</summary>
    /// <param name="top">The top folder, which its owner chose.</param>
    /// <param name="path">The link's absolute path, below that folder.</param>
    /// <param name="target">Its target text: a path relative to its own folder.</param>
    /// <param name="isFolder">Whether the target is a folder, which matters on Windows.</param>
    /// <exception cref="UnsafeFileException">The path contains a link.</exception>
    /// <exception cref="IOException">The link cannot be created, or an item exists there.</exception>
    /// <exception cref="UnauthorizedAccessException">Access is denied.</exception>
    internal static void MakeLink(string top, string path, string target, bool isFolder)
    {
        MakeTop(top);
        MakeFolder(top, Path.GetDirectoryName(path)!);
        top = StorageRoots.Top(top);
        if (!PosixFiles.AreSupported)
        {
            PortableFiles.MakeLink(top, path, target, isFolder);
            return;
        }

        using SafeFileHandle folder = OpenParent(top, path);
        PosixFiles.MakeLink(folder, Path.GetFileName(path), target, path);
    }

    /// <summary>A symbolic link's target text; null if it is not a link.</summary>
    /// <param name="top">The top folder, which its owner chose.</param>
    /// <param name="path">The link's absolute path, below that folder.</param>
    /// <exception cref="UnsafeFileException">The path contains a link.</exception>
    /// <exception cref="IOException">It cannot be examined, or a folder in the path is missing.</exception>
    /// <exception cref="UnauthorizedAccessException">Access is denied.</exception>
    internal static string? ReadLink(string top, string path)
    {
        top = StorageRoots.Top(top);
        if (!PosixFiles.AreSupported)
            return PortableFiles.ReadLink(top, path);
        using SafeFileHandle folder = OpenParent(top, path);
        return PosixFiles.ReadLink(folder, Path.GetFileName(path));
    }

    /// <summary>Deletes a symbolic link if it has the expected target text; never the target itself.</summary>
    /// <param name="top">The top folder, which its owner chose.</param>
    /// <param name="path">The link's absolute path, below that folder.</param>
    /// <param name="target">The expected target text.</param>
    /// <returns>Whether the link existed.</returns>
    /// <exception cref="UnsafeFileException">The path contains a link.</exception>
    /// <exception cref="IOException">It cannot be deleted; a folder in the path is missing.</exception>
    /// <exception cref="UnauthorizedAccessException">Access is denied.</exception>
    internal static bool DeleteLink(string top, string path, string target)
    {
        if (ReadLink(top, path) != target)
            return false;
        top = StorageRoots.Top(top);
        if (!PosixFiles.AreSupported)
        {
            PortableFiles.Delete(top, path, node => RequireLink(node, path));
            return true;
        }

        using SafeFileHandle folder = OpenParent(top, path);
        if (PosixFiles.Find(folder, Path.GetFileName(path)) is not { } found)
            return false;
        RequireLink(found, path);
        PosixFiles.Delete(folder, Path.GetFileName(path), path, isFolder: false);
        return true;
    }

    /// <summary>Deletes an empty folder.</summary>
    /// <param name="top">The top folder, which its owner chose.</param>
    /// <param name="path">The folder's absolute path, below that one.</param>
    /// <exception cref="UnsafeFileException">The path contains a link.</exception>
    /// <exception cref="IOException">It is not empty, is a link, or cannot be deleted.</exception>
    /// <exception cref="UnauthorizedAccessException">Access is denied.</exception>
    public static void DeleteFolder(string top, string path)
    {
        top = StorageRoots.Top(top);
        if (!PosixFiles.AreSupported)
        {
            PortableFiles.DeleteFolder(top, path);
            return;
        }

        using SafeFileHandle folder = OpenParent(top, path);
        PosixFiles.Delete(folder, Path.GetFileName(path), path, isFolder: true);
    }

    /// <summary>Renames a file within its volume.</summary>
    /// <param name="top">The top folder of the file, which its owner chose.</param>
    /// <param name="path">The file's path.</param>
    /// <param name="newTop">The top folder of the new path.</param>
    /// <param name="newPath">The new path, in an existing folder.</param>
    /// <param name="overwrite">Whether to replace an existing file.</param>
    /// <exception cref="UnsafeFileException">The file is a link, or a path contains one.</exception>
    /// <exception cref="IOException">
    /// It cannot be renamed, is a different file now, or an item exists at the new path.
    /// </exception>
    /// <exception cref="UnauthorizedAccessException">Access is denied.</exception>
    public static void Move(string top, string path, string newTop, string newPath, bool overwrite = false) =>
        Move(top, path, newTop, newPath, seen: null, overwrite);

    /// <summary>Renames a file within its volume if it is the one that was seen; null renames any file.</summary>
    /// <exception cref="IOException">
    /// It cannot be renamed, is a different file now, or an item exists at the new path.
    /// </exception>
    internal static void Move(string top, string path, string newTop, string newPath, FileNode? seen, bool overwrite = false)
    {
        (top, newTop) = (StorageRoots.Top(top), StorageRoots.Top(newTop));
        if (!PosixFiles.AreSupported)
        {
            PortableFiles.Move(top, path, newTop, newPath, overwrite, node => Require(node, seen, path));
            return;
        }

        using SafeFileHandle from = OpenParent(top, path);
        bool isSameFolder = newTop == top && Path.GetDirectoryName(newPath) == Path.GetDirectoryName(path);
        using SafeFileHandle? other = isSameFolder ? null : OpenParent(newTop, newPath);
        MoveIn(from, path, other ?? from, newPath, seen, overwrite);
    }

    /// <summary>The same as <see cref="Move(string, string, string, string, FileNode?, bool)"/>, between open folders.</summary>
    internal static void MoveIn(SafeFileHandle from, string path, SafeFileHandle to, string newPath, FileNode? seen, bool overwrite)
    {
        string name = Path.GetFileName(path);
        FileNode node = PosixFiles.Find(from, name) ?? throw new FileNotFoundException($"'{path}' does not exist.", path);
        if (node.Kind != FileKind.Regular)
            throw new UnsafeFileException(path, node.Kind == FileKind.Link);
        Require(node, seen, path);
        PosixFiles.Move(from, name, to, Path.GetFileName(newPath), newPath, overwrite);
    }

    /// <summary>Makes a rename in a folder survive a power failure. Windows needs, and has, no such call.</summary>
    /// <param name="path">The folder.</param>
    public static void FlushFolder(string path)
    {
        if (!OperatingSystem.IsWindows())
            PosixFiles.FlushFolder(path);
    }

    /// <summary>Opens a folder, to examine it and its contents.</summary>
    internal static SafeFileHandle OpenFolder(string top, string path) => OpenFolder(StorageRoots.Top(top), path, isMade: false, default);

    /// <summary>The names from a top folder down to a path.</summary>
    internal static string[] Elements(string top, string path) =>
        path[top.Length..].Split([Path.DirectorySeparatorChar, Path.AltDirectorySeparatorChar], StringSplitOptions.RemoveEmptyEntries);

    private static SafeFileHandle OpenParent(string top, string path) =>
        OpenFolder(top, Path.GetDirectoryName(path)!, isMade: false, default);

    internal static SafeFileHandle OpenFolder(string top, string path, bool isMade, UnixFileMode permissions) =>
        OpenFolder(PosixFiles.OpenTop(top), top, path, isMade, permissions);

    /// <summary>Opens a folder below another open one, which is closed.</summary>
    internal static SafeFileHandle OpenFolder(SafeFileHandle folder, string top, string path, bool isMade, UnixFileMode permissions)
    {
        try
        {
            if (path.Length <= top.Length)
                return folder;
            string at = top;
            foreach (string name in Elements(top, path))
            {
                at = Path.Join(at, name);
                SafeFileHandle? next = isMade ? PosixFiles.TryOpenFolder(folder, name, at) : PosixFiles.OpenFolder(folder, name, at);
                if (next is null)
                {
                    PosixFiles.MakeFolder(folder, name, at, permissions);
                    next = PosixFiles.OpenFolder(folder, name, at);
                }

                folder.Dispose();
                folder = next;
            }

            return folder;
        }
        catch
        {
            folder.Dispose();
            throw;
        }
    }

    /// <summary>Creates a file by its path, if it cannot be created from its open folder, and verifies its location.</summary>
    private static SafeFileHandle? MakeByPath(SafeFileHandle folder, string name, string path, FileAccess access, UnixFileMode? permissions, out FileNode? node)
    {
        node = null;
        if (PosixFiles.Find(folder, name) is not null)
            return null;
        SafeFileHandle file = PortableFiles.Make(path, access, FileShare.ReadWrite | FileShare.Delete, permissions);
        node = PosixFiles.Stat(file);
        if (PosixFiles.Find(folder, name)?.Identity == node?.Identity)
            return file;
        file.Dispose();
        throw new UnsafeFileException(path, isLink: true);
    }

    /// <summary>
    /// Locks a file, unless others may even delete it: anyone who can read a file could otherwise lock it and keep us from it for
    /// ever. A file to be written is locked exclusively or not at all, like in .NET: a shared lock prevents its own owner from
    /// writing on CIFS, and has no effect on NFS.
    /// </summary>
    private static SafeFileHandle Locked(SafeFileHandle file, string path, FileAccess access, FileShare share)
    {
        if (share.HasFlag(FileShare.Delete) || (share != FileShare.None && access.HasFlag(FileAccess.Write)))
            return file;
        try
        {
            PosixFiles.Lock(file, path, isAlone: share == FileShare.None);
            return file;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    private static void RequireLink(FileNode node, string path)
    {
        if (node.Kind != FileKind.Link)
            throw new IOException($"'{path}' is no longer the link that was checked.");
    }

    private static void Require(FileNode node, FileNode? seen, string path)
    {
        if (seen is { } expected && !node.IsStill(expected))
            throw new IOException($"'{path}' is no longer the file that was checked.");
    }
}

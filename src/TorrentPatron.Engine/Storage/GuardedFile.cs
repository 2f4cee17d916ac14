using Microsoft.Win32.SafeHandles;

namespace TorrentPatron.Engine.Storage;

/// <summary>
/// Files and folders below a folder that its owner has chosen, by paths that somebody else may change at any moment: no link is followed
/// below that folder, only files with bytes in them are opened, nothing waits for the other end of a pipe, and what is deleted or moved is
/// what was looked at. All that TorrentPatron reads and writes below a destination or a state folder goes through here.
/// </summary>
/// <remarks>
/// On Linux and macOS each folder is opened in the one above it, so that there is no moment between looking and acting. Elsewhere
/// <see cref="PortableFiles"/> comes as near to that as the system lets it.
/// </remarks>
public static class GuardedFile
{
    /// <summary>Somebody else may make the file just when it was not there, and delete it just when it was.</summary>
    private const int MostAttempts = 10;

    private const UnixFileMode ForAll =
        UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.OtherRead | UnixFileMode.OtherWrite;

    private const UnixFileMode FolderForAll = ForAll | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    /// <summary>Opens a file.</summary>
    /// <param name="top">The folder that its owner has chosen; it may be a link.</param>
    /// <param name="path">The file's absolute path, below that folder.</param>
    /// <param name="mode">Open, OpenOrCreate or CreateNew.</param>
    /// <param name="access">What for.</param>
    /// <param name="share">What others may do meanwhile. On Unix the file is locked, for those who keep to that, unless they may delete it.</param>
    /// <param name="permissions">Permissions of a file that is made, before the process' umask; null: for all.</param>
    /// <exception cref="UnsafeFileException">A link is there, or on the way; or neither a file nor a folder.</exception>
    /// <exception cref="IOException">It cannot be opened.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be opened, or is a folder.</exception>
    public static SafeFileHandle Open(
        string top, string path, FileMode mode, FileAccess access, FileShare share = FileShare.ReadWrite | FileShare.Delete,
        UnixFileMode? permissions = null)
    {
        return Open(top, path, mode, access, share, permissions, needsFolder: true, out _)
            ?? throw new FileNotFoundException($"'{path}' is not there.", path);
    }

    /// <summary>As <see cref="Open(string, string, FileMode, FileAccess, FileShare, UnixFileMode?)"/>, of a file that may be missing.</summary>
    /// <returns>
    /// The file; null where it is not there and is not to be made. Where its folder is not there either, that is an error if it is needed.
    /// </returns>
    /// <inheritdoc cref="Open(string, string, FileMode, FileAccess, FileShare, UnixFileMode?)" path="/exception"/>
    internal static SafeFileHandle? Open(
        string top, string path, FileMode mode, FileAccess access, FileShare share, UnixFileMode? permissions, bool needsFolder,
        out FileNode? node)
    {
        top = StorageRoots.Top(top);
        if (!PosixFiles.AreThere)
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

    /// <summary>Opens a file in an open folder; <c>isMissing</c> says that it was not there a moment ago.</summary>
    /// <returns>The file; null where it is not there, and is not to be made.</returns>
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

    /// <summary>As <see cref="Open(string, string, FileMode, FileAccess, FileShare, UnixFileMode?)"/>; makes the folders that are missing, the top one too.</summary>
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

    /// <summary>Opens a file for reading wherever links lead: one that its owner has named.</summary>
    /// <param name="path">The file's path.</param>
    /// <exception cref="UnsafeFileException">It is neither a file nor a folder.</exception>
    /// <inheritdoc cref="Open(string, string, FileMode, FileAccess, FileShare, UnixFileMode?)" path="/exception"/>
    public static SafeFileHandle OpenFollowing(string path) => PosixFiles.AreThere
        ? PosixFiles.OpenFollowing(path, out _)
        : PortableFiles.OpenFollowing(path);

    /// <summary>
    /// Opens whatever its owner has named for reading, wherever links lead. A pipe too is opened at once; where nothing is in it yet,
    /// reading says that it would have to wait.
    /// </summary>
    /// <param name="path">The path.</param>
    /// <param name="isPipe">Whether it is a pipe, to which somebody may come to write.</param>
    /// <param name="isSpecial">Whether it is a pipe or a device.</param>
    /// <exception cref="IOException">It cannot be opened.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be opened, or is a folder.</exception>
    public static SafeFileHandle OpenAny(string path, out bool isPipe, out bool isSpecial)
    {
        (isPipe, isSpecial) = (false, false);
        if (!PosixFiles.AreThere)
            return PortableFiles.OpenFollowing(path);
        SafeFileHandle file = PosixFiles.OpenFollowing(path, out FileKind kind, mayBeAny: true);
        (isPipe, isSpecial) = (kind == FileKind.Pipe, kind != FileKind.Regular);
        return file;
    }

    /// <summary>Which file is open; null where the system does not tell.</summary>
    /// <param name="file">The file.</param>
    public static FileIdentity? IdentityOf(SafeFileHandle file) =>
        PosixFiles.AreThere ? PosixFiles.Stat(file).Identity : PortableFiles.Stat(file)?.Identity;

    /// <summary>Makes a folder and those above it, up to one that its owner has chosen, which is there; what is there stays.</summary>
    /// <param name="top">That folder.</param>
    /// <param name="path">The folder's absolute path, below it.</param>
    /// <param name="permissions">Permissions of the folders that are made, before the process' umask; null: for all.</param>
    /// <exception cref="UnsafeFileException">A link is there, or on the way.</exception>
    /// <exception cref="IOException">It cannot be made.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be made.</exception>
    public static void MakeFolder(string top, string path, UnixFileMode? permissions = null)
    {
        top = StorageRoots.Top(top);
        if (!PosixFiles.AreThere)
            PortableFiles.MakeFolder(top, path, permissions);
        else
            OpenFolder(top, path, isMade: true, permissions ?? FolderForAll).Dispose();
    }

    /// <summary>Makes a folder that its owner has chosen, and those above it; what is there stays. Links are followed, but not below a root.</summary>
    /// <param name="top">Its absolute path.</param>
    /// <exception cref="UnsafeFileException">A link is there, or on the way, below a root.</exception>
    /// <exception cref="IOException">It cannot be made.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be made.</exception>
    internal static void MakeTop(string top)
    {
        if (StorageRoots.Of(top) is { } root && root.Length < Path.TrimEndingDirectorySeparator(top).Length)
            MakeFolder(root, top);
        else
            Directory.CreateDirectory(top);
    }

    /// <summary>Opens a file of a torrent's for reading behind a link; below a root no link is followed.</summary>
    /// <param name="path">The link's path.</param>
    /// <exception cref="UnsafeFileException">It is neither a file nor a folder, or lies below a root.</exception>
    /// <inheritdoc cref="Open(string, string, FileMode, FileAccess, FileShare, UnixFileMode?)" path="/exception"/>
    internal static SafeFileHandle OpenLinked(string path) =>
        StorageRoots.Of(path) is null ? OpenFollowing(path) : throw new UnsafeFileException(path, isLink: true);

    /// <summary>Whether anything stands at a path that can be looked at. Links on the way are followed.</summary>
    /// <param name="path">An absolute path.</param>
    public static bool Exists(string path) => Look(path) is not null;

    /// <summary>What stands at a path; null: nothing, or nothing that can be looked at. Links on the way are followed.</summary>
    /// <param name="path">An absolute path.</param>
    internal static FileNode? Look(string path)
    {
        try
        {
            return PosixFiles.AreThere ? PosixFiles.Find(path) : PortableFiles.Find(Path.GetDirectoryName(path)!, path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>What stands at a path; null if there is nothing.</summary>
    /// <param name="top">The folder that its owner has chosen.</param>
    /// <param name="path">An absolute path, below that folder.</param>
    /// <exception cref="UnsafeFileException">A link is on the way.</exception>
    /// <exception cref="IOException">It cannot be looked at; a folder on the way is missing.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be looked at.</exception>
    internal static FileNode? Find(string top, string path)
    {
        top = StorageRoots.Top(top);
        if (!PosixFiles.AreThere)
            return PortableFiles.Find(top, path);
        using SafeFileHandle folder = OpenParent(top, path);
        return PosixFiles.Find(folder, Path.GetFileName(path));
    }

    /// <summary>What is known of an open file; null where the system does not tell.</summary>
    internal static FileNode? Stat(SafeFileHandle file) => PosixFiles.AreThere ? PosixFiles.Stat(file) : PortableFiles.Stat(file);

    /// <summary>Deletes whichever file, or link, is there.</summary>
    /// <param name="top">The folder that its owner has chosen.</param>
    /// <param name="path">The file's absolute path, below that folder.</param>
    /// <exception cref="UnsafeFileException">A link is on the way.</exception>
    /// <exception cref="IOException">It cannot be deleted, or is a different file now.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be deleted.</exception>
    public static void Delete(string top, string path) => Delete(top, path, seen: null);

    /// <summary>Deletes a file, if it is the one that was seen; null: whichever file, or link, is there.</summary>
    /// <exception cref="IOException">It cannot be deleted, or is a different file now.</exception>
    internal static void Delete(string top, string path, FileNode? seen)
    {
        top = StorageRoots.Top(top);
        if (!PosixFiles.AreThere)
        {
            PortableFiles.Delete(top, path, node => Require(node, seen, path));
            return;
        }

        using SafeFileHandle folder = OpenParent(top, path);
        DeleteIn(folder, path, seen);
    }

    /// <summary>As <see cref="Delete(string, string, FileNode?)"/>, in an open folder.</summary>
    internal static void DeleteIn(SafeFileHandle folder, string path, FileNode? seen)
    {
        string name = Path.GetFileName(path);
        if (PosixFiles.Find(folder, name) is not { } node)
            return;
        Require(node, seen, path);
        PosixFiles.Delete(folder, name, path, isFolder: false);
    }

    /// <summary>Gives a file a second name where nothing stands, and makes the folders that are missing.</summary>
    /// <param name="top">The folder that its owner has chosen.</param>
    /// <param name="path">The file's absolute path, below that folder.</param>
    /// <param name="newTop">The folder below which the name is to be.</param>
    /// <param name="newPath">The name's absolute path.</param>
    /// <returns>Whether it has the name; false where the system or the file system does not let us.</returns>
    /// <exception cref="UnsafeFileException">A link is on the way, or in the file's place.</exception>
    /// <exception cref="IOException">The file cannot be opened, or a folder cannot be made.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not.</exception>
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

        // Somebody has put another file there just then.
        Delete(newTop, newPath);
        return false;

        static bool TryHardLink(string top, string path, string newTop, string newPath)
        {
            if (!PosixFiles.AreThere)
                return OperatingSystem.IsWindows() && WindowsFiles.TryHardLink(path, newPath);
            using SafeFileHandle from = OpenParent(top, path);
            using SafeFileHandle to = OpenParent(newTop, newPath);
            return PosixFiles.TryHardLink(from, Path.GetFileName(path), to, Path.GetFileName(newPath));
        }
    }

    /// <summary>Makes a symbolic link where nothing stands, and the folders that are missing.</summary>
    /// <param name="top">The folder that its owner has chosen.</param>
    /// <param name="path">The link's absolute path, below that folder.</param>
    /// <param name="target">What it says: a path from its own folder on.</param>
    /// <param name="isFolder">Whether it leads to a folder, which matters on Windows.</param>
    /// <exception cref="UnsafeFileException">A link is on the way.</exception>
    /// <exception cref="IOException">It cannot be made, or something is there.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be made.</exception>
    internal static void MakeLink(string top, string path, string target, bool isFolder)
    {
        MakeTop(top);
        MakeFolder(top, Path.GetDirectoryName(path)!);
        top = StorageRoots.Top(top);
        if (!PosixFiles.AreThere)
        {
            PortableFiles.MakeLink(top, path, target, isFolder);
            return;
        }

        using SafeFileHandle folder = OpenParent(top, path);
        PosixFiles.MakeLink(folder, Path.GetFileName(path), target, path);
    }

    /// <summary>What a symbolic link says; null means none.</summary>
    /// <param name="top">The folder that its owner has chosen.</param>
    /// <param name="path">The link's absolute path, below that folder.</param>
    /// <exception cref="UnsafeFileException">A link is on the way.</exception>
    /// <exception cref="IOException">It cannot be looked at; a folder on the way is missing.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be looked at.</exception>
    internal static string? ReadLink(string top, string path)
    {
        top = StorageRoots.Top(top);
        if (!PosixFiles.AreThere)
            return PortableFiles.ReadLink(top, path);
        using SafeFileHandle folder = OpenParent(top, path);
        return PosixFiles.ReadLink(folder, Path.GetFileName(path));
    }

    /// <summary>Deletes a symbolic link, if it says what is expected: never what it leads to.</summary>
    /// <param name="top">The folder that its owner has chosen.</param>
    /// <param name="path">The link's absolute path, below that folder.</param>
    /// <param name="target">What it says.</param>
    /// <returns>Whether it was there.</returns>
    /// <exception cref="UnsafeFileException">A link is on the way.</exception>
    /// <exception cref="IOException">It cannot be deleted; a folder on the way is missing.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be deleted.</exception>
    internal static bool DeleteLink(string top, string path, string target)
    {
        if (ReadLink(top, path) != target)
            return false;
        top = StorageRoots.Top(top);
        if (!PosixFiles.AreThere)
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
    /// <param name="top">The folder that its owner has chosen.</param>
    /// <param name="path">The folder's absolute path, below that one.</param>
    /// <exception cref="UnsafeFileException">A link is on the way.</exception>
    /// <exception cref="IOException">It is not empty, is a link, or cannot be deleted.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be deleted.</exception>
    public static void DeleteFolder(string top, string path)
    {
        top = StorageRoots.Top(top);
        if (!PosixFiles.AreThere)
        {
            PortableFiles.DeleteFolder(top, path);
            return;
        }

        using SafeFileHandle folder = OpenParent(top, path);
        PosixFiles.Delete(folder, Path.GetFileName(path), path, isFolder: true);
    }

    /// <summary>Renames a file within its volume.</summary>
    /// <param name="top">The folder below which it is, which its owner has chosen.</param>
    /// <param name="path">Where it is.</param>
    /// <param name="newTop">The folder below which it is to be.</param>
    /// <param name="newPath">Where it is to be, in a folder that is there.</param>
    /// <param name="overwrite">Whether a file that is there goes.</param>
    /// <exception cref="UnsafeFileException">A link is in its place, or on the way.</exception>
    /// <exception cref="IOException">It cannot be renamed, is a different file now, or something is there.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be renamed.</exception>
    public static void Move(string top, string path, string newTop, string newPath, bool overwrite = false) =>
        Move(top, path, newTop, newPath, seen: null, overwrite);

    /// <summary>Renames a file within its volume, if it is the one that was seen; null: whichever file is there.</summary>
    /// <exception cref="IOException">It cannot be renamed, is a different file now, or something is there.</exception>
    internal static void Move(string top, string path, string newTop, string newPath, FileNode? seen, bool overwrite = false)
    {
        (top, newTop) = (StorageRoots.Top(top), StorageRoots.Top(newTop));
        if (!PosixFiles.AreThere)
        {
            PortableFiles.Move(top, path, newTop, newPath, overwrite, node => Require(node, seen, path));
            return;
        }

        using SafeFileHandle from = OpenParent(top, path);
        bool isSameFolder = newTop == top && Path.GetDirectoryName(newPath) == Path.GetDirectoryName(path);
        using SafeFileHandle? other = isSameFolder ? null : OpenParent(newTop, newPath);
        MoveIn(from, path, other ?? from, newPath, seen, overwrite);
    }

    /// <summary>As <see cref="Move(string, string, string, string, FileNode?, bool)"/>, between open folders.</summary>
    internal static void MoveIn(SafeFileHandle from, string path, SafeFileHandle to, string newPath, FileNode? seen, bool overwrite)
    {
        string name = Path.GetFileName(path);
        FileNode node = PosixFiles.Find(from, name) ?? throw new FileNotFoundException($"'{path}' is not there.", path);
        if (node.Kind != FileKind.Regular)
            throw new UnsafeFileException(path, node.Kind == FileKind.Link);
        Require(node, seen, path);
        PosixFiles.Move(from, name, to, Path.GetFileName(newPath), newPath, overwrite);
    }

    /// <summary>Makes a renaming in a folder outlive a power cut. Windows needs, and has, nothing of the kind.</summary>
    /// <param name="path">The folder.</param>
    public static void FlushFolder(string path)
    {
        if (!OperatingSystem.IsWindows())
            PosixFiles.FlushFolder(path);
    }

    /// <summary>Opens a folder, to look at it and what is in it.</summary>
    internal static SafeFileHandle OpenFolder(string top, string path) => OpenFolder(StorageRoots.Top(top), path, isMade: false, default);

    /// <summary>The names below a top folder that lead to a path below it.</summary>
    internal static string[] Elements(string top, string path) =>
        path[top.Length..].Split([Path.DirectorySeparatorChar, Path.AltDirectorySeparatorChar], StringSplitOptions.RemoveEmptyEntries);

    private static SafeFileHandle OpenParent(string top, string path) =>
        OpenFolder(top, Path.GetDirectoryName(path)!, isMade: false, default);

    internal static SafeFileHandle OpenFolder(string top, string path, bool isMade, UnixFileMode permissions) =>
        OpenFolder(PosixFiles.OpenTop(top), top, path, isMade, permissions);

    /// <summary>Opens a folder below another one that is open, which is closed.</summary>
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

    /// <summary>Makes a file by its path, where it cannot be made in its folder; and sees to it that it came to be there.</summary>
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
    /// Locks a file, unless others may even delete it: whoever can read a file could lock it, and so keep us from it for ever. What is
    /// written is locked alone or not at all, as .NET does: a lock that is shared keeps its own owner from writing on CIFS, and is none on NFS.
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

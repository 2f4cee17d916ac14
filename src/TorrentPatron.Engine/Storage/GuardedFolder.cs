using Microsoft.Win32.SafeHandles;

namespace TorrentPatron.Engine.Storage;

/// <summary>
/// A folder below one that its owner has chosen, and the files in it that must be the user's own: as <see cref="GuardedFile"/> and
/// <see cref="FileOwner"/> would have it, but with one walk to the folder for all that is done in it.
/// </summary>
public sealed class GuardedFolder : IDisposable
{
    private readonly string _top;
    private readonly string _path;
    private readonly SafeFileHandle? _folder;

    private GuardedFolder(string top, string path, SafeFileHandle? folder) => (_top, _path, _folder) = (top, path, folder);

    /// <summary>Opens a folder.</summary>
    /// <param name="top">The folder that its owner has chosen; it may be a link.</param>
    /// <param name="path">That folder, or the absolute path of one below it.</param>
    /// <exception cref="UnsafeFileException">A link is there, or on the way.</exception>
    /// <exception cref="IOException">It cannot be opened.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be opened.</exception>
    public static GuardedFolder Open(string top, string path) =>
        new(top, path, PosixFiles.AreThere ? GuardedFile.OpenFolder(top, path) : null);

    /// <summary>Makes a folder and those above it, the chosen one too; requires it and the chosen one to be the user's own.</summary>
    /// <param name="top">The folder that its owner has chosen.</param>
    /// <param name="path">That folder, or the absolute path of one below it.</param>
    /// <param name="permissions">Permissions of the folders that are made.</param>
    /// <exception cref="UnsafeFileException">A link is there, or on the way.</exception>
    /// <exception cref="OpenToAllException">Everybody can write in one of them.</exception>
    /// <exception cref="IOException">It cannot be made.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be made, or is somebody else's.</exception>
    public static GuardedFolder Make(string top, string path, UnixFileMode permissions)
    {
        if (!PosixFiles.AreThere)
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

    /// <summary>Opens a file of the user's own in the folder, or makes one.</summary>
    /// <param name="name">The file's name.</param>
    /// <param name="mode">Open, OpenOrCreate or CreateNew.</param>
    /// <param name="access">What for.</param>
    /// <param name="share">What others may do meanwhile, as in <see cref="GuardedFile"/>.</param>
    /// <param name="permissions">Permissions of a file that is made, before the process' umask.</param>
    /// <exception cref="UnsafeFileException">A link is there; or neither a file nor a folder.</exception>
    /// <exception cref="IOException">It cannot be opened.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be opened, is a folder, or is somebody else's.</exception>
    public SafeFileHandle OpenFile(string name, FileMode mode, FileAccess access, FileShare share, UnixFileMode permissions)
    {
        string path = Path.Join(_path, name);
        FileNode? node;
        SafeFileHandle? file = _folder is { } folder
            ? GuardedFile.OpenIn(folder, path, mode, access, share, permissions, isMissing: false, out node)
            : GuardedFile.Open(_top, path, mode, access, share, permissions, needsFolder: true, out node);
        return file is null
            ? throw new FileNotFoundException($"'{path}' is not there.", path)
            : Own(_top, file, node, path, access);
    }

    /// <summary>Opens a file of the user's own below a folder that its owner has chosen.</summary>
    /// <param name="top">That folder; it may be a link.</param>
    /// <param name="path">The file's absolute path, below it.</param>
    /// <param name="mode">Open, OpenOrCreate or CreateNew.</param>
    /// <param name="access">What for.</param>
    /// <param name="share">What others may do meanwhile, as in <see cref="GuardedFile"/>.</param>
    /// <param name="permissions">Permissions of a file that is made, before the process' umask.</param>
    /// <param name="needsFolder">Whether it is an error that the file's folder is not there either.</param>
    /// <returns>The file; null where it is not there and is not to be made.</returns>
    /// <exception cref="UnsafeFileException">A link is there, or on the way; or neither a file nor a folder.</exception>
    /// <exception cref="IOException">It cannot be opened.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be opened, is a folder, or is somebody else's.</exception>
    public static SafeFileHandle? OpenFile(
        string top, string path, FileMode mode, FileAccess access, FileShare share, UnixFileMode permissions, bool needsFolder) =>
        GuardedFile.Open(top, path, mode, access, share, permissions, needsFolder, out FileNode? node) is { } file
            ? Own(top, file, node, path, access)
            : null;

    /// <summary>Renames a file within the folder.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="newName">The new one; a file that has it goes.</param>
    /// <exception cref="UnsafeFileException">A link is in its place.</exception>
    /// <exception cref="IOException">It cannot be renamed.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be renamed.</exception>
    public void Replace(string name, string newName)
    {
        (string path, string newPath) = (Path.Join(_path, name), Path.Join(_path, newName));
        if (_folder is { } folder)
            GuardedFile.MoveIn(folder, path, folder, newPath, seen: null, overwrite: true);
        else
            GuardedFile.Move(_top, path, _top, newPath, overwrite: true);
    }

    /// <summary>Deletes whichever file, or link, is there.</summary>
    /// <param name="name">Its name.</param>
    /// <exception cref="IOException">It cannot be deleted.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be deleted.</exception>
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

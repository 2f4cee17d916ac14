using Microsoft.Win32.SafeHandles;

namespace TorrentPatron.Engine.Storage;

/// <summary>
/// Checks the owners of files and folders, if the system provides them: those of other users are not trusted. Root trusts all of
/// them: it was told to use them. If a file system gives every file one owner (CIFS with uid=, NFS with squashing), that owner
/// counts as us.
/// </summary>
public static class FileOwner
{
    /// <summary>Requires an open file to belong to the current user or to the system's administrator.</summary>
    /// <param name="top">The top folder, which its owner chose.</param>
    /// <param name="file">The file.</param>
    /// <param name="path">Its path, for the error.</param>
    /// <param name="isWritten">Whether it is to be written: then it must not have another name either.</param>
    /// <exception cref="UnauthorizedAccessException">It belongs to another user.</exception>
    /// <exception cref="IOException">It has another name, which may belong to someone else.</exception>
    public static void Require(string top, SafeFileHandle file, string path, bool isWritten) =>
        Require(top, GuardedFile.Stat(file), path, isWritten);

    /// <summary>The same as <see cref="Require(string, SafeFileHandle, string, bool)"/>, for known metadata.</summary>
    internal static void Require(string top, FileNode? found, string path, bool isWritten)
    {
        if (found is not { } node)
            return;
        if (PosixFiles.AreSupported)
            Require(top, node, path);
        if (isWritten && node.Links > 1)
            throw new IOException($"'{path}' has another name (a hard link), so it is not written to.");
    }

    /// <summary>
    /// Requires a folder to belong to the current user or the administrator, and not to be writable by everyone.
    /// </summary>
    /// <param name="top">The top folder, which its owner chose and may be a link.</param>
    /// <param name="path">That folder, or one below it, which must not be a link.</param>
    /// <exception cref="WorldWritableException">Everyone can write to it.</exception>
    /// <exception cref="UnauthorizedAccessException">It belongs to another user.</exception>
    /// <exception cref="IOException">It is not a folder.</exception>
    public static void RequireFolder(string top, string path)
    {
        if (!PosixFiles.AreSupported)
            return;
        using SafeFileHandle folder = GuardedFile.OpenFolder(top, path);
        RequireFolder(top, folder, path);
    }

    /// <summary>The same as <see cref="RequireFolder(string, string)"/>, for an open folder.</summary>
    internal static void RequireFolder(string top, SafeFileHandle folder, string path)
    {
        FileNode node = PosixFiles.Stat(folder);
        Require(top, node, path);
        // In a folder like /tmp everyone can create files, but nobody can remove those of others.
        if (node.Permissions.HasFlag(UnixFileMode.OtherWrite) && !node.Permissions.HasFlag(UnixFileMode.StickyBit))
            throw new WorldWritableException(path);
    }

    /// <summary>Whether an owner's items are trusted.</summary>
    /// <param name="owner">The owner.</param>
    /// <param name="user">The current user.</param>
    /// <param name="ownerOfNew">
    /// Returns the owner of a file that this process creates in the top folder; null if it cannot create one.
    /// </param>
    internal static bool IsTrusted(uint owner, uint user, Func<uint?> ownerOfNew)
    {
        const uint Administrator = 0;
        return user == Administrator || owner == Administrator || owner == user || ownerOfNew() == owner;
    }

    private static void Require(string top, FileNode node, string path)
    {
        if (!IsTrusted(node.Owner, PosixFiles.EffectiveUser, () => OwnerOfNew(top)))
            throw new UnauthorizedAccessException($"'{path}' belongs to another user.");
    }

    private static uint? OwnerOfNew(string top)
    {
        string probe = Path.Join(top, $".{Guid.NewGuid():N}.tmp");
        try
        {
            using SafeFileHandle file = GuardedFile.Open(
                top, probe, FileMode.CreateNew, FileAccess.Write, permissions: UnixFileMode.UserRead | UnixFileMode.UserWrite);
            FileNode made = PosixFiles.Stat(file);
            GuardedFile.Delete(top, probe, made);
            return made.Owner;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}

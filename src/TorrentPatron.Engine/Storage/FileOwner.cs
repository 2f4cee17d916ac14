using Microsoft.Win32.SafeHandles;

namespace TorrentPatron.Engine.Storage;

/// <summary>
/// Whose files and folders are, where the system tells: those of other users are not trusted. Root trusts them all: it was told to use
/// them. And where a file system gives every file one owner, whoever makes it (CIFS with uid=, NFS that squashes), that owner is ours.
/// </summary>
public static class FileOwner
{
    /// <summary>Requires an open file to belong to the user who runs this process, or to the system's administrator.</summary>
    /// <param name="top">The folder that its owner has chosen, below which the file is.</param>
    /// <param name="file">The file.</param>
    /// <param name="path">Its path, for the error.</param>
    /// <param name="isWritten">Whether it is to be written: then it must have no other name either.</param>
    /// <exception cref="UnauthorizedAccessException">It is somebody else's.</exception>
    /// <exception cref="IOException">It has another name, by which it may be somebody's file.</exception>
    public static void Require(string top, SafeFileHandle file, string path, bool isWritten) =>
        Require(top, GuardedFile.Stat(file), path, isWritten);

    /// <summary>As <see cref="Require(string, SafeFileHandle, string, bool)"/>, by what is known of the file.</summary>
    internal static void Require(string top, FileNode? found, string path, bool isWritten)
    {
        if (found is not { } node)
            return;
        if (PosixFiles.AreThere)
            Require(top, node, path);
        if (isWritten && node.Links > 1)
            throw new IOException($"'{path}' has another name (a hard link), so it is not written to.");
    }

    /// <summary>Requires a folder to belong to the user who runs this process, or to the administrator, and not to be open to everybody.</summary>
    /// <param name="top">The folder that its owner has chosen, which may be a link.</param>
    /// <param name="path">That folder, or one below it, which may be no link.</param>
    /// <exception cref="OpenToAllException">Everybody can write in it.</exception>
    /// <exception cref="UnauthorizedAccessException">It is somebody else's.</exception>
    /// <exception cref="IOException">It is not a folder.</exception>
    public static void RequireFolder(string top, string path)
    {
        if (!PosixFiles.AreThere)
            return;
        using SafeFileHandle folder = GuardedFile.OpenFolder(top, path);
        RequireFolder(top, folder, path);
    }

    /// <summary>As <see cref="RequireFolder(string, string)"/>, of an open folder.</summary>
    internal static void RequireFolder(string top, SafeFileHandle folder, string path)
    {
        FileNode node = PosixFiles.Stat(folder);
        Require(top, node, path);
        // In a folder like /tmp everybody can put files, but nobody can take those of others away.
        if (node.Permissions.HasFlag(UnixFileMode.OtherWrite) && !node.Permissions.HasFlag(UnixFileMode.StickyBit))
            throw new OpenToAllException(path);
    }

    /// <summary>Whether what an owner has is trusted.</summary>
    /// <param name="owner">The owner.</param>
    /// <param name="user">The user who runs this process.</param>
    /// <param name="ownerOfNew">Says whose a file is that this process makes in the chosen folder; null where it can make none.</param>
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

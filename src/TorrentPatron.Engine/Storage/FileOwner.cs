using Microsoft.Win32.SafeHandles;

namespace TorrentPatron.Engine.Storage;

/// <summary>Whose files and folders are, where the system tells: those of other users are not trusted.</summary>
public static class FileOwner
{
    /// <summary>Requires an open file to belong to the user who runs this process, or to the system's administrator.</summary>
    /// <param name="file">The file.</param>
    /// <param name="path">Its path, for the error.</param>
    /// <param name="isWritten">Whether it is to be written: then it must have no other name either.</param>
    /// <exception cref="UnauthorizedAccessException">It is somebody else's.</exception>
    /// <exception cref="IOException">It has another name, by which it may be somebody's file.</exception>
    public static void Require(SafeFileHandle file, string path, bool isWritten)
    {
        if (GuardedFile.Stat(file) is not { } node)
            return;
        Require(node, path);
        if (isWritten && node.Links > 1)
            throw new IOException($"'{path}' has another name too (a hard link), so that it is not written.");
    }

    /// <summary>Requires a folder to belong to the user who runs this process, or to the administrator, and not to be open to everybody.</summary>
    /// <param name="top">The folder that its owner has chosen, which may be a link.</param>
    /// <param name="path">That folder, or one below it, which may be no link.</param>
    /// <exception cref="UnauthorizedAccessException">It is somebody else's, or everybody can write in it.</exception>
    /// <exception cref="IOException">It is not a folder.</exception>
    public static void RequireFolder(string top, string path)
    {
        if (!PosixFiles.AreThere)
            return;
        using SafeFileHandle folder = GuardedFile.OpenFolder(top, path);
        FileNode node = PosixFiles.Stat(folder);
        Require(node, path);
        // In a folder like /tmp everybody can put files, but nobody can take those of others away.
        if (node.Permissions.HasFlag(UnixFileMode.OtherWrite) && !node.Permissions.HasFlag(UnixFileMode.StickyBit))
            throw new UnauthorizedAccessException($"Every user of this machine can write in '{path}'.");
    }

    private static void Require(FileNode node, string path)
    {
        const uint Administrator = 0;
        if (node.Owner != Administrator && node.Owner != PosixFiles.EffectiveUser)
            throw new UnauthorizedAccessException($"'{path}' belongs to another user.");
    }
}

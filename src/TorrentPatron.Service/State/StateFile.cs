using Microsoft.Win32.SafeHandles;
using TorrentPatron.Engine.Storage;

namespace TorrentPatron.Service.State;

/// <summary>
/// Opens, writes and deletes the files of a state folder, which somebody else may have manipulated: never follows links, opens regular files
/// only, and only those whose owner <see cref="FileOwner"/> trusts: this user and the system's administrator.
/// </summary>
internal static class StateFile
{
    private const UnixFileMode Mode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const UnixFileMode FolderMode = Mode | UnixFileMode.UserExecute;

    /// <summary>Opens a file, or creates one that only its owner can read.</summary>
    /// <param name="folder">The state folder.</param>
    /// <param name="path">The file's path, below it.</param>
    /// <param name="mode">Open, OpenOrCreate or CreateNew.</param>
    /// <param name="access">The access.</param>
    /// <param name="share">What other processes may do meanwhile; Read and ReadWrite are the same on Unix.</param>
    /// <exception cref="IOException">It cannot be opened, or is not a regular file.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be opened, or belongs to another user.</exception>
    public static SafeFileHandle Open(string folder, string path, FileMode mode, FileAccess access, FileShare share) =>
        GuardedFolder.OpenFile(folder, path, mode, access, share, Mode, needsFolder: true)
            ?? throw new FileNotFoundException($"'{path}' does not exist.", path);

    /// <summary>As <see cref="Open"/>, but waits for a file that others use for moments only.</summary>
    public static SafeFileHandle OpenPatiently(string folder, string path, FileMode mode, FileAccess access, FileShare share) =>
        SharingViolation.Retry(() => Open(folder, path, mode, access, share));

    /// <summary>Reads a file.</summary>
    /// <param name="folder">The state folder.</param>
    /// <param name="path">The file's path, below it.</param>
    /// <param name="maxBytes">Its maximum length.</param>
    /// <returns>Its bytes; null if it does not exist.</returns>
    /// <exception cref="InvalidDataException">It is longer.</exception>
    /// <exception cref="IOException">It cannot be read, or is not a regular file.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read, or belongs to another user.</exception>
    public static byte[]? Read(string folder, string path, int maxBytes) => Read(folder, path, maxBytes, out _);

    /// <inheritdoc cref="Read(string, string, int)"/>
    /// <param name="folder">The state folder.</param>
    /// <param name="path">The file's path, below it.</param>
    /// <param name="maxBytes">Its maximum length.</param>
    /// <param name="stamp">Identifies the file as it was when it was read.</param>
    public static byte[]? Read(string folder, string path, int maxBytes, out FileStamp stamp)
    {
        try
        {
            (byte[]? content, stamp) = SharingViolation.Retry(() => (GuardedFolder.ReadFile(folder, path, maxBytes, out FileStamp found), found));
            return content;
        }
        catch (Exception fault) when (fault is FileNotFoundException or DirectoryNotFoundException)
        {
            stamp = default;
            return null;
        }
    }

    /// <summary>
    /// Writes a new file and renames it over the old one, so that at any moment, even if the process is killed, either the old or the new
    /// content is there.
    /// </summary>
    /// <param name="folder">The state folder.</param>
    /// <param name="path">The file's path, below it.</param>
    /// <param name="content">Its new content.</param>
    /// <param name="flush">
    /// Whether it must survive a power cut from now on, at the price of waiting for the disk. Otherwise it does once the system has written it,
    /// within a minute; an earlier power cut may leave the old content or a truncated file.
    /// </param>
    /// <exception cref="IOException">It cannot be written; the old file is unchanged.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be written; the old file is unchanged.</exception>
    public static void Write(string folder, string path, ReadOnlySpan<byte> content, bool flush)
    {
        string name = Path.GetFileName(path);
        string next = name + ".new";
        using (GuardedFolder at = GuardedFolder.Open(folder, Path.GetDirectoryName(path)!))
        {
            try
            {
                using (SafeFileHandle file = OpenNew(at, next))
                {
                    RandomAccess.Write(file, content, 0);
                    if (flush)
                        RandomAccess.FlushToDisk(file);
                }

                // Another process may be reading the old file: the last save has no second try.
                SharingViolation.RetryDenied(() => at.Replace(next, name));
            }
            catch
            {
                TryDelete(folder, path + ".new");
                throw;
            }
        }

        if (flush)
            GuardedFile.FlushFolder(Path.GetDirectoryName(path)!);
    }

    private static SafeFileHandle OpenNew(GuardedFolder folder, string name)
    {
        try
        {
            return folder.OpenFile(name, FileMode.CreateNew, FileAccess.Write, FileShare.None, Mode);
        }
        catch (IOException fault) when (fault is not (FileNotFoundException or DirectoryNotFoundException))
        {
            // Left behind by a killed process, or put there by somebody.
            SharingViolation.Retry(() => folder.Delete(name));
            return folder.OpenFile(name, FileMode.CreateNew, FileAccess.Write, FileShare.None, Mode);
        }
    }

    /// <summary>Creates a torrent's folder and the state folder for their owner only; existing folders must belong to the owner.</summary>
    /// <param name="folder">The state folder.</param>
    /// <param name="torrentFolder">The torrent's folder in it; null creates only the state folder.</param>
    /// <exception cref="IOException">It cannot be created, or is not a folder.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be created, belongs to another user, or is writable by everyone.</exception>
    public static void MakeFolders(string folder, string? torrentFolder = null) => OpenFolders(folder, torrentFolder).Dispose();

    /// <summary>As <see cref="MakeFolders"/>.</summary>
    /// <returns>The torrent's folder, or the state folder, open.</returns>
    /// <inheritdoc cref="MakeFolders" path="/param"/>
    /// <inheritdoc cref="MakeFolders" path="/exception"/>
    public static GuardedFolder OpenFolders(string folder, string? torrentFolder = null) =>
        GuardedFolder.Make(folder, torrentFolder ?? folder, FolderMode);

    /// <summary>As <see cref="OpenPatiently(string, string, FileMode, FileAccess, FileShare)"/>, in an open folder.</summary>
    public static SafeFileHandle OpenPatiently(GuardedFolder folder, string name, FileMode mode, FileAccess access, FileShare share) =>
        SharingViolation.Retry(() => folder.OpenFile(name, mode, access, share, Mode));

    /// <summary>Deletes a file, if possible.</summary>
    public static void TryDelete(string folder, string path)
    {
        try
        {
            GuardedFile.Delete(folder, path);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            // It does no harm.
        }
    }

    /// <summary>Deletes a folder if it is empty and that is possible.</summary>
    /// <param name="folder">The state folder.</param>
    /// <param name="path">The folder's path, below it.</param>
    public static void TryDeleteFolder(string folder, string path)
    {
        try
        {
            GuardedFile.DeleteFolder(folder, path);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            // It is not empty, or does no harm.
        }
    }
}

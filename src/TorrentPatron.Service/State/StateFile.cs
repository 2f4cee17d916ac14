using Microsoft.Win32.SafeHandles;
using TorrentPatron.Engine.Storage;

namespace TorrentPatron.Service.State;

/// <summary>
/// Opens, writes and deletes the files of a state folder, which somebody else may have put there: never through a link, only files with
/// bytes in them, and only those of whom <see cref="FileOwner"/> trusts: this user, and the system's administrator.
/// </summary>
internal static class StateFile
{
    private const UnixFileMode Mode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const UnixFileMode FolderMode = Mode | UnixFileMode.UserExecute;

    /// <summary>Opens a file, or makes one that its owner alone can read.</summary>
    /// <param name="folder">The state folder.</param>
    /// <param name="path">The file's path, below it.</param>
    /// <param name="mode">Open, OpenOrCreate or CreateNew.</param>
    /// <param name="access">What for.</param>
    /// <param name="share">What others may do meanwhile; Read and ReadWrite are one on Unix.</param>
    /// <exception cref="IOException">It cannot be opened, or something else is in its place.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be opened, or is somebody else's.</exception>
    public static SafeFileHandle Open(string folder, string path, FileMode mode, FileAccess access, FileShare share) =>
        GuardedFolder.OpenFile(folder, path, mode, access, share, Mode, needsFolder: true)
            ?? throw new FileNotFoundException($"'{path}' is not there.", path);

    /// <summary>As <see cref="Open"/>, for a file that others hold for moments only: it is waited for.</summary>
    public static SafeFileHandle OpenPatiently(string folder, string path, FileMode mode, FileAccess access, FileShare share) =>
        SharingViolation.Retry(() => Open(folder, path, mode, access, share));

    /// <summary>Reads a file.</summary>
    /// <param name="folder">The state folder.</param>
    /// <param name="path">The file's path, below it.</param>
    /// <param name="maxBytes">Its greatest length.</param>
    /// <returns>Its bytes; null where it is not there.</returns>
    /// <exception cref="InvalidDataException">It is longer.</exception>
    /// <exception cref="IOException">It cannot be read, or something else is in its place.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read, or is somebody else's.</exception>
    public static byte[]? Read(string folder, string path, int maxBytes) => Read(folder, path, maxBytes, out _);

    /// <inheritdoc cref="Read(string, string, int)"/>
    /// <param name="folder">The state folder.</param>
    /// <param name="path">The file's path, below it.</param>
    /// <param name="maxBytes">Its greatest length.</param>
    /// <param name="stamp">By what it is recognised, as it was when it was read.</param>
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
    /// Writes a new file and puts it in the old one's place, so that at any moment, whatever becomes of the process, either the old or the
    /// new content is there.
    /// </summary>
    /// <param name="folder">The state folder.</param>
    /// <param name="path">The file's path, below it.</param>
    /// <param name="content">Its new content.</param>
    /// <param name="flush">
    /// Whether it is to outlive a power cut from now on, at the price of waiting for the medium. Otherwise it does so when
    /// the system has written it, within a minute; a power cut before may leave the old content, or a file cut short.
    /// </param>
    /// <exception cref="IOException">It cannot be written; the old one is as it was.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be written; the old one is as it was.</exception>
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

                // Somebody may be reading the old one: the last state that is saved has no second try.
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
            // Left behind by a process that was killed; or put there, whatever it is.
            SharingViolation.Retry(() => folder.Delete(name));
            return folder.OpenFile(name, FileMode.CreateNew, FileAccess.Write, FileShare.None, Mode);
        }
    }

    /// <summary>Makes a torrent's folder, and the state folder, for their owner only; requires those that are there to be the owner's.</summary>
    /// <param name="folder">The state folder.</param>
    /// <param name="torrentFolder">The torrent's folder in it; null: only the state folder.</param>
    /// <exception cref="IOException">It cannot be made, or something else is in its place.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be made, or is somebody else's, or can be written by anybody.</exception>
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

    /// <summary>Deletes a file where that can be done.</summary>
    public static void TryDelete(string folder, string path)
    {
        try
        {
            GuardedFile.Delete(folder, path);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            // It is in nobody's way.
        }
    }

    /// <summary>Deletes a folder where it is empty and that can be done.</summary>
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
            // Something is in it, or it is in nobody's way.
        }
    }
}

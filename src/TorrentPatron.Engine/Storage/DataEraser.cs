using TorrentPatron.Engine.Client;

namespace TorrentPatron.Engine.Storage;

/// <summary>
/// Deletes files of a torrent's layout, and then the folders of the layout that are empty: nothing else, nothing through a link,
/// and only links that the torrent created. Items that cannot be deleted are kept and reported. Blocks on the disk.
/// </summary>
/// <param name="layout">The layout of the torrent's files.</param>
/// <param name="isOwnFile">Returns whether a file belongs to the torrent.</param>
/// <param name="isOwnFolder">Returns whether a folder belongs to the torrent.</param>
/// <param name="shared">The files shared with other torrents, which are kept.</param>
internal sealed class DataEraser(FileLayout layout, Func<int, bool> isOwnFile, Func<int, bool> isOwnFolder, IReadOnlyList<SharedFile> shared)
{
    /// <summary>The most kept items that are reported by name.</summary>
    private const int MostWarnings = 20;

    private readonly Dictionary<int, SharedFile> _shared = shared.DistinctBy(file => file.File).ToDictionary(file => file.File);
    private readonly List<TorrentError> _warnings = [];
    private TimeSpan _patience = 5 * SharingViolation.ShortPatience;
    private int _left;
    private int _files;
    private long _bytes;

    /// <summary>Deletes the files and folders.</summary>
    public ErasedData Run()
    {
        for (int file = 0; file < layout.Files.Count; file++)
        {
            if (layout.Files[file].LinkText is { } text)
                EraseLink(layout.Files[file].FullPath, text, isOwnFile(file));
            else if (layout.Files[file].IsStored)
                Erase(layout.Files[file].FullPath, isOwnFile(file), _shared.GetValueOrDefault(file));
        }

        RunFolders();
        if (_left > MostWarnings)
            _warnings.Add(Kept($"{_left - MostWarnings} more files were kept."));
        return new ErasedData(_files, _bytes, _warnings.AsReadOnly());
    }

    /// <summary>Deletes only the folders.</summary>
    public void RunFolders()
    {
        // From the bottom up: a folder is empty once its subfolders are gone.
        for (int folder = layout.Folders.Count - 1; folder >= 0; folder--)
        {
            if (isOwnFolder(folder))
                EraseFolder(layout.Folders[folder]);
        }
    }

    private void Erase(string path, bool isOwn, SharedFile? shared)
    {
        try
        {
            FileNode? file = GuardedFile.Find(layout.Destination, path);
            if (file is null or { Kind: FileKind.Folder })
                return;
            string? why = file.Value.Kind == FileKind.Link ? "it is a link"
                : file.Value.Kind != FileKind.Regular ? "it is a pipe, a socket or a device"
                : !isOwn ? "it does not belong to the torrent"
                : shared is not null ? $"the torrent '{shared.OtherName}' ({shared.OtherTorrent}) uses it too"
                : null;
            if (why is not null)
            {
                Leave($"'{path}' was kept: {why}.");
                return;
            }

            Delete(path, file.Value);
            _files++;
            _bytes += file.Value.Length;
        }
        catch (DirectoryNotFoundException)
        {
            // There is nothing to delete.
        }
        catch (UnsafeFileException)
        {
            Leave($"'{path}' was kept: it is behind a link.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Leave($"'{path}' could not be deleted: {e.Message}");
        }
    }

    /// <summary>Deletes a link that the torrent created, and never its target.</summary>
    private void EraseLink(string path, string text, bool isOwn)
    {
        try
        {
            if (!isOwn && GuardedFile.ReadLink(layout.Destination, path) is not null)
                Leave($"'{path}' was kept: it does not belong to the torrent.");
            else if (isOwn && GuardedFile.DeleteLink(layout.Destination, path, text))
                _files++;
        }
        catch (DirectoryNotFoundException)
        {
            // There is nothing to delete.
        }
        catch (UnsafeFileException)
        {
            Leave($"'{path}' was kept: it is behind a link.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Leave($"'{path}' could not be deleted: {e.Message}");
        }
    }

    /// <summary>Deletes a file. Waits for files that other programs have locked, but not for each of many.</summary>
    private void Delete(string path, FileNode file)
    {
        long began = TimeProvider.System.GetTimestamp();
        try
        {
            SharingViolation.Retry(
                () =>
                {
                    GuardedFile.Delete(layout.Destination, path, file);
                    return true;
                },
                _patience < SharingViolation.ShortPatience ? _patience : SharingViolation.ShortPatience);
        }
        catch (IOException e) when (SharingViolation.Is(e))
        {
            _patience -= TimeProvider.System.GetElapsedTime(began);
            throw;
        }
    }

    private void EraseFolder(string path)
    {
        try
        {
            // Only an empty folder is deleted.
            if (GuardedFile.Find(layout.Destination, path) is { Kind: FileKind.Folder } && !Directory.EnumerateFileSystemEntries(path).Any())
                GuardedFile.DeleteFolder(layout.Destination, path);
        }
        catch (Exception e) when (e is DirectoryNotFoundException or UnsafeFileException)
        {
            // The parent folder does not exist either.
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Leave($"The folder '{path}' could not be deleted: {e.Message}");
        }
    }

    private void Leave(string message)
    {
        if (++_left <= MostWarnings)
            _warnings.Add(Kept(message));
    }

    private static TorrentError Kept(string message) =>
        new(TorrentErrorId.DataKept, message, "Delete it by hand if you no longer need it.");
}

using TorrentPatron.Engine.Client;

namespace TorrentPatron.Engine.Storage;

/// <summary>
/// Deletes files of a torrent's layout, and then the folders of the layout that are empty: nothing else, nothing through a link, and no
/// link but those that the torrent has made. What cannot be deleted is left and told. Blocks on the disk.
/// </summary>
/// <param name="layout">Where the torrent's files lie.</param>
/// <param name="isOwnFile">Which files are the torrent's own.</param>
/// <param name="isOwnFolder">Which folders of the layout are.</param>
/// <param name="shared">The files that other torrents have too: they are left.</param>
internal sealed class DataEraser(FileLayout layout, Func<int, bool> isOwnFile, Func<int, bool> isOwnFolder, IReadOnlyList<SharedFile> shared)
{
    /// <summary>So many files left are told of by name.</summary>
    private const int MostWarnings = 20;

    private readonly Dictionary<int, SharedFile> _shared = shared.DistinctBy(file => file.File).ToDictionary(file => file.File);
    private readonly List<TorrentError> _warnings = [];
    private TimeSpan _patience = 5 * SharingViolation.ShortPatience;
    private int _left;
    private int _files;
    private long _bytes;

    /// <summary>Does it.</summary>
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

    /// <summary>Deletes the folders alone.</summary>
    public void RunFolders()
    {
        // From the bottom up: a folder is empty once those in it are gone.
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
            // Nor is there anything to delete.
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

    /// <summary>Deletes a link that the torrent has made, and never what it leads to.</summary>
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
            // Nor is there anything to delete.
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

    /// <summary>Waits for files that other programs hold, but not for all of many.</summary>
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
            // Only an empty one goes.
            if (GuardedFile.Find(layout.Destination, path) is { Kind: FileKind.Folder } && !Directory.EnumerateFileSystemEntries(path).Any())
                GuardedFile.DeleteFolder(layout.Destination, path);
        }
        catch (Exception e) when (e is DirectoryNotFoundException or UnsafeFileException)
        {
            // Neither is there a folder of the torrent's.
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

using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Engine.Storage;

/// <summary>
/// Where a torrent's files on disk are from, so that it is known which of them are its own: those that may be deleted with it.
/// Immutable; it is saved.
/// </summary>
public sealed record DataOrigin
{
    /// <summary>The files that were there before the torrent, by their place in the metainfo.</summary>
    public required Bitfield FilesBefore { get; init; }

    /// <summary>The folders that were there before the torrent, by their place in its layout.</summary>
    public required Bitfield FoldersBefore { get; init; }

    /// <summary>The files to which the torrent has written.</summary>
    public required Bitfield FilesWritten { get; init; }

    /// <summary>Looks at what is there before a torrent that is new here.</summary>
    /// <param name="layout">Where its files will lie.</param>
    /// <param name="stamps">The files as they are on disk.</param>
    internal static DataOrigin Look(FileLayout layout, IReadOnlyList<FileStamp?> stamps)
    {
        var files = new Bitfield(layout.Files.Count);
        for (int file = 0; file < stamps.Count; file++)
        {
            if (stamps[file] is not null || (layout.Files[file].LinkText is not null && GuardedFile.Exists(layout.Files[file].FullPath)))
                files.Set(file);
        }

        IReadOnlyList<string> paths = layout.Folders;
        var folders = new Bitfield(paths.Count);
        for (int folder = 0; folder < paths.Count; folder++)
        {
            if (Directory.Exists(paths[folder]))
                folders.Set(folder);
        }

        return new DataOrigin { FilesBefore = files, FoldersBefore = folders, FilesWritten = new Bitfield(layout.Files.Count) };
    }

    /// <summary>Whether it is of a layout's files: what is saved is not trusted.</summary>
    internal bool Fits(FileLayout layout) => FilesBefore.Length == layout.Files.Count && FilesWritten.Length == layout.Files.Count;

    /// <summary>Whether a folder of a layout is the torrent's own. None is where the files lie in other folders than it was noted of.</summary>
    internal bool IsOwnFolder(FileLayout layout, int folder) => FoldersBefore.Length == layout.Folders.Count && !FoldersBefore[folder];

    /// <summary>The same, and more files written to.</summary>
    internal DataOrigin WithWritten(Bitfield written)
    {
        if (written.CountInBoth(FilesWritten) == written.Count)
            return this;
        Bitfield all = FilesWritten.Clone();
        foreach (int file in written.Ones)
            all.Set(file);
        return this with { FilesWritten = all };
    }

    /// <summary>
    /// Whether a file is the torrent's own: it was not there before and has come from the torrent; or the torrent has written to it
    /// until all of it was the torrent's. Nobody can tell of a file that was saved without its origin: it must be complete.
    /// </summary>
    /// <param name="origin">What was noted; null if there is nothing.</param>
    /// <param name="layout">Where the torrent's files lie.</param>
    /// <param name="file">Index of the file.</param>
    /// <param name="verified">The pieces that are there.</param>
    internal static bool IsOwn(DataOrigin? origin, FileLayout layout, int file, Bitfield verified)
    {
        StorageFile entry = layout.Files[file];
        if (entry.LinkText is not null)
            return origin is not null && (!origin.FilesBefore[file] || origin.FilesWritten[file]);
        if (!entry.IsStored)
            return false;
        long bytes = layout.BytesIn(file, verified);
        bool isComplete = bytes == entry.Length;
        if (origin is null)
            return isComplete;
        bool isWritten = origin.FilesWritten[file];
        return origin.FilesBefore[file] ? isWritten && isComplete : isWritten || isComplete || bytes > 0;
    }
}

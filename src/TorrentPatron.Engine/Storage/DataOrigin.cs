using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Engine.Storage;

/// <summary>
/// The origin of a torrent's files on disk, which decides which of them belong to the torrent and may be deleted with it.
/// Immutable; it is saved.
/// </summary>
public sealed record DataOrigin
{
    /// <summary>The files that existed before the torrent, by their index in the metainfo.</summary>
    public required Bitfield FilesBefore { get; init; }

    /// <summary>The folders that existed before the torrent, by their index in its layout.</summary>
    public required Bitfield FoldersBefore { get; init; }

    /// <summary>The files that the torrent has written to.</summary>
    public required Bitfield FilesWritten { get; init; }

    /// <summary>Records what exists before a new torrent starts.</summary>
    /// <param name="layout">Where its files will lie.</param>
    /// <param name="stamps">The stamps of the files on disk.</param>
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

    /// <summary>Whether it fits a layout: saved data is not trusted.</summary>
    internal bool Fits(FileLayout layout) => FilesBefore.Length == layout.Files.Count && FilesWritten.Length == layout.Files.Count;

    /// <summary>
    /// Whether a folder of a layout belongs to the torrent. None does if the folders differ from those recorded.
    /// </summary>
    internal bool IsOwnFolder(FileLayout layout, int folder) => FoldersBefore.Length == layout.Folders.Count && !FoldersBefore[folder];

    /// <summary>This origin with more written files.</summary>
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
    /// Whether a file belongs to the torrent: it did not exist before and came from the torrent, or the torrent wrote to it until
    /// all of it was the torrent's. A file without a recorded origin must be complete.
    /// </summary>
    /// <param name="origin">The recorded origin; null if there is none.</param>
    /// <param name="layout">The layout of the torrent's files.</param>
    /// <param name="file">Index of the file.</param>
    /// <param name="verified">The verified pieces.</param>
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

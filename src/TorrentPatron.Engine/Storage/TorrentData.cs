using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Swarms;
using TorrentPatron.Protocol.Metainfo;
using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Engine.Storage;

/// <summary>What a torrent that does not run has left on disk, by what was saved of it.</summary>
public static class TorrentData
{
    /// <summary>Its files, as far as what was saved tells; the disk is not looked at.</summary>
    /// <param name="metainfo">The torrent.</param>
    /// <param name="saved">What was saved of it.</param>
    public static IReadOnlyList<FileSnapshot> Files(TorrentMetainfo metainfo, ResumeData saved)
    {
        ArgumentNullException.ThrowIfNull(metainfo);
        ArgumentNullException.ThrowIfNull(saved);
        var layout = new FileLayout(metainfo, saved.Destination);
        return SwarmView.Files(metainfo, layout, Verified(layout, saved), saved.FilePriorities, Origin(layout, saved));
    }

    /// <summary>
    /// Deletes the files that are the torrent's own and no other torrent's, and the folders that it made and that are empty then. The
    /// caller holds the torrent's saved state. Blocks on the disk.
    /// </summary>
    /// <param name="metainfo">The torrent.</param>
    /// <param name="saved">What was saved of it.</param>
    /// <param name="store">Where that is saved; it knows the other torrents.</param>
    public static ErasedData Erase(TorrentMetainfo metainfo, ResumeData saved, IResumeStore store)
    {
        ArgumentNullException.ThrowIfNull(metainfo);
        ArgumentNullException.ThrowIfNull(saved);
        ArgumentNullException.ThrowIfNull(store);
        var layout = new FileLayout(metainfo, saved.Destination);
        using var claim = new PathClaim(metainfo.InfoHash, metainfo.Name, store, PathTable.Process);
        return Erase(claim.FilesOf(layout, saved.FilePriorities, Origin(layout, saved), Verified(layout, saved)), claim);
    }

    internal static ErasedData Erase(TorrentFiles files, PathClaim claim) => new DataEraser(
        files.Layout, file => DataOrigin.IsOwn(files.Origin, files.Layout, file, files.Verified), IsOwnFolder(files.Origin, files.Layout), claim.FindShared(files)).Run();

    /// <summary>Deletes the folders that the torrent made and that are empty.</summary>
    internal static void EraseFolders(FileLayout layout, DataOrigin? origin) =>
        new DataEraser(layout, _ => false, IsOwnFolder(origin, layout), []).RunFolders();

    private static Func<int, bool> IsOwnFolder(DataOrigin? origin, FileLayout layout) =>
        folder => origin?.IsOwnFolder(layout, folder) ?? true;

    /// <summary>What is saved is not trusted: what does not fit the torrent counts for nothing.</summary>
    private static Bitfield Verified(FileLayout layout, ResumeData saved) =>
        saved.Verified.Length == layout.PieceCount ? saved.Verified : new Bitfield(layout.PieceCount);

    private static DataOrigin? Origin(FileLayout layout, ResumeData saved) => saved.Origin is { } origin && origin.Fits(layout) ? origin : null;
}

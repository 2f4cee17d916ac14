using System.Collections.ObjectModel;
using TorrentPatron.Engine.Client;
using TorrentPatron.Protocol.Magnets;
using TorrentPatron.Protocol.Metainfo;
using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Engine.Storage;

/// <summary>The data on disk of a torrent that is not running, according to its saved state.</summary>
public static class TorrentData
{
    /// <summary>Its files according to the saved state, without examining the disk.</summary>
    /// <param name="metainfo">The torrent.</param>
    /// <param name="saved">Its saved resume data.</param>
    public static IReadOnlyList<FileSnapshot> Files(TorrentMetainfo metainfo, ResumeData saved)
    {
        ArgumentNullException.ThrowIfNull(metainfo);
        ArgumentNullException.ThrowIfNull(saved);
        var layout = new FileLayout(metainfo, saved.Destination);
        return FileSnapshots.Make(metainfo, layout, Verified(layout, saved), saved.FilePriorities, Origin(layout, saved), Apart(layout, saved));
    }

    /// <summary>Its last saved status, without examining the disk.</summary>
    /// <param name="metainfo">The torrent.</param>
    /// <param name="saved">Its saved resume data.</param>
    /// <param name="now">The time of the status, UTC.</param>
    public static TorrentStatus Status(TorrentMetainfo metainfo, ResumeData saved, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(metainfo);
        ArgumentNullException.ThrowIfNull(saved);
        var layout = new FileLayout(metainfo, saved.Destination);
        Bitfield verified = Verified(layout, saved);
        byte[] priorities = PiecePriorities.Of(
            metainfo, saved.FilePriorities.Count == metainfo.Files.Count ? saved.FilePriorities : []);
        long wanted = 0;
        long completed = 0;
        for (int piece = 0; piece < priorities.Length; piece++)
        {
            if (priorities[piece] == 0)
                continue;
            wanted += metainfo.PieceSize(piece);
            if (verified[piece] && saved.Doubtful?[piece] != true)
                completed += metainfo.PieceSize(piece);
        }

        return Status(metainfo.Name, metainfo.TorrentId.ToString(), layout.RootPath, saved, now) with
        {
            PercentComplete = wanted == 0 ? 100 : 100.0 * completed / wanted,
            IsComplete = completed == wanted,
            TotalSize = metainfo.ContentSize,
            WantedSize = wanted,
            CompletedSize = completed,
            Ratio = completed == 0 ? 0 : (double)saved.BytesSent / completed,
            PieceCount = metainfo.PieceCount,
            VerifiedPieces = verified.Count,
            IsPrivate = metainfo.IsPrivate,
            Trackers = Trackers(metainfo.TrackerTiers, saved),
        };
    }

    /// <summary>The last saved status of a torrent of which only a link was known.</summary>
    /// <param name="magnet">The link.</param>
    /// <param name="saved">Its saved resume data.</param>
    /// <param name="now">The time of the status, UTC.</param>
    public static TorrentStatus Status(MagnetLink magnet, ResumeData saved, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(magnet);
        ArgumentNullException.ThrowIfNull(saved);
        string torrent = magnet.TorrentId.ToString();
        return Status(magnet.Name ?? torrent, torrent, saved.Destination, saved, now) with
        {
            Metadata = new MetadataProgress { Since = saved.AddedAt, Missing = "The torrent was stopped before its metadata arrived." },
            Trackers = Trackers([.. magnet.Trackers.Select(tracker => new ReadOnlyCollection<string>([tracker]))], saved),
        };
    }

    private static TorrentStatus Status(string name, string torrent, string path, ResumeData saved, DateTimeOffset now) => new()
    {
        Name = name,
        InfoHash = torrent,
        State = TorrentState.Stopped,
        Destination = saved.Destination,
        Path = path,
        BytesReceived = saved.BytesReceived,
        BytesSent = saved.BytesSent,
        AddedAt = saved.AddedAt,
        CompletedAt = saved.CompletedAt,
        MaxDownloadRate = saved.Options.MaxDownloadRate ?? 0,
        MaxUploadRate = saved.Options.MaxUploadRate ?? 0,
        SeedRatio = saved.Options.Goal?.Ratio,
        SeedTime = saved.Options.Goal?.Time,
        SeedingTime = saved.SeedingTime,
        Sequential = saved.Options.Sequential ?? false,
        SuperSeeding = saved.Options.SuperSeeding ?? false,
        Tags = saved.Options.Tags ?? [],
        Timestamp = now,
    };

    private static ReadOnlyCollection<TrackerSnapshot> Trackers(ReadOnlyCollection<ReadOnlyCollection<string>> tiers, ResumeData saved) =>
    [
        .. from tier in tiers.Index()
           from tracker in AddressReader.Trackers(tier.Item)
           where !saved.RemovedTrackers.Contains(tracker)
           select new TrackerSnapshot { Uri = tracker, Tier = tier.Index, Status = TrackerStatus.NotContacted },
        .. saved.Trackers.Select((tracker, index) =>
            new TrackerSnapshot { Uri = tracker, Tier = tiers.Count + index, Status = TrackerStatus.NotContacted }),
    ];

    /// <summary>
    /// Deletes the files that belong to the torrent alone, and the folders that it created and that are then empty. The caller
    /// holds the torrent's saved state. Blocks on the disk.
    /// </summary>
    /// <param name="metainfo">The torrent.</param>
    /// <param name="saved">Its saved resume data.</param>
    /// <param name="store">Its store, which knows the other torrents.</param>
    public static ErasedData Erase(TorrentMetainfo metainfo, ResumeData saved, IResumeStore store)
    {
        ArgumentNullException.ThrowIfNull(metainfo);
        ArgumentNullException.ThrowIfNull(saved);
        ArgumentNullException.ThrowIfNull(store);
        var layout = new FileLayout(metainfo, saved.Destination);
        using var claim = new PathClaim(metainfo.TorrentId, metainfo.Name, store, PathTable.Process);
        return Erase(
            claim.FilesOf(layout, saved.FilePriorities, Origin(layout, saved), Verified(layout, saved), Apart(layout, saved)), claim);
    }

    /// <summary>
    /// Deletes the bytes of skipped files, which only this torrent can use. The caller holds the torrent's saved state, and is
    /// about to delete it. Blocks on the disk.
    /// </summary>
    /// <param name="metainfo">The torrent.</param>
    /// <param name="saved">Its saved resume data.</param>
    public static void EraseParts(TorrentMetainfo metainfo, ResumeData saved)
    {
        ArgumentNullException.ThrowIfNull(metainfo);
        ArgumentNullException.ThrowIfNull(saved);
        using var storage = new TorrentStorage(new FileLayout(metainfo, saved.Destination), new FileHandlePool());
        storage.DeleteParts();
    }

    internal static ErasedData Erase(TorrentFiles files, PathClaim claim) => new DataEraser(
        files.Layout, files.IsOwn, IsOwnFolder(files.Origin, files.Layout), claim.FindShared(files)).Run();

    /// <summary>Deletes the folders that the torrent created and that are empty.</summary>
    internal static void EraseFolders(FileLayout layout, DataOrigin? origin) =>
        new DataEraser(layout, _ => false, IsOwnFolder(origin, layout), []).RunFolders();

    private static Func<int, bool> IsOwnFolder(DataOrigin? origin, FileLayout layout) =>
        folder => origin?.IsOwnFolder(layout, folder) ?? true;

    /// <summary>The verified pieces; saved data is not trusted, and is ignored if it does not fit the torrent.</summary>
    private static Bitfield Verified(FileLayout layout, ResumeData saved) =>
        saved.Verified.Length == layout.PieceCount ? saved.Verified : new Bitfield(layout.PieceCount);

    private static Bitfield? Apart(FileLayout layout, ResumeData saved) => saved.Apart?.Length == layout.Files.Count ? saved.Apart : null;

    private static DataOrigin? Origin(FileLayout layout, ResumeData saved) => saved.Origin is { } origin && origin.Fits(layout) ? origin : null;
}

using TorrentPatron.Protocol.Metainfo;

namespace TorrentPatron.Cli.Reports;

/// <summary>The contents of a .torrent file, for <c>patron info --json</c>.</summary>
/// <param name="Name">The name of the file, or of the folder of the files.</param>
/// <param name="InfoHash">The info hash.</param>
/// <param name="InfoHashV2">The SHA-256 info hash of a v2 or hybrid torrent; otherwise null.</param>
/// <param name="Version">Its format.</param>
/// <param name="TotalSize">Size of all files.</param>
/// <param name="PieceLength">Length of a piece.</param>
/// <param name="PieceCount">The number of pieces.</param>
/// <param name="IsPrivate">Whether peers may come only from the trackers.</param>
/// <param name="Comment">The author's comment.</param>
/// <param name="CreatedBy">The program that made it.</param>
/// <param name="CreationDate">When it was made (UTC).</param>
/// <param name="Source">The mark of a private tracker.</param>
/// <param name="Trackers">The trackers, in tiers.</param>
/// <param name="WebSeeds">The addresses that serve the files.</param>
/// <param name="Similar">Info hashes of torrents that may share files with it.</param>
/// <param name="Collections">The collections that it belongs to.</param>
/// <param name="UpdateUrl">The address of a newer torrent.</param>
/// <param name="Files">The files.</param>
internal sealed record InfoReport(
    string Name,
    string InfoHash,
    string? InfoHashV2,
    MetainfoVersion Version,
    long TotalSize,
    int PieceLength,
    int PieceCount,
    bool IsPrivate,
    string? Comment,
    string? CreatedBy,
    DateTimeOffset? CreationDate,
    string? Source,
    IReadOnlyList<IReadOnlyList<string>> Trackers,
    IReadOnlyList<string> WebSeeds,
    IReadOnlyList<string> Similar,
    IReadOnlyList<string> Collections,
    Uri? UpdateUrl,
    IReadOnlyList<InfoReport.FileReport> Files)
{
    /// <summary>Creates a report.</summary>
    /// <param name="torrent">The torrent.</param>
    public static InfoReport Of(TorrentMetainfo torrent) => new(
        torrent.Name,
        torrent.TorrentId.ToString(),
        torrent.TorrentId.V2?.ToString(),
        torrent.Version,
        torrent.ContentSize,
        torrent.PieceLength,
        torrent.PieceCount,
        torrent.IsPrivate,
        torrent.Comment,
        torrent.CreatedBy,
        torrent.CreationDate,
        torrent.Source,
        torrent.TrackerTiers,
        torrent.WebSeeds,
        [.. torrent.Similar.Select(similar => similar.ToString())],
        torrent.Collections,
        torrent.UpdateUrl,
        [.. torrent.Files.Where(file => !file.IsPadding).Select(file => new FileReport(file.Path, file.Length, file.Attributes, file.LinkTarget, file.LastWriteTime))]);

    /// <summary>One file.</summary>
    /// <param name="Path">Its path below the destination.</param>
    /// <param name="Length">Its length in bytes.</param>
    /// <param name="Attributes">Its attributes in the torrent: Executable, Hidden, SymbolicLink.</param>
    /// <param name="LinkTarget">The target path of a link; null if the target is not in the torrent.</param>
    /// <param name="LastWriteTime">When it was last written (UTC), if known.</param>
    internal sealed record FileReport(
        string Path, long Length, TorrentFileAttributes Attributes, string? LinkTarget, DateTimeOffset? LastWriteTime);
}

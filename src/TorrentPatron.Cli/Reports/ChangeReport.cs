using TorrentPatron.Engine.Client;

namespace TorrentPatron.Cli.Reports;

/// <summary>The result of stopping or removing a torrent, for <c>patron stop --json</c> and <c>patron remove --json</c>.</summary>
/// <param name="Torrent">The text on the command line, or the torrent's name.</param>
/// <param name="InfoHash">Its info hash; null if it was not found.</param>
/// <param name="IsDone">Whether the command succeeded.</param>
/// <param name="FilesDeleted">Number of its files that were deleted.</param>
/// <param name="BytesDeleted">Their total size in bytes.</param>
/// <param name="Error">Why the command failed; otherwise null.</param>
/// <param name="Warnings">Problems that may need attention.</param>
internal sealed record ChangeReport(
    string Torrent, string? InfoHash, bool IsDone, int FilesDeleted, long BytesDeleted, TorrentError? Error, IReadOnlyList<TorrentError> Warnings)
{
    /// <summary>Creates the report of a failure.</summary>
    public static ChangeReport Of(string torrent, string? infoHash, TorrentError error) => new(torrent, infoHash, false, 0, 0, error, []);
}

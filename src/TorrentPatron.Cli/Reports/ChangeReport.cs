using TorrentPatron.Engine.Client;

namespace TorrentPatron.Cli.Reports;

/// <summary>What became of a torrent that was stopped or removed: the shape of <c>patron stop --json</c> and <c>patron remove --json</c>.</summary>
/// <param name="Torrent">What was given on the command line, or the torrent's name.</param>
/// <param name="InfoHash">Its info hash; null where it was not found.</param>
/// <param name="IsDone">Whether it was done.</param>
/// <param name="FilesDeleted">Number of its files that were deleted.</param>
/// <param name="BytesDeleted">Their size, bytes.</param>
/// <param name="Error">Why it was not done; null where it was.</param>
/// <param name="Warnings">What may want attention.</param>
internal sealed record ChangeReport(
    string Torrent, string? InfoHash, bool IsDone, int FilesDeleted, long BytesDeleted, TorrentError? Error, IReadOnlyList<TorrentError> Warnings)
{
    /// <summary>Makes a report of a failure.</summary>
    public static ChangeReport Of(string torrent, string? infoHash, TorrentError error) => new(torrent, infoHash, false, 0, 0, error, []);
}

using TorrentPatron.Engine.Client;

namespace TorrentPatron.Cli.Reports;

/// <summary>How a torrent of a service stands: the shape of <c>patron list --json</c>, <c>watch --json</c> and <c>status --service --json</c>.</summary>
/// <param name="Name">The torrent's name.</param>
/// <param name="InfoHash">Its info hash.</param>
/// <param name="State">What it is doing.</param>
/// <param name="Destination">The folder below which its files lie.</param>
/// <param name="Path">Where its file or folder is.</param>
/// <param name="TotalSize">Size of all files, bytes.</param>
/// <param name="CompletedSize">Bytes that are there and verified.</param>
/// <param name="PercentComplete">0 to 100.</param>
/// <param name="IsComplete">Whether everything that is wanted is there and verified.</param>
/// <param name="DownloadRate">Payload received, bytes/s.</param>
/// <param name="UploadRate">Payload sent, bytes/s.</param>
/// <param name="BytesReceived">Payload received since it was first added.</param>
/// <param name="BytesSent">Payload sent since it was first added.</param>
/// <param name="Ratio">Bytes sent for each byte that is here.</param>
/// <param name="SecondsLeft">Time until the download is done, at the present rate; null where that cannot be said.</param>
/// <param name="SeedingSeconds">Time spent seeding, over all runs.</param>
/// <param name="ConnectedPeers">Connected peers.</param>
/// <param name="ConnectedSeeds">Connected peers that have everything.</param>
/// <param name="AddedAt">When it was first added (UTC).</param>
/// <param name="CompletedAt">When it became complete (UTC); null where it is not.</param>
/// <param name="Tags">Its tags.</param>
/// <param name="Trackers">Addresses of its trackers, without secrets.</param>
/// <param name="Error">Why it stopped by itself; null where it did not.</param>
/// <param name="Warnings">What may want attention.</param>
internal sealed record StatusReport(
    string Name,
    string InfoHash,
    TorrentState State,
    string Destination,
    string Path,
    long TotalSize,
    long CompletedSize,
    double PercentComplete,
    bool IsComplete,
    long DownloadRate,
    long UploadRate,
    long BytesReceived,
    long BytesSent,
    double Ratio,
    double? SecondsLeft,
    double SeedingSeconds,
    int ConnectedPeers,
    int ConnectedSeeds,
    DateTimeOffset AddedAt,
    DateTimeOffset? CompletedAt,
    IReadOnlyList<string> Tags,
    IReadOnlyList<string> Trackers,
    TorrentError? Error,
    IReadOnlyList<TorrentError> Warnings)
{
    /// <summary>Makes a report.</summary>
    /// <param name="status">The status.</param>
    public static StatusReport Of(TorrentStatus status) => new(
        status.Name,
        status.InfoHash,
        status.State,
        status.Destination,
        status.Path,
        status.TotalSize,
        status.CompletedSize,
        status.PercentComplete,
        status.IsComplete,
        status.DownloadRate,
        status.UploadRate,
        status.BytesReceived,
        status.BytesSent,
        status.Ratio,
        status.EstimatedTimeLeft?.TotalSeconds,
        status.SeedingTime.TotalSeconds,
        status.ConnectedPeers,
        status.ConnectedSeeds,
        status.AddedAt,
        status.CompletedAt,
        status.Tags,
        [.. status.Trackers.Select(tracker => tracker.MaskedUri)],
        status.Error,
        status.Warnings);
}

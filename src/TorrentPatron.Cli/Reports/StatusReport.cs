using TorrentPatron.Engine.Client;

namespace TorrentPatron.Cli.Reports;

/// <summary>The status of a service's torrent, for <c>patron list --json</c>, <c>watch --json</c> and <c>status --service --json</c>.</summary>
/// <param name="Name">The torrent's name.</param>
/// <param name="InfoHash">Its info hash.</param>
/// <param name="OtherInfoHash">The other info hash of a hybrid; otherwise null.</param>
/// <param name="State">Its state.</param>
/// <param name="Destination">The folder of its files.</param>
/// <param name="Path">The path of its file or top folder.</param>
/// <param name="TotalSize">Size of all files, bytes.</param>
/// <param name="CompletedSize">Number of verified bytes.</param>
/// <param name="PercentComplete">0 to 100.</param>
/// <param name="IsComplete">Whether every wanted byte is verified.</param>
/// <param name="DownloadRate">Payload received, bytes/s.</param>
/// <param name="UploadRate">Payload sent, bytes/s.</param>
/// <param name="BytesReceived">Payload received since it was first added.</param>
/// <param name="BytesSent">Payload sent since it was first added.</param>
/// <param name="Ratio">Ratio of bytes sent to bytes present.</param>
/// <param name="SecondsLeft">Estimated time until completion at the current rate; null if unknown.</param>
/// <param name="SeedingSeconds">Time spent seeding, over all runs.</param>
/// <param name="ConnectedPeers">Connected peers.</param>
/// <param name="ConnectedSeeds">Connected peers that are complete.</param>
/// <param name="AddedAt">When it was first added (UTC).</param>
/// <param name="CompletedAt">When it became complete (UTC); null if it is not.</param>
/// <param name="QueuePosition">Its position in the queue, 1 or more; null if it is stopped.</param>
/// <param name="Tags">Its tags.</param>
/// <param name="Trackers">Addresses of its trackers, without secrets.</param>
/// <param name="Error">Why it failed; otherwise null.</param>
/// <param name="Warnings">Problems that may need attention.</param>
internal sealed record StatusReport(
    string Name,
    string InfoHash,
    string? OtherInfoHash,
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
    int? QueuePosition,
    IReadOnlyList<string> Tags,
    IReadOnlyList<string> Trackers,
    TorrentError? Error,
    IReadOnlyList<TorrentError> Warnings)
{
    /// <summary>Creates a report.</summary>
    /// <param name="status">The status.</param>
    public static StatusReport Of(TorrentStatus status) => new(
        status.Name,
        status.InfoHash,
        status.OtherInfoHash,
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
        status.QueuePosition,
        status.Tags,
        [.. status.Trackers.Select(tracker => tracker.MaskedUri)],
        status.Error,
        status.Warnings);
}

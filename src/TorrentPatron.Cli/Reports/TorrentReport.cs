using TorrentPatron.Engine.Client;

namespace TorrentPatron.Cli.Reports;

/// <summary>How a torrent stood when the command ended: the shape of <c>patron start --json</c>.</summary>
/// <param name="Source">What was given on the command line.</param>
/// <param name="Name">The torrent's name; null, as all that follows, where it was not started.</param>
/// <param name="InfoHash">Its info hash.</param>
/// <param name="State">What it was doing.</param>
/// <param name="Path">Where its file or folder is.</param>
/// <param name="TotalSize">Size of all files.</param>
/// <param name="CompletedSize">Bytes that are there and verified.</param>
/// <param name="PercentComplete">0 to 100.</param>
/// <param name="BytesReceived">Payload received since it was first added.</param>
/// <param name="BytesSent">Payload sent since it was first added.</param>
/// <param name="IsComplete">Whether everything is there and verified.</param>
/// <param name="Error">Why it is not; null where it is, or where Ctrl-C came first.</param>
/// <param name="Warnings">What may want attention.</param>
internal sealed record TorrentReport(
    string Source,
    string? Name,
    string? InfoHash,
    TorrentState? State,
    string? Path,
    long? TotalSize,
    long? CompletedSize,
    double? PercentComplete,
    long? BytesReceived,
    long? BytesSent,
    bool IsComplete,
    TorrentError? Error,
    IReadOnlyList<TorrentError> Warnings)
{
    /// <summary>Makes a report.</summary>
    /// <param name="source">What was given on the command line.</param>
    /// <param name="status">The last status, if there was any.</param>
    /// <param name="error">Why it failed, if it did.</param>
    /// <param name="warnings">Warnings about its start; null means none.</param>
    public static TorrentReport Of(
        string source, TorrentStatus? status, TorrentError? error, IReadOnlyList<TorrentError>? warnings = null) => new(
        source,
        status?.Name,
        status?.InfoHash,
        status?.State,
        status?.Path,
        status?.TotalSize,
        status?.CompletedSize,
        status?.PercentComplete,
        status?.BytesReceived,
        status?.BytesSent,
        status is { IsComplete: true },
        error ?? status?.Error,
        [.. warnings ?? [], .. status?.Warnings ?? []]);
}

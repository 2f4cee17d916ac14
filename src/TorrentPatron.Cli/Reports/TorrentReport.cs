using TorrentPatron.Engine.Client;

namespace TorrentPatron.Cli.Reports;

/// <summary>The status of a torrent at the end of the command, for <c>patron start --json</c>.</summary>
/// <param name="Source">The text on the command line.</param>
/// <param name="Name">The torrent's name; null, like all that follows, if it was not started.</param>
/// <param name="InfoHash">Its info hash.</param>
/// <param name="State">Its state.</param>
/// <param name="Path">The path of its file or top folder.</param>
/// <param name="TotalSize">Size of all files.</param>
/// <param name="CompletedSize">Number of verified bytes.</param>
/// <param name="PercentComplete">0 to 100.</param>
/// <param name="BytesReceived">Payload received since it was first added.</param>
/// <param name="BytesSent">Payload sent since it was first added.</param>
/// <param name="IsComplete">Whether every wanted byte is verified.</param>
/// <param name="Error">Why it is not complete; null if it is, or after Ctrl-C.</param>
/// <param name="Warnings">Problems that may need attention.</param>
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
    /// <summary>Creates a report.</summary>
    /// <param name="source">The text on the command line.</param>
    /// <param name="status">The last status, if any.</param>
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

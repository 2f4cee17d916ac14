namespace TorrentPatron.Cli.Reports;

/// <summary>A saved torrent, for <c>patron status --json</c>.</summary>
/// <param name="Name">The torrent's name.</param>
/// <param name="InfoHash">Its info hash.</param>
/// <param name="Destination">The folder of its files; null if the saved progress cannot be read.</param>
/// <param name="TotalSize">Size of all files in bytes; null if the saved .torrent is damaged.</param>
/// <param name="VerifiedPieces">Number of verified pieces when it was last saved.</param>
/// <param name="PieceCount">The number of pieces; null if the saved .torrent is damaged.</param>
/// <param name="AddedAt">When it was first added (UTC).</param>
/// <param name="CompletedAt">When it became complete (UTC); null if it is not.</param>
/// <param name="Tags">Its tags; null if they cannot be read.</param>
internal sealed record SavedReport(
    string? Name,
    string InfoHash,
    string? Destination,
    long? TotalSize,
    int? VerifiedPieces,
    int? PieceCount,
    DateTimeOffset? AddedAt,
    DateTimeOffset? CompletedAt,
    IReadOnlyList<string>? Tags)
{
    /// <summary>Percentage of verified pieces, 0 to 100; null if unknown.</summary>
    public double? PercentComplete => (VerifiedPieces, PieceCount) switch
    {
        (null, _) or (_, null) => null,
        (_, 0) => 100,
        var (verified, count) => 100.0 * verified / count,
    };
}

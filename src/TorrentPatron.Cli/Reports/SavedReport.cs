namespace TorrentPatron.Cli.Reports;

/// <summary>A torrent whose state is saved: the shape of <c>patron status --json</c>.</summary>
/// <param name="Name">The torrent's name.</param>
/// <param name="InfoHash">Its info hash.</param>
/// <param name="Destination">The folder it is downloaded into; null where the saved progress cannot be read.</param>
/// <param name="TotalSize">Size of all files; null where the saved .torrent is damaged.</param>
/// <param name="VerifiedPieces">Pieces that were there at the last saving.</param>
/// <param name="PieceCount">The number of pieces; null where the saved .torrent is damaged.</param>
/// <param name="AddedAt">When it was first added (UTC).</param>
/// <param name="CompletedAt">When it became complete (UTC); null where it is not.</param>
/// <param name="Tags">What it is called by; null where that cannot be read.</param>
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
    /// <summary>Share of the pieces that were there, 0 to 100; null where that is not known.</summary>
    public double? PercentComplete => (VerifiedPieces, PieceCount) switch
    {
        (null, _) or (_, null) => null,
        (_, 0) => 100,
        var (verified, count) => 100.0 * verified / count,
    };
}

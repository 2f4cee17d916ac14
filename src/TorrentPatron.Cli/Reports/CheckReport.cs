using TorrentPatron.Engine.Storage;

namespace TorrentPatron.Cli.Reports;

/// <summary>The data that a folder has for a torrent, for <c>patron check --json</c>. Sizes are bytes.</summary>
/// <param name="Name">The torrent's name.</param>
/// <param name="InfoHash">The info hash.</param>
/// <param name="IsComplete">Whether every byte is present.</param>
/// <param name="PieceCount">The number of pieces.</param>
/// <param name="BadPieces">The pieces with missing or wrong bytes.</param>
/// <param name="Files">All files except padding and links.</param>
internal sealed record CheckReport(
    string Name, string InfoHash, bool IsComplete, int PieceCount, IReadOnlyList<int> BadPieces, IReadOnlyList<CheckReport.CheckedFile> Files)
{
    /// <summary>The report of a match.</summary>
    /// <param name="match">The match.</param>
    /// <param name="pieceCount">The number of the torrent's pieces.</param>
    public static CheckReport Of(DataMatch match, int pieceCount) => new(
        match.Name, match.Torrent.ToString(), match.IsComplete, pieceCount, match.BadPieces,
        [.. match.Files.Select(file => new CheckedFile(file.Path, file.Length, file.CompletedSize, file.IsComplete, file.FoundPath, file.IsRenamed))]);

    /// <summary>One file.</summary>
    /// <param name="Path">Its path in the torrent.</param>
    /// <param name="Length">Its size.</param>
    /// <param name="CompletedSize">Number of its bytes in good pieces.</param>
    /// <param name="IsComplete">Whether all of it is present.</param>
    /// <param name="FoundPath">The path where it was found; null if it was not.</param>
    /// <param name="IsRenamed">Whether it was found under a different name or in a different folder.</param>
    public sealed record CheckedFile(string Path, long Length, long CompletedSize, bool IsComplete, string? FoundPath, bool IsRenamed);
}

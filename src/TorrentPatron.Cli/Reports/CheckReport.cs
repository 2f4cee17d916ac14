using TorrentPatron.Engine.Storage;

namespace TorrentPatron.Cli.Reports;

/// <summary>What a folder has of a torrent's data: the shape of <c>patron check --json</c>. Sizes are bytes.</summary>
/// <param name="Name">The torrent's name.</param>
/// <param name="InfoHash">The info hash.</param>
/// <param name="IsComplete">Whether every byte is there.</param>
/// <param name="PieceCount">The number of pieces.</param>
/// <param name="BadPieces">The pieces of which bytes are missing or wrong.</param>
/// <param name="Files">All files but for padding and links.</param>
internal sealed record CheckReport(
    string Name, string InfoHash, bool IsComplete, int PieceCount, IReadOnlyList<int> BadPieces, IReadOnlyList<CheckReport.CheckedFile> Files)
{
    /// <summary>The report of a match.</summary>
    /// <param name="match">What was found.</param>
    /// <param name="pieceCount">The number of the torrent's pieces.</param>
    public static CheckReport Of(DataMatch match, int pieceCount) => new(
        match.Name, match.Torrent.ToString(), match.IsComplete, pieceCount, match.BadPieces,
        [.. match.Files.Select(file => new CheckedFile(file.Path, file.Length, file.CompletedSize, file.IsComplete, file.FoundPath, file.IsRenamed))]);

    /// <summary>One file.</summary>
    /// <param name="Path">Where the torrent has it.</param>
    /// <param name="Length">Its size.</param>
    /// <param name="CompletedSize">Bytes of it that lie in good pieces.</param>
    /// <param name="IsComplete">Whether all of it is there.</param>
    /// <param name="FoundPath">Where it was found; null: nowhere.</param>
    /// <param name="IsRenamed">Whether it was found under a different name or in a different folder.</param>
    public sealed record CheckedFile(string Path, long Length, long CompletedSize, bool IsComplete, string? FoundPath, bool IsRenamed);
}

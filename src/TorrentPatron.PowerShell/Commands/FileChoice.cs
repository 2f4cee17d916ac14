using TorrentPatron.PowerShell.Torrents;

namespace TorrentPatron.PowerShell.Commands;

/// <summary>Chooses among a torrent's files by patterns of their names and by their places.</summary>
/// <param name="include">Patterns of which one must match; null: all files.</param>
/// <param name="exclude">Patterns of which none may match; null: none.</param>
/// <param name="index">Places of which it must be one; null: any.</param>
internal sealed class FileChoice(string[]? include, string[]? exclude, int[]? index)
{
    private readonly Patterns? _include = include is null ? null : new Patterns(include);
    private readonly Patterns? _exclude = exclude is null ? null : new Patterns(exclude);

    /// <summary>Whether a file is chosen.</summary>
    public bool Has(TorrentFile file) =>
        index?.Contains(file.Index) != false && _include?.Match(Names(file)) != false && _exclude?.Match(Names(file)) != true;

    /// <summary>A file goes by its name, its path in the torrent, and its path below the torrent's own folder.</summary>
    private static string[] Names(TorrentFile file) =>
        [file.Name, file.Name[(file.Name.IndexOf('/', StringComparison.Ordinal) + 1)..], file.Name[(file.Name.LastIndexOf('/') + 1)..]];
}

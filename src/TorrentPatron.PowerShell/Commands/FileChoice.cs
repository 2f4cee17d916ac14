using TorrentPatron.Engine.Client;
using TorrentPatron.PowerShell.Torrents;

namespace TorrentPatron.PowerShell.Commands;

/// <summary>Chooses among a torrent's files by their names, or patterns of names, and by their places.</summary>
/// <param name="include">Names of which the file must have one; null: any.</param>
/// <param name="exclude">Names of which it may have none; null: none.</param>
/// <param name="index">Places of which it must have one; null: any.</param>
internal sealed class FileChoice(string[]? include, string[]? exclude, int[]? index)
{
    /// <summary>The files that are chosen, in their order. What is to be left out and is not there does not matter.</summary>
    /// <param name="torrent">The torrent.</param>
    /// <param name="search">Remembers the names and places that no file has.</param>
    /// <returns>The files; none where they are not known yet.</returns>
    public IReadOnlyList<TorrentFile> Among(TorrentTarget torrent, NameSearch search)
    {
        TorrentFile[] files = [.. torrent.Files];
        if (files.Length == 0)
            return [];

        search.Torrents.Add(torrent.Status.Name);
        HashSet<TorrentFile> included = include is null ? [.. files] : [.. include.SelectMany(text => search.Find(text, files, NamesOf))];
        HashSet<TorrentFile> excluded = [.. (exclude ?? []).SelectMany(text => new NamePattern(text).Find(files, NamesOf))];
        foreach (int place in index ?? [])
            search.Note(place, Array.Exists(files, file => file.Index == place));
        return [.. files.Where(file => index?.Contains(file.Index) != false && included.Contains(file) && !excluded.Contains(file))];
    }

    private static IReadOnlyList<string> NamesOf(TorrentFile file) => NamePattern.NamesOfFile(file.Name);
}

using TorrentPatron.Engine.Client;
using TorrentPatron.PowerShell.Torrents;

namespace TorrentPatron.PowerShell.Commands;

/// <summary>Chooses a torrent's files by names, patterns and indexes.</summary>
/// <param name="include">Names or patterns of which a file must match one; null accepts all.</param>
/// <param name="exclude">Names or patterns of which a file must match none; null excludes none.</param>
/// <param name="index">Indexes of which a file must have one; null accepts all.</param>
internal sealed class FileChoice(string[]? include, string[]? exclude, int[]? index)
{
    /// <summary>The chosen files, in their order. An exclusion that matches nothing is not an error.</summary>
    /// <param name="torrent">The torrent.</param>
    /// <param name="search">Remembers the names and indexes that no file has.</param>
    /// <returns>The files; empty while they are unknown.</returns>
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

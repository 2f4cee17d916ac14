using TorrentPatron.Protocol.Metainfo;

namespace TorrentPatron.Engine.Client;

/// <summary>
/// Selects files of a torrent before its file list is known. Without names and indices it selects all. A name is a
/// <see cref="NamePattern"/>; it is matched against a file's name, its path in the torrent, and its path below the torrent's own
/// folder, all with <c>/</c> as separator. <c>*</c> also matches separators.
/// </summary>
public sealed record FileSelection
{
    /// <summary>Every file.</summary>
    public static FileSelection All { get; } = new();

    /// <summary>
    /// Names or name patterns of wanted files; if this and <see cref="Indices"/> are empty, all files are wanted.
    /// </summary>
    public IReadOnlyList<string> Include { get; init; } = [];

    /// <summary>Names or name patterns of unwanted files; takes precedence over everything else.</summary>
    public IReadOnlyList<string> Exclude { get; init; } = [];

    /// <summary>Indices of wanted files, from 0, in addition to <see cref="Include"/> (BEP 53).</summary>
    public IReadOnlyList<int> Indices { get; init; } = [];

    /// <summary>Whether every file is selected.</summary>
    public bool IsAll => Include.Count == 0 && Exclude.Count == 0 && Indices.Count == 0;

    /// <summary>The error for a selection that matches no file.</summary>
    /// <param name="metainfo">The torrent.</param>
    public static TorrentError NothingSelected(TorrentMetainfo metainfo)
    {
        ArgumentNullException.ThrowIfNull(metainfo);
        return new TorrentError(
            TorrentErrorId.NothingSelected, $"None of the {metainfo.Files.Count} files of '{metainfo.Name}' is selected.",
            "List the torrent's files, and select them by name.");
    }

    /// <summary>Determines for each file whether it is wanted.</summary>
    /// <param name="metainfo">The torrent.</param>
    /// <returns>
    /// <see cref="FilePriority.Normal"/> or <see cref="FilePriority.Skip"/> for each of the torrent's files; empty if all are
    /// wanted.
    /// </returns>
    public IReadOnlyList<FilePriority> Resolve(TorrentMetainfo metainfo)
    {
        ArgumentNullException.ThrowIfNull(metainfo);
        if (IsAll)
            return [];

        int[] files = [.. Enumerable.Range(0, metainfo.Files.Count)];
        IReadOnlyList<string>[] names = [.. metainfo.Files.Select(file => NamePattern.NamesOfFile(file.Path))];
        HashSet<int> wanted = Include.Count + Indices.Count == 0 ? [.. files] : [.. Named(Include), .. Indices];
        wanted.ExceptWith(Named(Exclude));
        return [.. files.Select(file => wanted.Contains(file) ? FilePriority.Normal : FilePriority.Skip)];

        IEnumerable<int> Named(IReadOnlyList<string> texts) =>
            texts.SelectMany(text => new NamePattern(text).Find(files, file => names[file]));
    }

    /// <summary>The names in <see cref="Include"/> that match no file in the torrent. Patterns may match nothing.</summary>
    /// <param name="metainfo">The torrent.</param>
    public IReadOnlyList<string> Missing(TorrentMetainfo metainfo)
    {
        ArgumentNullException.ThrowIfNull(metainfo);
        return
        [
            .. Include.Select(text => new NamePattern(text))
                .Where(name => !name.HasWildcards && name.Find(metainfo.Files, file => NamePattern.NamesOfFile(file.Path)).Count == 0)
                .Select(name => name.Text),
        ];
    }
}

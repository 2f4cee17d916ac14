using TorrentPatron.Protocol.Metainfo;

namespace TorrentPatron.Engine.Client;

/// <summary>
/// Which of a torrent's files are wanted, said before they are known. Without names and indices: all. A name is a
/// <see cref="NamePattern"/>; it is compared with a file's name, its path in the torrent and that path below the torrent's own folder,
/// all with <c>/</c> as separator; <c>*</c> matches separators too.
/// </summary>
public sealed record FileSelection
{
    /// <summary>Every file.</summary>
    public static FileSelection All { get; } = new();

    /// <summary>Names of the files that are wanted, or patterns of names; empty, with no <see cref="Indices"/>: all files.</summary>
    public IReadOnlyList<string> Include { get; init; } = [];

    /// <summary>Names of the files that are not wanted, or patterns of names, whatever else says so.</summary>
    public IReadOnlyList<string> Exclude { get; init; } = [];

    /// <summary>Places of files that are wanted, from 0, besides those that <see cref="Include"/> names (BEP 53).</summary>
    public IReadOnlyList<int> Indices { get; init; } = [];

    /// <summary>Whether it chooses nothing: every file is wanted.</summary>
    public bool IsAll => Include.Count == 0 && Exclude.Count == 0 && Indices.Count == 0;

    /// <summary>What to say where a selection leaves no file.</summary>
    /// <param name="metainfo">The torrent.</param>
    public static TorrentError NothingSelected(TorrentMetainfo metainfo)
    {
        ArgumentNullException.ThrowIfNull(metainfo);
        return new TorrentError(
            TorrentErrorId.NothingSelected, $"None of the {metainfo.Files.Count} files of '{metainfo.Name}' is chosen.",
            "Look at the files in the torrent, and choose by what they are called.");
    }

    /// <summary>Says of each file whether it is wanted.</summary>
    /// <param name="metainfo">The torrent.</param>
    /// <returns>
    /// <see cref="FilePriority.Normal"/> or <see cref="FilePriority.Skip"/> for each of the torrent's files; empty where all are
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

    /// <summary>What of <see cref="Include"/> names a file that the torrent does not have. That a pattern matches none is in order.</summary>
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

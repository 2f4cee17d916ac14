using TorrentPatron.Protocol.Metainfo;

namespace TorrentPatron.Engine.Client;

/// <summary>
/// Which of a torrent's files are wanted, said before they are known. Without patterns and indices: all. A pattern has
/// <c>*</c>, <c>?</c> and <c>[a-z]</c>, knows no upper and lower case, and is held against a file's name, its path in the torrent and
/// that path below the torrent's own folder, all with <c>/</c> as separator; <c>*</c> matches separators too.
/// </summary>
public sealed record FileSelection
{
    /// <summary>Every file.</summary>
    public static FileSelection All { get; } = new();

    /// <summary>Patterns of the files that are wanted; empty, with no <see cref="Indices"/>: all files.</summary>
    public IReadOnlyList<string> Include { get; init; } = [];

    /// <summary>Patterns of the files that are not wanted, whatever else says so.</summary>
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

        WildcardPattern[] include = [.. Include.Select(pattern => new WildcardPattern(pattern))];
        WildcardPattern[] exclude = [.. Exclude.Select(pattern => new WildcardPattern(pattern))];
        HashSet<int> indices = [.. Indices];
        var priorities = new FilePriority[metainfo.Files.Count];
        for (int index = 0; index < priorities.Length; index++)
        {
            string path = metainfo.Files[index].Path;
            bool isWanted = (include.Length == 0 && indices.Count == 0) || indices.Contains(index) || IsNamed(path, include);
            priorities[index] = isWanted && !IsNamed(path, exclude) ? FilePriority.Normal : FilePriority.Skip;
        }

        return priorities;
    }

    private static bool IsNamed(string path, WildcardPattern[] patterns)
    {
        ReadOnlySpan<char> whole = path;
        ReadOnlySpan<char> below = whole[(whole.IndexOf('/') + 1)..];
        ReadOnlySpan<char> name = whole[(whole.LastIndexOf('/') + 1)..];
        foreach (WildcardPattern pattern in patterns)
        {
            if (pattern.IsMatch(whole) || pattern.IsMatch(below) || pattern.IsMatch(name))
                return true;
        }

        return false;
    }
}

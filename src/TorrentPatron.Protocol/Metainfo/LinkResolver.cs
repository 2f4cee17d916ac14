namespace TorrentPatron.Protocol.Metainfo;

/// <summary>
/// Resolves the symbolic links of a torrent (BEP 47) to a file, a link or a folder of the torrent, by its original names. Links
/// that lead elsewhere, in a circle, or to a folder that contains them, have no target.
/// </summary>
/// <param name="rootElements">The number of elements before the torrent's own paths: 1 for its folder, or 0.</param>
internal sealed class LinkResolver(int rootElements)
{
    /// <summary>The longest chain of links. Linux follows 40.</summary>
    private const int MostSteps = 32;

    /// <summary>The most elements of a target.</summary>
    private const int MostElements = 100;

    private readonly List<string> _paths = [];
    private readonly List<(int File, string[] Target)> _links = [];
    private readonly Dictionary<string, LinkedItem> _wanted = new(StringComparer.Ordinal);
    private readonly Dictionary<int, string> _chosen = [];

    /// <summary>Adds the original path of the next file; null for padding, which cannot be a target.</summary>
    public void Add(IEnumerable<string>? names) => _paths.Add(names is null ? "" : Join(names));

    /// <summary>Adds the target of the last added file.</summary>
    /// <param name="target">The elements of its target.</param>
    public void AddLink(string[] target) => _links.Add((_paths.Count - 1, target));

    /// <summary>Sets the target of each link.</summary>
    /// <param name="files">The added files, in order.</param>
    public void Resolve(List<TorrentFileEntry> files)
    {
        foreach ((int file, string[] target) in _links)
        {
            foreach (string candidate in Candidates(file, target))
                _wanted.TryAdd(candidate, LinkedItem.Nothing);
        }

        FindWanted(files);
        foreach ((int file, string[] target) in _links)
        {
            if (Candidates(file, target).FirstOrDefault(candidate => _wanted[candidate].Path is not null) is { } chosen)
                _chosen[file] = chosen;
        }

        foreach ((int file, _) in _links)
        {
            if (_chosen.TryGetValue(file, out string? chosen) && Follow(file, files) is { } end)
                files[file] = files[file] with { LinkTarget = _wanted[chosen].Path, IsLinkToFolder = end.File < 0 };
        }
    }

    /// <summary>
    /// The possible meanings of a target: relative to the torrent's folder, as in BEP 47, and relative to the link's own, as
    /// libtorrent writes it.
    /// </summary>
    private IEnumerable<string> Candidates(int file, string[] target)
    {
        // An empty name at the beginning is an absolute path.
        if (target.Length > MostElements || target[0].Length == 0)
            yield break;
        if (Normalize([], target) is { } fromRoot)
            yield return fromRoot;
        string[] folder = _paths[file].Split('/')[..^1];
        if (folder.Length is > 0 and < MostElements && Normalize(folder, target) is { } fromLink)
            yield return fromLink;
    }

    /// <returns>Null if the target leads out of the torrent's folder, or is that folder.</returns>
    private static string? Normalize(string[] folder, string[] target)
    {
        var elements = new List<string>(folder);
        foreach (string name in target)
        {
            if (name == "..")
            {
                if (elements.Count == 0)
                    return null;
                elements.RemoveAt(elements.Count - 1);
            }
            else if (name is not ("" or "."))
            {
                elements.Add(name);
            }
        }

        return elements.Count == 0 ? null : Join(elements);
    }

    private static string Join(IEnumerable<string> names) => string.Join('/', names.Select(name => name.Replace('/', '\0')));

    private void FindWanted(List<TorrentFileEntry> files)
    {
        Dictionary<string, LinkedItem>.AlternateLookup<ReadOnlySpan<char>> wanted = _wanted.GetAlternateLookup<ReadOnlySpan<char>>();
        for (int file = 0; file < _paths.Count; file++)
        {
            string path = _paths[file];
            if (path.Length == 0)
                continue;
            int depth = 0;
            for (int end = path.IndexOf('/', StringComparison.Ordinal); end >= 0 && ++depth <= MostElements; end = path.IndexOf('/', end + 1))
            {
                ReadOnlySpan<char> folder = path.AsSpan(0, end);
                // If the path was too long, the file is in a different folder.
                if (wanted.TryGetValue(folder, out LinkedItem found) && found.Path is null
                    && CountElements(files[file].Path) == CountElements(path) + rootElements)
                    wanted[folder] = new LinkedItem(First(files[file].Path, depth + rootElements), File: -1);
            }

            if (_wanted.TryGetValue(path, out LinkedItem whole) && whole.Path is null)
                _wanted[path] = new LinkedItem(files[file].Path, file);
        }
    }

    /// <summary>The final target of a link; null if the link must not be created.</summary>
    private LinkedItem? Follow(int link, List<TorrentFileEntry> files)
    {
        Span<int> passed = stackalloc int[MostSteps];
        for (int steps = 0; steps < MostSteps; steps++)
        {
            passed[steps] = link;
            if (!_chosen.TryGetValue(link, out string? chosen))
                return null;
            LinkedItem found = _wanted[chosen];
            if (found.File >= 0 && files[found.File].IsLink)
            {
                link = found.File;
                continue;
            }

            foreach (int at in passed[..(steps + 1)])
            {
                if (found.File < 0 && files[at].Path.StartsWith(found.Path + "/", StringComparison.Ordinal))
                    return null;
            }

            return found;
        }

        return null;
    }

    private static int CountElements(string path) => path.AsSpan().Count('/') + 1;

    private static string First(string path, int elements)
    {
        int end = -1;
        for (int i = 0; i < elements; i++)
            end = path.IndexOf('/', end + 1);
        return path[..end];
    }

    /// <summary>A file or folder that a link names.</summary>
    /// <param name="Path">Its safe path; null means none.</param>
    /// <param name="File">Index of the file; -1 for a folder.</param>
    private readonly record struct LinkedItem(string? Path, int File)
    {
        public static LinkedItem Nothing { get; } = new(null, -1);
    }
}

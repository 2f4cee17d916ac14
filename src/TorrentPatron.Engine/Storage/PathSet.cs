using TorrentPatron.Protocol.Metainfo;

namespace TorrentPatron.Engine.Storage;

/// <summary>
/// The paths of a layout's files as the file system sees them: links above the torrent's top folder resolved, case and
/// composition folded. Immutable.
/// </summary>
internal sealed class PathSet
{
    private readonly FileLayout _layout;
    private readonly string _root;
    private readonly Dictionary<string, int> _files = new(StringComparer.Ordinal);
    private readonly HashSet<string> _folders = new(StringComparer.Ordinal);

    /// <summary>Collects the paths.</summary>
    /// <param name="layout">The layout.</param>
    /// <param name="root">Its root path with links resolved.</param>
    public PathSet(FileLayout layout, string root)
    {
        (_layout, _root) = (layout, root);
        for (int file = 0; file < layout.Files.Count; file++)
        {
            if (layout.Files[file].IsStored)
                _files.TryAdd(NameFolding.Fold(RealPathOf(file)), file);
        }

        foreach (string folder in layout.Folders)
            _folders.Add(NameFolding.Fold(Real(folder)));
    }

    /// <summary>The files shared by both torrents, and files of one that are folders of the other.</summary>
    /// <param name="other">The other torrent's paths.</param>
    /// <returns>
    /// Indexes of the file in this torrent and in the other; -1 for a folder. Examines the disk if only case differs.
    /// </returns>
    public IEnumerable<(int File, int OtherFile)> Overlaps(PathSet other)
    {
        foreach ((string path, int file) in _files)
        {
            if (other._files.TryGetValue(path, out int otherFile))
            {
                if (PathCase.AreSame(RealPathOf(file), other.RealPathOf(otherFile)))
                    yield return (file, otherFile);
            }
            else if (other._folders.Contains(path))
            {
                yield return (file, -1);
            }
        }

        foreach ((string path, int otherFile) in other._files)
        {
            if (_folders.Contains(path))
                yield return (-1, otherFile);
        }
    }

    /// <summary>A file's path with links above the torrent resolved.</summary>
    /// <param name="file">Index of the file.</param>
    public string RealPathOf(int file) => Real(_layout.Files[file].FullPath);

    // Some files may be elsewhere, under the torrent's original names.
    private string Real(string path) => path.StartsWith(_layout.RootPath, StringComparison.Ordinal)
        ? string.Concat(_root, path.AsSpan(_layout.RootPath.Length))
        : RealPath.Of(path);
}

namespace TorrentPatron.Engine.Storage;

/// <summary>
/// The current or future location of a torrent's files. Its paths are computed only if another torrent is nearby, and are not
/// kept for long.
/// </summary>
/// <param name="layout">The layout of the files.</param>
internal sealed class FilePlace(FileLayout layout)
{
    private WeakReference<PathSet>? _paths; // most places never need them

    /// <summary>The torrent's file or top folder with links resolved. Examines the disk, once.</summary>
    public string Root { get; } = RealPath.Of(layout.RootPath) is var real && real == layout.RootPath ? layout.RootPath : real;

    /// <summary>The layout of the files.</summary>
    public FileLayout Layout => layout;

    /// <summary>The files' paths.</summary>
    public PathSet Paths
    {
        get
        {
            if (_paths is null || !_paths.TryGetTarget(out PathSet? paths))
                _paths = new WeakReference<PathSet>(paths = new PathSet(layout, Root));
            return paths;
        }
    }
}

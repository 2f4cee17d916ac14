namespace TorrentPatron.Engine.Storage;

/// <summary>Where a torrent's files are, or are to be. Its paths are worked out where another torrent is near, and not kept for long.</summary>
/// <param name="layout">Where the files lie.</param>
internal sealed class FilePlace(FileLayout layout)
{
    private WeakReference<PathSet>? _paths; // most places never need them

    /// <summary>The torrent's file or top folder, links followed. Looks at the disk, once.</summary>
    public string Root { get; } = RealPath.Of(layout.RootPath) is var real && real == layout.RootPath ? layout.RootPath : real;

    /// <summary>Where the files lie.</summary>
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

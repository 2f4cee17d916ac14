namespace TorrentPatron.Engine.Storage;

/// <summary>The folders of a layout that could be reached from the destination without a link when this was created.</summary>
internal sealed class LinkFreeFolders
{
    private readonly FileLayout _layout;
    private readonly HashSet<string> _reached = new(StringComparer.Ordinal);

    /// <summary>Examines the folders. Blocks on the disk.</summary>
    /// <param name="layout">The layout.</param>
    public LinkFreeFolders(FileLayout layout)
    {
        _layout = layout;
        foreach (string folder in layout.Folders)
        {
            if (Contains(Path.GetDirectoryName(folder)!) && GuardedFile.Look(folder) is not { Kind: FileKind.Link })
                _reached.Add(folder);
        }
    }

    /// <summary>Whether a folder of the layout, or its destination, is one of them.</summary>
    public bool Contains(string folder) => folder.Length <= _layout.Destination.Length || _reached.Contains(folder);
}

namespace TorrentPatron.Engine.Storage;

/// <summary>Makes the folders below a destination, and sees to it that none of them is a link. Thread-safe.</summary>
/// <remarks>
/// A torrent makes no links, so a link below the destination was put there by someone, and writing through it would write
/// somewhere else. A folder that was looked at once is not looked at again: this guards against what is there, not against
/// a program that may write here and races us.
/// </remarks>
/// <param name="destination">The folder below which everything lies; it may be a link itself, by its owner's choice.</param>
internal sealed class FolderGuard(string destination)
{
    private readonly Lock _gate = new();
    private readonly HashSet<string> _good = [];

    /// <summary>Makes the folders above a file and refuses where one, or the file, is a link.</summary>
    /// <param name="path">The file's absolute path, below the destination.</param>
    /// <exception cref="StorageException">There is a link.</exception>
    public void PrepareFor(string path)
    {
        string folder = Path.GetDirectoryName(path)!;
        lock (_gate)
        {
            if (!_good.Contains(folder))
                PrepareFolder(folder);
        }

        RefuseLink(new FileInfo(path));
    }

    /// <summary>Forgets which folders are good, because one seems to be gone.</summary>
    public void Forget()
    {
        lock (_gate)
            _good.Clear();
    }

    private static void RefuseLink(FileSystemInfo info)
    {
        if (info.LinkTarget is not null)
            throw StorageErrors.Link(info.FullName);
    }

    private void PrepareFolder(string folder)
    {
        Directory.CreateDirectory(destination);
        var missing = new Stack<string>();
        for (string at = folder; at.Length > destination.Length; at = Path.GetDirectoryName(at)!)
            missing.Push(at);
        foreach (string at in missing)
        {
            var info = new DirectoryInfo(at);
            RefuseLink(info);
            info.Create();
            _good.Add(at);
        }

        _good.Add(folder);
    }
}

using Microsoft.Win32.SafeHandles;
using TorrentPatron.Protocol.Metainfo;

namespace TorrentPatron.Engine.Storage;

/// <summary>Makes the folders below a destination, and sees to it that none of them is a link. Thread-safe.</summary>
/// <remarks>
/// A torrent makes no links, so a link below the destination was put there by someone, and writing through it would write
/// somewhere else. A folder that was looked at once is not looked at again before a file in it is opened; but where the file
/// that was opened lies is looked at each time, so that a folder that becomes a link meanwhile gains nothing: whoever wins that
/// race has an empty file made, and no byte written.
/// </remarks>
/// <param name="destination">The folder below which everything lies; it may be a link itself, by its owner's choice.</param>
internal sealed class FolderGuard(string destination)
{
    private readonly Lock _gate = new();
    private readonly HashSet<string> _good = [];
    private string? _realDestination;

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

    /// <summary>Refuses a file that has been opened for writing where it is not below the destination.</summary>
    /// <param name="handle">The open file.</param>
    /// <param name="path">The path by which it was opened.</param>
    /// <exception cref="StorageException">A folder has become a link.</exception>
    public void Verify(SafeFileHandle handle, string path)
    {
        if (RealPath.Of(handle) is { } real)
        {
            // The destination's own real path may have changed: that is its owner's choice.
            if (!IsAt(real, path, _realDestination ??= RealPath.Of(destination))
                && !IsAt(real, path, _realDestination = RealPath.Of(destination)))
                throw StorageErrors.Link(path);
            return;
        }

        // Where the system does not tell: none of the folders is a link now either.
        for (string at = path; at.Length > destination.Length; at = Path.GetDirectoryName(at)!)
            RefuseLink(new FileInfo(at));
    }

    /// <summary>Refuses a file or folder that is a link.</summary>
    /// <exception cref="StorageException">It is one.</exception>
    public static void RefuseLinkAt(string path) => RefuseLink(new FileInfo(path));

    /// <summary>Forgets which folders are good, because one seems to be gone.</summary>
    public void Forget()
    {
        lock (_gate)
            _good.Clear();
    }

    // Some file systems take names of another case, or composed otherwise, for the same, and tell the one that they know.
    private bool IsAt(string real, string path, string realDestination)
    {
        string expected = Path.Join(realDestination, path.AsSpan(destination.Length));
        return string.Equals(real, expected, StringComparison.Ordinal)
            || NameFolding.Fold(real) == NameFolding.Fold(expected);
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

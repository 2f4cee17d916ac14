using TorrentPatron.Protocol;
using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Engine.Storage;

/// <summary>One file of a torrent that is being moved.</summary>
/// <param name="From">The old path.</param>
/// <param name="To">The new path.</param>
/// <param name="Copy">The temporary path of the copy, beside the new path, until all copies are complete.</param>
/// <param name="Seen">The file's metadata when it was found.</param>
internal sealed record MovedFile(string From, string To, string Copy, FileNode Seen);

/// <summary>Determines the files of a torrent to be moved, and whether they may be. Blocks on the disk.</summary>
internal static class MovePlan
{
    /// <summary>Finds the files that exist, and checks that their new paths are free.</summary>
    /// <param name="from">The old layout.</param>
    /// <param name="to">The new layout.</param>
    /// <param name="torrent">The torrent.</param>
    /// <exception cref="StorageException">A new path is taken.</exception>
    /// <param name="apart">
    /// The files whose bytes are in the parts file: items at their paths are not the torrent's. Null means none.
    /// </param>
    public static IReadOnlyList<MovedFile> Make(FileLayout from, FileLayout to, TorrentId torrent, Bitfield? apart)
    {
        var files = new List<MovedFile>();
        foreach ((string source, string target, string copy) in Paths(from, to, torrent, apart))
        {
            if (Find(from.Destination, source) is not { } file || file.Kind == FileKind.Folder)
                continue;
            if (file.Kind != FileKind.Regular)
                throw StorageErrors.Unsafe(source, file.Kind == FileKind.Link);
            if (Find(to.Destination, target) is not null)
                throw StorageErrors.InTheWay(target);
            files.Add(new MovedFile(source, target, copy, file));
        }

        return files;
    }

    /// <summary>The item at a path below a destination; null if there is none, or no parent folder.</summary>
    public static FileNode? Find(string destination, string path)
    {
        try
        {
            return GuardedFile.Find(destination, path);
        }
        catch (DirectoryNotFoundException)
        {
            return null;
        }
    }

    /// <summary>
    /// Everything that may have to be moved, whether or not it exists: the old path, the new path and the temporary path of the
    /// copy.
    /// </summary>
    public static IEnumerable<(string From, string To, string Copy)> Paths(FileLayout from, FileLayout to, TorrentId torrent, Bitfield? apart)
    {
        for (int index = 0; index < from.Files.Count; index++)
        {
            if (from.Files[index].IsStored && apart?[index] != true)
                yield return (from.Files[index].FullPath, to.Files[index].FullPath, CopyOf(to.Files[index].FullPath, torrent, index));
        }

        yield return (from.PartsPath, to.PartsPath, CopyOf(to.PartsPath, torrent, from.Files.Count));
    }

    /// <summary>The temporary name of a copy: short, and unique.</summary>
    public static string CopyOf(string target, TorrentId torrent, int index) =>
        Path.Combine(Path.GetDirectoryName(target)!, $".{torrent.ToString()[..16]}-{index}.moving");
}

using TorrentPatron.Protocol;
using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Engine.Storage;

/// <summary>One file of a torrent on its way to another folder.</summary>
/// <param name="From">Where it is.</param>
/// <param name="To">Where it goes.</param>
/// <param name="Copy">What its copy is called until all copies are there, beside where it goes.</param>
/// <param name="Seen">The file as it was found.</param>
internal sealed record MovedFile(string From, string To, string Copy, FileNode Seen);

/// <summary>What has to be moved of a torrent, and whether it may be. Blocks on the disk.</summary>
internal static class MovePlan
{
    /// <summary>Finds the files that are on disk, and sees to it that their places are free.</summary>
    /// <param name="from">Where the torrent's files lie.</param>
    /// <param name="to">Where they are to lie.</param>
    /// <param name="torrent">The torrent.</param>
    /// <exception cref="StorageException">Something is in the way.</exception>
    /// <param name="apart">The files whose bytes are kept apart: what is at their paths is not the torrent's. Null: none.</param>
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

    /// <summary>What is at a path below a destination; null: nothing, or no folder for it.</summary>
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

    /// <summary>All that may have to be moved, whether it is there or not: where it is, where it goes and what its copy is called.</summary>
    public static IEnumerable<(string From, string To, string Copy)> Paths(FileLayout from, FileLayout to, TorrentId torrent, Bitfield? apart)
    {
        for (int index = 0; index < from.Files.Count; index++)
        {
            if (from.Files[index].IsStored && apart?[index] != true)
                yield return (from.Files[index].FullPath, to.Files[index].FullPath, CopyOf(to.Files[index].FullPath, torrent, index));
        }

        yield return (from.PartsPath, to.PartsPath, CopyOf(to.PartsPath, torrent, from.Files.Count));
    }

    /// <summary>What the copy of a file is called: short, and nobody else's.</summary>
    public static string CopyOf(string target, TorrentId torrent, int index) =>
        Path.Combine(Path.GetDirectoryName(target)!, $".{torrent.ToString()[..16]}-{index}.moving");
}

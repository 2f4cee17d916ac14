using TorrentPatron.Protocol;
using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Engine.Storage;

/// <summary>One file of a torrent on its way to another folder.</summary>
/// <param name="From">Where it is.</param>
/// <param name="To">Where it goes.</param>
/// <param name="Copy">What its copy is called until all copies are there, beside where it goes.</param>
/// <param name="Length">Its length as it is on disk.</param>
internal sealed record MovedFile(string From, string To, string Copy, long Length);

/// <summary>What has to be moved of a torrent, and whether it may be. Blocks on the disk.</summary>
internal static class MovePlan
{
    /// <summary>Finds the files that are on disk, and sees to it that their places are free.</summary>
    /// <param name="from">Where the torrent's files lie.</param>
    /// <param name="to">Where they are to lie.</param>
    /// <param name="torrent">Which torrent.</param>
    /// <exception cref="StorageException">Something is in the way.</exception>
    /// <param name="apart">The files whose bytes are kept apart: what is at their paths is not the torrent's. Null: none.</param>
    public static IReadOnlyList<MovedFile> Make(FileLayout from, FileLayout to, InfoHash torrent, Bitfield? apart)
    {
        var files = new List<MovedFile>();
        var sources = new LinkFreeFolders(from);
        var targets = new LinkFreeFolders(to);
        foreach ((string source, string target, string copy) in Paths(from, to, torrent, apart))
        {
            var info = new FileInfo(source);
            if (!sources.Contains(info.DirectoryName!) || info.LinkTarget is not null)
                throw StorageErrors.Link(source);
            if (!info.Exists)
                continue;
            if (!targets.Contains(Path.GetDirectoryName(target)!))
                throw StorageErrors.Link(target);
            if (Path.Exists(target) || new FileInfo(target).LinkTarget is not null)
                throw StorageErrors.InTheWay(target);
            files.Add(new MovedFile(source, target, copy, info.Length));
        }

        return files;
    }

    /// <summary>All that may have to be moved, whether it is there or not: where it is, where it goes and what its copy is called.</summary>
    public static IEnumerable<(string From, string To, string Copy)> Paths(FileLayout from, FileLayout to, InfoHash torrent, Bitfield? apart)
    {
        for (int index = 0; index < from.Files.Count; index++)
        {
            if (from.Files[index].IsStored && apart?[index] != true)
                yield return (from.Files[index].FullPath, to.Files[index].FullPath, CopyOf(to.Files[index].FullPath, torrent, index));
        }

        yield return (from.PartsPath, to.PartsPath, CopyOf(to.PartsPath, torrent, from.Files.Count));
    }

    /// <summary>What the copy of a file is called: short, and nobody else's.</summary>
    public static string CopyOf(string target, InfoHash torrent, int index) =>
        Path.Combine(Path.GetDirectoryName(target)!, $".{torrent.ToString()[..16]}-{index}.moving");
}

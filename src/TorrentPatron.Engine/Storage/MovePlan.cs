using TorrentPatron.Protocol;

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
    public static IReadOnlyList<MovedFile> Make(FileLayout from, FileLayout to, InfoHash torrent)
    {
        var files = new List<MovedFile>();
        var sources = new LinkFreeFolders(from);
        var targets = new LinkFreeFolders(to);
        for (int index = 0; index < from.Files.Count; index++)
        {
            (StorageFile source, StorageFile target) = (from.Files[index], to.Files[index]);
            if (!source.IsStored)
                continue;
            var info = new FileInfo(source.FullPath);
            if (!sources.Contains(info.DirectoryName!) || info.LinkTarget is not null)
                throw StorageErrors.Link(source.FullPath);
            if (!info.Exists)
                continue;
            if (!targets.Contains(Path.GetDirectoryName(target.FullPath)!))
                throw StorageErrors.Link(target.FullPath);
            if (Path.Exists(target.FullPath) || new FileInfo(target.FullPath).LinkTarget is not null)
                throw StorageErrors.InTheWay(target.FullPath);
            files.Add(new MovedFile(source.FullPath, target.FullPath, CopyOf(target.FullPath, torrent, index), info.Length));
        }

        return files;
    }

    /// <summary>What the copy of a file is called: short, and nobody else's.</summary>
    public static string CopyOf(string target, InfoHash torrent, int index) =>
        Path.Combine(Path.GetDirectoryName(target)!, $".{torrent.ToString()[..16]}-{index}.moving");
}

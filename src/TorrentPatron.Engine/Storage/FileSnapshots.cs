using TorrentPatron.Engine.Client;
using TorrentPatron.Protocol.Metainfo;
using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Engine.Storage;

/// <summary>Creates the snapshots of a torrent's files, without examining the disk.</summary>
internal static class FileSnapshots
{
    /// <summary>Creates snapshots of the files without padding.</summary>
    /// <param name="metainfo">The torrent.</param>
    /// <param name="layout">The layout of its files.</param>
    /// <param name="verified">The verified pieces.</param>
    /// <param name="priorities">Priority of each file; if the count does not match, all are normal.</param>
    /// <param name="origin">The origin of the files on disk; null if unknown.</param>
    /// <param name="apart">
    /// The files whose bytes are in the parts file, so that nothing of them is at their paths; null means none.
    /// </param>
    public static IReadOnlyList<FileSnapshot> Make(
        TorrentMetainfo metainfo, FileLayout layout, Bitfield verified, IReadOnlyList<FilePriority> priorities, DataOrigin? origin,
        Bitfield? apart)
    {
        var files = new List<FileSnapshot>(metainfo.Files.Count);
        for (int index = 0; index < metainfo.Files.Count; index++)
        {
            TorrentFileEntry file = metainfo.Files[index];
            if (file.IsPadding)
                continue;
            files.Add(new FileSnapshot
            {
                Index = index,
                Path = file.Path,
                FullPath = layout.Files[index].FullPath,
                Length = file.Length,
                CompletedSize = apart?[index] == true ? 0 : layout.BytesIn(index, verified),
                Priority = priorities.Count == metainfo.Files.Count ? priorities[index] : FilePriority.Normal,
                Attributes = file.Attributes,
                LinkTarget = file.LinkTarget,
                Sha1 = file.Sha1.IsEmpty ? null : Convert.ToHexStringLower(file.Sha1.Span),
                IsOwn = apart?[index] != true && DataOrigin.IsOwn(origin, layout, index, verified),
            });
        }

        return files;
    }
}

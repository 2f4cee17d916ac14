using TorrentPatron.Engine.Client;
using TorrentPatron.Protocol.Metainfo;

namespace TorrentPatron.Engine.Storage;

/// <summary>Derives piece priorities from file priorities: a piece has the highest priority of its files.</summary>
internal static class PiecePriorities
{
    /// <summary>The priority of each piece.</summary>
    /// <param name="metainfo">The torrent.</param>
    /// <param name="files">Priority of each file; empty means all normal.</param>
    public static byte[] Of(TorrentMetainfo metainfo, IReadOnlyList<FilePriority> files)
    {
        var priorities = new byte[metainfo.PieceCount];
        if (files.Count == 0)
            priorities.AsSpan().Fill((byte)FilePriority.Normal);
        for (int i = 0; i < metainfo.Files.Count && i < files.Count; i++)
        {
            TorrentFileEntry file = metainfo.Files[i];
            byte priority = file.IsPadding ? (byte)FilePriority.Skip : (byte)files[i];
            if (file.Length == 0 || priority == 0)
                continue;
            int first = (int)(file.Offset / metainfo.PieceLength);
            int last = (int)((file.Offset + file.Length - 1) / metainfo.PieceLength);
            for (int piece = first; piece <= last; piece++)
                priorities[piece] = Math.Max(priorities[piece], priority);
        }

        return priorities;
    }
}

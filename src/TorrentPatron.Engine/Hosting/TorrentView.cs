using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Peers;
using TorrentPatron.Engine.Storage;
using TorrentPatron.Protocol.Metainfo;
using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Engine.Hosting;

/// <summary>Makes the snapshots of a torrent's files and peers. Touches neither the disk nor the network.</summary>
internal static class TorrentView
{
    /// <summary>The files but for padding.</summary>
    /// <param name="metainfo">The torrent.</param>
    /// <param name="layout">Where its files lie.</param>
    /// <param name="verified">The pieces that are here.</param>
    /// <param name="priorities">Priority of each file; none where their number is another: all normal.</param>
    /// <param name="origin">Where the files on disk are from; null: that is not known.</param>
    /// <param name="apart">The files whose bytes are kept apart, so that nothing of them is at their paths; null: none.</param>
    public static IReadOnlyList<FileSnapshot> Files(
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
                IsOwn = apart?[index] != true && DataOrigin.IsOwn(origin, layout, index, verified),
            });
        }

        return files;
    }

    /// <summary>The connected peers.</summary>
    /// <param name="peers">The peers.</param>
    /// <param name="directory">Where their addresses are from.</param>
    /// <param name="pieceCount">The torrent's number of pieces.</param>
    public static IReadOnlyList<PeerSnapshot> Peers(IReadOnlyList<PeerTransfer> peers, PeerDirectory directory, int pieceCount) =>
        [.. peers.Where(peer => !peer.Peer.IsClosed).Select(peer => Peer(peer, directory, pieceCount))];

    /// <summary>The connected peers of a torrent whose pieces are not known.</summary>
    /// <param name="peers">The peers.</param>
    /// <param name="directory">Where their addresses are from.</param>
    public static IReadOnlyList<PeerSnapshot> Peers(IReadOnlyList<PeerConnection> peers, PeerDirectory directory) =>
        [.. peers.Where(peer => !peer.IsClosed).Select(peer => Peer(peer, directory))];

    private static PeerSnapshot Peer(PeerTransfer peer, PeerDirectory directory, int pieceCount)
    {
        int pieces = peer.Availability.IsSeed ? pieceCount : peer.Availability.Pieces?.Count ?? 0;
        return Peer(peer.Peer, directory) with
        {
            IsChoking = peer.IsChoking,
            IsInterested = peer.IsInterested,
            AmChoking = peer.AmChoking,
            AmInterested = peer.AmInterested,
            DownloadRate = peer.Standing.DownloadRate,
            UploadRate = peer.Standing.UploadRate,
            BytesReceived = peer.PayloadReceived,
            BytesSent = peer.PayloadSent,
            PercentComplete = pieceCount == 0 ? 100 : 100.0 * pieces / pieceCount,
        };
    }

    private static PeerSnapshot Peer(PeerConnection peer, PeerDirectory directory) => new()
    {
        EndPoint = peer.RemoteEndPoint,
        Client = peer.Client,
        Source = peer.IsIncoming ? PeerSource.Incoming : directory.SourceOf(peer.RemoteEndPoint),
        IsIncoming = peer.IsIncoming,
        IsChoking = true,
        AmChoking = true,
    };
}

using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Pieces;

namespace TorrentPatron.Engine.Peers;

/// <summary>Creates the snapshots of a torrent's connected peers.</summary>
internal static class PeerSnapshots
{
    /// <summary>Creates snapshots of connected peers.</summary>
    /// <param name="peers">The peers.</param>
    /// <param name="directory">Knows the sources of their addresses.</param>
    /// <param name="pieceCount">The torrent's number of pieces.</param>
    public static IReadOnlyList<PeerSnapshot> Make(IReadOnlyList<PeerTransfer> peers, PeerDirectory directory, int pieceCount) =>
        [.. peers.Where(peer => !peer.Peer.IsClosed).Select(peer => One(peer, directory, pieceCount))];

    /// <summary>Creates snapshots of the connected peers of a torrent whose pieces are not known.</summary>
    /// <param name="peers">The peers.</param>
    /// <param name="directory">Knows the sources of their addresses.</param>
    public static IReadOnlyList<PeerSnapshot> Make(IReadOnlyList<PeerConnection> peers, PeerDirectory directory) =>
        [.. peers.Where(peer => !peer.IsClosed).Select(peer => One(peer, directory))];

    private static PeerSnapshot One(PeerTransfer peer, PeerDirectory directory, int pieceCount)
    {
        BlockAvailability availability = peer.Download.Availability;
        int pieces = availability.IsSeed ? pieceCount : availability.Pieces?.Count ?? 0;
        return One(peer.Peer, directory) with
        {
            IsChoking = peer.Download.IsChoking,
            IsInterested = peer.Upload.IsInterested,
            AmChoking = peer.Upload.AmChoking,
            AmInterested = peer.Download.AmInterested,
            IsSnubbed = peer.Download.IsSnubbed,
            IsOptimistic = peer.Standing.IsOptimistic,
            DownloadRate = peer.Standing.DownloadRate,
            UploadRate = peer.Standing.UploadRate,
            BytesReceived = peer.Download.PayloadReceived,
            BytesSent = peer.Upload.PayloadSent,
            PercentComplete = pieceCount == 0 ? 100 : 100.0 * pieces / pieceCount,
        };
    }

    private static PeerSnapshot One(PeerConnection peer, PeerDirectory directory) => new()
    {
        EndPoint = peer.RemoteEndPoint,
        Client = peer.Client,
        Source = peer.IsIncoming ? PeerSource.Incoming : directory.SourceOf(peer.RemoteEndPoint),
        IsIncoming = peer.IsIncoming,
        Encryption = peer.Encryption,
        Transport = peer.Transport,
        Class = peer.Class.Name,
        IsChoking = true,
        AmChoking = true,
    };
}

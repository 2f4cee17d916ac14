using TorrentPatron.Engine.Pieces;
using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Engine.Peers;

/// <summary>What the download from a peer needs of the swarm.</summary>
/// <remarks>
/// Called without a lock held, but for <see cref="Reserve"/>. One thread at a time calls what is said of pieces and of blocks that arrive: the
/// peer's receive loop or, for what was said before the pieces were known, whoever begins the transfer, before the loop goes on with it.
/// </remarks>
internal interface IDownloadHandler : IBlockHandler
{
    /// <summary>Number of pieces in the torrent.</summary>
    int PieceCount { get; }

    /// <summary>The peer has told which pieces it has. What it tells again adds to what is known.</summary>
    /// <param name="peer">The peer.</param>
    /// <param name="pieces">The pieces; null: all of them.</param>
    void PeerHasPieces(PeerDownload peer, Bitfield? pieces);

    /// <summary>The peer has one more piece.</summary>
    void PeerHasPiece(PeerDownload peer, int piece);

    /// <summary>The peer has a piece no longer.</summary>
    void PeerLostPiece(PeerDownload peer, int piece);

    /// <summary>
    /// Takes blocks to ask the peer for. Called from any thread, one at a time for each peer, with the lock of its requests held: it may take
    /// the locks of pieces, and does nothing to any peer.
    /// </summary>
    /// <param name="peer">The peer.</param>
    /// <param name="current">The piece it is fetching; null: none. Guarded by that lock.</param>
    /// <param name="into">Where to; its length is how many are wanted.</param>
    /// <returns>How many were taken.</returns>
    int Reserve(PeerDownload peer, ref ActivePiece? current, Span<PendingBlock> into);
}

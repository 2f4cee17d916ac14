using TorrentPatron.Engine.Pieces;
using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Engine.Peers;

/// <summary>The swarm as seen by the download from a peer.</summary>
/// <remarks>
/// Called without a lock held, except for <see cref="Reserve"/>. Calls about pieces and received blocks come from one thread at a
/// time: the peer's receive loop or, while messages from before the pieces were known are replayed, the thread that begins the
/// transfer.
/// </remarks>
internal interface IDownloadHandler : IBlockHandler
{
    /// <summary>Number of pieces in the torrent.</summary>
    int PieceCount { get; }

    /// <summary>Whether blocks can be verified by their own hashes (BEP 52): if so, a new peer gets one request until its first block is verified.</summary>
    bool HasBlockHashes => false;

    /// <summary>
    /// Requests the hashes of the blocks of a piece, unless they are known or requested. When a block matches, or they do not arrive, its sender's
    /// probation ends.
    /// </summary>
    /// <param name="piece">The piece.</param>
    /// <returns>False if no peer can be asked.</returns>
    bool TryVerifyBlocks(ActivePiece piece) => false;

    /// <summary>The peer has announced pieces. Repeated announcements add to the known ones.</summary>
    /// <param name="peer">The peer.</param>
    /// <param name="pieces">The pieces; null means all.</param>
    void PeerHasPieces(PeerDownload peer, Bitfield? pieces);

    /// <summary>The peer has one more piece.</summary>
    void PeerHasPiece(PeerDownload peer, int piece);

    /// <summary>The peer no longer has a piece.</summary>
    void PeerLostPiece(PeerDownload peer, int piece);

    /// <summary>
    /// Reserves blocks to request from the peer. Called from any thread, one at a time for each peer, with its request lock held:
    /// it may take the locks of pieces, but must not act on any peer.
    /// </summary>
    /// <param name="peer">The peer.</param>
    /// <param name="current">The piece being downloaded from it; null if none. Guarded by that lock.</param>
    /// <param name="into">Receives the blocks; its length is the number wanted.</param>
    /// <returns>The number of blocks reserved.</returns>
    int Reserve(PeerDownload peer, ref ActivePiece? current, Span<PendingBlock> into);
}

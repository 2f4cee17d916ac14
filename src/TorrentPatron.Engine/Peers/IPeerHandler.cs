using TorrentPatron.Engine.Pieces;
using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Engine.Peers;

/// <summary>
/// What the transfer of pieces with a peer needs from the swarm.
/// </summary>
/// <remarks>
/// Called from the peer's receive loop, but where it says otherwise. Locks of that one connection may be held, never the set's, the
/// swarm's or those of another peer: the swarm takes its own, and may close the peer or ask other peers for blocks.
/// </remarks>
internal interface IPeerHandler
{
    /// <summary>Number of pieces in the torrent.</summary>
    int PieceCount { get; }

    /// <summary>Length of a piece in bytes.</summary>
    int PieceSize(int piece);

    /// <summary>Whether we have a piece, verified and written.</summary>
    bool HasPiece(int piece);

    /// <summary>
    /// The peer has told which pieces it has: at the start, as a rule, and where it comes again it adds to what is known. While what was
    /// said before the pieces were known is said again, it is called by whoever begins the transfer, with the connection's lock held.
    /// </summary>
    /// <param name="peer">The peer.</param>
    /// <param name="pieces">The pieces; null: all of them.</param>
    void PeerHasPieces(PeerTransfer peer, Bitfield? pieces);

    /// <summary>The peer has one more piece.</summary>
    void PeerHasPiece(PeerTransfer peer, int piece);

    /// <summary>The peer has a piece no longer.</summary>
    void PeerLostPiece(PeerTransfer peer, int piece);

    /// <summary>The peer has become interested, or has ceased to be.</summary>
    void PeerInterestChanged(PeerTransfer peer);

    /// <summary>Takes blocks to ask the peer for. Called from any thread, one at a time for each peer, with the lock of its requests held.</summary>
    /// <param name="peer">The peer.</param>
    /// <param name="current">The piece it is fetching; null: none. Guarded by that lock.</param>
    /// <param name="into">Where to; its length is how many are wanted.</param>
    /// <returns>How many were taken.</returns>
    int Reserve(PeerTransfer peer, ref ActivePiece? current, Span<PendingBlock> into);

    /// <summary>Blocks will not come from the peer; they are free for others. Called from any thread.</summary>
    void Released(ReadOnlySpan<PendingBlock> blocks);

    /// <summary>Another peer had been asked for a block that has arrived from this one.</summary>
    void BlockArrivedFrom(PeerTransfer peer, PendingBlock block);

    /// <summary>Blocks have been added to pieces; so many bytes more can be hashed.</summary>
    void BlocksAdded(IReadOnlyList<ActivePiece> pieces, long bytesToHash);

    /// <summary>Payload has come in, so many bytes of it for nothing.</summary>
    void PayloadReceived(int bytes, int wasted);

    /// <summary>Payload has gone out. Called by the sender.</summary>
    void PayloadSent(int bytes);
}

using TorrentPatron.Engine.Pieces;
using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Engine.Peers;

/// <summary>
/// What the transfer of pieces with a peer needs from the swarm. Called from the peer's receive loop, without any lock held; the
/// swarm takes its own.
/// </summary>
internal interface IPeerHandler
{
    /// <summary>Number of pieces in the torrent.</summary>
    int PieceCount { get; }

    /// <summary>Length of a piece in bytes.</summary>
    int PieceSize(int piece);

    /// <summary>Whether we have a piece, verified and written.</summary>
    bool HasPiece(int piece);

    /// <summary>The peer has told which pieces it has: once, at the start. A null field: all of them.</summary>
    void PeerHasPieces(PeerTransfer peer, Bitfield? pieces);

    /// <summary>The peer has one more piece.</summary>
    void PeerHasPiece(PeerTransfer peer, int piece);

    /// <summary>The peer has a piece no longer.</summary>
    void PeerLostPiece(PeerTransfer peer, int piece);

    /// <summary>The peer has become interested, or has ceased to be.</summary>
    void PeerInterestChanged(PeerTransfer peer);

    /// <summary>Takes blocks to ask the peer for.</summary>
    /// <returns>How many were taken.</returns>
    int Reserve(PeerTransfer peer, Span<PendingBlock> into);

    /// <summary>A block will not come from the peer; it is free for others.</summary>
    void Released(ReadOnlySpan<PendingBlock> blocks);

    /// <summary>Another peer had been asked for a block that has arrived from this one.</summary>
    void BlockArrivedFrom(PeerTransfer peer, PendingBlock block);

    /// <summary>Blocks have been added to pieces; so many bytes more can be hashed.</summary>
    void BlocksAdded(IReadOnlyList<ActivePiece> pieces, long bytesToHash);

    /// <summary>Payload has come in, so many bytes of it for nothing.</summary>
    void PayloadReceived(int bytes, int wasted);

    /// <summary>Payload has gone out.</summary>
    void PayloadSent(int bytes);
}

namespace TorrentPatron.Engine.Peers;

/// <summary>The swarm as seen by the upload to a peer. Called without a lock held.</summary>
internal interface IUploadHandler
{
    /// <summary>Number of pieces in the torrent.</summary>
    int PieceCount { get; }

    /// <summary>
    /// Bytes of a piece that a peer may request, including the gap after a file, because some peers request whole blocks.
    /// </summary>
    int PieceRoom(int piece);

    /// <summary>Whether we have a piece, verified and written.</summary>
    bool HasPiece(int piece);

    /// <summary>The peer's interest has changed. Called by the thread that handles its messages about pieces.</summary>
    void PeerInterestChanged(PeerUpload peer);

    /// <summary>
    /// The peer requests blocks of another piece than before, which will be read soon. Called by the same thread.
    /// </summary>
    void PieceAsked(PeerUpload peer, int piece);

    /// <summary>Payload has been sent. Called by the sender.</summary>
    void PayloadSent(int bytes);
}

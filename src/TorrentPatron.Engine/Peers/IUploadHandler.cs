namespace TorrentPatron.Engine.Peers;

/// <summary>What the upload to a peer needs of the swarm. Called without a lock held.</summary>
internal interface IUploadHandler
{
    /// <summary>Number of pieces in the torrent.</summary>
    int PieceCount { get; }

    /// <summary>Bytes of a piece for which a peer may ask: with the gap behind a file, since some ask for whole blocks.</summary>
    int PieceRoom(int piece);

    /// <summary>Whether we have a piece, verified and written.</summary>
    bool HasPiece(int piece);

    /// <summary>The peer has become interested, or has ceased to be. Called by the thread that tells what it says of pieces.</summary>
    void PeerInterestChanged(PeerUpload peer);

    /// <summary>The peer is given blocks of another piece than before: it is about to be read. Called by the same thread.</summary>
    void PieceAsked(PeerUpload peer, int piece);

    /// <summary>Payload has gone out. Called by the sender.</summary>
    void PayloadSent(int bytes);
}

namespace TorrentPatron.Protocol.Wire;

/// <summary>The kinds of peer message (BEP 3, 5, 6, 10, 52).</summary>
public enum MessageId : byte
{
    /// <summary>The sender will not serve requests.</summary>
    Choke = 0,

    /// <summary>The sender will serve requests.</summary>
    Unchoke = 1,

    /// <summary>The sender wants pieces that the receiver has.</summary>
    Interested = 2,

    /// <summary>The sender wants no piece that the receiver has.</summary>
    NotInterested = 3,

    /// <summary>The sender has one more piece.</summary>
    Have = 4,

    /// <summary>The pieces that the sender has; first message only.</summary>
    Bitfield = 5,

    /// <summary>Requests a block.</summary>
    Request = 6,

    /// <summary>A block.</summary>
    Piece = 7,

    /// <summary>Cancels a request.</summary>
    Cancel = 8,

    /// <summary>The sender's DHT port (BEP 5).</summary>
    Port = 9,

    /// <summary>A piece that the sender suggests (BEP 6).</summary>
    SuggestPiece = 13,

    /// <summary>The sender has every piece; first message only (BEP 6).</summary>
    HaveAll = 14,

    /// <summary>The sender has no piece; first message only (BEP 6).</summary>
    HaveNone = 15,

    /// <summary>A request will not be served (BEP 6).</summary>
    RejectRequest = 16,

    /// <summary>A piece that may be requested even while choked (BEP 6).</summary>
    AllowedFast = 17,

    /// <summary>A message of an extension (BEP 10).</summary>
    Extended = 20,

    /// <summary>Requests hashes of a file's tree (BEP 52).</summary>
    HashRequest = 21,

    /// <summary>Hashes of a file's tree, with their proof (BEP 52).</summary>
    Hashes = 22,

    /// <summary>A hash request will not be served (BEP 52).</summary>
    HashReject = 23,
}

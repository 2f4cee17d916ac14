namespace TorrentPatron.Protocol.Utp;

/// <summary>The types of uTP packets (BEP 29).</summary>
internal enum UtpPacketType : byte
{
    /// <summary>Payload.</summary>
    Data = 0,

    /// <summary>The last packet of a stream.</summary>
    Fin = 1,

    /// <summary>An acknowledgement without payload.</summary>
    State = 2,

    /// <summary>The connection is gone.</summary>
    Reset = 3,

    /// <summary>Requests a connection.</summary>
    Syn = 4,
}

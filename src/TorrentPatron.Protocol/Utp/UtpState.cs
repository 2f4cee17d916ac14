namespace TorrentPatron.Protocol.Utp;

/// <summary>How far a uTP connection has come.</summary>
internal enum UtpState
{
    /// <summary>The other side was asked for a connection.</summary>
    Connecting,

    /// <summary>Bytes may be sent and received.</summary>
    Connected,

    /// <summary>Nothing more is sent or received.</summary>
    Closed,
}

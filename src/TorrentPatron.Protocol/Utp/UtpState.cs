namespace TorrentPatron.Protocol.Utp;

/// <summary>The state of a uTP connection.</summary>
internal enum UtpState
{
    /// <summary>A connection has been requested.</summary>
    Connecting,

    /// <summary>Bytes may be sent and received.</summary>
    Connected,

    /// <summary>Nothing more is sent or received.</summary>
    Closed,
}

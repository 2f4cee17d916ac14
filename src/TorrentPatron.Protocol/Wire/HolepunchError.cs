namespace TorrentPatron.Protocol.Wire;

/// <summary>Why a relay cannot connect two peers to each other (BEP 55).</summary>
internal enum HolepunchError
{
    /// <summary>No error.</summary>
    None = 0,

    /// <summary>The address is invalid.</summary>
    NoSuchPeer = 1,

    /// <summary>The relay is not connected to that peer.</summary>
    NotConnected = 2,

    /// <summary>That peer does not support the extension.</summary>
    NoSupport = 3,

    /// <summary>That peer is the relay itself, or the sender.</summary>
    NoSelf = 4,
}

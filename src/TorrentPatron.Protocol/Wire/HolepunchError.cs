namespace TorrentPatron.Protocol.Wire;

/// <summary>Why a relay cannot have two peers connect to each other (BEP 55).</summary>
internal enum HolepunchError
{
    /// <summary>It can.</summary>
    None = 0,

    /// <summary>The address is not one.</summary>
    NoSuchPeer = 1,

    /// <summary>The relay is not connected to that peer.</summary>
    NotConnected = 2,

    /// <summary>That peer does not know the extension.</summary>
    NoSupport = 3,

    /// <summary>That peer is the relay, or who asked it.</summary>
    NoSelf = 4,
}

namespace TorrentPatron.Protocol.Wire;

/// <summary>The kinds of holepunch message (BEP 55).</summary>
internal enum HolepunchKind : byte
{
    /// <summary>To a relay: connect the peer at this address and the sender to each other.</summary>
    Rendezvous = 0,

    /// <summary>From a relay: connect to the peer at this address now; it does the same.</summary>
    Connect = 1,

    /// <summary>From a relay: the rendezvous failed.</summary>
    Error = 2,
}

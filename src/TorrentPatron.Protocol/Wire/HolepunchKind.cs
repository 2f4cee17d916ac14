namespace TorrentPatron.Protocol.Wire;

/// <summary>What a message of the holepunch extension says (BEP 55).</summary>
internal enum HolepunchKind : byte
{
    /// <summary>To a relay: have the peer at this address and me connect to each other.</summary>
    Rendezvous = 0,

    /// <summary>From a relay: connect to the peer at this address now; it does the same.</summary>
    Connect = 1,

    /// <summary>From a relay: it cannot be done.</summary>
    Error = 2,
}

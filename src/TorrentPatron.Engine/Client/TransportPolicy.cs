namespace TorrentPatron.Engine.Client;

/// <summary>The transport protocols for connections to and from peers.</summary>
public enum TransportPolicy
{
    /// <summary>
    /// Both. Peers on the internet are dialled with uTP first, then TCP; peers on this machine or in its network with TCP first.
    /// The protocol that worked is remembered.
    /// </summary>
    Any,

    /// <summary>TCP only.</summary>
    Tcp,

    /// <summary>uTP (BEP 29) only.</summary>
    Utp,
}

namespace TorrentPatron.Protocol.Dht;

/// <summary>Kinds of nodes by their addresses (BEP 32).</summary>
[Flags]
public enum NodeFamilies
{
    /// <summary>Neither. In a question: those of the kind over which it is asked.</summary>
    None = 0,

    /// <summary>Nodes with IPv4 addresses.</summary>
    IPv4 = 1,

    /// <summary>Nodes with IPv6 addresses.</summary>
    IPv6 = 2,
}

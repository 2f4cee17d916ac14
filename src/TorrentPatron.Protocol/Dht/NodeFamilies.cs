namespace TorrentPatron.Protocol.Dht;

/// <summary>Address families of nodes (BEP 32).</summary>
[Flags]
public enum NodeFamilies
{
    /// <summary>Neither. In a query: the address family that it is sent over.</summary>
    None = 0,

    /// <summary>Nodes with IPv4 addresses.</summary>
    IPv4 = 1,

    /// <summary>Nodes with IPv6 addresses.</summary>
    IPv6 = 2,
}

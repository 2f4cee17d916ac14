namespace TorrentPatron.Protocol.Proxies;

/// <summary>The commands of a SOCKS5 proxy (RFC 1928).</summary>
public enum Socks5Command : byte
{
    /// <summary>A connection to a host.</summary>
    Connect = 1,

    /// <summary>Relays datagrams for as long as this connection lasts.</summary>
    UdpAssociate = 3,
}

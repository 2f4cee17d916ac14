namespace TorrentPatron.Protocol.Proxies;

/// <summary>What a SOCKS5 proxy is asked for (RFC 1928).</summary>
public enum Socks5Command : byte
{
    /// <summary>A connection to a host.</summary>
    Connect = 1,

    /// <summary>To carry datagrams for as long as this connection lasts.</summary>
    UdpAssociate = 3,
}

namespace TorrentPatron.Engine.Client;

/// <summary>What a proxy speaks.</summary>
public enum ProxyKind
{
    /// <summary>SOCKS5 (RFC 1928): connections and, where the proxy allows it, datagrams; names are looked up by the proxy.</summary>
    Socks5,

    /// <summary>SOCKS4a: connections over IPv4; names are looked up by the proxy.</summary>
    Socks4a,

    /// <summary>SOCKS4: connections over IPv4, to addresses only. Hosts given by name cannot be reached.</summary>
    Socks4,

    /// <summary>HTTP CONNECT: connections; names are looked up by the proxy.</summary>
    Http,
}

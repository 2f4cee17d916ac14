namespace TorrentPatron.Engine.Client;

/// <summary>The protocol of a proxy.</summary>
public enum ProxyKind
{
    /// <summary>SOCKS5 (RFC 1928): connections and, if the proxy allows it, datagrams. The proxy resolves names.</summary>
    Socks5,

    /// <summary>SOCKS4a: connections over IPv4. The proxy resolves names.</summary>
    Socks4a,

    /// <summary>SOCKS4: connections over IPv4, to addresses only. Hosts given by name cannot be reached.</summary>
    Socks4,

    /// <summary>HTTP CONNECT: connections. The proxy resolves names.</summary>
    Http,
}

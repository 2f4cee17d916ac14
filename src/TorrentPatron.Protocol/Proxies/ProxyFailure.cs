namespace TorrentPatron.Protocol.Proxies;

/// <summary>Why a proxy did not connect us.</summary>
public enum ProxyFailure
{
    /// <summary>It did, or has not answered yet.</summary>
    None,

    /// <summary>Its answer does not follow the protocol, or is too long.</summary>
    NotAProxy,

    /// <summary>It requires a user and password, and we have none.</summary>
    CredentialRequired,

    /// <summary>It rejects our user and password, or our authentication method.</summary>
    CredentialRefused,

    /// <summary>Its rules forbid it.</summary>
    Forbidden,

    /// <summary>It failed without a reason.</summary>
    General,

    /// <summary>It cannot reach the host, or cannot resolve its name.</summary>
    HostUnreachable,

    /// <summary>It cannot reach the host's network.</summary>
    NetworkUnreachable,

    /// <summary>The host refuses the connection.</summary>
    ConnectionRefused,

    /// <summary>The host did not answer in time.</summary>
    TimedOut,

    /// <summary>It does not support the request, such as relaying datagrams.</summary>
    CommandUnsupported,

    /// <summary>It does not support the kind of address: IPv6 or a name.</summary>
    AddressUnsupported,
}

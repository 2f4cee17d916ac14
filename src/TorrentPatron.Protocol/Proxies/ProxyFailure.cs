namespace TorrentPatron.Protocol.Proxies;

/// <summary>Why a proxy did not connect us.</summary>
public enum ProxyFailure
{
    /// <summary>It did, or has not answered yet.</summary>
    None,

    /// <summary>Its answer is not of its protocol, or too long.</summary>
    NotAProxy,

    /// <summary>It wants a user and a password, and we have none.</summary>
    CredentialRequired,

    /// <summary>It does not take the user and password that we have, or our way to give them.</summary>
    CredentialRefused,

    /// <summary>Its rules forbid it.</summary>
    Forbidden,

    /// <summary>It failed, and does not say why.</summary>
    General,

    /// <summary>It does not reach the host, or knows no host of that name.</summary>
    HostUnreachable,

    /// <summary>It does not reach the host's network.</summary>
    NetworkUnreachable,

    /// <summary>The host refuses the connection.</summary>
    ConnectionRefused,

    /// <summary>The host did not answer in time.</summary>
    TimedOut,

    /// <summary>It does not do what was asked for, such as carrying datagrams.</summary>
    CommandUnsupported,

    /// <summary>It cannot be told such an address: IPv6 or a name.</summary>
    AddressUnsupported,
}

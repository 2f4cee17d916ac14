namespace TorrentPatron.Protocol.PortMapping;

/// <summary>The result codes of PCP (RFC 6887, 7.4). Others may occur.</summary>
internal enum PcpResult : byte
{
    /// <summary>Success.</summary>
    Success = 0,

    /// <summary>The server does not support this version.</summary>
    UnsupportedVersion = 1,

    /// <summary>The administrator allows no mapping.</summary>
    NotAuthorized = 2,

    /// <summary>The request is malformed.</summary>
    MalformedRequest = 3,

    /// <summary>The server does not support the operation.</summary>
    UnsupportedOperation = 4,

    /// <summary>The server does not support an option.</summary>
    UnsupportedOption = 5,

    /// <summary>An option is malformed.</summary>
    MalformedOption = 6,

    /// <summary>The router is not connected to the internet.</summary>
    NetworkFailure = 7,

    /// <summary>The router has no room for another mapping.</summary>
    NoResources = 8,

    /// <summary>The server does not map this transport.</summary>
    UnsupportedProtocol = 9,

    /// <summary>The client has reached its limit of mappings.</summary>
    UserExceededQuota = 10,

    /// <summary>The suggested port or address is not available.</summary>
    CannotProvideExternal = 11,

    /// <summary>There is another translator between the client and the server.</summary>
    AddressMismatch = 12,

    /// <summary>There are too many remote peers.</summary>
    ExcessiveRemotePeers = 13,
}

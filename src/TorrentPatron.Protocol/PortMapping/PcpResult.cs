namespace TorrentPatron.Protocol.PortMapping;

/// <summary>What a PCP server says of a request (RFC 6887, 7.4). Others than these may come.</summary>
internal enum PcpResult : byte
{
    /// <summary>It is done.</summary>
    Success = 0,

    /// <summary>The server does not speak this version.</summary>
    UnsupportedVersion = 1,

    /// <summary>The administrator allows no mapping.</summary>
    NotAuthorized = 2,

    /// <summary>The request cannot be read.</summary>
    MalformedRequest = 3,

    /// <summary>The server does not know the operation.</summary>
    UnsupportedOperation = 4,

    /// <summary>The server does not know an option.</summary>
    UnsupportedOption = 5,

    /// <summary>An option cannot be read.</summary>
    MalformedOption = 6,

    /// <summary>The router has no connection of its own.</summary>
    NetworkFailure = 7,

    /// <summary>The router has no room for another mapping.</summary>
    NoResources = 8,

    /// <summary>The server does not map this transport.</summary>
    UnsupportedProtocol = 9,

    /// <summary>The client has as many mappings as it may.</summary>
    UserExceededQuota = 10,

    /// <summary>The suggested port or address cannot be had.</summary>
    CannotProvideExternal = 11,

    /// <summary>Another translator stands between the client and the server.</summary>
    AddressMismatch = 12,

    /// <summary>There are too many remote peers.</summary>
    ExcessiveRemotePeers = 13,
}

using System.Net;
using System.Net.Sockets;

namespace TorrentPatron.Protocol.PortMapping;

/// <summary>What a NAT-PMP router says of a request (RFC 6886, 3.5). Others than these may come.</summary>
internal enum NatPmpResult : ushort
{
    /// <summary>It is done.</summary>
    Success = 0,

    /// <summary>The router does not speak this version.</summary>
    UnsupportedVersion = 1,

    /// <summary>The router's owner has switched mappings off.</summary>
    NotAuthorized = 2,

    /// <summary>The router has no address of its own yet.</summary>
    NetworkFailure = 3,

    /// <summary>The router has no room for another mapping.</summary>
    OutOfResources = 4,

    /// <summary>The router does not know the operation.</summary>
    UnsupportedOperation = 5,
}

/// <summary>A router's answer by NAT-PMP (RFC 6886).</summary>
/// <param name="Result">What became of the request.</param>
/// <param name="Epoch">Seconds since the router lost its mappings last.</param>
internal abstract record NatPmpAnswer(NatPmpResult Result, uint Epoch);

/// <summary>The outside address.</summary>
/// <param name="Result">What became of the request.</param>
/// <param name="Epoch">Seconds since the router lost its mappings last.</param>
/// <param name="Address">The address; null: the request failed.</param>
internal sealed record NatPmpAddress(NatPmpResult Result, uint Epoch, IPAddress? Address) : NatPmpAnswer(Result, Epoch);

/// <summary>A mapping.</summary>
/// <param name="Result">What became of the request.</param>
/// <param name="Epoch">Seconds since the router lost its mappings last.</param>
/// <param name="Protocol">TCP or UDP.</param>
/// <param name="InternalPort">Our port; 0 where the request failed and the answer is short.</param>
/// <param name="ExternalPort">The outside port.</param>
/// <param name="Lifetime">Seconds for which it lasts.</param>
internal sealed record NatPmpMapping(NatPmpResult Result, uint Epoch, ProtocolType Protocol, ushort InternalPort, ushort ExternalPort, uint Lifetime)
    : NatPmpAnswer(Result, Epoch);

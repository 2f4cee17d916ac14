using System.Net;
using System.Net.Sockets;

namespace TorrentPatron.Protocol.PortMapping;

/// <summary>The result codes of NAT-PMP (RFC 6886, 3.5). Others may occur.</summary>
internal enum NatPmpResult : ushort
{
    /// <summary>Success.</summary>
    Success = 0,

    /// <summary>The router does not support this version.</summary>
    UnsupportedVersion = 1,

    /// <summary>The router's owner has switched mappings off.</summary>
    NotAuthorized = 2,

    /// <summary>The router has no external address yet.</summary>
    NetworkFailure = 3,

    /// <summary>The router has no room for another mapping.</summary>
    OutOfResources = 4,

    /// <summary>The router does not support the operation.</summary>
    UnsupportedOperation = 5,
}

/// <summary>A NAT-PMP answer (RFC 6886).</summary>
/// <param name="Result">What became of the request.</param>
/// <param name="Epoch">Seconds since the router lost its mappings last.</param>
internal abstract record NatPmpAnswer(NatPmpResult Result, uint Epoch);

/// <summary>The external address.</summary>
/// <param name="Result">What became of the request.</param>
/// <param name="Epoch">Seconds since the router lost its mappings last.</param>
/// <param name="Address">The address; null if the request failed.</param>
internal sealed record NatPmpAddress(NatPmpResult Result, uint Epoch, IPAddress? Address) : NatPmpAnswer(Result, Epoch);

/// <summary>A mapping.</summary>
/// <param name="Result">What became of the request.</param>
/// <param name="Epoch">Seconds since the router lost its mappings last.</param>
/// <param name="Protocol">TCP or UDP.</param>
/// <param name="InternalPort">Our port; 0 if the request failed and the answer is short.</param>
/// <param name="ExternalPort">The external port.</param>
/// <param name="Lifetime">Its lifetime, seconds.</param>
internal sealed record NatPmpMapping(NatPmpResult Result, uint Epoch, ProtocolType Protocol, ushort InternalPort, ushort ExternalPort, uint Lifetime)
    : NatPmpAnswer(Result, Epoch);

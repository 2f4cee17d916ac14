using System.Net;
using System.Net.Sockets;

namespace TorrentPatron.Engine.PortMapping;

/// <summary>A port of ours that is to be reached from outside.</summary>
/// <param name="Protocol">TCP or UDP.</param>
/// <param name="Number">Its number, 1 to 65535.</param>
/// <param name="Family">The IP version over which it is to be reached.</param>
internal readonly record struct MappablePort(ProtocolType Protocol, ushort Number, AddressFamily Family = AddressFamily.InterNetwork);

/// <summary>A port that a router has mapped.</summary>
/// <param name="Port">The port.</param>
/// <param name="ExternalPort">The router's port.</param>
/// <param name="ExternalAddress">The router's outside address; null: not told.</param>
/// <param name="Lifetime">Time for which it lasts; null: until it is ended.</param>
/// <param name="Nonce">What the router knows the mapping by (PCP).</param>
/// <param name="Epoch">Seconds since the router lost its mappings last; null: it does not say (UPnP).</param>
/// <param name="Pinhole">The number by which the router knows a hole in its firewall (UPnP, IPv6).</param>
internal sealed record RouterMapping(
    MappablePort Port, ushort ExternalPort, IPAddress? ExternalAddress, TimeSpan? Lifetime, UInt128 Nonce = default, uint? Epoch = null, ushort? Pinhole = null);

/// <summary>A router did not map a port.</summary>
/// <param name="reason">Why, in a sentence.</param>
/// <param name="isAbsent">Whether it does not speak this protocol at all, or says nothing.</param>
internal sealed class PortMappingException(string reason, bool isAbsent = false) : Exception(reason)
{
    /// <summary>Whether the router does not speak this protocol at all, or says nothing.</summary>
    public bool IsAbsent => isAbsent;
}

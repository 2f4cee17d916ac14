using System.Net;
using System.Net.Sockets;

namespace TorrentPatron.Engine.PortMapping;

/// <summary>A local port to make reachable from the internet.</summary>
/// <param name="Protocol">TCP or UDP.</param>
/// <param name="Number">Its number, 1 to 65535.</param>
/// <param name="Family">The IP version to make it reachable over.</param>
internal readonly record struct MappablePort(ProtocolType Protocol, ushort Number, AddressFamily Family = AddressFamily.InterNetwork);

/// <summary>A port mapping on a router.</summary>
/// <param name="Port">The port.</param>
/// <param name="ExternalPort">The router's port.</param>
/// <param name="ExternalAddress">The router's external address; null if not reported.</param>
/// <param name="Lifetime">How long it lasts; null if until it is removed.</param>
/// <param name="Nonce">The mapping's nonce (PCP).</param>
/// <param name="Epoch">Seconds since the router last lost its mappings; null if not reported (UPnP).</param>
/// <param name="Pinhole">The id of the firewall pinhole (UPnP, IPv6).</param>
internal sealed record RouterMapping(
    MappablePort Port, ushort ExternalPort, IPAddress? ExternalAddress, TimeSpan? Lifetime, UInt128 Nonce = default, uint? Epoch = null, ushort? Pinhole = null);

/// <summary>Thrown when a router does not map a port.</summary>
/// <param name="reason">The reason, as a sentence.</param>
/// <param name="isAbsent">Whether it does not support this protocol at all, or does not answer.</param>
internal sealed class PortMappingException(string reason, bool isAbsent = false) : Exception(reason)
{
    /// <summary>Whether the router does not support this protocol at all, or does not answer.</summary>
    public bool IsAbsent => isAbsent;
}

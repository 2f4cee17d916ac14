using System.Net;
using System.Net.Sockets;

namespace TorrentPatron.Protocol.PortMapping;

/// <summary>A PCP request for a mapping, its renewal or, with lifetime 0, its removal (RFC 6887, 11.1).</summary>
/// <param name="Nonce">A random 96-bit number known only to the two sides; the same in each request about a mapping.</param>
/// <param name="Protocol">TCP or UDP.</param>
/// <param name="InternalPort">Our port.</param>
/// <param name="Client">Our address, which the request comes from.</param>
/// <param name="ExternalPort">The preferred external port; 0 means any.</param>
/// <param name="ExternalAddress">The preferred external address; null means any.</param>
/// <param name="Lifetime">The lifetime, seconds; 0 removes the mapping.</param>
internal sealed record PcpMapRequest(
    UInt128 Nonce, ProtocolType Protocol, ushort InternalPort, IPAddress Client, ushort ExternalPort, IPAddress? ExternalAddress, uint Lifetime);

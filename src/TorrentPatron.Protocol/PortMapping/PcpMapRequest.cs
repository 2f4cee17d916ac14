using System.Net;
using System.Net.Sockets;

namespace TorrentPatron.Protocol.PortMapping;

/// <summary>Asks a router for a mapping by PCP, for its renewal or, with no lifetime, for its end (RFC 6887, 11.1).</summary>
/// <param name="Nonce">A random number of 96 bits that only the two know; the same for each request about a mapping.</param>
/// <param name="Protocol">TCP or UDP.</param>
/// <param name="InternalPort">Our port.</param>
/// <param name="Client">Our address, from which the request is sent.</param>
/// <param name="ExternalPort">The outside port that we would like; 0: any.</param>
/// <param name="ExternalAddress">The outside address that we would like; null: any.</param>
/// <param name="Lifetime">Seconds for which it shall last; 0: it ends.</param>
internal sealed record PcpMapRequest(
    UInt128 Nonce, ProtocolType Protocol, ushort InternalPort, IPAddress Client, ushort ExternalPort, IPAddress? ExternalAddress, uint Lifetime);

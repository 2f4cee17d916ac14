using System.Net;
using System.Net.Sockets;

namespace TorrentPatron.Protocol.PortMapping;

/// <summary>A router's answer to a <see cref="PcpMapRequest"/> (RFC 6887, 11.1).</summary>
/// <param name="Result">The result.</param>
/// <param name="Lifetime">The lifetime of the mapping or, on failure, of the error, seconds.</param>
/// <param name="Epoch">Seconds since the router lost its mappings last.</param>
/// <param name="Nonce">The request's.</param>
/// <param name="Protocol">The request's.</param>
/// <param name="InternalPort">The request's.</param>
/// <param name="ExternalPort">The external port.</param>
/// <param name="ExternalAddress">The external address.</param>
internal sealed record PcpMapAnswer(
    PcpResult Result, uint Lifetime, uint Epoch, UInt128 Nonce, ProtocolType Protocol, ushort InternalPort, ushort ExternalPort, IPAddress ExternalAddress);

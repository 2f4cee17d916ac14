using System.Net;

namespace TorrentPatron.Engine.Network;

/// <summary>Finds the addresses of a host, which may also be an address in writing.</summary>
/// <exception cref="System.Net.Sockets.SocketException">There is no such host.</exception>
public delegate Task<IPAddress[]> HostResolver(string host, CancellationToken cancellationToken);

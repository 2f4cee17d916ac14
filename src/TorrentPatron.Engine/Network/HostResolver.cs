using System.Net;

namespace TorrentPatron.Engine.Network;

/// <summary>Resolves a host, given by name or as an address in text form.</summary>
/// <exception cref="System.Net.Sockets.SocketException">There is no such host.</exception>
public delegate Task<IPAddress[]> HostResolver(string host, CancellationToken cancellationToken);

using System.Net;

namespace TorrentPatron.Engine.Network;

/// <summary>A router that this machine sends through.</summary>
/// <param name="Address">Its address in our network. Over IPv6 a link-local one, with the interface as its scope.</param>
/// <param name="Local">Our address in that network. Over IPv6 one by which the internet reaches us; each has an entry of its own.</param>
public sealed record NetworkGateway(IPAddress Address, IPAddress Local);

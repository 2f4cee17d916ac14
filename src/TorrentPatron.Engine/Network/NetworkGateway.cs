using System.Net;

namespace TorrentPatron.Engine.Network;

/// <summary>A router that this machine sends through.</summary>
/// <param name="Address">Its address in our network; for IPv6 a link-local one with the interface as its scope.</param>
/// <param name="Local">Our address in that network; for IPv6 a public one, each with a separate entry.</param>
public sealed record NetworkGateway(IPAddress Address, IPAddress Local);

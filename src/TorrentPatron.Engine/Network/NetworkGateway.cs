using System.Net;

namespace TorrentPatron.Engine.Network;

/// <summary>A router that this machine sends through.</summary>
/// <param name="Address">Its address in our network.</param>
/// <param name="Local">Our address in that network.</param>
public sealed record NetworkGateway(IPAddress Address, IPAddress Local);

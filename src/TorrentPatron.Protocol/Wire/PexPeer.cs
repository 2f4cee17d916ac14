using System.Net;

namespace TorrentPatron.Protocol.Wire;

/// <summary>A peer that the sender of a peer exchange message has connected to (BEP 11).</summary>
/// <param name="EndPoint">Where it listens.</param>
/// <param name="Flags">What is told of it.</param>
public readonly record struct PexPeer(IPEndPoint EndPoint, PexFlags Flags);

using System.Net;

namespace TorrentPatron.Protocol.Wire;

/// <summary>A peer that the sender of a peer exchange message has connected to (BEP 11).</summary>
/// <param name="EndPoint">Its listening address.</param>
/// <param name="Flags">Information about it.</param>
public readonly record struct PexPeer(IPEndPoint EndPoint, PexFlags Flags);

using System.Net;

namespace TorrentPatron.Protocol.Dht;

/// <summary>A DHT node and where it is (BEP 5).</summary>
/// <param name="Id">How it calls itself.</param>
/// <param name="EndPoint">Its UDP address.</param>
public readonly record struct NodeContact(NodeId Id, IPEndPoint EndPoint);

using System.Net;

namespace TorrentPatron.Protocol.Dht;

/// <summary>A DHT node's id and address (BEP 5).</summary>
/// <param name="Id">Its id.</param>
/// <param name="EndPoint">Its UDP address.</param>
public readonly record struct NodeContact(NodeId Id, IPEndPoint EndPoint);

namespace TorrentPatron.Protocol.Dht;

/// <summary>Checks whether a node is alive (BEP 5).</summary>
public sealed record PingQuery : KrpcQuery;

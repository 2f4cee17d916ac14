namespace TorrentPatron.Protocol.Dht;

/// <summary>Asks whether a node is there (BEP 5).</summary>
public sealed record PingQuery : KrpcQuery;

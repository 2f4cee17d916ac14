namespace TorrentPatron.Protocol.Dht;

/// <summary>A message between DHT nodes (BEP 5). A message that was read refers to the original bytes.</summary>
public abstract record KrpcMessage
{
    /// <summary>The querying node's transaction id, repeated in the answer: at most 32 bytes.</summary>
    public required ReadOnlyMemory<byte> TransactionId { get; init; }
}

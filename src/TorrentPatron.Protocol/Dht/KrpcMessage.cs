namespace TorrentPatron.Protocol.Dht;

/// <summary>A message between DHT nodes (BEP 5). What a codec has read refers to the bytes that it was given.</summary>
public abstract record KrpcMessage
{
    /// <summary>The number, as the asking node wrote it, by which an answer is known: at most 32 bytes.</summary>
    public required ReadOnlyMemory<byte> TransactionId { get; init; }
}

namespace TorrentPatron.Protocol.Dht;

/// <summary>A question of one node to another (BEP 5).</summary>
public abstract record KrpcQuery : KrpcMessage
{
    /// <summary>Who asks.</summary>
    public required NodeId Sender { get; init; }

    /// <summary>Whether the asking node answers no questions itself and does not want to be kept as one that does (BEP 43).</summary>
    public bool IsReadOnly { get; init; }
}

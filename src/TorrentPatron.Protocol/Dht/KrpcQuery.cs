namespace TorrentPatron.Protocol.Dht;

/// <summary>A query from one node to another (BEP 5).</summary>
public abstract record KrpcQuery : KrpcMessage
{
    /// <summary>The querying node.</summary>
    public required NodeId Sender { get; init; }

    /// <summary>Whether the querying node answers no queries itself and must not be added to routing tables (BEP 43).</summary>
    public bool IsReadOnly { get; init; }
}

namespace TorrentPatron.Protocol.Dht;

/// <summary>Asks for the nodes nearest to an id (BEP 5).</summary>
public sealed record FindNodeQuery : KrpcQuery
{
    /// <summary>The id.</summary>
    public required NodeId Target { get; init; }

    /// <summary>The address families of the wanted nodes (BEP 32).</summary>
    public NodeFamilies Want { get; init; }
}

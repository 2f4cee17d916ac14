namespace TorrentPatron.Protocol.Dht;

/// <summary>Asks for some of the torrents whose peers a node knows (BEP 51).</summary>
public sealed record SampleInfoHashesQuery : KrpcQuery
{
    /// <summary>The id near which nodes are wanted as well.</summary>
    public required NodeId Target { get; init; }

    /// <summary>The address families of the wanted nodes (BEP 32).</summary>
    public NodeFamilies Want { get; init; }
}

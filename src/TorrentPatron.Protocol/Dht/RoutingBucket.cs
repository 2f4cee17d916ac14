namespace TorrentPatron.Protocol.Dht;

/// <summary>The nodes of one region of a routing table: active ones, and spares.</summary>
internal sealed class RoutingBucket(TimeSpan now)
{
    /// <summary>Active nodes, at most <see cref="RoutingTable.BucketSize"/>.</summary>
    public List<RoutingNode> Nodes { get; } = [];

    /// <summary>Nodes that have answered but found the bucket full, latest last; at most as many.</summary>
    public List<RoutingNode> Spares { get; } = [];

    /// <summary>When a node was last added, replaced, heard from or looked up here.</summary>
    public TimeSpan LastChanged { get; set; } = now;

    public bool IsFull => Nodes.Count >= RoutingTable.BucketSize;

    /// <summary>Keeps a node as a spare.</summary>
    public void AddSpare(RoutingNode node)
    {
        if (Spares.Count >= RoutingTable.BucketSize)
            Spares.RemoveAt(0);
        Spares.Add(node);
    }
}

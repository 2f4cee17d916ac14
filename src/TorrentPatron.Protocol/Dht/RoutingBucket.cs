namespace TorrentPatron.Protocol.Dht;

/// <summary>Nodes of one region of a routing table: those in use, and those that wait for a place.</summary>
internal sealed class RoutingBucket(TimeSpan now)
{
    /// <summary>Nodes in use, at most <see cref="RoutingTable.BucketSize"/>.</summary>
    public List<RoutingNode> Nodes { get; } = [];

    /// <summary>Nodes that have answered but found the bucket full, the latest last; at most as many.</summary>
    public List<RoutingNode> Spares { get; } = [];

    /// <summary>When a node was last added, replaced or seen to be there, or looked for here.</summary>
    public TimeSpan LastChanged { get; set; } = now;

    public bool IsFull => Nodes.Count >= RoutingTable.BucketSize;

    /// <summary>Keeps a node in case a place becomes free.</summary>
    public void AddSpare(RoutingNode node)
    {
        if (Spares.Count >= RoutingTable.BucketSize)
            Spares.RemoveAt(0);
        Spares.Add(node);
    }
}

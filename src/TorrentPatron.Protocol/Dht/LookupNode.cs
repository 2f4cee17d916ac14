using System.Net;

namespace TorrentPatron.Protocol.Dht;

/// <summary>A node in a lookup.</summary>
public sealed class LookupNode
{
    internal LookupNode(IPEndPoint endPoint, NodeId? id, int hops)
    {
        EndPoint = endPoint;
        Id = id;
        Hops = hops;
    }

    /// <summary>Its address.</summary>
    public IPEndPoint EndPoint { get; }

    /// <summary>Its own id or, before it has answered, the id it was named with; null if only the address is known.</summary>
    public NodeId? Id { get; internal set; }

    /// <summary>The number of nodes queried in sequence to learn of it: 0 for initial nodes.</summary>
    public int Hops { get; }

    /// <summary>Its announce token; empty if it gave none, or its id is not its own (BEP 42).</summary>
    public ReadOnlyMemory<byte> Token { get; internal set; }

    /// <summary>Whether it has answered with an id that is its own (BEP 42): only such nodes end a lookup.</summary>
    internal bool IsEligible { get; set; }

    internal LookupNodeState State { get; set; }

    internal TimeSpan AskedAt { get; set; }

    /// <summary>The few nodes that named it, each with its network; empty for initial nodes.</summary>
    internal List<(LookupSource Node, LookupSource Network)> NamedBy { get; } = [];

    /// <summary>The results of the nodes that it has named.</summary>
    internal LookupSource Named { get; } = new(Lookup.MostSilentOfNode);

    /// <summary>Whether it must wait for nodes that others name.</summary>
    internal bool IsHeldBack => NamedBy.Count > 0 && NamedBy.TrueForAll(static source => source.Node.IsSpent || source.Network.IsSpent);
}

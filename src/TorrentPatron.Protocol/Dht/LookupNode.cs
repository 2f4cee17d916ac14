using System.Net;

namespace TorrentPatron.Protocol.Dht;

/// <summary>A node that a lookup has come across.</summary>
public sealed class LookupNode
{
    internal LookupNode(IPEndPoint endPoint, NodeId? id, int hops)
    {
        EndPoint = endPoint;
        Id = id;
        Hops = hops;
    }

    /// <summary>Where it is.</summary>
    public IPEndPoint EndPoint { get; }

    /// <summary>How it calls itself or, before it has answered, is called; null where only the address is known.</summary>
    public NodeId? Id { get; internal set; }

    /// <summary>How many nodes had to be asked to learn of it: 0 for those that the lookup began with.</summary>
    public int Hops { get; }

    /// <summary>What it gave that a peer can be announced with; empty where it gave nothing, or its id is not its own (BEP 42).</summary>
    public ReadOnlyMemory<byte> Token { get; internal set; }

    /// <summary>Whether it has answered, with an id that is its own (BEP 42): only such nodes end a lookup.</summary>
    internal bool IsEligible { get; set; }

    internal LookupNodeState State { get; set; }

    internal TimeSpan AskedAt { get; set; }

    /// <summary>Those who have named it, each with its network, few; empty: the lookup began with it.</summary>
    internal List<(LookupSource Node, LookupSource Network)> NamedBy { get; } = [];

    /// <summary>What has become of the nodes that it has named.</summary>
    internal LookupSource Named { get; } = new(Lookup.MostSilentOfNode);

    /// <summary>Whether it has to wait for those that others name.</summary>
    internal bool IsHeldBack => NamedBy.Count > 0 && NamedBy.TrueForAll(static source => source.Node.IsSpent || source.Network.IsSpent);
}

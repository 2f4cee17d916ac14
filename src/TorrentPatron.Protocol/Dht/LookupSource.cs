namespace TorrentPatron.Protocol.Dht;

/// <summary>
/// A node, or a network, that names nodes to a lookup: the results of querying the nodes it named. Not thread-safe.
/// </summary>
/// <param name="most">Unresponsive nodes after which the others that it names must wait.</param>
internal sealed class LookupSource(int most)
{
    /// <summary>Nodes queried without an answer so far.</summary>
    public int Silent { get; set; }

    /// <summary>Nodes that have answered.</summary>
    public int Answered { get; set; }

    /// <summary>
    /// Whether too many of its nodes are unresponsive. A source with responsive nodes may name more unresponsive ones: nodes come
    /// and go.
    /// </summary>
    public bool IsSpent => Silent >= most + Answered / 2;
}

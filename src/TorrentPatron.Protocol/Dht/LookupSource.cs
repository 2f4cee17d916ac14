namespace TorrentPatron.Protocol.Dht;

/// <summary>One who names nodes to a lookup, or the network of such: what has become of the nodes that were asked on its word. Not thread-safe.</summary>
/// <param name="most">Nodes that may leave us without an answer before the others that it names have to wait.</param>
internal sealed class LookupSource(int most)
{
    /// <summary>Nodes asked of which no answer has come, yet or ever.</summary>
    public int Silent { get; set; }

    /// <summary>Nodes that have answered.</summary>
    public int Answered { get; set; }

    /// <summary>Whether enough of its nodes are silent. Whoever names some that are there may name more that are not: nodes come and go.</summary>
    public bool IsSpent => Silent >= most + Answered / 2;
}

using System.Collections.ObjectModel;
using System.Net;

namespace TorrentPatron.Engine.Client;

/// <summary>A snapshot of an engine's DHT node. Immutable.</summary>
public sealed record DhtStatus
{
    /// <summary>The node's UDP addresses.</summary>
    public ReadOnlyCollection<IPEndPoint> EndPoints { get; init; } = [];

    /// <summary>Known IPv4 nodes, each of which has answered.</summary>
    public int NodesIPv4 { get; init; }

    /// <summary>Known IPv6 nodes, each of which has answered.</summary>
    public int NodesIPv6 { get; init; }

    /// <summary>Torrents that the node looks up and announces.</summary>
    public int Torrents { get; init; }

    /// <summary>Lookups under way.</summary>
    public int Lookups { get; init; }

    /// <summary>Lookups completed since the start.</summary>
    public long LookupsMade { get; init; }

    /// <summary>Other clients' torrents for which the node stores peers.</summary>
    public int StoredTorrents { get; init; }

    /// <summary>Peers that the node stores for other clients.</summary>
    public int StoredPeers { get; init; }

    /// <summary>Bytes received.</summary>
    public long BytesReceived { get; init; }

    /// <summary>Bytes sent.</summary>
    public long BytesSent { get; init; }

    /// <summary>Our address as other nodes report it; null while too few have.</summary>
    public IPAddress? ExternalAddress { get; init; }

    /// <summary>Whether nodes are known, so that peers can be found.</summary>
    public bool IsReady => NodesIPv4 + NodesIPv6 > 0;

    /// <summary>The numbers of nodes and searches.</summary>
    public override string ToString() => $"{NodesIPv4} nodes (IPv4), {NodesIPv6} nodes (IPv6), {Lookups} searches";
}

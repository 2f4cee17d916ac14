using System.Collections.ObjectModel;
using System.Net;

namespace TorrentPatron.Engine.Client;

/// <summary>How the DHT node of an engine stood at one moment. Immutable.</summary>
public sealed record DhtStatus
{
    /// <summary>The UDP addresses it is reached at.</summary>
    public ReadOnlyCollection<IPEndPoint> EndPoints { get; init; } = [];

    /// <summary>Nodes known at IPv4 addresses, each of which has answered.</summary>
    public int NodesIPv4 { get; init; }

    /// <summary>Nodes known at IPv6 addresses, each of which has answered.</summary>
    public int NodesIPv6 { get; init; }

    /// <summary>Torrents that peers are looked for, and announced, here.</summary>
    public int Torrents { get; init; }

    /// <summary>Lookups under way.</summary>
    public int Lookups { get; init; }

    /// <summary>Lookups made since the start.</summary>
    public long LookupsMade { get; init; }

    /// <summary>Torrents of others whose peers are kept here.</summary>
    public int StoredTorrents { get; init; }

    /// <summary>Peers of others that are kept here.</summary>
    public int StoredPeers { get; init; }

    /// <summary>Bytes received.</summary>
    public long BytesReceived { get; init; }

    /// <summary>Bytes sent.</summary>
    public long BytesSent { get; init; }

    /// <summary>The address at which others say that they see us; null while too few have said so.</summary>
    public IPAddress? ExternalAddress { get; init; }

    /// <summary>Whether nodes are known, so that peers can be found.</summary>
    public bool IsReady => NodesIPv4 + NodesIPv6 > 0;

    /// <summary>The numbers of nodes and searches.</summary>
    public override string ToString() => $"{NodesIPv4} nodes (IPv4), {NodesIPv6} nodes (IPv6), {Lookups} searches";
}

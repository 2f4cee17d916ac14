using System.Net;

namespace TorrentPatron.Protocol.Dht;

/// <summary>An answer (BEP 5). Its parts depend on the query and on the node.</summary>
public sealed record KrpcResponse : KrpcMessage
{
    /// <summary>The most nodes of one address family taken from an answer; a node should name 8.</summary>
    public const int MaxNodes = 16;

    /// <summary>The most peers taken from an answer.</summary>
    public const int MaxPeers = 200;

    /// <summary>The answering node.</summary>
    public required NodeId Sender { get; init; }

    /// <summary>The querying node's address as the answering node sees it, if included (BEP 42).</summary>
    public IPEndPoint? Requester { get; init; }

    /// <summary>The nodes nearest to the target, of both address families (BEP 5, BEP 32); null if none were requested.</summary>
    public IReadOnlyList<NodeContact>? Nodes { get; init; }

    /// <summary>Peers of the torrent; null if none were requested or are known.</summary>
    public IReadOnlyList<IPEndPoint>? Peers { get; init; }

    /// <summary>The token required to announce a peer of the torrent; empty if the node accepts none.</summary>
    public ReadOnlyMemory<byte> Token { get; init; }

    /// <summary>All seeds that the node knows, if requested (BEP 33).</summary>
    public ScrapeFilter? SeedFilter { get; init; }

    /// <summary>All other peers that the node knows, if requested (BEP 33).</summary>
    public ScrapeFilter? PeerFilter { get; init; }

    /// <summary>Some of the torrents for which the node knows peers, if requested (BEP 51).</summary>
    public IReadOnlyList<InfoHash>? Samples { get; init; }

    /// <summary>The number of torrents for which the node knows peers (BEP 51).</summary>
    public int TorrentCount { get; init; }

    /// <summary>Seconds after which other samples are available, 0 to 21600 (BEP 51).</summary>
    public int SampleInterval { get; init; }
}

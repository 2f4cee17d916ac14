using System.Net;

namespace TorrentPatron.Protocol.Dht;

/// <summary>An answer (BEP 5). Which parts are there depends on the question and on the node.</summary>
public sealed record KrpcResponse : KrpcMessage
{
    /// <summary>Most nodes of one kind that are taken from an answer; a node should name 8.</summary>
    public const int MaxNodes = 16;

    /// <summary>Most peers that are taken from an answer.</summary>
    public const int MaxPeers = 200;

    /// <summary>Who answers.</summary>
    public required NodeId Sender { get; init; }

    /// <summary>The address at which the answering node sees who asked, if it told (BEP 42).</summary>
    public IPEndPoint? Requester { get; init; }

    /// <summary>Nodes nearest to the target, of either kind (BEP 5, BEP 32); null where none were asked for.</summary>
    public IReadOnlyList<NodeContact>? Nodes { get; init; }

    /// <summary>Peers of the torrent; null where none were asked for or are known.</summary>
    public IReadOnlyList<IPEndPoint>? Peers { get; init; }

    /// <summary>What has to be shown to announce a peer of the torrent; empty where the node takes none.</summary>
    public ReadOnlyMemory<byte> Token { get; init; }

    /// <summary>All seeds that the node knows, if it was asked for them (BEP 33).</summary>
    public ScrapeFilter? SeedFilter { get; init; }

    /// <summary>All other peers that the node knows, if it was asked for them (BEP 33).</summary>
    public ScrapeFilter? PeerFilter { get; init; }

    /// <summary>Some of the torrents whose peers the node knows, if it was asked for them (BEP 51).</summary>
    public IReadOnlyList<InfoHash>? Samples { get; init; }

    /// <summary>Of how many torrents the node knows peers (BEP 51).</summary>
    public int TorrentCount { get; init; }

    /// <summary>Seconds after which other samples can be had, 0 to 21600 (BEP 51).</summary>
    public int SampleInterval { get; init; }
}

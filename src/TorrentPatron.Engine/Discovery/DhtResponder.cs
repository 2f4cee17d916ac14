using System.Net;
using System.Net.Sockets;
using TorrentPatron.Protocol.Dht;
using TorrentPatron.Protocol.Trackers;

namespace TorrentPatron.Engine.Discovery;

/// <summary>Answers queries from other DHT nodes (BEP 5, 32, 33, 42, 51). Guarded by the node's lock.</summary>
/// <param name="overlays">The DHT of each IP version.</param>
/// <param name="tokens">Issues and checks announce tokens.</param>
internal sealed class DhtResponder(IReadOnlyList<DhtOverlay> overlays, TokenIssuer tokens)
{
    /// <summary>The longest answer, bytes; small enough to avoid fragmentation.</summary>
    private const int MaxLength = 1_200;

    /// <summary>The most bytes of an answer without nodes, peers and filters.</summary>
    private const int Frame = 160;

    private const int MostPeers = 100;
    private const int MostSamples = 20;

    /// <summary>Seconds for which a sample stays the same, as reported to the querying node.</summary>
    private const int SampleInterval = 600;

    /// <summary>Called for each peer that is announced to us.</summary>
    public Action<AnnouncePeerQuery, IPEndPoint>? OnAnnounced { get; init; }

    /// <summary>Creates the answer to a query.</summary>
    /// <param name="query">The query.</param>
    /// <param name="remote">The querying node.</param>
    /// <param name="overlay">The DHT in which it was asked.</param>
    /// <param name="now">The time.</param>
    public KrpcMessage Answer(KrpcQuery query, IPEndPoint remote, DhtOverlay overlay, TimeSpan now)
    {
        var response = new KrpcResponse { TransactionId = query.TransactionId, Sender = overlay.Self, Requester = remote };
        return query switch
        {
            FindNodeQuery find => response with { Nodes = Nodes(find.Target, find.Want, overlay) },
            GetPeersQuery get => WithPeers(response, get, remote, overlay, now),
            AnnouncePeerQuery announce => Store(response, announce, remote, overlay, now),
            SampleInfoHashesQuery sample => response with
            {
                Nodes = Nodes(sample.Target, sample.Want, overlay),
                Samples = overlay.Peers.Sample(MostSamples),
                TorrentCount = overlay.Peers.TorrentCount,
                SampleInterval = SampleInterval,
            },
            _ => response,
        };
    }

    private KrpcResponse WithPeers(KrpcResponse response, GetPeersQuery query, IPEndPoint remote, DhtOverlay overlay, TimeSpan now)
    {
        (ScrapeFilter Seeds, ScrapeFilter Peers)? filters = query.WantsScrape ? overlay.Peers.Scrape(query.InfoHash) : null;
        // The filters leave room for nodes of one address family only (BEP 33).
        IReadOnlyList<NodeContact> nodes = Nodes(NodeId.Of(query.InfoHash), filters is null ? query.Want : NodeFamilies.None, overlay);
        int room = MaxLength - Frame - nodes.Sum(LengthOf) - (filters is null ? 0 : 2 * (ScrapeFilter.Length + 10));
        // Each entry has a length prefix: "6:" or "18:".
        int peerLength = overlay.Family == AddressFamily.InterNetwork ? CompactPeers.IPv4Length + 2 : CompactPeers.IPv6Length + 3;
        int count = Math.Clamp(room / peerLength, 0, MostPeers);
        return response with
        {
            Nodes = nodes,
            Peers = overlay.Peers.Find(query.InfoHash, count, query.NoSeeds),
            Token = tokens.Issue(remote.Address, now),
            SeedFilter = filters?.Seeds,
            PeerFilter = filters?.Peers,
        };
    }

    private KrpcMessage Store(KrpcResponse response, AnnouncePeerQuery query, IPEndPoint remote, DhtOverlay overlay, TimeSpan now)
    {
        if (!tokens.IsValid(query.Token.Span, remote.Address, now))
            return Error(query, KrpcError.Protocol, "The token is not valid.");
        var peer = new IPEndPoint(remote.Address, query.IsPortImplied ? remote.Port : query.Port);
        OnAnnounced?.Invoke(query, peer);
        overlay.Peers.Add(query.InfoHash, peer, query.IsSeed, now);
        return response;
    }

    /// <summary>Creates the answer to an invalid query.</summary>
    public static KrpcError Refuse(InvalidQuery query) => Error(query, query.ErrorCode, query.Reason);

    private static KrpcError Error(KrpcMessage query, int code, string reason) =>
        new() { TransactionId = query.TransactionId, Code = code, Reason = reason };

    private List<NodeContact> Nodes(NodeId target, NodeFamilies want, DhtOverlay asked)
    {
        if (want == NodeFamilies.None)
            want = asked.Want;
        var nodes = new List<NodeContact>();
        foreach (DhtOverlay overlay in overlays)
        {
            if (want.HasFlag(overlay.Want))
                nodes.AddRange(overlay.Table.Closest(target, RoutingTable.BucketSize));
        }

        return nodes;
    }

    private static int LengthOf(NodeContact node) => NodeId.Length
        + (node.EndPoint.AddressFamily == AddressFamily.InterNetwork ? CompactPeers.IPv4Length : CompactPeers.IPv6Length);
}

using System.Net;
using System.Net.Sockets;
using TorrentPatron.Engine.Client;
using TorrentPatron.Protocol;
using TorrentPatron.Protocol.Dht;

namespace TorrentPatron.Engine.Discovery;

/// <summary>
/// Our node in the DHT of one IP version, which is a separate network (BEP 32): its id, routing table and queries. Guarded by the
/// node's lock; times come from one monotonic clock.
/// </summary>
internal sealed class DhtOverlay
{
    /// <summary>The most newcomers pinged at once.</summary>
    private const int MostPings = 16;

    private readonly DhtExchange _exchange;
    private readonly Random _random;
    private readonly bool _isReadOnly;
    private readonly AddressPoll _poll = new();
    private readonly HashSet<IPEndPoint> _pinged = [];
    private readonly Queue<NodeContact> _lost = [];

    /// <summary>Addresses of bootstrap services, which are queried but not added to the routing table (BEP 5).</summary>
    private readonly HashSet<IPEndPoint> _routers = [];

    public DhtOverlay(AddressFamily family, DhtExchange exchange, DhtSettings settings, Random random)
    {
        Family = family;
        _exchange = exchange;
        _random = random;
        _isReadOnly = settings.IsReadOnly;
        Table = new RoutingTable(NodeId.Create(random), random);
        Peers = new PeerStore(random);
    }

    /// <summary>The IP version.</summary>
    public AddressFamily Family { get; }

    /// <summary>The routing table.</summary>
    public RoutingTable Table { get; private set; }

    /// <summary>Peers that others have announced to this node.</summary>
    public PeerStore Peers { get; }

    /// <summary>
    /// The nodes dropped most recently because they did not answer. After a long network outage they are the only known ones.
    /// </summary>
    public IReadOnlyCollection<NodeContact> Lost => _lost;

    /// <summary>Our own id.</summary>
    public NodeId Self => Table.Self;

    /// <summary>Whether the nodes near our id have been looked up, so that lookups are worthwhile.</summary>
    public bool IsJoined { get; set; }

    /// <summary>Our address as other nodes report it; null while too few have.</summary>
    public IPAddress? ExternalAddress => _poll.Address;

    /// <summary>The address family of nodes to ask for.</summary>
    public NodeFamilies Want => Family == AddressFamily.InterNetwork ? NodeFamilies.IPv4 : NodeFamilies.IPv6;

    /// <summary>Whether another query may be sent now.</summary>
    public bool CanAsk(TimeSpan now) => _exchange.CanAsk(now);

    /// <summary>Adds a bootstrap address that is not kept in the routing table.</summary>
    public void AddRouter(IPEndPoint endPoint) => _routers.Add(endPoint);

    /// <summary>Queries a node for the nodes nearest to an id.</summary>
    public void FindNode(IPEndPoint remote, NodeId target, Action<KrpcResponse?, TimeSpan> done, TimeSpan now) => Ask(
        remote, new FindNodeQuery { TransactionId = default, Sender = Self, IsReadOnly = _isReadOnly, Target = target, Want = Want }, done, now);

    /// <summary>Queries a node for the peers of a torrent.</summary>
    public void GetPeers(IPEndPoint remote, InfoHash torrent, bool noSeeds, Action<KrpcResponse?, TimeSpan> done, TimeSpan now) => Ask(
        remote,
        new GetPeersQuery
        {
            TransactionId = default, Sender = Self, IsReadOnly = _isReadOnly, InfoHash = torrent, Want = Want, NoSeeds = noSeeds,
        },
        done, now);

    /// <summary>Announces us as a peer of a torrent.</summary>
    public void Announce(LookupNode node, InfoHash torrent, ushort port, bool isSeed, TimeSpan now) => Ask(
        node.EndPoint,
        new AnnouncePeerQuery
        {
            TransactionId = default, Sender = Self, IsReadOnly = _isReadOnly, InfoHash = torrent, Port = port, IsSeed = isSeed, Token = node.Token,
        },
        (_, _) => { }, now);

    /// <summary>Pings a newcomer, unless too many pings are open or this one already is being pinged.</summary>
    public void Ping(IPEndPoint remote, TimeSpan now)
    {
        if (remote.Port != 0 && _pinged.Count < MostPings)
            Check(remote, now);
    }

    /// <summary>Pings a known node, however many newcomers are being pinged: an attacker could send many to prevent it.</summary>
    public void Check(IPEndPoint remote, TimeSpan now)
    {
        if (!CanAsk(now) || !_pinged.Add(remote))
            return;
        Ask(
            remote, new PingQuery { TransactionId = default, Sender = Self, IsReadOnly = _isReadOnly },
            (_, _) => _pinged.Remove(remote), now);
    }

    /// <summary>Handles a query from a node.</summary>
    public void QueryReceived(KrpcQuery query, IPEndPoint remote, TimeSpan now)
    {
        var contact = new NodeContact(query.Sender, remote);
        Table.Asked(contact, now);
        // Its own claim is not trusted: it enters the table only by answering.
        if (!query.IsReadOnly && Table.IsWanted(contact))
            Ping(remote, now);
    }

    private void Ask(IPEndPoint remote, KrpcQuery query, Action<KrpcResponse?, TimeSpan> done, TimeSpan now) => _exchange.Ask(
        remote, query,
        (message, from, then) =>
        {
            var response = message as KrpcResponse;
            if (message is null)
                Failed(remote, then);
            else if (response is not null)
                Learn(response, remote, from, then);
            done(response, then);
        },
        now);

    private void Failed(IPEndPoint remote, TimeSpan now)
    {
        if (Table.Failed(remote, now) is not { } forgotten)
            return;
        _lost.Enqueue(forgotten);
        if (_lost.Count > RoutingTable.BucketSize)
            _lost.Dequeue();
    }

    private void Learn(KrpcResponse response, IPEndPoint asked, IPEndPoint remote, TimeSpan now)
    {
        // If a proxy resolved the node's name, only the answer reveals its address, which must not be closer to us than the name
        // allows.
        bool mayBeKept = asked.Equals(remote) || AddressReaches.MayBeNamed(remote.Address, asked.Address);
        if (mayBeKept && !_routers.Contains(asked))
            Table.Answered(new NodeContact(response.Sender, remote), now);
        if (response.Requester is { } seen && seen.AddressFamily == Family && _poll.Vote(remote.Address, seen.Address)
            && !SecureNodeId.IsValid(Self, seen.Address))
            Rename(SecureNodeId.Create(_poll.Address!, _random), now);
    }

    /// <summary>Adopts an id that matches our address (BEP 42), keeping the known nodes.</summary>
    private void Rename(NodeId id, TimeSpan now)
    {
        var table = new RoutingTable(id, _random);
        foreach (NodeContact node in Table.All())
            table.Answered(node, now);
        Table = table;
    }
}

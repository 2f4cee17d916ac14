using System.Net;
using System.Net.Sockets;
using TorrentPatron.Engine.Client;
using TorrentPatron.Protocol;
using TorrentPatron.Protocol.Dht;

namespace TorrentPatron.Engine.Discovery;

/// <summary>
/// The DHT of one IP version, a network of its own (BEP 32): who we are in it, whom we know, and what is asked there.
/// Guarded by the node's lock; times are those of one monotonic clock.
/// </summary>
internal sealed class DhtOverlay
{
    /// <summary>Newcomers that are asked at once whether they are there.</summary>
    private const int MostPings = 16;

    private readonly DhtExchange _exchange;
    private readonly Random _random;
    private readonly bool _isReadOnly;
    private readonly AddressPoll _poll = new();
    private readonly HashSet<IPEndPoint> _pinged = [];
    private readonly Queue<NodeContact> _lost = [];

    /// <summary>Addresses of services that only introduce nodes to each other: asked, but not kept (BEP 5).</summary>
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

    /// <summary>The nodes that are known.</summary>
    public RoutingTable Table { get; private set; }

    /// <summary>The peers that others have announced here.</summary>
    public PeerStore Peers { get; }

    /// <summary>
    /// The nodes that were forgotten last, because they did not answer. Where our own network was out for long they are all that is
    /// known of others.
    /// </summary>
    public IReadOnlyCollection<NodeContact> Lost => _lost;

    /// <summary>How we call ourselves.</summary>
    public NodeId Self => Table.Self;

    /// <summary>Whether the surroundings have been looked at, so that lookups are worth while.</summary>
    public bool IsJoined { get; set; }

    /// <summary>The address at which others see us; null while too few have said so.</summary>
    public IPAddress? ExternalAddress => _poll.Address;

    /// <summary>The kind of nodes that are asked for.</summary>
    public NodeFamilies Want => Family == AddressFamily.InterNetwork ? NodeFamilies.IPv4 : NodeFamilies.IPv6;

    /// <summary>Whether another question may be asked now.</summary>
    public bool CanAsk(TimeSpan now) => _exchange.CanAsk(now);

    /// <summary>Notes an address that is asked to begin with but not kept.</summary>
    public void AddRouter(IPEndPoint endPoint) => _routers.Add(endPoint);

    /// <summary>Asks for the nodes nearest to an id.</summary>
    public void FindNode(IPEndPoint remote, NodeId target, Action<KrpcResponse?, TimeSpan> done, TimeSpan now) => Ask(
        remote, new FindNodeQuery { TransactionId = default, Sender = Self, IsReadOnly = _isReadOnly, Target = target, Want = Want }, done, now);

    /// <summary>Asks for the peers of a torrent.</summary>
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

    /// <summary>Asks a newcomer whether it is there, unless many are being asked, or this one is.</summary>
    public void Ping(IPEndPoint remote, TimeSpan now)
    {
        if (remote.Port != 0 && _pinged.Count < MostPings)
            Check(remote, now);
    }

    /// <summary>Asks a node that is known whether it is there still, however many newcomers are being asked: some may come to keep us from that.</summary>
    public void Check(IPEndPoint remote, TimeSpan now)
    {
        if (!CanAsk(now) || !_pinged.Add(remote))
            return;
        Ask(
            remote, new PingQuery { TransactionId = default, Sender = Self, IsReadOnly = _isReadOnly },
            (_, _) => _pinged.Remove(remote), now);
    }

    /// <summary>A node has asked us something.</summary>
    public void Heard(KrpcQuery query, IPEndPoint remote, TimeSpan now)
    {
        var contact = new NodeContact(query.Sender, remote);
        Table.Asked(contact, now);
        // What it says of itself is not believed: it gets in by an answer.
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
        // Where a proxy looked up the name of whom we asked, only the answer tells its address: it must not lead nearer than the name says.
        bool mayBeKept = asked.Equals(remote) || AddressReaches.MayBeNamed(remote.Address, asked.Address);
        if (mayBeKept && !_routers.Contains(asked))
            Table.Answered(new NodeContact(response.Sender, remote), now);
        if (response.Requester is { } seen && seen.AddressFamily == Family && _poll.Vote(remote.Address, seen.Address)
            && !SecureNodeId.IsValid(Self, seen.Address))
            Rename(SecureNodeId.Create(_poll.Address!, _random), now);
    }

    /// <summary>Takes an id that fits our address (BEP 42); whom we know we go on knowing, from another point of view.</summary>
    private void Rename(NodeId id, TimeSpan now)
    {
        var table = new RoutingTable(id, _random);
        foreach (NodeContact node in Table.All())
            table.Answered(node, now);
        Table = table;
    }
}

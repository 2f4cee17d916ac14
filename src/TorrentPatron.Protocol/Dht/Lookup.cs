using System.Net;
using System.Runtime.InteropServices;

namespace TorrentPatron.Protocol.Dht;

/// <summary>
/// Moves from node to node, ever nearer to an id, until the nearest have all answered (BEP 5). It decides which nodes to query;
/// its owner sends and receives. Nodes, queries and time are limited, whatever the nodes answer: nodes that name unresponsive
/// ones, and their networks, are trusted less than others. Not thread-safe; times come from one monotonic clock.
/// </summary>
public sealed class Lookup
{
    /// <summary>The most queries awaiting an answer at once; slow nodes do not count.</summary>
    public const int Parallelism = 4;

    /// <summary>The most queries in one lookup.</summary>
    public const int MaxQueries = 200;

    /// <summary>The most nodes kept: the nearest of those not queried yet, and all that were queried.</summary>
    public const int MaxNodes = 400;

    /// <summary>Time after which a node is slow: another is queried in its place, but its answer still counts.</summary>
    public static readonly TimeSpan SlowAfter = TimeSpan.FromSeconds(1);

    /// <summary>Time after which a lookup ends with its current result.</summary>
    public static readonly TimeSpan MaxDuration = TimeSpan.FromMinutes(1);

    /// <summary>
    /// The most nodes of one internet address: an attacker may name it with a wrong id or port, which must not exclude it.
    /// </summary>
    private const int MostOfAddress = 3;

    /// <summary>The most nodes of one internet network.</summary>
    private const int MostOfNetwork = 16;

    /// <summary>The most sources remembered per node.</summary>
    private const int MostNamers = 4;

    /// <summary>Unresponsive nodes named by one node after which its others must wait.</summary>
    internal const int MostSilentOfNode = 3;

    /// <summary>The same for all nodes named by one internet network.</summary>
    private const int MostSilentOfNetwork = 8;

    /// <summary>
    /// The most nodes of one address family taken from one node: more than it should name, too few to drown others.
    /// </summary>
    private const int MostNamed = RoutingTable.BucketSize;

    private readonly NodeId _self;
    private readonly TimeSpan _since;
    private readonly List<LookupNode> _nodes = [];
    private readonly Dictionary<IPEndPoint, LookupNode> _byEndPoint = [];
    private readonly Dictionary<IPAddress, int> _byAddress = [];
    private readonly Dictionary<IPNetwork, int> _byNetwork = [];
    private readonly Dictionary<IPNetwork, LookupSource> _networks = [];

    /// <summary>Starts a lookup.</summary>
    /// <param name="target">The id.</param>
    /// <param name="self">Our own id: nodes that claim it are ignored, so that nobody sends us to ourselves.</param>
    /// <param name="now">The time.</param>
    public Lookup(NodeId target, NodeId self, TimeSpan now)
    {
        Target = target;
        _self = self;
        _since = now;
    }

    /// <summary>The target id.</summary>
    public NodeId Target { get; }

    /// <summary>Queries sent.</summary>
    public int Queries { get; private set; }

    /// <summary>Answers received.</summary>
    public int Answers { get; private set; }

    /// <summary>Queries without an answer, or answered with an error.</summary>
    public int Failures { get; private set; }

    /// <summary>Whether there is nothing left to query or wait for.</summary>
    /// <param name="now">The time.</param>
    public bool IsOver(TimeSpan now)
    {
        if (now - _since >= MaxDuration)
            return true;
        bool mayAsk = Queries < MaxQueries;
        int answered = 0;
        bool isAnyHeldBack = false;
        foreach (LookupNode node in _nodes)
        {
            if (node.State == LookupNodeState.New && node.IsHeldBack)
                isAnyHeldBack = true;
            else if (node.State == LookupNodeState.Asked || (node.State == LookupNodeState.New && mayAsk))
                return false;
            if (node.IsEligible && ++answered >= RoutingTable.BucketSize)
                break;
        }

        return !(isAnyHeldBack && mayAsk && MayAskHeldBack(answered));
    }

    /// <summary>Adds an initial node.</summary>
    /// <param name="endPoint">Its address.</param>
    /// <param name="id">Its id; null if only the address is known.</param>
    public void Add(IPEndPoint endPoint, NodeId? id) => Add(endPoint, id, hops: 0, source: null);

    /// <summary>Takes the next node to query.</summary>
    /// <param name="now">The time.</param>
    /// <returns>The node; null if none is to be queried now.</returns>
    public LookupNode? TakeNext(TimeSpan now)
    {
        if (Queries >= MaxQueries || now - _since >= MaxDuration)
            return null;

        int waiting = 0, answered = 0;
        LookupNode? likely = null, possible = null, heldBack = null;
        foreach (LookupNode node in _nodes)
        {
            // Beyond the nearest that have answered there is nothing to find.
            if (node.IsEligible && ++answered >= RoutingTable.BucketSize)
                break;
            if (node.State == LookupNodeState.Asked && now - node.AskedAt < SlowAfter && ++waiting >= Parallelism)
                return null;
            if (node.State != LookupNodeState.New)
                continue;
            if (node.IsHeldBack)
                heldBack ??= node;
            else if (node.Id is { } id && SecureNodeId.IsValid(id, node.EndPoint.Address))
                likely ??= node;
            else
                possible ??= node;
        }

        // A node with an id that cannot be its own does not end a lookup: it is queried when there is nothing better. Nodes that
        // only liars name are queried last of all.
        LookupNode? next = likely ?? possible ?? (MayAskHeldBack(answered) ? heldBack : null);
        if (next is not null)
        {
            (next.State, next.AskedAt) = (LookupNodeState.Asked, now);
            Queries++;
            foreach (LookupSource source in SourcesOf(next))
                source.Silent++;
        }

        return next;
    }

    /// <summary>
    /// When <see cref="TakeNext"/> may have a node because another has become slow; null if no answer is awaited.
    /// </summary>
    public TimeSpan? NextSlow(TimeSpan now)
    {
        TimeSpan? next = null;
        foreach (LookupNode node in _nodes)
        {
            TimeSpan slow = node.AskedAt + SlowAfter;
            if (node.State == LookupNodeState.Asked && slow > now && (next is null || slow < next))
                next = slow;
        }

        return next;
    }

    /// <summary>Records an answer.</summary>
    /// <param name="node">The queried node.</param>
    /// <param name="sender">Its id in the answer.</param>
    /// <param name="named">The nodes that it named, of this address family.</param>
    /// <param name="token">Its announce token.</param>
    public void Answered(LookupNode node, NodeId sender, IEnumerable<NodeContact> named, ReadOnlyMemory<byte> token)
    {
        ArgumentNullException.ThrowIfNull(node);
        ArgumentNullException.ThrowIfNull(named);
        if (node.State != LookupNodeState.Asked)
            return;
        Answers++;
        foreach (LookupSource source in SourcesOf(node))
        {
            source.Silent--;
            source.Answered++;
        }

        if (sender == _self)
        {
            node.State = LookupNodeState.Failed;
            return;
        }

        // The id it was named with may be wrong: its own id decides its position.
        _nodes.Remove(node);
        node.Id = sender;
        node.State = LookupNodeState.Answered;
        node.IsEligible = SecureNodeId.IsValid(sender, node.EndPoint.Address);
        node.Token = node.IsEligible ? token.ToArray() : default;
        Insert(node);
        foreach (NodeContact contact in named.Take(MostNamed))
        {
            if (contact.Id != _self && AddressReaches.MayBeNamed(contact.EndPoint.Address, node.EndPoint.Address))
                Add(contact.EndPoint, contact.Id, node.Hops + 1, node);
        }
    }

    /// <summary>Records a missing answer, or an error.</summary>
    public void Failed(LookupNode node)
    {
        ArgumentNullException.ThrowIfNull(node);
        if (node.State != LookupNodeState.Asked)
            return;
        node.State = LookupNodeState.Failed;
        Failures++;
    }

    /// <summary>The nearest nodes that have answered, nearest first.</summary>
    /// <param name="count">The most nodes to return.</param>
    /// <param name="withToken">Whether to include only nodes that accept an announce.</param>
    public IReadOnlyList<LookupNode> Closest(int count, bool withToken) =>
    [
        .. _nodes.Where(node => node.State == LookupNodeState.Answered && (!withToken || !node.Token.IsEmpty)).Take(count),
    ];

    /// <summary>
    /// Whether to query nodes that apparently only liars have named: without limit only if there would otherwise be no result.
    /// </summary>
    private bool MayAskHeldBack(int answered) => answered < RoutingTable.BucketSize || Queries < MaxQueries / 2;

    private static IEnumerable<LookupSource> SourcesOf(LookupNode node) =>
        node.NamedBy.Select(static source => source.Node).Concat(node.NamedBy.Select(static source => source.Network)).Distinct();

    private void Add(IPEndPoint endPoint, NodeId? id, int hops, LookupNode? source)
    {
        if (endPoint.Port == 0)
            return;
        if (_byEndPoint.TryGetValue(endPoint, out LookupNode? known))
        {
            if (known.State == LookupNodeState.New && source is not null)
                NoteSource(known, source);
            // Named again with another id before it could give its own: the nearer one decides whether it is queried.
            if (known.State == LookupNodeState.New && id is { } other && (known.Id is not { } old || Target.CompareDistance(other, old) < 0))
            {
                _nodes.Remove(known);
                known.Id = other;
                Insert(known);
            }

            return;
        }

        bool isOfInternet = AddressReaches.Of(endPoint.Address) == AddressReach.Global;
        if (isOfInternet && (_byAddress.GetValueOrDefault(endPoint.Address) >= MostOfAddress
            || _byNetwork.GetValueOrDefault(RoutingTable.NetworkOf(endPoint.Address)) >= MostOfNetwork))
            return;
        var node = new LookupNode(endPoint, id, hops);
        if (source is not null)
            NoteSource(node, source);
        if (_nodes.Count >= MaxNodes && !TryForgetFurthest(node))
            return;
        _byEndPoint.Add(endPoint, node);
        if (isOfInternet)
            Count(endPoint.Address, 1);
        Insert(node);
    }

    private void Count(IPAddress address, int more)
    {
        CollectionsMarshal.GetValueRefOrAddDefault(_byAddress, address, out _) += more;
        CollectionsMarshal.GetValueRefOrAddDefault(_byNetwork, RoutingTable.NetworkOf(address), out _) += more;
    }

    /// <summary>Records the source of a node, unless it is an initial node: those are trusted whatever others say.</summary>
    private void NoteSource(LookupNode node, LookupNode source)
    {
        if ((node.Hops == 0 && node.NamedBy.Count == 0) || node.NamedBy.Count >= MostNamers || node.NamedBy.Exists(other => other.Node == source.Named))
            return;
        LookupSource network = source.Named;
        if (AddressReaches.Of(source.EndPoint.Address) == AddressReach.Global)
        {
            ref LookupSource? known = ref CollectionsMarshal.GetValueRefOrAddDefault(_networks, RoutingTable.NetworkOf(source.EndPoint.Address), out _);
            network = known ??= new LookupSource(MostSilentOfNetwork);
        }

        node.NamedBy.Add((source.Named, network));
    }

    private bool TryForgetFurthest(LookupNode newcomer)
    {
        int index = _nodes.FindLastIndex(node => node.State == LookupNodeState.New && node.IsHeldBack);
        if (index < 0)
            index = _nodes.FindLastIndex(node => node.State == LookupNodeState.New);
        if (index < 0 || (!_nodes[index].IsHeldBack && Compare(newcomer, _nodes[index]) >= 0))
            return false;
        IPEndPoint endPoint = _nodes[index].EndPoint;
        _nodes.RemoveAt(index);
        _byEndPoint.Remove(endPoint);
        if (_byAddress.ContainsKey(endPoint.Address))
            Count(endPoint.Address, -1);
        return true;
    }

    private void Insert(LookupNode node)
    {
        int index = _nodes.FindIndex(other => Compare(node, other) < 0);
        _nodes.Insert(index < 0 ? _nodes.Count : index, node);
    }

    // Nodes of which only the address is known come last: they are queried if nothing better is known, at the start.
    private int Compare(LookupNode left, LookupNode right) => (left.Id, right.Id) switch
    {
        ({ } leftId, { } rightId) => Target.CompareDistance(leftId, rightId),
        (null, null) => 0,
        (null, _) => 1,
        _ => -1,
    };
}

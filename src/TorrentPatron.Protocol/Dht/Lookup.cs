using System.Net;
using System.Runtime.InteropServices;

namespace TorrentPatron.Protocol.Dht;

/// <summary>
/// Goes from node to node, each nearer to an id, until the nearest have all answered (BEP 5). It decides whom to ask; asking
/// and hearing is its owner's. Bounded in nodes kept, in questions and in time, whatever the nodes answer: who names nodes that do not
/// answer, or whose network does, is believed less than others. Not thread-safe; times come from one monotonic clock.
/// </summary>
public sealed class Lookup
{
    /// <summary>Questions of which the answer is waited for at once; who is slow does not count.</summary>
    public const int Parallelism = 4;

    /// <summary>Most questions of one lookup.</summary>
    public const int MaxQuestions = 200;

    /// <summary>Nodes kept: the nearest of those not asked yet, and all that were asked.</summary>
    public const int MaxNodes = 400;

    /// <summary>Time after which a node is slow: another is asked in its place, but its answer still counts.</summary>
    public static readonly TimeSpan SlowAfter = TimeSpan.FromSeconds(1);

    /// <summary>Time after which a lookup ends with what it has.</summary>
    public static readonly TimeSpan MaxDuration = TimeSpan.FromMinutes(1);

    /// <summary>Nodes of one internet address: it may be named with a wrong id or port, and must not be shut out by that.</summary>
    private const int MostOfAddress = 3;

    /// <summary>Nodes of one network of the internet.</summary>
    private const int MostOfNetwork = 16;

    /// <summary>Those who name a node that are remembered.</summary>
    private const int MostNamers = 4;

    /// <summary>Nodes named by one node that may be silent before its others have to wait.</summary>
    internal const int MostSilentOfNode = 3;

    /// <summary>The same for all that one network of the internet names.</summary>
    private const int MostSilentOfNetwork = 8;

    /// <summary>Nodes that one node may name of one kind; more than it should, less than would drown others.</summary>
    private const int MostNamed = RoutingTable.BucketSize;

    private readonly NodeId _self;
    private readonly TimeSpan _since;
    private readonly List<LookupNode> _nodes = [];
    private readonly Dictionary<IPEndPoint, LookupNode> _byEndPoint = [];
    private readonly Dictionary<IPAddress, int> _byAddress = [];
    private readonly Dictionary<IPNetwork, int> _byNetwork = [];
    private readonly Dictionary<IPNetwork, LookupSource> _networks = [];

    /// <summary>Begins a lookup.</summary>
    /// <param name="target">The id.</param>
    /// <param name="self">Our own id: nodes that claim it are passed over, so that nobody sends us to ourselves.</param>
    /// <param name="now">The time.</param>
    public Lookup(NodeId target, NodeId self, TimeSpan now)
    {
        Target = target;
        _self = self;
        _since = now;
    }

    /// <summary>The id that is looked for.</summary>
    public NodeId Target { get; }

    /// <summary>Questions asked.</summary>
    public int Questions { get; private set; }

    /// <summary>Answers received.</summary>
    public int Answers { get; private set; }

    /// <summary>Questions to which no answer came, or an error.</summary>
    public int Failures { get; private set; }

    /// <summary>Whether nothing more is to be asked or waited for.</summary>
    /// <param name="now">The time.</param>
    public bool IsOver(TimeSpan now)
    {
        if (now - _since >= MaxDuration)
            return true;
        bool mayAsk = Questions < MaxQuestions;
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

    /// <summary>Adds a node to begin with.</summary>
    /// <param name="endPoint">Where it is.</param>
    /// <param name="id">Its id; null where only the address is known.</param>
    public void Add(IPEndPoint endPoint, NodeId? id) => Add(endPoint, id, hops: 0, source: null);

    /// <summary>Takes the next node to ask.</summary>
    /// <param name="now">The time.</param>
    /// <returns>The node; null where none is to be asked now.</returns>
    public LookupNode? TakeNext(TimeSpan now)
    {
        if (Questions >= MaxQuestions || now - _since >= MaxDuration)
            return null;

        int waiting = 0, answered = 0;
        LookupNode? likely = null, possible = null, heldBack = null;
        foreach (LookupNode node in _nodes)
        {
            // Behind the nearest that have answered there is nothing to be found.
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

        // An id that cannot be its own ends no lookup: nodes with one are asked when there is nothing better. And what liars name is asked
        // last of all.
        LookupNode? next = likely ?? possible ?? (MayAskHeldBack(answered) ? heldBack : null);
        if (next is not null)
        {
            (next.State, next.AskedAt) = (LookupNodeState.Asked, now);
            Questions++;
            foreach (LookupSource source in SourcesOf(next))
                source.Silent++;
        }

        return next;
    }

    /// <summary>When <see cref="TakeNext"/> may have a node because another has become slow; null where nobody is waited for.</summary>
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

    /// <summary>A node has answered.</summary>
    /// <param name="node">Who was asked.</param>
    /// <param name="sender">How it calls itself in the answer.</param>
    /// <param name="named">The nodes that it named, of the kind that is asked here.</param>
    /// <param name="token">What it gave to announce with.</param>
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

        // Whoever named it may have erred or lied: its place is where it says itself that it is.
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

    /// <summary>A node has not answered, or with an error.</summary>
    public void Failed(LookupNode node)
    {
        ArgumentNullException.ThrowIfNull(node);
        if (node.State != LookupNodeState.Asked)
            return;
        node.State = LookupNodeState.Failed;
        Failures++;
    }

    /// <summary>The nearest nodes that have answered, the nearest first.</summary>
    /// <param name="count">How many at most.</param>
    /// <param name="withToken">Whether only those count at which a peer can be announced.</param>
    public IReadOnlyList<LookupNode> Closest(int count, bool withToken) =>
    [
        .. _nodes.Where(node => node.State == LookupNodeState.Answered && (!withToken || !node.Token.IsEmpty)).Take(count),
    ];

    /// <summary>Whether those are asked that only liars, it seems, have named: without end only where else there would be no result.</summary>
    private bool MayAskHeldBack(int answered) => answered < RoutingTable.BucketSize || Questions < MaxQuestions / 2;

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
            // Named again by another name before it could say its own: the nearer one makes that it is asked.
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

    /// <summary>Notes who names a node: nobody with whom the lookup began, as those are believed whatever others say.</summary>
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

    // Those of which only the address is known come last: they are asked where nothing better is known, to begin with.
    private int Compare(LookupNode left, LookupNode right) => (left.Id, right.Id) switch
    {
        ({ } leftId, { } rightId) => Target.CompareDistance(leftId, rightId),
        (null, null) => 0,
        (null, _) => 1,
        _ => -1,
    };
}

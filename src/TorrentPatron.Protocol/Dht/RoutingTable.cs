using System.Net;
using System.Net.Sockets;

namespace TorrentPatron.Protocol.Dht;

/// <summary>
/// A DHT node's routing table: many nodes near to it, few far away (BEP 5). A node is added only when it answers a query of ours,
/// so that nobody can insert others; and only one node per internet address and a few per network, so that nobody with few
/// addresses can fill it. Not thread-safe; times come from one monotonic clock.
/// </summary>
/// <param name="self">Our own id.</param>
/// <param name="random">Source of the ids to look up to keep the table fresh.</param>
public sealed class RoutingTable(NodeId self, Random random)
{
    /// <summary>Nodes in a bucket, and nodes named in an answer (BEP 5).</summary>
    public const int BucketSize = 8;

    /// <summary>Consecutive missing answers after which a node is dropped even without a replacement.</summary>
    private const int ForgottenAfter = 5;

    private const int MostOfNetwork = 2;
    private const int IPv4NetworkBits = 24;
    private const int IPv6NetworkBits = 64;

    private readonly List<RoutingBucket> _buckets = [new RoutingBucket(TimeSpan.Zero)];

    /// <summary>Our own id.</summary>
    public NodeId Self => self;

    /// <summary>Number of active nodes.</summary>
    public int Count { get; private set; }

    /// <summary>Number of buckets: each after the first halves the region around our own id.</summary>
    public int BucketCount => _buckets.Count;

    /// <summary>Records an answer to a query of ours.</summary>
    /// <returns>Whether the node is now in the table.</returns>
    public bool Answered(NodeContact contact, TimeSpan now)
    {
        if (contact.Id == self || contact.EndPoint.Port == 0)
            return false;

        RoutingBucket bucket = BucketOf(contact.Id);
        if (FindAt(contact.EndPoint) is { } known)
        {
            if (known.Contact.Id == contact.Id)
            {
                (known.LastSeen, known.Failures) = (now, 0);
                bucket.LastChanged = now;
                return true;
            }

            // It uses a different id now, so it must be moved.
            Remove(known, now);
        }

        // The first node with an id keeps it: otherwise anyone could take a node's place by its id.
        if (bucket.Nodes.Exists(node => node.Contact.Id == contact.Id) || IsCrowded(bucket, contact.EndPoint.Address))
            return false;
        return Insert(new RoutingNode(contact, now), now);
    }

    /// <summary>Records a query from a node, which shows that a known node is alive.</summary>
    public void Asked(NodeContact contact, TimeSpan now)
    {
        if (FindAt(contact.EndPoint) is { Failures: 0 } known && known.Contact.Id == contact.Id)
            known.LastSeen = now;
    }

    /// <summary>Whether an unknown node would be useful, so that it is worth a query.</summary>
    public bool IsWanted(NodeContact contact) => contact.Id != self && contact.EndPoint.Port != 0
        && FindAt(contact.EndPoint) is null
        && BucketOf(contact.Id) is var bucket
        && (!bucket.IsFull || IsLast(bucket) || bucket.Spares.Count < BucketSize)
        && !IsCrowded(bucket, contact.EndPoint.Address);

    /// <summary>Records a missing answer.</summary>
    /// <returns>The node, if it was dropped; else null.</returns>
    public NodeContact? Failed(IPEndPoint endPoint, TimeSpan now)
    {
        if (FindAt(endPoint) is not { } known)
            return null;
        RoutingBucket bucket = BucketOf(known.Contact.Id);
        known.Failures++;
        bool hasHeir = known.IsBad && bucket.Spares.Exists(spare => !IsCrowded(bucket, spare.EndPoint.Address));
        // Without a replacement it may stay for a while: if our own network is down, all nodes seem to be.
        if (!hasHeir && known.Failures < ForgottenAfter)
            return null;
        Remove(known, now);
        return known.Contact;
    }

    /// <summary>The active nodes nearest to an id, nearest first, without bad ones.</summary>
    /// <param name="target">The id.</param>
    /// <param name="count">The most nodes to return.</param>
    public IReadOnlyList<NodeContact> Closest(NodeId target, int count)
    {
        var nodes = new List<NodeContact>(Count);
        foreach (RoutingBucket bucket in _buckets)
        {
            foreach (RoutingNode node in bucket.Nodes)
            {
                if (!node.IsBad)
                    nodes.Add(node.Contact);
            }
        }

        nodes.Sort((left, right) => target.CompareDistance(left.Id, right.Id));
        if (nodes.Count > count)
            nodes.RemoveRange(count, nodes.Count - count);
        return nodes;
    }

    /// <summary>Every active node that is not bad.</summary>
    public IReadOnlyList<NodeContact> All() => Closest(self, int.MaxValue);

    /// <summary>The node that most needs a ping; null if none is questionable.</summary>
    public NodeContact? Questionable(TimeSpan now)
    {
        RoutingNode? oldest = null;
        foreach (RoutingBucket bucket in _buckets)
        {
            foreach (RoutingNode node in bucket.Nodes)
            {
                if (node.IsQuestionable(now) && (oldest is null || node.LastSeen < oldest.LastSeen))
                    oldest = node;
            }
        }

        return oldest?.Contact;
    }

    /// <summary>
    /// An id to look up, to refresh a bucket without activity for 15 minutes; null if all are fresh. The bucket counts as fresh
    /// from now on.
    /// </summary>
    public NodeId? TakeStale(TimeSpan now)
    {
        for (int i = 0; i < _buckets.Count; i++)
        {
            if (now - _buckets[i].LastChanged < RoutingNode.Freshness)
                continue;
            _buckets[i].LastChanged = now;
            // The last bucket contains our own id and everything near it; each other one contains the ids whose first different
            // bit is that one.
            return i == _buckets.Count - 1 ? self.CreateNear(i, random) : self.WithBitFlipped(i).CreateNear(i + 1, random);
        }

        return null;
    }

    private RoutingBucket BucketOf(NodeId id) => _buckets[Math.Min(self.CommonBits(id), _buckets.Count - 1)];

    private bool IsLast(RoutingBucket bucket) => bucket == _buckets[^1];

    private bool Insert(RoutingNode node, TimeSpan now)
    {
        // Each iteration adds a bucket; it ends when the node's bucket has room or cannot be split.
        RoutingBucket bucket = BucketOf(node.Contact.Id);
        while (bucket.IsFull && IsLast(bucket) && _buckets.Count < NodeId.Bits)
        {
            Split(now);
            bucket = BucketOf(node.Contact.Id);
        }

        if (bucket.IsFull && Replaceable(bucket, node) is { } loser)
        {
            bucket.Nodes.Remove(loser);
            Count--;
        }

        if (bucket.IsFull)
        {
            AddSpare(bucket, node);
            return false;
        }

        bucket.Nodes.Add(node);
        bucket.LastChanged = now;
        Count++;
        return true;
    }

    /// <summary>Keeps a node as a spare, the latest of its address; no more of its network than may be active.</summary>
    private static void AddSpare(RoutingBucket bucket, RoutingNode node)
    {
        IPAddress address = node.EndPoint.Address;
        if (AddressReaches.Of(address) == AddressReach.Global)
        {
            IPNetwork network = NetworkOf(address);
            bucket.Spares.RemoveAll(spare => spare.EndPoint.Address.Equals(address));
            if (bucket.Spares.Count(spare => network.Contains(spare.EndPoint.Address)) >= MostOfNetwork)
                bucket.Spares.Remove(bucket.Spares.Find(spare => network.Contains(spare.EndPoint.Address))!);
        }

        bucket.AddSpare(node);
    }

    private static RoutingNode? Replaceable(RoutingBucket bucket, RoutingNode newcomer) =>
        bucket.Nodes.Find(node => node.IsBad) ?? (newcomer.HasValidId ? bucket.Nodes.Find(node => !node.HasValidId) : null);

    private void Split(TimeSpan now)
    {
        RoutingBucket old = _buckets[^1];
        int shared = _buckets.Count;
        var near = new RoutingBucket(now);
        _buckets.Add(near);
        Move(old.Nodes, near.Nodes);
        Move(old.Spares, near.Spares);
        Fill(old, now);
        Fill(near, now);

        void Move(List<RoutingNode> from, List<RoutingNode> to)
        {
            to.AddRange(from.Where(node => self.CommonBits(node.Contact.Id) >= shared));
            from.RemoveAll(node => self.CommonBits(node.Contact.Id) >= shared);
        }
    }

    private void Remove(RoutingNode node, TimeSpan now)
    {
        RoutingBucket bucket = BucketOf(node.Contact.Id);
        if (bucket.Nodes.Remove(node))
            Count--;
        bucket.Spares.Remove(node);
        Fill(bucket, now);
    }

    /// <summary>Fills the free slots of a bucket with spares, within the limits per address and network.</summary>
    private void Fill(RoutingBucket bucket, TimeSpan now)
    {
        while (!bucket.IsFull && bucket.Spares.FindLast(spare => !IsCrowded(bucket, spare.EndPoint.Address)) is { } heir)
        {
            bucket.Spares.Remove(heir);
            bucket.Nodes.Add(heir);
            bucket.LastChanged = now;
            Count++;
        }
    }

    private RoutingNode? FindAt(IPEndPoint endPoint)
    {
        foreach (RoutingBucket bucket in _buckets)
        {
            RoutingNode? found = bucket.Nodes.Find(node => node.EndPoint.Equals(endPoint))
                ?? bucket.Spares.Find(node => node.EndPoint.Equals(endPoint));
            if (found is not null)
                return found;
        }

        return null;
    }

    /// <summary>Whether the limit of an address, or of its network in the bucket, is reached.</summary>
    private bool IsCrowded(RoutingBucket bucket, IPAddress address)
    {
        if (AddressReaches.Of(address) != AddressReach.Global)
            return false;
        foreach (RoutingBucket other in _buckets)
        {
            if (other.Nodes.Exists(node => node.EndPoint.Address.Equals(address)))
                return true;
        }

        IPNetwork network = NetworkOf(address);
        return bucket.Nodes.Count(node => network.Contains(node.EndPoint.Address)) >= MostOfNetwork;
    }

    /// <summary>The network of an internet address, as large as one owner may control.</summary>
    internal static IPNetwork NetworkOf(IPAddress address)
    {
        int bits = address.AddressFamily == AddressFamily.InterNetwork ? IPv4NetworkBits : IPv6NetworkBits;
        byte[] bytes = address.GetAddressBytes();
        bytes.AsSpan(bits / 8).Clear();
        return new IPNetwork(new IPAddress(bytes), bits);
    }
}

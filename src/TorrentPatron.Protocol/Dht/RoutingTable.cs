using System.Net;
using System.Net.Sockets;

namespace TorrentPatron.Protocol.Dht;

/// <summary>
/// The nodes that a DHT node knows: many that are near to it, few that are far (BEP 5). A node gets in only by an answer to
/// a question of ours, so that nobody can put others in; and of an address on the internet only one, of a network few, so
/// that nobody with few addresses fills it. Not thread-safe; times come from one monotonic clock.
/// </summary>
/// <param name="self">Our own id.</param>
/// <param name="random">Source of the ids that are looked for to keep the table fresh.</param>
public sealed class RoutingTable(NodeId self, Random random)
{
    /// <summary>Nodes in a bucket, and nodes that are named in an answer (BEP 5).</summary>
    public const int BucketSize = 8;

    /// <summary>Answers missing in a row after which a node is forgotten even where there is none in its place.</summary>
    private const int ForgottenAfter = 5;

    private const int MostOfNetwork = 2;
    private const int IPv4NetworkBits = 24;
    private const int IPv6NetworkBits = 64;

    private readonly List<RoutingBucket> _buckets = [new RoutingBucket(TimeSpan.Zero)];

    /// <summary>Our own id.</summary>
    public NodeId Self => self;

    /// <summary>Number of nodes in use.</summary>
    public int Count { get; private set; }

    /// <summary>Number of buckets: each after the first halves the region around our own id.</summary>
    public int BucketCount => _buckets.Count;

    /// <summary>A node has answered a question of ours.</summary>
    /// <returns>Whether it is in the table now.</returns>
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

            // It calls itself otherwise now. Its old name is of no use any more, and it has to find its new place.
            Remove(known, now);
        }

        // Who has a name first keeps it: else anybody could take the place of a node by its id.
        if (bucket.Nodes.Exists(node => node.Contact.Id == contact.Id) || IsCrowded(bucket, contact.EndPoint.Address))
            return false;
        return Insert(new RoutingNode(contact, now), now);
    }

    /// <summary>A node has asked us something: where it is known and has answered before, it is there still.</summary>
    public void Asked(NodeContact contact, TimeSpan now)
    {
        if (FindAt(contact.EndPoint) is { Failures: 0 } known && known.Contact.Id == contact.Id)
            known.LastSeen = now;
    }

    /// <summary>Whether a node that is not known would be of use, so that it is worth a question.</summary>
    public bool IsWanted(NodeContact contact) => contact.Id != self && contact.EndPoint.Port != 0
        && FindAt(contact.EndPoint) is null
        && BucketOf(contact.Id) is var bucket
        && (!bucket.IsFull || IsLast(bucket) || bucket.Spares.Count < BucketSize)
        && !IsCrowded(bucket, contact.EndPoint.Address);

    /// <summary>A node has not answered.</summary>
    /// <returns>The node, where it is forgotten; else null.</returns>
    public NodeContact? Failed(IPEndPoint endPoint, TimeSpan now)
    {
        if (FindAt(endPoint) is not { } known)
            return null;
        RoutingBucket bucket = BucketOf(known.Contact.Id);
        known.Failures++;
        bool hasHeir = known.IsBad && bucket.Spares.Exists(spare => !IsCrowded(bucket, spare.EndPoint.Address));
        // Without an heir it may stay for a while: where our own network is down, all nodes seem to be.
        if (!hasHeir && known.Failures < ForgottenAfter)
            return null;
        Remove(known, now);
        return known.Contact;
    }

    /// <summary>The nodes in use nearest to an id, the nearest first; bad ones are left out.</summary>
    /// <param name="target">The id.</param>
    /// <param name="count">How many at most.</param>
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

    /// <summary>Every node in use that is not bad.</summary>
    public IReadOnlyList<NodeContact> All() => Closest(self, int.MaxValue);

    /// <summary>The node most in need of being asked whether it is there still; null where none is questionable.</summary>
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
    /// An id to look for, so that a bucket in which nothing has happened for 15 minutes gets news; null where all are fresh.
    /// The bucket counts as fresh from now on.
    /// </summary>
    public NodeId? TakeStale(TimeSpan now)
    {
        for (int i = 0; i < _buckets.Count; i++)
        {
            if (now - _buckets[i].LastChanged < RoutingNode.Freshness)
                continue;
            _buckets[i].LastChanged = now;
            // In the last bucket lies our own id and anything near to it; in each other what differs from it first in one bit.
            return i == _buckets.Count - 1 ? self.CreateNear(i, random) : self.WithBitFlipped(i).CreateNear(i + 1, random);
        }

        return null;
    }

    private RoutingBucket BucketOf(NodeId id) => _buckets[Math.Min(self.CommonBits(id), _buckets.Count - 1)];

    private bool IsLast(RoutingBucket bucket) => bucket == _buckets[^1];

    private bool Insert(RoutingNode node, TimeSpan now)
    {
        // Each turn has one bucket more; it ends where the node's bucket has room or cannot be split.
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

    /// <summary>Keeps a node in case a place becomes free, the latest of its address; of its network no more than may be in use.</summary>
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

    /// <summary>Fills the free places of a bucket from those that wait, as far as they are not too many of an address or a network.</summary>
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

    /// <summary>Whether there are enough nodes of an address, or in the bucket of its network, already.</summary>
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

    /// <summary>The network of an internet address, as large as one that somebody has whole may well be.</summary>
    internal static IPNetwork NetworkOf(IPAddress address)
    {
        int bits = address.AddressFamily == AddressFamily.InterNetwork ? IPv4NetworkBits : IPv6NetworkBits;
        byte[] bytes = address.GetAddressBytes();
        bytes.AsSpan(bits / 8).Clear();
        return new IPNetwork(new IPAddress(bytes), bits);
    }
}

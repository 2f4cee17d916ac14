using System.Net;
using TorrentPatron.Protocol.Dht;

namespace TorrentPatron.Protocol.Tests.Dht;

public sealed class RoutingTableTests
{
    private readonly Random _random = new(3);
    private readonly NodeId _self;
    private readonly RoutingTable _table;
    private int _address;

    public RoutingTableTests()
    {
        _self = NodeId.Create(_random);
        _table = new RoutingTable(_self, _random);
    }

    [Fact]
    public void It_keeps_many_near_nodes_and_few_far_ones()
    {
        for (int i = 0; i < 10_000; i++)
            _table.Answered(Home(NodeId.Create(_random)), TimeSpan.Zero);

        // 10,000 ids fill the first 10 buckets, and some more partly.
        Assert.InRange(_table.BucketCount, 10, 14);
        Assert.InRange(_table.Count, 80, 8 * _table.BucketCount);
        Assert.Equal(_table.Count, _table.All().Count);
        for (int bit = 0; bit < 9; bit++)
            Assert.Equal(8, _table.All().Count(node => _self.CommonBits(node.Id) == bit));
    }

    [Fact]
    public void The_nearest_nodes_come_first_for_every_target()
    {
        for (int i = 0; i < 500; i++)
            _table.Answered(Home(NodeId.Create(_random)), TimeSpan.Zero);
        foreach (NodeId target in (NodeId[])[_self, NodeId.Create(_random), _self.WithBitFlipped(0)])
        {
            NodeId[] expected = [.. _table.All().Select(node => node.Id).Order(Comparer<NodeId>.Create(target.CompareDistance)).Take(8)];
            Assert.Equal(expected, _table.Closest(target, 8).Select(node => node.Id));
        }
    }

    [Fact]
    public void A_full_bucket_keeps_what_it_has_until_a_node_is_bad()
    {
        NodeContact[] first = FarNodes(8);
        NodeContact late = FarNodes(1)[0];
        foreach (NodeContact node in first)
            Assert.True(_table.Answered(node, TimeSpan.Zero));
        for (int i = 0; i < 8; i++)
            _table.Answered(Home(_self.CreateNear(1, _random)), TimeSpan.Zero);

        Assert.False(_table.Answered(late, TimeSpan.Zero));
        _table.Failed(first[3].EndPoint, TimeSpan.Zero);
        Assert.DoesNotContain(late, _table.All());
        _table.Failed(first[3].EndPoint, TimeSpan.Zero);

        Assert.Contains(late, _table.All());
        Assert.DoesNotContain(first[3], _table.All());
    }

    [Fact]
    public void A_node_that_fails_once_and_answers_again_is_forgiven()
    {
        NodeContact node = FarNodes(1)[0];
        _table.Answered(node, TimeSpan.Zero);
        for (int i = 0; i < 10; i++)
        {
            _table.Failed(node.EndPoint, TimeSpan.Zero);
            Assert.Contains(node, _table.All());
            _table.Answered(node, TimeSpan.Zero);
        }
    }

    [Fact]
    public void A_bad_node_without_a_replacement_is_not_returned_and_is_forgotten_after_a_while()
    {
        NodeContact node = FarNodes(1)[0];
        _table.Answered(node, TimeSpan.Zero);
        for (int i = 0; i < 2; i++)
            _table.Failed(node.EndPoint, TimeSpan.Zero);
        Assert.Empty(_table.All());
        Assert.Equal(1, _table.Count);
        for (int i = 0; i < 3; i++)
            _table.Failed(node.EndPoint, TimeSpan.Zero);
        Assert.Equal(0, _table.Count);
    }

    [Fact]
    public void The_least_recently_seen_node_is_due_for_a_ping_after_fifteen_minutes()
    {
        NodeContact[] nodes = FarNodes(3);
        for (int i = 0; i < 3; i++)
            _table.Answered(nodes[i], TimeSpan.FromMinutes(i));
        Assert.Null(_table.Questionable(TimeSpan.FromMinutes(14)));
        Assert.Equal(nodes[0], _table.Questionable(TimeSpan.FromMinutes(17)));
        _table.Asked(nodes[0], TimeSpan.FromMinutes(17));
        Assert.Equal(nodes[1], _table.Questionable(TimeSpan.FromMinutes(17)));
        _table.Answered(nodes[1], TimeSpan.FromMinutes(17));
        _table.Answered(nodes[2], TimeSpan.FromMinutes(17));
        Assert.Null(_table.Questionable(TimeSpan.FromMinutes(17)));
    }

    [Fact]
    public void A_bucket_unchanged_for_fifteen_minutes_is_refreshed_once()
    {
        for (int i = 0; i < 1000; i++)
            _table.Answered(Home(NodeId.Create(_random)), TimeSpan.Zero);
        var looked = new HashSet<int>();
        while (_table.TakeStale(TimeSpan.FromMinutes(15)) is { } target)
            Assert.True(looked.Add(Math.Min(_self.CommonBits(target), _table.BucketCount - 1)));
        Assert.Equal(_table.BucketCount, looked.Count);
        Assert.Null(_table.TakeStale(TimeSpan.FromMinutes(29)));
        Assert.NotNull(_table.TakeStale(TimeSpan.FromMinutes(30)));
    }

    [Fact]
    public void A_node_that_changes_its_id_is_known_only_by_the_new_one()
    {
        NodeContact node = FarNodes(1)[0];
        _table.Answered(node, TimeSpan.Zero);
        NodeContact renamed = node with { Id = NodeId.Create(_random) };
        Assert.True(_table.Answered(renamed, TimeSpan.Zero));
        Assert.Equal([renamed], _table.All());
        Assert.Equal(1, _table.Count);
    }

    [Fact]
    public void A_node_cannot_be_replaced_by_claiming_its_id()
    {
        NodeContact node = FarNodes(1)[0];
        _table.Answered(node, TimeSpan.Zero);
        Assert.False(_table.Answered(Home(node.Id), TimeSpan.Zero));
        Assert.False(_table.Answered(Home(_self), TimeSpan.Zero));
        Assert.Equal([node], _table.All());
    }

    [Fact]
    public void One_internet_address_has_one_node_and_one_network_two_in_a_bucket()
    {
        Assert.True(_table.Answered(Far("50.1.1.1:1"), TimeSpan.Zero));
        Assert.False(_table.Answered(Far("50.1.1.1:2"), TimeSpan.Zero));
        Assert.True(_table.Answered(Far("50.1.1.2:1"), TimeSpan.Zero));
        Assert.False(_table.Answered(Far("50.1.1.3:1"), TimeSpan.Zero));
        Assert.True(_table.Answered(Far("50.1.2.1:1"), TimeSpan.Zero));
        Assert.True(_table.Answered(Far("[2001:db8::1]:1"), TimeSpan.Zero));
        Assert.True(_table.Answered(Far("[2001:db8::2]:1"), TimeSpan.Zero));
        Assert.False(_table.Answered(Far("[2001:db8::3]:1"), TimeSpan.Zero));
    }

    [Fact]
    public void Waiting_nodes_have_the_same_limits_per_address_and_network_as_nodes_in_use()
    {
        NodeContact[] honest = [.. Enumerable.Range(0, 8).Select(i => Far($"50.{i}.1.1:1"))];
        Assert.All(honest, node => _table.Answered(node, TimeSpan.Zero));
        for (int i = 0; i < 8; i++)
            _table.Answered(Home(_self.CreateNear(1, _random)), TimeSpan.Zero);
        NodeContact waiting = Far("50.100.1.1:1");
        _table.Answered(waiting, TimeSpan.Zero);
        for (int i = 0; i < 100; i++)
            _table.Answered(Far($"50.200.1.{i % 50}:{1000 + i}"), TimeSpan.Zero);

        foreach (NodeContact node in honest)
        {
            for (int i = 0; i < 5; i++)
                _table.Failed(node.EndPoint, TimeSpan.Zero);
        }

        IPAddress[] left = [.. _table.All().Where(node => _self.CommonBits(node.Id) == 0).Select(node => node.EndPoint.Address)];
        Assert.Contains(waiting.EndPoint.Address, left);
        Assert.Equal(left.Length, left.Distinct().Count());
        Assert.Equal(2, left.Count(address => address.GetAddressBytes()[1] == 200));
        Assert.Equal(_table.Count, _table.All().Count);
    }

    [Fact]
    public void A_node_with_a_valid_id_replaces_one_without()
    {
        for (int i = 0; i < 8; i++)
            Assert.True(_table.Answered(new NodeContact(_self.WithBitFlipped(0).CreateNear(30, _random), Public(i)), TimeSpan.Zero));
        for (int i = 0; i < 8; i++)
            _table.Answered(Home(_self.CreateNear(1, _random)), TimeSpan.Zero);
        NodeContact honest;
        do
            honest = new NodeContact(SecureNodeId.Create(Public(100).Address, _random), Public(100));
        while (_self.CommonBits(honest.Id) != 0);

        Assert.True(_table.Answered(honest, TimeSpan.Zero));
        Assert.Equal(8, _table.All().Count(node => _self.CommonBits(node.Id) == 0));
    }

    [Fact]
    public void A_node_is_wanted_only_if_there_is_room_for_it()
    {
        NodeContact node = Far("50.1.1.1:1");
        Assert.True(_table.IsWanted(node));
        _table.Answered(node, TimeSpan.Zero);
        Assert.False(_table.IsWanted(node));
        Assert.False(_table.IsWanted(Far("50.1.1.1:2")));
        Assert.False(_table.IsWanted(Home(_self)));
    }

    private NodeContact[] FarNodes(int count) => [.. Enumerable.Range(0, count).Select(_ => Home(_self.WithBitFlipped(0).CreateNear(1, _random)))];

    private NodeContact Far(string endPoint) => new(_self.WithBitFlipped(0).CreateNear(1, _random), IPEndPoint.Parse(endPoint));

    private NodeContact Home(NodeId id)
    {
        _address++;
        return new NodeContact(id, new IPEndPoint(new IPAddress([10, (byte)(_address >> 16), (byte)(_address >> 8), (byte)_address]), 6881));
    }

    private static IPEndPoint Public(int i) => new(new IPAddress([50, (byte)i, 1, 1]), 6881);
}

using System.Net;
using TorrentPatron.Protocol.Dht;

namespace TorrentPatron.Protocol.Tests.Dht;

public sealed class LookupTests
{
    private static readonly byte[] Token = [1];

    private readonly Random _random = new(4);
    private readonly NodeId _target;
    private readonly NodeId _self;
    private readonly Lookup _lookup;

    public LookupTests()
    {
        _target = NodeId.Create(_random);
        _self = NodeId.Create(_random);
        _lookup = new Lookup(_target, _self, TimeSpan.Zero);
    }

    [Fact]
    public void It_ends_when_the_nearest_nodes_have_answered()
    {
        NodeContact[] all = [.. Enumerable.Range(1, 300).Select(i => new NodeContact(NodeId.Create(_random), At(i)))];
        NodeContact[] nearest = [.. all.OrderBy(node => node.Id, Comparer<NodeId>.Create(_target.CompareDistance)).Take(8)];
        // Each node knows nodes that are a little nearer than itself.
        _lookup.Add(all[0].EndPoint, all[0].Id);
        Run(node => all.Where(other => _target.CompareDistance(other.Id, node.Id!.Value) < 0)
            .OrderByDescending(other => other.Id, Comparer<NodeId>.Create(_target.CompareDistance)).Take(50).Chunk(7).Select(some => some[0]));

        Assert.Equal(nearest.Select(node => node.Id), _lookup.Closest(8, withToken: true).Select(node => node.Id!.Value));
        Assert.InRange(_lookup.Queries, 8, 60);
        Assert.True(_lookup.Closest(1, withToken: false)[0].Hops > 1);
    }

    [Fact]
    public void A_limited_number_is_queried_at_once_and_more_if_they_are_slow()
    {
        for (int i = 1; i <= 20; i++)
            _lookup.Add(At(i), NodeId.Create(_random));
        for (int i = 0; i < Lookup.Parallelism; i++)
            Assert.NotNull(_lookup.TakeNext(TimeSpan.Zero));
        Assert.Null(_lookup.TakeNext(TimeSpan.Zero));
        Assert.Equal(Lookup.SlowAfter, _lookup.NextSlow(TimeSpan.Zero));
        Assert.NotNull(_lookup.TakeNext(Lookup.SlowAfter));
        Assert.False(_lookup.IsOver(Lookup.SlowAfter));
    }

    [Fact]
    public void A_failed_node_makes_room_for_the_next()
    {
        for (int i = 1; i <= 20; i++)
            _lookup.Add(At(i), NodeId.Create(_random));
        int asked = 0;
        while (_lookup.TakeNext(TimeSpan.Zero) is { } node)
        {
            asked++;
            _lookup.Failed(node);
        }

        Assert.Equal(20, asked);
        Assert.Equal(20, _lookup.Failures);
        Assert.True(_lookup.IsOver(TimeSpan.Zero));
        Assert.Empty(_lookup.Closest(8, withToken: false));
    }

    [Fact]
    public void Nodes_that_name_ever_nearer_nodes_do_not_keep_it_running_for_ever()
    {
        int made = 1;
        _lookup.Add(At(1), NodeId.Create(_random));
        // Each of the liar's nodes answers with a false id and names eight still nearer ones.
        Run(node => Enumerable.Range(0, 100).Select(_ => new NodeContact(_target.CreateNear(Math.Min(150, made / 4), _random), At(++made))));
        Assert.InRange(_lookup.Queries, 8, Lookup.MaxQueries);
        Assert.InRange(made, 1, 100 * Lookup.MaxQueries);
    }

    [Fact]
    public void Nonexistent_nodes_cost_queries_but_not_the_result()
    {
        NodeContact[] honest = [.. Enumerable.Range(1, 20).Select(i => new NodeContact(_target.CreateNear(10, _random), At(i)))];
        _lookup.Add(At(1000), NodeId.Create(_random));
        TimeSpan now = TimeSpan.Zero;
        int ghosts = 0;
        while (!_lookup.IsOver(now))
        {
            now += TimeSpan.FromMilliseconds(10);
            while (_lookup.TakeNext(now) is { } node)
            {
                if (node.Id!.Value.CommonBits(_target) >= 100)
                {
                    ghosts++;
                    _lookup.Failed(node);
                }
                else
                {
                    IEnumerable<NodeContact> lies = Enumerable.Range(0, 4).Select(i => new NodeContact(_target.CreateNear(100, _random), At(2000 + _random.Next(9999))));
                    _lookup.Answered(node, node.Id.Value, [.. lies, .. honest.OrderBy(_ => _random.Next()).Take(4)], Token);
                }
            }
        }

        Assert.True(ghosts > 0);
        Assert.Equal(8, _lookup.Closest(8, withToken: true).Count(node => honest.Any(h => h.EndPoint.Equals(node.EndPoint))));
    }

    [Fact]
    public void Hostile_nodes_that_name_nonexistent_nodes_do_not_exhaust_the_queries()
    {
        const byte ofHonest = 50, ofHostile = 60, ofGhosts = 70;
        NodeContact[] honest = [.. Enumerable.Range(0, 30).Select(i => new IPEndPoint(new IPAddress([ofHonest, (byte)i, 1, 1]), 6881))
            .Select(endPoint => new NodeContact(SecureNodeId.Create(endPoint.Address, _random), endPoint))];
        NodeContact[] nearest = [.. honest.OrderBy(node => node.Id, Comparer<NodeId>.Create(_target.CompareDistance)).Take(8)];
        const int hostile = 25;
        HashSet<IPEndPoint> liars = [];
        // A node that knows the honest ones and is asked last.
        var door = new IPEndPoint(new IPAddress([ofHonest, 200, 1, 1]), 6881);
        NodeId far = _target;
        for (int bit = 0; bit < 16; bit++)
            far = far.WithBitFlipped(bit);
        _lookup.Add(door, far);
        for (int i = 0; i < hostile; i++)
        {
            var liar = new IPEndPoint(new IPAddress([ofHostile, (byte)i, 2, 1]), 6881);
            liars.Add(liar);
            _lookup.Add(liar, _target.WithBitFlipped(0).CreateNear(8, _random));
        }

        TimeSpan now = TimeSpan.Zero;
        int made = 0;
        var open = new List<LookupNode>();
        while (!_lookup.IsOver(now))
        {
            now += TimeSpan.FromMilliseconds(100);
            while (_lookup.TakeNext(now) is { } node)
            {
                if (node.EndPoint.Equals(door) || honest.Any(other => other.EndPoint.Equals(node.EndPoint)))
                {
                    // Even good nodes name one that has left.
                    _lookup.Answered(
                        node, node.Id!.Value,
                        [.. honest.OrderBy(_ => _random.Next()).Take(7), new NodeContact(_target.CreateNear(5, _random), new IPEndPoint(new IPAddress([ofGhosts, 255, (byte)_random.Next(), 4]), 6881))],
                        Token);
                }
                else if (liars.Contains(node.EndPoint))
                {
                    _lookup.Answered(
                        node, node.Id!.Value,
                        Enumerable.Range(0, 8).Select(_ => new NodeContact(_target.CreateNear(100, _random), new IPEndPoint(new IPAddress([ofGhosts, (byte)(++made >> 8), (byte)made, 3]), 6881))),
                        Token);
                }
                else
                {
                    open.Add(node);
                }
            }

            foreach (LookupNode silent in open.ToArray())
            {
                if (now - silent.AskedAt >= TimeSpan.FromSeconds(3))
                {
                    _lookup.Failed(silent);
                    open.Remove(silent);
                }
            }
        }

        Assert.InRange(made, 4 * hostile, 8 * hostile);
        Assert.InRange(_lookup.Queries, 8, Lookup.MaxQueries);
        Assert.True(now < Lookup.MaxDuration);
        HashSet<IPEndPoint> found = [.. _lookup.Closest(80, withToken: true).Select(node => node.EndPoint)];
        Assert.Equal(8, nearest.Count(node => found.Contains(node.EndPoint)));
    }

    [Fact]
    public void Nodes_named_by_liars_are_queried_if_there_are_no_others()
    {
        _lookup.Add(At(1), NodeId.Create(_random));
        LookupNode only = _lookup.TakeNext(TimeSpan.Zero)!;
        _lookup.Answered(only, only.Id!.Value, Enumerable.Range(10, 8).Select(i => new NodeContact(_target.CreateNear(20, _random), At(i))), Token);

        int asked = 0;
        for (; _lookup.TakeNext(TimeSpan.Zero) is { } node; asked++)
            _lookup.Failed(node);

        Assert.Equal(8, asked);
        Assert.True(_lookup.IsOver(TimeSpan.Zero));
    }

    [Fact]
    public void A_node_counts_with_the_id_from_its_own_answer()
    {
        _lookup.Add(At(1), _target.CreateNear(100, _random));
        _lookup.Add(At(2), _target.WithBitFlipped(20));
        LookupNode liar = _lookup.TakeNext(TimeSpan.Zero)!;
        LookupNode honest = _lookup.TakeNext(TimeSpan.Zero)!;
        _lookup.Answered(liar, _target.WithBitFlipped(0), [], Token);
        _lookup.Answered(honest, _target.WithBitFlipped(20), [], Token);
        Assert.Equal([honest, liar], _lookup.Closest(8, withToken: true));
    }

    [Fact]
    public void A_node_named_with_a_wrong_id_is_still_queried_if_another_names_it_correctly()
    {
        _lookup.Add(At(1), _target.WithBitFlipped(50));
        for (int i = 10; i < 20; i++)
            _lookup.Add(At(i), _target.WithBitFlipped(i));
        _lookup.Add(At(2), _target.WithBitFlipped(0));
        _lookup.Add(At(2), _target.WithBitFlipped(100));
        Assert.Equal(At(2), _lookup.TakeNext(TimeSpan.Zero)!.EndPoint);
    }

    [Fact]
    public void The_number_of_queried_nodes_per_internet_address_is_bounded()
    {
        for (int port = 1; port <= 100; port++)
            _lookup.Add(new IPEndPoint(IPAddress.Parse("50.1.1.1"), port), _target.CreateNear(port, _random));
        int asked = 0;
        for (; _lookup.TakeNext(TimeSpan.Zero) is { } node; asked++)
            _lookup.Failed(node);
        Assert.Equal(3, asked);
    }

    [Fact]
    public void A_node_on_the_internet_cannot_send_us_to_our_own_network_or_to_ourselves()
    {
        _lookup.Add(IPEndPoint.Parse("50.1.1.1:1"), NodeId.Create(_random));
        LookupNode node = _lookup.TakeNext(TimeSpan.Zero)!;
        _lookup.Answered(
            node, node.Id!.Value,
            [
                new NodeContact(NodeId.Create(_random), IPEndPoint.Parse("192.168.1.1:53")),
                new NodeContact(NodeId.Create(_random), IPEndPoint.Parse("127.0.0.1:80")),
                new NodeContact(NodeId.Create(_random), IPEndPoint.Parse("224.0.0.1:80")),
                new NodeContact(_self, IPEndPoint.Parse("50.1.1.2:80")),
                new NodeContact(NodeId.Create(_random), IPEndPoint.Parse("50.1.1.3:0")),
            ],
            Token);
        Assert.Null(_lookup.TakeNext(TimeSpan.Zero));
        Assert.True(_lookup.IsOver(TimeSpan.Zero));
    }

    [Fact]
    public void Nodes_with_ids_invalid_for_their_address_neither_end_the_lookup_nor_receive_announces()
    {
        for (int i = 0; i < 8; i++)
            _lookup.Add(Public(i), _target.CreateNear(100, _random));
        var honest = new NodeContact(SecureNodeId.Create(Public(100).Address, _random), Public(100));
        _lookup.Add(honest.EndPoint, honest.Id);
        Run(_ => []);
        Assert.Equal(9, _lookup.Answers);
        Assert.Equal([honest.EndPoint], _lookup.Closest(8, withToken: true).Select(node => node.EndPoint));
    }

    [Fact]
    public void Addresses_without_an_id_are_queried_if_no_better_node_is_known()
    {
        _lookup.Add(At(1), null);
        _lookup.Add(At(2), _target.WithBitFlipped(0));
        Assert.Equal(At(2), _lookup.TakeNext(TimeSpan.Zero)!.EndPoint);
        LookupNode router = _lookup.TakeNext(TimeSpan.Zero)!;
        Assert.Equal(At(1), router.EndPoint);
        _lookup.Answered(router, _target.WithBitFlipped(9), [], default);
        Assert.Equal([router], _lookup.Closest(8, withToken: false));
        Assert.Empty(_lookup.Closest(8, withToken: true));
    }

    [Fact]
    public void It_ends_in_time_with_the_results_so_far()
    {
        for (int i = 1; i <= 20; i++)
            _lookup.Add(At(i), NodeId.Create(_random));
        LookupNode node = _lookup.TakeNext(TimeSpan.Zero)!;
        _lookup.Answered(node, node.Id!.Value, [], Token);
        Assert.False(_lookup.IsOver(Lookup.MaxDuration - TimeSpan.FromMilliseconds(1)));
        Assert.True(_lookup.IsOver(Lookup.MaxDuration));
        Assert.Null(_lookup.TakeNext(Lookup.MaxDuration));
        Assert.Single(_lookup.Closest(8, withToken: true));
    }

    [Fact]
    public void The_number_of_nodes_is_bounded_and_the_nearest_stay()
    {
        _lookup.Add(At(0), _target.WithBitFlipped(0));
        for (int i = 1; i <= 2 * Lookup.MaxNodes; i++)
            _lookup.Add(At(i), _target.CreateNear(1, _random));
        NodeId nearest = _target.WithBitFlipped(150);
        _lookup.Add(At(5000), nearest);
        Assert.Equal(nearest, _lookup.TakeNext(TimeSpan.Zero)!.Id);
    }

    private void Run(Func<LookupNode, IEnumerable<NodeContact>> answer)
    {
        TimeSpan now = TimeSpan.Zero;
        while (!_lookup.IsOver(now))
        {
            now += TimeSpan.FromMilliseconds(10);
            while (_lookup.TakeNext(now) is { } node)
                _lookup.Answered(node, node.Id!.Value, answer(node), Token);
        }
    }

    private static IPEndPoint At(int i) => new(new IPAddress([10, (byte)(i >> 16), (byte)(i >> 8), (byte)i]), 6881);

    private static IPEndPoint Public(int i) => new(new IPAddress([50, (byte)i, 1, 1]), 6881);
}

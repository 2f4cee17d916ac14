using System.Net;
using Microsoft.Extensions.Time.Testing;
using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Discovery;
using TorrentPatron.Engine.Network;
using TorrentPatron.Engine.Tests.Network;
using TorrentPatron.Protocol;
using TorrentPatron.Protocol.Dht;

namespace TorrentPatron.Engine.Tests.Discovery;

public sealed class DhtNodeTests
{
    private static readonly byte[] Transaction = "aa"u8.ToArray();
    private static readonly InfoHash Torrent = InfoHash.OfInfo("a torrent"u8);
    private static readonly TimeSpan Moment = TimeSpan.FromSeconds(10);

    private readonly DhtNetwork _network = new(7);

    [Fact]
    public void One_node_finds_the_peer_that_another_has_announced()
    {
        (DhtNetwork.Member first, DhtNetwork.Member second) = Pair();
        first.Find(Torrent);
        Pass(Moment);
        second.Find(Torrent);
        Pass(Moment);
        Assert.Contains(first.EndPoint, second.Found);
        Assert.Equal((1, 1), (first.Node.Status.NodesIPv4, second.Node.Status.NodesIPv4));
        Assert.Equal(1, first.Node.Status.Torrents);
        Assert.True(first.Node.Status.IsReady);
    }

    [Theory]
    [InlineData("node.example", "21.0.0.1", 1)]
    [InlineData("node.example", "10.0.0.1", 0)]
    [InlineData("node.example", "127.0.0.1", 0)]
    public async Task A_node_whose_name_the_proxy_resolves_is_stored_by_the_answering_address(string name, string address, int known)
    {
        var port = new FakeDatagramPort();
        var time = new FakeTimeProvider();
        var remote = new IPEndPoint(IPAddress.Parse(address), 6881);
        var bootstrap = new BootstrapResolver([], (host, _) => Task.FromResult<IPAddress[]>([new HostAddress(host)]), time);
        using var node = new DhtNode(
            new DhtSettings { IsEnabled = true }, port, _ => 6881, bootstrap, time, new Random(1),
            fault => throw new InvalidOperationException("The node failed.", fault));
        port.Attach(node);
        node.AddNodes([new HostEndPoint(name, 6881)]);
        node.Start(new DhtState());

        Assert.True(KrpcReader.TryRead(await port.SentAsync(), out KrpcMessage? question));
        var answer = new KrpcResponse
        {
            TransactionId = question.TransactionId, Sender = SecureNodeId.Create(remote.Address, new Random(2)),
        };
        Assert.True(port.Deliver(new KrpcWriter().Write(answer).ToArray(), remote));

        Assert.Equal(known, node.Status.NodesIPv4);
    }

    [Fact]
    public void Two_peers_that_search_for_the_same_torrent_at_once_find_each_other()
    {
        (DhtNetwork.Member first, DhtNetwork.Member second) = Pair();
        first.Find(Torrent);
        second.Find(Torrent);
        Pass(TimeSpan.FromSeconds(2));
        Assert.Contains(first.EndPoint, second.Found);
        Assert.Contains(second.EndPoint, first.Found);
    }

    [Fact]
    public void A_fault_in_one_torrents_search_is_reported_and_other_torrents_are_searched_for()
    {
        var faults = new List<string>();
        _network.OnFault = fault => faults.Add(fault.Message);
        (DhtNetwork.Member first, DhtNetwork.Member second) = Pair();
        first.Find(Torrent);
        Pass(Moment);
        using DhtTorrent broken = second.Node.Find(InfoHash.OfInfo("another"u8), () => throw new InvalidOperationException("In a search."), (_, _) => { });
        Assert.Equal(["In a search."], faults);

        using DhtTorrent deaf = second.Node.Find(Torrent, () => false, (_, _) => throw new InvalidOperationException("In telling."));
        second.Find(Torrent);
        Pass(2 * Moment);
        Assert.Contains(first.EndPoint, second.Found);
        Assert.Equal(["In a search.", "In telling."], faults.Distinct());
    }

    [Fact]
    public void IPv4_and_IPv6_are_separate_networks_and_peers_are_found_in_both()
    {
        DhtNetwork.Member[] members =
        [
            .. Enumerable.Range(1, 4).Select(i => _network.Add(
                [IPEndPoint.Parse($"10.0.0.{i}:6881"), IPEndPoint.Parse($"[fd00::{i}]:6881")], settings => settings,
                IPEndPoint.Parse("10.0.0.1:6881"), IPEndPoint.Parse("[fd00::1]:6881"))),
        ];
        foreach (DhtNetwork.Member member in members)
            member.Start();
        Pass(TimeSpan.FromMinutes(1));
        members[1].Find(Torrent);
        Pass(Moment);
        members[3].Find(Torrent);
        Pass(Moment);

        Assert.Contains(IPEndPoint.Parse("10.0.0.2:6881"), members[3].Found);
        Assert.Contains(IPEndPoint.Parse("[fd00::2]:6881"), members[3].Found);
        Assert.Equal((3, 3), (members[3].Node.Status.NodesIPv4, members[3].Node.Status.NodesIPv6));
    }

    [Fact]
    public void A_torrent_is_announced_every_quarter_of_an_hour_until_it_is_removed()
    {
        DhtProbe probe = Answering("10.9.9.9:6881", withPeers: true);
        DhtNetwork.Member node = _network.Add(DhtNetwork.Home, probe.EndPoint);
        node.Start();
        Pass(Moment);
        DhtTorrent search = node.Find(Torrent, isSeed: true);
        Pass(TimeSpan.FromMinutes(50));

        AnnouncePeerQuery[] announces = [.. probe.Received.OfType<AnnouncePeerQuery>()];
        Assert.Equal(4, announces.Length);
        Assert.All(announces, announce => Assert.Equal((Torrent, (ushort)6881, true), (announce.InfoHash, announce.Port, announce.IsSeed)));

        search.Dispose();
        probe.Received.Clear();
        Pass(TimeSpan.FromMinutes(50));
        Assert.Empty(probe.Received.OfType<AnnouncePeerQuery>());
        Assert.Empty(probe.Received.OfType<GetPeersQuery>());
    }

    [Fact]
    public void While_no_peer_is_found_searches_are_frequent_and_then_rare()
    {
        DhtProbe probe = Answering("10.9.9.9:6881", withPeers: false);
        DhtNetwork.Member node = _network.Add(DhtNetwork.Home, probe.EndPoint);
        node.Start();
        Pass(Moment);
        node.Find(Torrent);
        Pass(TimeSpan.FromMinutes(10));
        Assert.InRange(probe.Received.OfType<GetPeersQuery>().Count(), 4, 6);
        probe.Received.Clear();
        Pass(TimeSpan.FromMinutes(60));
        Assert.InRange(probe.Received.OfType<GetPeersQuery>().Count(), 4, 6);
    }

    [Fact]
    public void Requests_for_more_peers_start_at_most_one_search_a_minute()
    {
        DhtProbe probe = Answering("10.9.9.9:6881", withPeers: true);
        DhtNetwork.Member node = _network.Add(DhtNetwork.Home, probe.EndPoint);
        node.Start();
        Pass(Moment);
        DhtTorrent search = node.Find(Torrent);
        for (int second = 0; second < 300; second++)
        {
            Pass(TimeSpan.FromSeconds(1));
            search.Hurry();
        }

        Assert.InRange(probe.Received.OfType<GetPeersQuery>().Count(), 5, 6);
    }

    [Fact]
    public void A_search_without_known_nodes_starts_as_soon_as_one_is_known()
    {
        DhtProbe probe = Answering("10.9.9.9:6881", withPeers: true);
        DhtNetwork.Member node = _network.Add(DhtNetwork.Home);
        node.Start();
        node.Find(Torrent);
        Pass(TimeSpan.FromMinutes(3));
        Assert.Empty(probe.Received);
        node.Node.AddNode(probe.EndPoint);
        Pass(TimeSpan.FromSeconds(2));
        Assert.NotEmpty(node.Found);
        Assert.Single(probe.Received.OfType<AnnouncePeerQuery>());
    }

    [Fact]
    public void The_saved_nodes_of_an_earlier_run_suffice_to_start()
    {
        (DhtNetwork.Member first, DhtNetwork.Member second) = Pair();
        byte[] saved = second.Node.Save().ToBytes();
        second.Die();
        Assert.True(DhtState.TryRead(saved, out DhtState? state));

        DhtNetwork.Member again = _network.Add(DhtNetwork.Home);
        again.Node.Start(state);
        Pass(Moment);
        Assert.Equal([first.EndPoint], again.Node.Save().Nodes.Select(node => node.EndPoint).Where(first.EndPoint.Equals));
    }

    [Fact]
    public void Without_nodes_from_an_earlier_run_the_bootstrap_nodes_are_queried()
    {
        DhtProbe router = Answering("10.9.9.9:6881", withPeers: false);
        DhtNetwork.Member node = _network.Add(DhtNetwork.Home, router.EndPoint);
        node.Node.Start(new DhtState
        {
            Nodes = [.. Enumerable.Range(1, 20).Select(i => new NodeContact(NodeId.Create(_network.Random), IPEndPoint.Parse($"10.7.7.{i}:6881")))],
        });
        Pass(TimeSpan.FromMinutes(1));
        Assert.NotEmpty(router.Received);
        Assert.True(node.Node.Status.IsReady);
    }

    [Fact]
    public void Many_nodes_that_join_at_once_soon_know_each_other()
    {
        DhtNetwork.Member first = _network.Add(DhtNetwork.Home);
        DhtNetwork.Member[] others = [.. Enumerable.Range(1, 40).Select(_ => _network.Add(DhtNetwork.Home, first.EndPoint))];
        foreach (DhtNetwork.Member member in (DhtNetwork.Member[])[first, .. others])
            member.Start();
        Pass(TimeSpan.FromSeconds(30));
        Assert.All(others, member => Assert.InRange(member.Node.Status.NodesIPv4, 8, others.Length));
    }

    [Fact]
    public async Task Services_known_by_name_introduce_nodes_but_are_not_kept()
    {
        DhtProbe router = new(_network.Datagrams, "40.1.1.1:6881");
        var other = new NodeContact(NodeId.Create(_network.Random), IPEndPoint.Parse("40.2.2.2:6881"));
        router.Answer = _ => new KrpcResponse { TransactionId = default, Sender = router.Id, Nodes = [other] };
        DhtProbe plain = new(_network.Datagrams, other.EndPoint.ToString(), other.Id);
        plain.Answer = _ => new KrpcResponse { TransactionId = default, Sender = other.Id };
        SimulatedDatagrams.Port port = _network.Datagrams.Open(IPEndPoint.Parse("40.3.3.3:6881"));
        var asked = new List<string>();
        using var node = new DhtNode(
            new DhtSettings { IsEnabled = true, BootstrapNodes = ["router.example:6881", "nobody.example:1", "nonsense", "x:0", ":1"] }, port, _ => 0,
            new BootstrapResolver(["router.example:6881", "nobody.example:1", "nonsense", "x:0", ":1"], Resolve, _network.Datagrams), _network.Datagrams, new Random(1),
            _network.OnFault);
        port.Handler = node;
        node.Start(new DhtState());
        Pass(Moment);
        await Task.Yield();
        Pass(Moment);

        Assert.Equal(["nobody.example", "router.example"], asked.Order());
        Assert.Equal([other.EndPoint], node.Save().Nodes.Select(known => known.EndPoint));

        Task<IPAddress[]> Resolve(string host, CancellationToken cancellationToken)
        {
            asked.Add(host);
            return host == "router.example"
                ? Task.FromResult<IPAddress[]>([router.EndPoint.Address, IPAddress.Parse("2001:db8::1")])
                : Task.FromException<IPAddress[]>(new System.Net.Sockets.SocketException(1));
        }
    }

    [Fact]
    public void A_torrents_nodes_are_queried_at_once_if_no_node_is_known()
    {
        DhtProbe probe = Answering("10.9.9.9:6881", withPeers: true);
        DhtNetwork.Member node = _network.Add(DhtNetwork.Home);
        node.Start();
        Pass(TimeSpan.FromMinutes(1));
        Assert.Empty(probe.Received);

        node.Node.AddNodes([new HostEndPoint("10.9.9.9", 6881), new HostEndPoint("2001:db8::1", 1)]);
        Pass(TimeSpan.FromSeconds(1));

        Assert.Equal([probe.EndPoint], node.Node.Save().Nodes.Select(known => known.EndPoint));
        node.Find(Torrent);
        Pass(TimeSpan.FromSeconds(1));
        Assert.NotEmpty(node.Found);
    }

    [Fact]
    public void A_torrents_nodes_are_queried_again_while_no_node_is_known()
    {
        DhtNetwork.Member node = _network.Add(DhtNetwork.Home);
        node.Node.AddNodes([new HostEndPoint("10.9.9.9", 6881)]);
        node.Start();
        Pass(TimeSpan.FromMinutes(1));

        Answering("10.9.9.9:6881", withPeers: false);
        Pass(TimeSpan.FromMinutes(5));

        Assert.Equal(1, node.Node.Status.NodesIPv4);
    }

    [Fact]
    public async Task Names_in_a_torrent_are_resolved_ten_at_once_and_only_internet_addresses_are_used()
    {
        var asked = new List<string>();
        var bootstrap = new BootstrapResolver(["router.example:1", "10.0.0.1:1"], Resolve, _network.Datagrams);
        bootstrap.Add(Enumerable.Range(0, 200).Select(i => new HostEndPoint($"node{i}.example", 2)));
        bootstrap.Add([new HostEndPoint("router.example", 1), new HostEndPoint("private.example", 3), new HostEndPoint("40.9.9.9", 4)]);

        IReadOnlyList<(IPEndPoint EndPoint, bool IsRouter)> found = await bootstrap.ResolveAsync(System.Net.Sockets.AddressFamily.InterNetwork);

        Assert.Equal([.. Enumerable.Range(191, 9).Select(i => $"node{i}.example"), "private.example", "router.example"], asked.Order());
        Assert.Contains((IPEndPoint.Parse("192.168.1.1:1"), true), found);
        Assert.Equal(9, found.Count(node => node is { IsRouter: false, EndPoint.Port: 2 }));
        Assert.DoesNotContain(found, node => node.EndPoint.Port == 3);
        Assert.Equal(["10.0.0.1:1", "40.9.9.9:4"], bootstrap.Known(System.Net.Sockets.AddressFamily.InterNetwork).Select(node => node.ToString()));

        Task<IPAddress[]> Resolve(string host, CancellationToken cancellationToken)
        {
            asked.Add(host);
            return Task.FromResult<IPAddress[]>([IPAddress.Parse(host.StartsWith("node", StringComparison.Ordinal) ? "40.1.1.1" : "192.168.1.1")]);
        }
    }

    [Fact]
    public void A_node_with_too_many_queries_is_ignored_for_five_minutes()
    {
        DhtNetwork.Member node = Started();
        var probe = new DhtProbe(_network.Datagrams, "10.8.8.8:1");
        for (int i = 0; i < 2 * DhtGuard.MostQueries; i++)
            probe.Ask(Ping(probe), node.EndPoint);
        Pass(TimeSpan.FromSeconds(1));
        Assert.Equal(DhtGuard.MostQueries, probe.Received.OfType<KrpcResponse>().Count());

        Pass(TimeSpan.FromMinutes(4));
        Assert.Null(probe.AskFor(Ping(probe), node.EndPoint));
        Pass(TimeSpan.FromMinutes(1));
        Assert.NotNull(probe.AskFor(Ping(probe), node.EndPoint));
    }

    [Fact]
    public void Answers_stay_below_the_upload_limit_and_leave_room_for_own_queries()
    {
        DhtNetwork.Member node = Started();
        DhtProbe helper = Answering("10.9.9.9:6881", withPeers: true);
        node.Node.AddNode(helper.EndPoint);
        Pass(Moment);
        DhtProbe[] askers = [.. Enumerable.Range(1, 100).Select(i => new DhtProbe(_network.Datagrams, $"10.8.{i}.1:1"))];
        long before = node.Node.Status.BytesSent;
        for (int second = 0; second < 10; second++)
        {
            foreach (DhtProbe asker in askers)
            {
                for (int i = 0; i < 4; i++)
                    asker.Ask(Ping(asker), node.EndPoint);
            }

            Pass(TimeSpan.FromSeconds(1));
        }

        Assert.InRange(node.Node.Status.BytesSent - before, 70_000, 100_000);
        node.Find(Torrent);
        Pass(TimeSpan.FromSeconds(2));
        Assert.NotEmpty(node.Found);
    }

    [Fact]
    public void A_read_only_node_says_so_answers_no_queries_and_is_not_stored_by_others()
    {
        DhtNetwork.Member first = Started();
        DhtNetwork.Member reader = _network.Add(DhtNetwork.Home, settings => settings with { IsReadOnly = true }, first.EndPoint);
        reader.Start();
        Pass(TimeSpan.FromMinutes(1));
        Assert.True(reader.Node.Status.IsReady);
        Assert.False(first.Node.Status.IsReady);
        var probe = new DhtProbe(_network.Datagrams, "10.8.8.8:1");
        Assert.Null(probe.AskFor(Ping(probe), reader.EndPoint));
    }

    [Fact]
    public void Only_a_node_that_queried_from_an_address_can_announce_that_address()
    {
        DhtNetwork.Member node = Started();
        var probe = new DhtProbe(_network.Datagrams, "10.8.8.8:1");
        var other = new DhtProbe(_network.Datagrams, "10.8.8.9:1");
        var answer = Assert.IsType<KrpcResponse>(probe.AskFor(GetPeers(probe), node.EndPoint));
        Assert.Equal(probe.EndPoint, answer.Requester);

        Assert.Equal(KrpcError.Protocol, Assert.IsType<KrpcError>(other.AskFor(AnnouncePeer(other, answer.Token), node.EndPoint)).Code);
        Assert.Equal(0, node.Node.Status.StoredPeers);
        Assert.IsType<KrpcResponse>(probe.AskFor(AnnouncePeer(probe, answer.Token), node.EndPoint));
        Assert.Equal((1, 1), (node.Node.Status.StoredPeers, node.Node.Status.StoredTorrents));

        var peers = Assert.IsType<KrpcResponse>(other.AskFor(GetPeers(other) with { WantsScrape = true }, node.EndPoint));
        Assert.Equal([IPEndPoint.Parse("10.8.8.8:7777")], peers.Peers);
        Assert.Equal(1, peers.PeerFilter!.Estimate(), tolerance: 0.1);
        Assert.Equal(0, peers.SeedFilter!.Estimate());

        Assert.IsType<KrpcResponse>(probe.AskFor(AnnouncePeer(probe, answer.Token) with { IsPortImplied = true, IsSeed = true }, node.EndPoint));
        peers = Assert.IsType<KrpcResponse>(other.AskFor(GetPeers(other), node.EndPoint));
        Assert.Contains(probe.EndPoint, peers.Peers!);
        var sample = Assert.IsType<KrpcResponse>(
            other.AskFor(new SampleInfoHashesQuery { TransactionId = Transaction, Sender = other.Id, Target = other.Id }, node.EndPoint));
        Assert.Equal([Torrent], sample.Samples);
        Assert.Equal(1, sample.TorrentCount);

        Pass(PeerStore.Lifetime + TimeSpan.FromMinutes(1));
        Assert.Equal(0, node.Node.Status.StoredPeers);
    }

    [Fact]
    public void The_largest_answer_fits_into_one_packet()
    {
        DhtNetwork.Member[] members =
        [
            .. Enumerable.Range(1, 20).Select(i => _network.Add(
                [IPEndPoint.Parse($"10.0.0.{i}:6881"), IPEndPoint.Parse($"[fd00::{i}]:6881")], settings => settings,
                IPEndPoint.Parse("10.0.0.1:6881"), IPEndPoint.Parse("[fd00::1]:6881"))),
        ];
        foreach (DhtNetwork.Member member in members)
            member.Start();
        Pass(TimeSpan.FromMinutes(1));
        for (int i = 0; i < 300; i++)
        {
            var peer = new DhtProbe(_network.Datagrams, $"10.6.{i >> 8}.{i & 255}:1");
            var given = (KrpcResponse)peer.AskFor(GetPeers(peer), members[0].EndPoint)!;
            peer.Ask(AnnouncePeer(peer, given.Token), members[0].EndPoint);
        }

        var probe = new DhtProbe(_network.Datagrams, "10.8.8.8:1");
        foreach (bool scrape in (bool[])[false, true])
        {
            int longest = 0;
            _network.Datagrams.OnSent = (_, to, datagram) => longest = to.Equals(probe.EndPoint) ? Math.Max(longest, datagram.Length) : longest;
            var answer = (KrpcResponse)probe.AskFor(
                GetPeers(probe) with { WantsScrape = scrape, Want = NodeFamilies.IPv4 | NodeFamilies.IPv6 }, members[0].EndPoint)!;
            Assert.Equal(scrape ? 8 : 16, answer.Nodes!.Count);
            Assert.InRange(answer.Peers!.Count, scrape ? 20 : 50, 100);
            Assert.InRange(longest, 900, 1_200);
        }
    }

    [Fact]
    public void Unrequested_answers_change_nothing()
    {
        DhtNetwork.Member node = Started();
        var liar = new DhtProbe(_network.Datagrams, "10.8.8.8:1");
        for (int i = 0; i < 1000; i++)
        {
            liar.Send(
                new KrpcWriter().Write(new KrpcResponse
                {
                    TransactionId = BitConverter.GetBytes(i),
                    Sender = liar.Id,
                    Nodes = [new NodeContact(liar.Id, liar.EndPoint)],
                    Peers = [liar.EndPoint],
                    Requester = liar.EndPoint,
                }),
                node.EndPoint);
        }

        node.Find(Torrent);
        Pass(Moment);
        Assert.False(node.Node.Status.IsReady);
        Assert.Empty(node.Found);
    }

    [Fact]
    public void Garbage_is_not_answered_and_unknown_queries_are_rejected()
    {
        DhtNetwork.Member node = Started();
        var probe = new DhtProbe(_network.Datagrams, "10.8.8.8:1");
        probe.Send("d1:t2:aa1:y1:"u8.ToArray(), node.EndPoint);
        probe.Send("de"u8.ToArray(), node.EndPoint);
        probe.Send("d1:t2:aa1:y1:xe"u8.ToArray(), node.EndPoint);
        Pass(Moment);
        Assert.Empty(probe.Received);
        Assert.False(node.Node.TryHandle(new byte[] { 0x41, 0, 0, 0 }, probe.EndPoint));
        Assert.False(node.Node.TryHandle(default, probe.EndPoint));
        probe.Send("d1:ad2:id20:abcdefghij0123456789e1:q4:vote1:t2:aa1:y1:qe"u8.ToArray(), node.EndPoint);
        Pass(Moment);
        Assert.Equal(KrpcError.MethodUnknown, Assert.IsType<KrpcError>(Assert.Single(probe.Received)).Code);
    }

    [Fact]
    public void A_querying_node_is_kept_once_it_has_answered_a_query()
    {
        DhtNetwork.Member node = Started();
        var silent = new DhtProbe(_network.Datagrams, "10.8.8.8:1");
        silent.Ask(Ping(silent), node.EndPoint);
        DhtProbe honest = Answering("10.8.8.9:1", withPeers: false);
        honest.Ask(Ping(honest), node.EndPoint);
        Pass(Moment);
        Assert.Single(silent.Received.OfType<PingQuery>());
        Assert.Equal([honest.EndPoint], node.Node.Save().Nodes.Select(known => known.EndPoint));
    }

    [Fact]
    public void A_long_silent_node_is_pinged_and_forgotten_if_it_does_not_answer()
    {
        (DhtNetwork.Member first, DhtNetwork.Member second) = Pair();
        second.Die();
        Pass(TimeSpan.FromMinutes(25));
        Assert.False(first.Node.Status.IsReady);
    }

    [Fact]
    public void Unresponsive_new_nodes_do_not_prevent_checks_of_known_nodes()
    {
        (DhtNetwork.Member first, DhtNetwork.Member second) = Pair();
        second.Die();
        int named = 0;
        for (int i = 0; i < 25 * 30; i++)
        {
            for (int j = 0; j < 20; j++, named++)
                first.Node.AddNode(new IPEndPoint(new IPAddress([10, 7, (byte)(named >> 8), (byte)named]), 6881));
            Pass(TimeSpan.FromSeconds(2));
        }

        Assert.False(first.Node.Status.IsReady);
    }

    [Fact]
    public void After_a_long_outage_forgotten_nodes_are_found_again_without_an_entry_point()
    {
        DhtProbe probe = Answering("10.9.9.9:6881", withPeers: false);
        DhtNetwork.Member node = _network.Add(DhtNetwork.Home);
        node.Start();
        node.Node.AddNode(probe.EndPoint);
        Pass(Moment);
        Assert.True(node.Node.Status.IsReady);

        _network.Datagrams.Loss = 1;
        Pass(TimeSpan.FromHours(2));
        Assert.False(node.Node.Status.IsReady);
        _network.Datagrams.Loss = 0;
        Pass(TimeSpan.FromMinutes(6));

        Assert.True(node.Node.Status.IsReady);
    }

    [Fact]
    public void Local_peers_named_by_an_internet_node_are_ignored()
    {
        DhtProbe probe = Answering("40.1.1.1:6881", withPeers: false);
        IPEndPoint good = IPEndPoint.Parse("41.1.1.1:1");
        probe.Answer = query => new KrpcResponse
        {
            TransactionId = default,
            Sender = probe.Id,
            Peers = [IPEndPoint.Parse("192.168.1.1:80"), IPEndPoint.Parse("127.0.0.1:22"), IPEndPoint.Parse("239.1.1.1:80"), good],
        };
        DhtNetwork.Member node = _network.Add(DhtNetwork.Public, probe.EndPoint);
        node.Start();
        Pass(Moment);
        node.Find(Torrent);
        Pass(Moment);
        Assert.Equal([good], node.Found.Distinct());
    }

    [Fact]
    public void On_the_internet_every_node_chooses_an_id_valid_for_its_address()
    {
        var members = new List<DhtNetwork.Member>();
        var seen = new Dictionary<IPEndPoint, NodeId>();
        _network.Datagrams.OnSent = (from, _, datagram) =>
        {
            if (KrpcReader.TryRead(datagram, out KrpcMessage? message) && message is KrpcResponse response)
                seen[from] = response.Sender;
        };
        for (int i = 0; i < 60; i++)
        {
            members.Add(_network.Add(DhtNetwork.Public, [.. members.Take(2).Select(member => member.EndPoint)]));
            members[^1].Start();
            Pass(TimeSpan.FromSeconds(1));
        }

        Pass(TimeSpan.FromMinutes(20));
        Assert.All(members, member =>
        {
            Assert.Equal(member.EndPoint.Address, member.Node.Status.ExternalAddress);
            Assert.True(SecureNodeId.IsValid(seen[member.EndPoint], member.EndPoint.Address));
        });
        members[10].Find(Torrent);
        Pass(Moment);
        members[50].Find(Torrent);
        Pass(Moment);
        Assert.Contains(members[10].EndPoint, members[50].Found);
    }

    [Fact]
    public void A_disposed_node_sends_nothing()
    {
        DhtProbe probe = Answering("10.9.9.9:6881", withPeers: true);
        DhtNetwork.Member node = _network.Add(DhtNetwork.Home, probe.EndPoint);
        node.Start();
        DhtTorrent search = node.Find(Torrent);
        Pass(TimeSpan.FromMilliseconds(5));
        node.Node.Dispose();
        long sent = node.Node.Status.BytesSent;
        search.Hurry();
        search.Dispose();
        node.Node.AddNode(probe.EndPoint);
        Pass(TimeSpan.FromMinutes(30));
        Assert.Equal(sent, node.Node.Status.BytesSent);
    }

    private static PingQuery Ping(DhtProbe probe) => new() { TransactionId = Transaction, Sender = probe.Id };

    private static GetPeersQuery GetPeers(DhtProbe probe) => new() { TransactionId = Transaction, Sender = probe.Id, InfoHash = Torrent };

    private static AnnouncePeerQuery AnnouncePeer(DhtProbe probe, ReadOnlyMemory<byte> token) =>
        new() { TransactionId = Transaction, Sender = probe.Id, InfoHash = Torrent, Port = 7777, Token = token };

    private void Pass(TimeSpan time) => _network.Datagrams.Advance(time);

    private DhtNetwork.Member Started()
    {
        DhtNetwork.Member node = _network.Add(DhtNetwork.Home);
        node.Start();
        return node;
    }

    private (DhtNetwork.Member First, DhtNetwork.Member Second) Pair()
    {
        DhtNetwork.Member first = Started();
        DhtNetwork.Member second = _network.Add(DhtNetwork.Home, first.EndPoint);
        second.Start();
        Pass(TimeSpan.FromMinutes(1));
        return (first, second);
    }

    private DhtProbe Answering(string address, bool withPeers)
    {
        var probe = new DhtProbe(_network.Datagrams, address);
        probe.Answer = query => new KrpcResponse
        {
            TransactionId = default,
            Sender = probe.Id,
            Token = "token"u8.ToArray(),
            Peers = withPeers && query is GetPeersQuery ? [IPEndPoint.Parse("10.5.5.5:5")] : null,
        };
        return probe;
    }
}

using System.Net;
using Microsoft.Extensions.Time.Testing;
using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Metadata;
using TorrentPatron.Engine.Peers;
using TorrentPatron.Engine.Shared;
using TorrentPatron.Engine.Tests.Network;
using TorrentPatron.Engine.Tests.Trackers;
using TorrentPatron.Engine.Timing;
using TorrentPatron.Protocol;
using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Engine.Tests.Peers;

public sealed class PeerSetTests : IAsyncDisposable
{
    private const int Room = 20;

    private readonly FakeTimeProvider _time = new();
    private readonly MemoryNetwork _network = new();
    private readonly Owner _owner = new();
    private readonly EngineResources _engine;
    private readonly PeerSet _set;

    public PeerSetTests()
    {
        _engine = new EngineResources(
            new ClientSettings { MaxPeersPerTorrent = Room, MaxPeers = Room + 1, DiskThreads = 1 }, _network.Join(),
            new ScriptedTrackerClient(), _time, new Random(1)) { PeerId = Id(100) };
        _set = new PeerSet(default, _engine, _engine.Download, _engine.Upload, isSeed: () => false);
        _set.GiveTo(_owner);
        _set.Open();
    }

    public async ValueTask DisposeAsync()
    {
        _set.Close("The test ends.");
        Assert.Equal(0, _engine.Peers);
        await _engine.DisposeAsync();
    }

    [Fact]
    public void A_peer_joins_once_and_leaves_once()
    {
        IdleConnection connection = Attach(1);
        PeerConnection peer = Assert.Single(_set.Connected);
        Assert.Equal([peer], _owner.Joined);
        Assert.Equal(1, _engine.Peers);

        peer.Close("It is enough.");
        peer.Close("It is too much.");
        Assert.True(connection.IsDisposed);
        Assert.Empty(_set.Connected);
        Assert.Equal([peer], _owner.Left);
        Assert.Equal(0, _engine.Peers);
        Assert.Equal("It is enough.", Assert.Single(_set.Closed).Reason);
    }

    [Fact]
    public void A_closed_set_closes_its_peers_and_accepts_none()
    {
        IdleConnection first = Attach(1);
        _set.Close("The torrent is stopping.");
        IdleConnection second = Attach(2);

        Assert.True(first.IsDisposed);
        Assert.True(second.IsDisposed);
        Assert.False(_set.IsOpen);
        Assert.Equal("The torrent is stopping.", Assert.Single(_set.Closed).Reason);
        Assert.Single(_owner.Joined);

        _set.Open();
        Assert.False(Attach(2).IsDisposed);
    }

    [Fact]
    public void A_connected_peer_is_not_accepted_again()
    {
        IdleConnection first = Attach(1);
        IdleConnection second = Attach(1);

        Assert.False(first.IsDisposed);
        Assert.True(second.IsDisposed);
        Assert.Single(_owner.Joined);
    }

    [Theory]
    [InlineData(1, true)]
    [InlineData(1, false)]
    [InlineData(200, true)]
    [InlineData(200, false)]
    public void If_two_peers_dial_each_other_the_connection_dialled_by_the_greater_id_stays(byte id, bool isFirstIncoming)
    {
        IdleConnection first = Attach(id, isIncoming: isFirstIncoming);
        IdleConnection second = Attach(id, isIncoming: !isFirstIncoming);

        bool doesIncomingStay = id > 100;
        Assert.Equal(isFirstIncoming != doesIncomingStay, first.IsDisposed);
        Assert.Equal(isFirstIncoming == doesIncomingStay, second.IsDisposed);
        Assert.Equal(doesIncomingStay, Assert.Single(_set.Connected).IsIncoming);
    }

    [Fact]
    public void A_connected_peers_id_from_a_different_address_is_a_different_peer()
    {
        IdleConnection honest = Attach(200, Address(1), isIncoming: false);
        IdleConnection other = Attach(200, Address(2), isIncoming: true);

        Assert.False(honest.IsDisposed);
        Assert.False(other.IsDisposed);
        Assert.Equal(2, _set.Connected.Count);
    }

    [Fact]
    public void A_useful_peer_is_never_replaced()
    {
        IdleConnection honest = Attach(200, isIncoming: false);
        _set.Connected[0].HasGivenMetadata = true;

        Assert.True(Attach(200, isIncoming: true).IsDisposed);
        Assert.False(honest.IsDisposed);
    }

    [Fact]
    public void A_peer_that_listens_where_we_dial_replaces_one_that_only_claimed_its_id()
    {
        IdleConnection stranger = Attach(200, isIncoming: true);
        _time.Advance(TimeSpan.FromMinutes(1));

        Assert.False(Attach(200, isIncoming: false).IsDisposed);
        Assert.True(stranger.IsDisposed);
        _time.Advance(TimeSpan.FromMinutes(1));
        Assert.True(Attach(200, isIncoming: true).IsDisposed);
    }

    [Fact]
    public void A_connection_is_replaced_by_a_second_one_to_the_same_peer_only_if_that_is_accepted()
    {
        IPEndPoint address = Address(1);
        _set.Directory.Add(address, PeerSource.Manual);
        IdleConnection first = Attach(200, address, isIncoming: false);
        // A second torrent takes the engine's last places.
        while (_engine.TryAddPeer())
        {
        }

        IdleConnection second = Attach(200, new IPEndPoint(address.Address, 7000), isIncoming: true);

        Assert.True(second.IsDisposed);
        Assert.False(first.IsDisposed);
        while (_engine.Peers > 1)
            _engine.RemovePeer();
    }

    [Fact]
    public void Two_connections_to_one_peer_need_one_place()
    {
        for (byte id = 1; id < Room; id++)
            Attach(id, isIncoming: false);
        IdleConnection first = Attach(200, isIncoming: false);

        Assert.False(Attach(200, isIncoming: true).IsDisposed);
        Assert.True(first.IsDisposed);
        Assert.Equal(Room, _set.Connected.Count);
    }

    [Fact]
    public void The_last_places_are_reserved_for_hosts_without_one()
    {
        for (byte id = 1; id <= Room - 2; id++)
            Assert.False(Attach(id, new IPEndPoint(Address((byte)(id % 9 + 1)).Address, 1000 + id)).IsDisposed);

        Assert.True(Attach(101, new IPEndPoint(Address(1).Address, 2001)).IsDisposed);
        Assert.False(Attach(102, new IPEndPoint(Address(50).Address, 2002)).IsDisposed);
        Assert.False(Attach(103, new IPEndPoint(Address(1).Address, 2003), isIncoming: false).IsDisposed);
    }

    [Fact]
    public void A_network_of_IPv6_counts_as_one_host()
    {
        for (byte id = 1; id <= 8; id++)
            Assert.False(Attach(id, new IPEndPoint(IPAddress.Parse($"2001:db8:1:2::{id:x}"), 6881)).IsDisposed);

        Assert.True(Attach(9, new IPEndPoint(IPAddress.Parse("2001:db8:1:2:ffff::1"), 6881)).IsDisposed);
        Assert.False(Attach(10, new IPEndPoint(IPAddress.Parse("2001:db8:1:3::1"), 6881)).IsDisposed);
    }

    [Fact]
    public void This_engine_does_not_connect_to_itself_and_does_not_dial_its_address_again()
    {
        IPEndPoint address = Address(1);
        _set.Directory.Add(address, PeerSource.Manual);
        Assert.True(Attach(100, address, isIncoming: false).IsDisposed);
        Assert.False(_set.Directory.HasNext(Instant.Now(_time) + TimeSpan.FromDays(1), DialEffort.Most));
    }

    [Fact]
    public void A_banned_peer_is_closed_and_refused_while_others_at_its_address_are_accepted()
    {
        IPAddress address = Address(1).Address;
        IdleConnection bad = Attach(1, new IPEndPoint(address, 1001));
        _set.Ban(_set.Connected[0], "It sent corrupt data.");

        Assert.True(bad.IsDisposed);
        Assert.Equal("It sent corrupt data.", Assert.Single(_set.Closed).Reason);
        Assert.True(Attach(1, new IPEndPoint(address, 1002)).IsDisposed);
        Assert.False(Attach(2, new IPEndPoint(address, 1001)).IsDisposed);
        Assert.False(Attach(3, new IPEndPoint(address, 1003)).IsDisposed);
    }

    [Fact]
    public void Three_banned_peers_shut_their_address_out()
    {
        IPAddress address = Address(1).Address;
        for (byte id = 1; id <= 3; id++)
        {
            Assert.False(Attach(id, new IPEndPoint(address, 1000 + id)).IsDisposed);
            _set.Ban(_set.Connected[0], "It sent corrupt data.");
        }

        Assert.True(Attach(4, new IPEndPoint(address, 1004)).IsDisposed);
        Assert.False(Attach(5).IsDisposed);
    }

    [Fact]
    public void Peers_are_accepted_while_the_torrent_and_the_engine_have_room()
    {
        for (byte id = 1; id <= Room; id++)
            Assert.False(Attach(id).IsDisposed);
        Assert.True(Attach(50).IsDisposed);
        Assert.Equal(Room, _engine.Peers);

        _set.Connected[0].Close("It goes.");
        Assert.False(Attach(50).IsDisposed);

        // A second torrent has two of the engine's places.
        _set.Connected[0].Close("It goes.");
        Assert.True(_engine.TryAddPeer());
        Assert.True(_engine.TryAddPeer());
        Assert.True(Attach(51).IsDisposed);
        _engine.RemovePeer();
        Assert.False(Attach(51).IsDisposed);
        _engine.RemovePeer();
    }

    [Fact]
    public void One_address_has_eight_connections_but_this_machine_as_many_as_there_is_room_for()
    {
        for (byte id = 1; id <= 8; id++)
            Assert.False(Attach(id, new IPEndPoint(Address(1).Address, 1000 + id)).IsDisposed);
        Assert.True(Attach(9, new IPEndPoint(Address(1).Address, 1009)).IsDisposed);
        for (byte id = 11; id <= 18; id++)
            Assert.False(Attach(id, new IPEndPoint(IPAddress.Loopback, 1000 + id)).IsDisposed);
        _set.Connected[0].Close("It goes.");
        _set.Connected[0].Close("It goes.");
        for (byte id = 21; id <= 22; id++)
            Assert.False(Attach(id, new IPEndPoint(IPAddress.Loopback, 1000 + id)).IsDisposed);
    }

    [Fact]
    public void The_other_addresses_of_this_machine_are_ordinary_hosts()
    {
        var other = IPAddress.Parse("127.0.0.2");
        for (byte id = 1; id <= 8; id++)
            Assert.False(Attach(id, new IPEndPoint(other, 1000 + id)).IsDisposed);
        Assert.True(Attach(9, new IPEndPoint(other, 1009)).IsDisposed);
        Assert.True(Attach(10, new IPEndPoint(other.MapToIPv6(), 1010)).IsDisposed);
    }

    [Fact]
    public void The_last_fifty_closed_peers_are_remembered_with_their_reasons_the_latest_first()
    {
        for (byte id = 1; id <= 60; id++)
        {
            Attach(id);
            _set.Connected[0].Close($"Reason {id}.", id % 2 == 0 ? ClosedBy.Peer : ClosedBy.Us);
        }

        Assert.Equal(Enumerable.Range(11, 50).Reverse().Select(id => $"Reason {id}."), _set.Closed.Select(peer => peer.Reason));
        Assert.Equal((ClosedBy.Peer, Address(60)), (_set.Closed[0].ClosedBy, _set.Closed[0].EndPoint));
        Assert.Equal(ClosedBy.Us, _set.Closed[1].ClosedBy);
    }

    [Fact]
    public void TurnOver_closes_useless_peers_only_if_there_is_little_room_and_they_have_had_enough_time()
    {
        for (byte id = 1; id < Room - Room / 10; id++)
            Attach(id);
        _time.Advance(TimeSpan.FromMinutes(2));
        _set.TurnOver();
        Assert.Empty(_set.Closed);

        // They accept connections and stay silent, so that some addresses always wait to be dialled.
        for (byte id = 200; id < 210; id++)
            _network.Listen(Address(id));
        _set.Directory.Add(Address(200), PeerSource.Manual);
        Attach(50);
        _set.Connected[0].MetadataPieces = 1;
        PeerConnection second = _set.Connected[1];
        _set.TurnOver();
        Assert.Equal(second.RemoteEndPoint, Assert.Single(_set.Closed).EndPoint);

        Attach(51);
        for (byte id = 201; id < 210; id++)
            _set.Directory.Add(Address(id), PeerSource.Manual);
        _time.Advance(TimeSpan.FromMinutes(2));
        _set.TurnOver();
        Assert.Equal(2, _set.Closed.Count);
    }

    [Fact]
    public void A_peer_that_downloads_our_metadata_is_useful_until_it_has_all_of_it()
    {
        const int Pieces = 4;
        using var server = new MetadataServer(new byte[Pieces * MetadataMessage.PieceLength], _time);
        PeerConnection asking = FillAndAsk(server);
        for (int piece = 0; piece < Pieces; piece++)
        {
            Assert.Null(server.Handle(asking, MetadataMessage.WriteRequest(piece)));
            Pass(TimeSpan.FromSeconds(45));
        }

        Assert.Contains(_set.Closed, closed => closed.Reason == "It was of little use, and other peers are waiting.");
        Assert.False(asking.IsClosed);
        Assert.Equal(Pieces * MetadataMessage.PieceLength, asking.MetadataSent);

        // A second time, which does not count.
        for (int again = 0; again < Pieces && !asking.IsClosed; again++)
        {
            Assert.Null(server.Handle(asking, MetadataMessage.WriteRequest(again)));
            Pass(TimeSpan.FromSeconds(45));
        }

        Assert.True(asking.IsClosed);
    }

    [Fact]
    public void A_peer_that_waits_for_metadata_because_of_a_limit_is_not_disconnected()
    {
        _engine.Upload.Rate = 1;
        using var server = new MetadataServer(new byte[MetadataMessage.PieceLength], _time);
        PeerConnection asking = FillAndAsk(server);
        for (int i = 0; i < 3; i++)
            Assert.Null(server.Handle(asking, MetadataMessage.WriteRequest(0)));
        Assert.True(asking.IsWaitingForMetadata);

        Pass(TimeSpan.FromMinutes(3));

        Assert.NotEmpty(_set.Closed);
        Assert.False(asking.IsClosed);
    }

    [Fact]
    public void A_fault_in_the_owner_when_a_peer_joins_ends_only_that_peer()
    {
        _owner.Fault = new InvalidOperationException("A mistake.");
        Assert.True(Attach(1).IsDisposed);
        Assert.Empty(_set.Connected);
        Assert.Equal(0, _engine.Peers);

        _owner.Fault = null;
        Assert.False(Attach(2).IsDisposed);
    }

    [Fact]
    public void GiveTo_reports_connected_peers_and_later_arrivals_and_departures()
    {
        Attach(1);
        var next = new Owner();
        Assert.Equal(_owner.Joined, _set.GiveTo(next));
        Attach(2);
        foreach (PeerConnection peer in _set.Connected)
            peer.Close("It goes.");

        Assert.Single(_owner.Joined);
        Assert.Empty(_owner.Left);
        Assert.Equal(Address(2), Assert.Single(next.Joined).RemoteEndPoint);
        Assert.Equal(2, next.Left.Count);
    }

    private static IPEndPoint Address(byte id) => new(new IPAddress([10, 0, 1, id]), 6881);

    private static PeerId Id(byte first)
    {
        Span<byte> bytes = stackalloc byte[PeerId.Length];
        bytes.Clear();
        bytes[0] = first;
        return new PeerId(bytes);
    }

    /// <summary>Takes all places but a few; other addresses always wait to be dialled.</summary>
    /// <returns>A peer that supports the metadata extension.</returns>
    private PeerConnection FillAndAsk(MetadataServer server)
    {
        _set.Extensions.Set(server);
        Attach(1, isExtended: true);
        PeerConnection asking = Assert.Single(_set.Connected);
        var hello = new ExtensionHandshake { Extensions = new Dictionary<string, byte> { [MetadataMessage.Extension] = 7 } };
        Assert.Null(asking.Extensions.Handle(0, hello.ToBytes()));
        for (byte id = 2; id <= Room - 1; id++)
            Attach(id);
        for (byte id = 200; id < 250; id++)
        {
            _network.Listen(Address(id));
            _set.Directory.Add(Address(id), PeerSource.Manual);
        }

        return asking;
    }

    private void Pass(TimeSpan time)
    {
        for (TimeSpan passed = TimeSpan.Zero; passed < time; passed += TimeSpan.FromSeconds(1))
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            _set.TurnOver();
            // Other idle peers take the places of those that have left.
            for (byte id = 20; id < 100 && _set.Connected.Count < Room; id++)
                Attach(id);
        }
    }

    private IdleConnection Attach(byte id, IPEndPoint? address = null, bool isIncoming = true, bool isExtended = false)
    {
        var connection = new IdleConnection(address ?? Address(id));
        _set.Attach(connection, new Handshake(default, Id(id), SupportsFast: true, SupportsExtensions: isExtended, SupportsDht: false), isIncoming);
        return connection;
    }

    private sealed class Owner : IPeerSetOwner
    {
        public List<PeerConnection> Joined { get; } = [];

        public List<PeerConnection> Left { get; } = [];

        public Exception? Fault { get; set; }

        public void PeerJoined(PeerConnection peer)
        {
            if (Fault is not null)
                throw Fault;
            Joined.Add(peer);
        }

        public void PeerLeft(PeerConnection peer) => Left.Add(peer);
    }
}

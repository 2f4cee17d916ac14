using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Network;
using TorrentPatron.Protocol.Wire;
using TorrentPatron.Simulation.Peers;
using TorrentPatron.Simulation.Simulator;

namespace TorrentPatron.Simulation.Scenarios;

/// <summary>Peers that neither upload nor download: their messages wait a moment, and are processed nevertheless.</summary>
public sealed class IdlePeerScenarios
{
    private const int Piece = 32 * 1024;

    private static readonly TimeSpan Idle = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Choice = TimeSpan.FromSeconds(35); // unchoking is decided every 10 s, the optimistic slot every 30 s

    [Theory]
    [InlineData(PeerTransport.Tcp)]
    [InlineData(PeerTransport.Utp)]
    public Task A_long_idle_peer_that_becomes_interested_gets_its_blocks(PeerTransport transport) => World.RunAsync(seed: 1, async world =>
    {
        (Node node, SwarmTorrent torrent, FakePeer peer) = await BeIdleAsync(world, transport);
        await using Node _ = node;
        using FakePeer __ = peer;
        peer.Send(MessageId.Interested);
        await world.UntilAsync(() => peer.Count(MessageId.Unchoke) > 0, Choice, "it is unchoked");
        TimeSpan asked = world.Elapsed;
        peer.SendRange(MessageId.Request, new BlockRequest(0, 0, 16 * 1024));
        await world.UntilAsync(() => peer.Count(MessageId.Piece) > 0, TimeSpan.FromSeconds(5), "it gets a block");
        Assert.InRange(world.Elapsed - asked, TimeSpan.Zero, TimeSpan.FromSeconds(2.5));
    });

    [Theory]
    [InlineData(PeerTransport.Tcp)]
    [InlineData(PeerTransport.Utp)]
    public Task All_messages_of_an_idle_peer_are_eventually_processed(PeerTransport transport) => World.RunAsync(seed: 2, async world =>
    {
        (Node node, SwarmTorrent torrent, FakePeer peer) = await BeIdleAsync(world, transport);
        await using Node _ = node;
        using FakePeer __ = peer;
        for (int piece = 0; piece < torrent.Metainfo.PieceCount; piece++)
        {
            peer.SendIndex(MessageId.Have, piece);
            await world.PassAsync(TimeSpan.FromMilliseconds(100));
        }

        await world.UntilAsync(() => peer.IsClosed, TimeSpan.FromSeconds(6), "it is complete like us and is disconnected");
    });

    [Fact]
    public Task Messages_of_an_idle_uTP_peer_keep_no_packet_buffers() => World.RunAsync(seed: 5, async world =>
    {
        (Node node, SwarmTorrent _, FakePeer peer) = await BeIdleAsync(world, PeerTransport.Utp);
        await using Node __ = node;
        using FakePeer ___ = peer;
        for (int i = 0; i < 20; i++)
        {
            peer.SendIndex(MessageId.Have, 0);
            await world.PassAsync(TimeSpan.FromMilliseconds(500));
            Assert.Equal(0, node.Client.Resources.Utp.Packets.Rented);
        }
    });

    [Theory]
    [InlineData(PeerTransport.Tcp)]
    [InlineData(PeerTransport.Utp)]
    public Task An_idle_peer_that_leaves_is_soon_noticed(PeerTransport transport) => World.RunAsync(seed: 3, async world =>
    {
        (Node node, SwarmTorrent torrent, FakePeer peer) = await BeIdleAsync(world, transport);
        await using Node _ = node;
        peer.SendIndex(MessageId.Have, 0);
        await world.PassAsync(TimeSpan.FromMilliseconds(50));
        peer.Dispose();
        await world.UntilAsync(() => node.Status(torrent).ConnectedPeers == 0, TimeSpan.FromSeconds(6), "the missing file is noticed");
    });

    [Theory]
    [InlineData(PeerTransport.Tcp)]
    [InlineData(PeerTransport.Utp)]
    public Task An_engine_whose_peers_are_idle_stops_at_once(PeerTransport transport) => World.RunAsync(seed: 4, async world =>
    {
        (Node node, SwarmTorrent _, FakePeer peer) = await BeIdleAsync(world, transport);
        using FakePeer __ = peer;
        peer.SendIndex(MessageId.Have, 0);
        await world.PassAsync(TimeSpan.FromMilliseconds(50));
        TimeSpan asked = world.Elapsed;
        await node.DisposeAsync();
        Assert.InRange(world.Elapsed - asked, TimeSpan.Zero, TimeSpan.FromSeconds(1));
        await world.UntilAsync(() => peer.IsClosed, TimeSpan.FromSeconds(1), "the peer is disconnected");
    });

    /// <summary>A seed and a peer that has only announced a piece for a long time.</summary>
    private static async Task<(Node Node, SwarmTorrent Torrent, FakePeer Peer)> BeIdleAsync(World world, PeerTransport transport)
    {
        var torrent = new SwarmTorrent(1, Piece, 8 * Piece);
        var node = new Node(world, 1);
        await node.SeedAsync(torrent);
        FakePeer peer = transport == PeerTransport.Tcp
            ? await FakePeer.ConnectAsync(world, node, torrent)
            : await ConnectByUtpAsync(world, node, torrent);
        await world.PassAsync(Idle / 2);
        peer.SendIndex(MessageId.Have, 0);
        await world.PassAsync(Idle / 2);
        return (node, torrent, peer);
    }

    private static async Task<FakePeer> ConnectByUtpAsync(World world, Node node, SwarmTorrent torrent)
    {
        SimulatedHost host = world.Network.Join();
        var port = new SharedDatagramPort(world.Time);
        var utp = new UtpTransport(port, world.Time, new Random(1));
        port.Attach(utp);
        port.Open(host, static _ => 0);
        Task<IConnection> dial = utp.ConnectAsync(node.EndPoint, CancellationToken.None);
        var peer = new FakePeer(world, await world.UntilAsync(dial, TimeSpan.FromMinutes(1), "a fake peer is connected"));
        peer.Shake(torrent.Metainfo.InfoHash, id: 1);
        await world.UntilAsync(() => peer.Handshake is not null, TimeSpan.FromMinutes(1), "the handshake is done");
        return peer;
    }
}

using System.Net;
using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Network;
using TorrentPatron.Protocol.Encryption;
using TorrentPatron.Simulation.Peers;
using TorrentPatron.Simulation.Simulator;

namespace TorrentPatron.Simulation.Scenarios;

/// <summary>Swarms that use uTP.</summary>
public sealed class UtpScenarios
{
    private const int Piece = 32 * 1024;

    [Theory]
    [InlineData(0)]
    [InlineData(0.01)]
    [InlineData(0.05)]
    public Task A_swarm_completes_by_uTP_alone_over_a_network_that_loses_packets(double loss) =>
        World.RunAsync(seed: 1, async world =>
        {
            world.Network.Loss = loss;
            var torrent = new SwarmTorrent(1, Piece, 40 * Piece);
            await using Node seed = Make(world, 1, TransportPolicy.Utp);
            await seed.SeedAsync(torrent);
            var leechers = new List<Node>();
            for (int i = 0; i < 4; i++)
            {
                leechers.Add(Make(world, 2 + i, TransportPolicy.Utp));
                await leechers[i].StartAsync(torrent, [seed.EndPoint, .. leechers.Take(i).Select(other => other.EndPoint)]);
            }

            await world.UntilAsync(() => leechers.All(leech => leech.Has(torrent)), TimeSpan.FromMinutes(30), "all are complete");
            Assert.All(seed.Client.GetPeers(torrent.Metainfo.TorrentId), peer => Assert.Equal(PeerTransport.Utp, peer.Transport));
            foreach (Node leech in leechers)
            {
                torrent.AssertIsIn(leech.Folder);
                await leech.DisposeAsync();
            }
        });

    [Theory]
    [InlineData(TransportPolicy.Any, TransportPolicy.Any, PeerTransport.Tcp)]
    [InlineData(TransportPolicy.Any, TransportPolicy.Tcp, PeerTransport.Tcp)]
    [InlineData(TransportPolicy.Tcp, TransportPolicy.Any, PeerTransport.Tcp)]
    [InlineData(TransportPolicy.Utp, TransportPolicy.Any, PeerTransport.Utp)]
    public Task A_peer_in_the_local_network_is_reached_by_a_common_protocol(TransportPolicy dialler, TransportPolicy listener, PeerTransport agreed) =>
        World.RunAsync(seed: 1, async world =>
        {
            await using Node seed = Make(world, 1, listener), leech = Make(world, 2, dialler);
            await leech.AssertDownloadsAsync(new SwarmTorrent(1, Piece, 8 * Piece), seed, peer => Assert.Equal(agreed, peer.Transport));
        });

    [Fact]
    public Task An_internet_peer_with_TCP_alone_is_reached_although_uTP_is_tried_first() =>
        World.RunAsync(seed: 6, async world =>
        {
            var torrent = new SwarmTorrent(1, Piece, 8 * Piece);
            await using var seed = new Node(
                world, 1, world.Network.Join(new IPAddress([81, 2, 69, 1])), settings: settings => settings with { Transport = TransportPolicy.Tcp });
            await seed.SeedAsync(torrent);
            await using var leech = new Node(world, 2, world.Network.Join(new IPAddress([81, 2, 69, 2])));
            await leech.StartAsync(torrent, seed.EndPoint);
            await world.UntilAsync(() => leech.Has(torrent), TimeSpan.FromMinutes(1), "it is complete");
        });

    [Theory]
    [InlineData("81.2.69.1", PeerTransport.Tcp)]
    [InlineData("10.0.0.1", PeerTransport.Utp)]
    public Task A_peer_that_closes_connections_of_one_protocol_is_reached_by_the_other_which_is_remembered(string address, PeerTransport spoken) =>
        World.RunAsync(seed: 8, async world =>
        {
            var torrent = new SwarmTorrent(1, Piece, 8 * Piece);
            SimulatedHost host = world.Network.Join(IPAddress.Parse(address));
            int refused = 0;
            FakePeer? met = null;
            IListener listener = host.Listen(new IPEndPoint(host.Address, 0));
            await using var port = new SharedDatagramPort(world.Time);
            using var utp = new UtpTransport(port, world.Time, new Random(1)) { Accepted = connection => Take(connection, PeerTransport.Utp) };
            port.Attach(utp);
            port.Open(host, _ => (ushort)listener.LocalEndPoint.Port);
            _ = AcceptAsync();
            await using var leech = new Node(world, 2, world.Network.Join(IPAddress.Parse(address.Replace(".1", ".2", StringComparison.Ordinal))));
            await leech.StartAsync(torrent, listener.LocalEndPoint);
            await world.UntilAsync(() => leech.Client.GetPeers(torrent.Metainfo.TorrentId).Count == 1, TimeSpan.FromMinutes(1), "it is reached");
            Assert.Equal(spoken, Assert.Single(leech.Client.GetPeers(torrent.Metainfo.TorrentId)).Transport);
            int before = refused;
            Assert.NotEqual(0, before);

            FakePeer first = met!;
            first.Dispose();
            await world.UntilAsync(() => met != first && met!.Handshake is not null, TimeSpan.FromMinutes(5), "it is reached again");
            Assert.Equal(before, refused);

            async Task AcceptAsync()
            {
                while (true)
                    Take(await listener.AcceptAsync(CancellationToken.None), PeerTransport.Tcp);
            }

            void Take(IConnection connection, PeerTransport transport)
            {
                if (transport != spoken)
                {
                    refused++;
                    connection.Dispose();
                    return;
                }

                met = new FakePeer(world, connection);
                met.Shake(torrent.Metainfo.InfoHash, id: 1);
            }
        });

    [Fact]
    public Task An_encrypted_download_runs_over_uTP() =>
        World.RunAsync(seed: 3, async world =>
        {
            world.Network.Loss = 0.02;
            var torrent = new SwarmTorrent(1, Piece, 20 * Piece);
            await using Node seed = Make(world, 1, TransportPolicy.Utp, EncryptionPolicy.Require);
            await seed.SeedAsync(torrent);
            await using Node leech = Make(world, 2, TransportPolicy.Utp, EncryptionPolicy.Require);
            await leech.StartAsync(torrent, seed.EndPoint);
            await world.UntilAsync(() => leech.Has(torrent), TimeSpan.FromMinutes(10), "it is complete");
            PeerSnapshot peer = Assert.Single(seed.Client.GetPeers(torrent.Metainfo.TorrentId));
            Assert.Equal((PeerTransport.Utp, EncryptionMethods.Rc4), (peer.Transport, peer.Encryption));
        });

    [Theory]
    [InlineData(TransportPolicy.Utp, TransportPolicy.Tcp)]
    [InlineData(TransportPolicy.Tcp, TransportPolicy.Utp)]
    public Task Peers_without_a_common_protocol_do_not_connect(TransportPolicy dialler, TransportPolicy listener) =>
        World.RunAsync(seed: 2, async world =>
        {
            var torrent = new SwarmTorrent(2, Piece, 8 * Piece);
            await using Node seed = Make(world, 1, listener);
            await seed.SeedAsync(torrent);
            await using Node leech = Make(world, 2, dialler);
            await leech.StartAsync(torrent, seed.EndPoint);
            await world.PassAsync(TimeSpan.FromMinutes(5));
            Assert.Empty(leech.Client.GetPeers(torrent.Metainfo.TorrentId));
            Assert.Equal(0, leech.Status(torrent).CompletedSize);
        });

    [Fact]
    public Task A_changed_port_is_reached_by_uTP() =>
        World.RunAsync(seed: 5, async world =>
        {
            var torrent = new SwarmTorrent(1, Piece, 8 * Piece);
            await using Node seed = Make(world, 1, TransportPolicy.Utp);
            await seed.SeedAsync(torrent);
            Assert.Empty(await world.UntilAsync(
                seed.Client.ApplyAsync(seed.Client.Settings with { ListenPort = 7_777 }), TimeSpan.FromMinutes(1), "the port is changed"));
            Assert.Equal(7_777, seed.EndPoint.Port);
            await using Node leech = Make(world, 2, TransportPolicy.Utp);
            await leech.StartAsync(torrent, seed.EndPoint);
            await world.UntilAsync(() => leech.Has(torrent), TimeSpan.FromMinutes(1), "it is complete");
        });

    [Fact]
    public Task An_upload_limit_applies_to_uTP_and_counts_its_headers() =>
        World.RunAsync(seed: 4, async world =>
        {
            var torrent = new SwarmTorrent(1, Piece, 60 * Piece);
            await using var seed = new Node(
                world, 1, settings: settings => settings with { Transport = TransportPolicy.Utp, Limits = new RateLimits(0, 100_000), LimitLocalPeers = true });
            await seed.SeedAsync(torrent);
            await using Node leech = Make(world, 2, TransportPolicy.Utp);
            await leech.StartAsync(torrent, seed.EndPoint);
            TimeSpan began = world.Elapsed;
            await world.UntilAsync(() => leech.Has(torrent), TimeSpan.FromMinutes(5), "it is complete");
            Assert.InRange(torrent.Metainfo.TotalSize / (world.Elapsed - began).TotalSeconds, 70_000, 105_000);
        });

    private static Node Make(World world, int seed, TransportPolicy transport, EncryptionPolicy encryption = EncryptionPolicy.Prefer) =>
        new(world, seed, settings: settings => settings with { Transport = transport, Encryption = encryption });
}

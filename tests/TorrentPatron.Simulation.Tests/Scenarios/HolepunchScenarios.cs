using System.Net;
using TorrentPatron.Engine.Client;
using TorrentPatron.Simulation.Peers;
using TorrentPatron.Simulation.Simulator;

namespace TorrentPatron.Simulation.Scenarios;

/// <summary>Peers behind routers that accept no connections, and one that both can reach.</summary>
public sealed class HolepunchScenarios
{
    private const int Piece = 32 * 1024;

    [Theory]
    [InlineData(TransportPolicy.Any, TransportPolicy.Any, true)]
    [InlineData(TransportPolicy.Utp, TransportPolicy.Any, true)]
    [InlineData(TransportPolicy.Utp, TransportPolicy.Utp, true)]
    [InlineData(TransportPolicy.Tcp, TransportPolicy.Any, false)]
    public Task Two_peers_behind_routers_connect_with_the_help_of_a_third_if_both_support_uTP(TransportPolicy one, TransportPolicy other, bool meet) =>
        World.RunAsync(seed: 1, async world =>
        {
            var torrent = new SwarmTorrent(1, Piece, 200 * Piece);
            await using Node relay = Make(world, 1, TransportPolicy.Any, isBehindRouter: false);
            await relay.StartAsync(torrent);
            await using Node seed = Make(world, 2, other, isBehindRouter: true);
            await seed.SeedAsync(torrent, relay.EndPoint);
            await using Node leech = Make(world, 3, one, isBehindRouter: true);
            await leech.StartAsync(torrent, relay.EndPoint);

            PeerSnapshot? Direct() => leech.Client.GetPeers(torrent.Metainfo.TorrentId).FirstOrDefault(peer => peer.EndPoint.Address.Equals(seed.Host.Address));
            if (!meet)
            {
                await world.PassAsync(TimeSpan.FromMinutes(10));
                Assert.Null(Direct());
                return;
            }

            await world.UntilAsync(() => Direct() is not null, TimeSpan.FromMinutes(10), "they are connected");
            Assert.Equal(PeerTransport.Utp, Direct()!.Transport);
            await world.UntilAsync(() => Direct() is { BytesReceived: > 0 }, TimeSpan.FromMinutes(5), "it gives");
        });

    private static Node Make(World world, int number, TransportPolicy transport, bool isBehindRouter)
    {
        SimulatedHost host = world.Network.Join(new IPAddress([45, 1, (byte)number, 1]));
        host.IsBehindRouter = isBehindRouter;
        return new Node(world, number, host, settings: settings => settings with { Transport = transport, Limits = new RateLimits(0, 5_000) });
    }
}

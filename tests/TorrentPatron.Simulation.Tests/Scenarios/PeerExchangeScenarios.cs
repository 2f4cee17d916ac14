using TorrentPatron.Engine.Client;
using TorrentPatron.Simulation.Peers;
using TorrentPatron.Simulation.Simulator;

namespace TorrentPatron.Simulation.Scenarios;

/// <summary>Swarms without a tracker, in which each peer knows only one other at first.</summary>
public sealed class PeerExchangeScenarios
{
    private const int Piece = 32 * 1024;
    private const int Leechers = 6;

    [Fact]
    public Task Peers_that_each_know_one_other_peer_find_all_peers() => World.RunAsync(seed: 21, async world =>
    {
        var torrent = new SwarmTorrent(21, Piece, 256 * Piece);
        Node[] nodes = await ChainAsync(world, torrent);

        // Slow enough that no peer completes before all have connected.
        await world.UntilAsync(
            () => nodes.All(node => node.Status(torrent).ConnectedPeers == Leechers), TimeSpan.FromMinutes(5), "all peers are connected to each other");
        Assert.Contains(nodes[^1].Client.GetPeers(torrent.Metainfo.TorrentId), peer => peer.Source == PeerSource.PeerExchange || peer.IsIncoming);
        await world.UntilAsync(() => nodes.All(node => node.Has(torrent)), TimeSpan.FromMinutes(60), "all are complete");
        foreach (Node node in nodes)
        {
            torrent.AssertIsIn(node.Folder);
            await node.DisposeAsync();
        }
    });

    [Fact]
    public Task Peers_of_a_private_torrent_are_never_exchanged() => World.RunAsync(seed: 22, async world =>
    {
        var torrent = new SwarmTorrent(22, Piece, isPrivate: true, 256 * Piece);
        Node[] nodes = await ChainAsync(world, torrent);
        for (int minute = 0; minute < 5; minute++)
        {
            await world.PassAsync(TimeSpan.FromMinutes(1));
            Assert.All(nodes, node => Assert.InRange(node.Status(torrent).ConnectedPeers, 0, 2));
        }

        foreach (Node node in nodes)
            await node.DisposeAsync();
    });

    /// <summary>A seed and leechers, each of which knows the node before it.</summary>
    private static async Task<Node[]> ChainAsync(World world, SwarmTorrent torrent)
    {
        var nodes = new Node[1 + Leechers];
        nodes[0] = new Node(world, seed: 1, world.Network.Join(up: 20_000));
        await nodes[0].SeedAsync(torrent);
        for (int i = 1; i < nodes.Length; i++)
        {
            nodes[i] = new Node(world, seed: 1 + i, world.Network.Join(up: 20_000));
            await nodes[i].StartAsync(torrent, nodes[i - 1].EndPoint);
        }

        return nodes;
    }
}

using System.Net;
using TorrentPatron.Engine.Network;
using TorrentPatron.Protocol;
using TorrentPatron.Protocol.Wire;
using TorrentPatron.Simulation.Simulator;

namespace TorrentPatron.Simulation.Peers;

/// <summary>Hostile peers, each with one of the known attacks on several nodes at once; they return when they are disconnected.</summary>
internal sealed class HostileCrowd
{
    /// <summary>Time after which a disconnected peer returns.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(2);

    private readonly World _world;
    private readonly SwarmTorrent _torrent;
    private readonly IReadOnlyList<Node> _nodes;
    private int _lastId = 1_000_000;

    /// <summary>Begins the attack.</summary>
    /// <param name="world">The world.</param>
    /// <param name="torrent">The torrent.</param>
    /// <param name="nodes">The attacked nodes.</param>
    /// <param name="hosts">Number of attacking hosts, equally many for each attack.</param>
    /// <param name="targets">Number of nodes that each host attacks.</param>
    public HostileCrowd(World world, SwarmTorrent torrent, IReadOnlyList<Node> nodes, int hosts, int targets)
    {
        (_world, _torrent, _nodes) = (world, torrent, nodes);
        Func<SimulatedHost, Node, Task>[] ways = [StaySilentAsync, TakeOneBlockAsync, CopyPeerIdAsync, ToggleInterestAsync, OfferAndKeepAsync, PoisonAsync, AnnounceEverythingAndChokeAsync];
        for (int i = 0; i < hosts; i++)
        {
            SimulatedHost host = world.Network.Join(up: 100_000);
            for (int target = 0; target < targets; target++)
                _ = AttackAsync(ways[i % ways.Length], host, nodes[(i + target * 7) % nodes.Count]);
        }
    }

    /// <summary>Whether it continues.</summary>
    public bool IsOver { get; set; }

    /// <summary>Number of connections made.</summary>
    public int Dialled { get; private set; }

    private async Task AttackAsync(Func<SimulatedHost, Node, Task> way, SimulatedHost host, Node node)
    {
        while (!IsOver)
        {
            try
            {
                Dialled++;
                await way(host, node);
            }
            catch (IOException)
            {
                // It was disconnected before it could do anything.
            }

            await Task.Delay(Pause, _world.Time);
        }
    }

    private async Task StaySilentAsync(SimulatedHost host, Node node)
    {
        using FakePeer peer = await DialAsync(host, node);
        await EndAsync(peer);
    }

    private async Task TakeOneBlockAsync(SimulatedHost host, Node node)
    {
        using FakePeer peer = await ConnectAsync(host, node, ++_lastId);
        peer.Send(MessageId.Interested);
        while (!peer.IsClosed && peer.Count(MessageId.Unchoke) == 0)
            await Task.Delay(Pause, _world.Time);
        peer.SendRange(MessageId.Request, new BlockRequest(0, 0, 1));
        peer.Send(MessageId.NotInterested);
        await EndAsync(peer);
    }

    private async Task CopyPeerIdAsync(SimulatedHost host, Node node)
    {
        using FakePeer peer = await DialAsync(host, node);
        var bytes = new byte[Handshake.Length];
        PeerId id = _nodes[_world.Random.Next(_nodes.Count)].Client.Resources.PeerId;
        new Handshake(_torrent.Metainfo.InfoHash, id, SupportsFast: true, SupportsExtensions: false, SupportsDht: false).Write(bytes);
        peer.SendBytes(bytes);
        await EndAsync(peer);
    }

    private async Task ToggleInterestAsync(SimulatedHost host, Node node)
    {
        using FakePeer peer = await ConnectAsync(host, node, ++_lastId);
        while (!peer.IsClosed)
        {
            peer.Send(MessageId.Interested);
            await Task.Delay(Pause, _world.Time);
            peer.Send(MessageId.NotInterested);
        }
    }

    private async Task OfferAndKeepAsync(SimulatedHost host, Node node)
    {
        using FakePeer peer = await ConnectAsync(host, node, ++_lastId);
        peer.Offer();
        await EndAsync(peer);
    }

    private async Task PoisonAsync(SimulatedHost host, Node node)
    {
        using FakePeer peer = await ConnectAsync(host, node, ++_lastId);
        peer.Serve(_torrent, _ => true);
        await EndAsync(peer);
    }

    private async Task AnnounceEverythingAndChokeAsync(SimulatedHost host, Node node)
    {
        using FakePeer peer = await ConnectAsync(host, node, ++_lastId);
        peer.Send(MessageId.HaveAll);
        await EndAsync(peer);
    }

    private async Task<FakePeer> DialAsync(SimulatedHost host, Node node) =>
        new(_world, await host.ConnectAsync(node.EndPoint, NetworkUse.Peers, CancellationToken.None));

    private async Task<FakePeer> ConnectAsync(SimulatedHost host, Node node, int id)
    {
        FakePeer peer = await DialAsync(host, node);
        peer.Shake(_torrent.Metainfo.InfoHash, id);
        return peer;
    }

    /// <summary>Keeps a connection alive until the other side closes it.</summary>
    private async Task EndAsync(FakePeer peer)
    {
        while (!peer.IsClosed && !IsOver)
        {
            if (peer.Handshake is not null)
                peer.SendBytes(0, 0, 0, 0);
            await Task.Delay(TimeSpan.FromSeconds(10), _world.Time);
        }
    }
}

using System.Net;
using TorrentPatron.Engine.Client;
using TorrentPatron.Interop.Tests.Peers;
using TorrentPatron.Interop.Tests.Tools;
using TorrentPatron.Interop.Tests.Torrents;
using TorrentPatron.Protocol;

namespace TorrentPatron.Interop.Tests;

/// <summary>
/// Holepunching (BEP 55) with libtorrent: two peers behind routers with NAT that accept no connections, and one reachable peer as the relay.
/// No peer completes the torrent, so that all stay connected.
/// </summary>
public sealed class HolepunchTests
{
    private const string Open = "203.0.113.1", RouterA = "203.0.113.2", RouterB = "203.0.113.3";

    /// <summary>Creates the namespaces net (public), a and b (each behind a router), and runs its arguments in the one named by <c>where</c>.</summary>
    private const string Build =
        """
        command -v nft > /dev/null && mount -t tmpfs none /run && mkdir /run/netns || exit 77
        for n in net ra rb a b; do ip netns add $n && ip -n $n link set lo up || exit 77; done
        ip -n net link add br0 type bridge && ip -n net link set br0 up && ip -n net addr add 203.0.113.1/24 dev br0 || exit 77
        i=2
        for s in a b; do
            ip -n r$s link add ext type veth peer name v$s netns net && ip -n net link set v$s master br0 up || exit 77
            ip -n r$s addr add 203.0.113.$i/24 dev ext && ip -n r$s link set ext up || exit 77
            ip -n r$s link add int type veth peer name eth0 netns $s && ip -n r$s addr add 10.$i.0.1/24 dev int && ip -n r$s link set int up || exit 77
            ip -n $s addr add 10.$i.0.2/24 dev eth0 && ip -n $s link set eth0 up && ip -n $s route add default via 10.$i.0.1 || exit 77
            ip netns exec r$s sh -c 'echo 1 > /proc/sys/net/ipv4/ip_forward' || exit 77
            ip netns exec r$s nft -f - <<'RULES' || exit 77
        table ip t {
            chain post { type nat hook postrouting priority 100; oifname "ext" masquerade; }
            chain input { type filter hook input priority 0; iifname "ext" drop; }
            chain forward { type filter hook forward priority 0; iifname "ext" ct state new drop; }
        }
        RULES
            i=$((i+1))
        done
        exec ip netns exec $where "$@"
        """;

    [Fact]
    public Task We_reach_a_peer_behind_a_router_with_libtorrent_as_the_relay() => IsolatedNetwork.RunAsync(
        async () =>
        {
            await using TestSwarm swarm = await CreateSwarmAsync();
            var relayAt = new IPEndPoint(IPAddress.Parse(Open), 6881);
            await using ToolProcess relay = Libtorrent("net", swarm.Torrent, swarm.Workspace["relay"], relayAt);
            await UntilAsync(() => relay.Lines.Count > 0, "the relay is listening", relay);
            await using ToolProcess seed = Libtorrent("b", swarm.Torrent, swarm.SeedFolder, new IPEndPoint(IPAddress.Parse("10.3.0.2"), 6882), relayAt);
            await UntilAsync(() => relay.Said($"peer {RouterB}"), "the seed is connected to the relay", seed);
            await using var we = new OurPeer(swarm.Workspace, IPAddress.Parse("10.2.0.2"));
            TorrentId torrent = await we.StartAsync(swarm.Torrent, swarm.DownloadFolder, relayAt);

            PeerSnapshot? direct = null;
            await UntilAsync(
                () => (direct = we.PeersOf(torrent).FirstOrDefault(peer => peer.EndPoint.Address.Equals(IPAddress.Parse(RouterB)))) is not null,
                "we are connected to the seed", relay);
            Assert.Equal(PeerTransport.Utp, direct!.Transport);
        },
        "where=a\n" + Build);

    [Fact]
    public Task Two_libtorrent_peers_behind_routers_connect_with_our_help() => IsolatedNetwork.RunAsync(
        async () =>
        {
            await using TestSwarm swarm = await CreateSwarmAsync();
            await using var we = new OurPeer(swarm.Workspace, IPAddress.Parse(Open));
            TorrentId torrent = await we.StartAsync(swarm.Torrent, swarm.DownloadFolder);
            await using ToolProcess seed = Libtorrent("b", swarm.Torrent, swarm.SeedFolder, new IPEndPoint(IPAddress.Parse("10.3.0.2"), 6882), we.EndPoint);
            await UntilAsync(() => we.PeersOf(torrent).Count == 1, "the seed is connected to us", seed);
            await using ToolProcess leech = Libtorrent(
                "a", swarm.Torrent, swarm.Workspace["leech"], new IPEndPoint(IPAddress.Parse("10.2.0.2"), 6883), we.EndPoint);

            await UntilAsync(() => leech.Said($"peer {RouterB}") && seed.Said($"peer {RouterA}"), "they are connected to each other", leech);
        },
        "where=net\n" + Build);

    private static Task<TestSwarm> CreateSwarmAsync() => TestSwarm.MakeAsync(TorrentTool.Ours, PeerDiscovery.DirectPeer, below =>
    {
        byte[] bytes = new byte[16_000_000];
        new Random(1).NextBytes(bytes);
        string path = Path.Combine(below, "data.bin");
        File.WriteAllBytes(path, bytes);
        return path;
    });

    private static ToolProcess Libtorrent(string where, string torrent, string folder, IPEndPoint endPoint, params IPEndPoint[] peers) => ToolProcess.Start(
        Tool.Require("ip"),
        ["netns", "exec", where, Tool.RequireLibtorrent(), Tool.Script("libtorrent_peer.py"), "--utp", "--pex", "--show-peers", "--upload-limit", "20000",
            torrent, folder, endPoint.ToString(), .. peers.Select(peer => peer.ToString())]);

    private static Task UntilAsync(Func<bool> condition, string what, ToolProcess process) =>
        Patience.UntilAsync(_ => Task.FromResult(condition()), what, process.Tell, Patience.OfDht);
}

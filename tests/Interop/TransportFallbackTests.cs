using System.Net;
using TorrentPatron.Engine.Client;
using TorrentPatron.Interop.Tests.Peers;
using TorrentPatron.Interop.Tests.Tools;
using TorrentPatron.Interop.Tests.Torrents;
using TorrentPatron.Protocol;

namespace TorrentPatron.Interop.Tests;

/// <summary>
/// Peers at internet addresses in a separate network, where both sides try uTP first: if one side does not accept a protocol, the other
/// falls back.
/// </summary>
public sealed class TransportFallbackTests
{
    private static readonly IPEndPoint Theirs = new(IPAddress.Parse("81.2.69.1"), 6881);
    private static readonly IPAddress Ours = IPAddress.Parse("81.2.69.2");

    private const string Build =
        """
        ip link set lo up && ip address add 81.2.69.1/24 dev lo && ip address add 81.2.69.2/24 dev lo || exit 77
        exec "$@"
        """;

    [Fact]
    public Task Libtorrent_with_TCP_only_is_reached_although_uTP_is_tried_first() => IsolatedNetwork.RunAsync(() => DownloadAsync([], PeerTransport.Tcp), Build);

    [Fact]
    public Task Libtorrent_with_uTP_only_is_reached() => IsolatedNetwork.RunAsync(() => DownloadAsync(["--utp"], PeerTransport.Utp), Build);

    [Fact]
    public Task Libtorrent_with_both_protocols_is_reached_by_uTP() => IsolatedNetwork.RunAsync(() => DownloadAsync(["--mixed"], PeerTransport.Utp), Build);

    [Fact]
    public Task Libtorrent_reaches_us_if_we_accept_TCP_only() => IsolatedNetwork.RunAsync(() => UploadAsync(TransportPolicy.Tcp, PeerTransport.Tcp), Build);

    [Fact]
    public Task Libtorrent_reaches_us_by_uTP_if_we_accept_both_protocols() => IsolatedNetwork.RunAsync(() => UploadAsync(TransportPolicy.Any, PeerTransport.Utp), Build);

    private static async Task DownloadAsync(string[] options, PeerTransport expected)
    {
        await using TestSwarm swarm = await CreateSwarmAsync();
        await using ToolProcess seed = Libtorrent(options, swarm.Torrent, swarm.SeedFolder);
        await Patience.UntilAsync(_ => Task.FromResult(seed.Said("seeding")), "libtorrent seeds", seed.Tell);
        await using var we = new OurPeer(swarm.Workspace, Ours);
        TorrentId torrent = await we.StartAsync(swarm.Torrent, swarm.DownloadFolder, Theirs);
        PeerTransport? seen = null;
        await Patience.UntilAsync(_ => Task.FromResult((seen = we.PeersOf(torrent) is [var peer, ..] ? peer.Transport : null) is not null), "we are connected", seed.Tell);

        Assert.Equal(expected, seen);
    }

    private static async Task UploadAsync(TransportPolicy policy, PeerTransport expected)
    {
        await using TestSwarm swarm = await CreateSwarmAsync();
        await using var we = new OurPeer(swarm.Workspace, Ours, transport: policy);
        TorrentId torrent = await we.StartAsync(swarm.Torrent, swarm.SeedFolder);
        await we.WaitUntilSeedingAsync(torrent);
        await using ToolProcess leech = Libtorrent(["--mixed"], swarm.Torrent, swarm.DownloadFolder, we.EndPoint);
        PeerTransport? seen = null;
        await Patience.UntilAsync(_ => Task.FromResult((seen = we.PeersOf(torrent) is [var peer, ..] ? peer.Transport : null) is not null), "it is connected", leech.Tell);

        Assert.Equal(expected, seen);
    }

    /// <summary>Large enough for the test to see the peers before they complete: libtorrent reports them slowly.</summary>
    private static Task<TestSwarm> CreateSwarmAsync() => TestSwarm.MakeAsync(TorrentTool.Ours, PeerDiscovery.DirectPeer, below =>
    {
        byte[] bytes = new byte[4_000_000];
        new Random(1).NextBytes(bytes);
        string path = Path.Combine(below, "data.bin");
        File.WriteAllBytes(path, bytes);
        return path;
    });

    private static ToolProcess Libtorrent(string[] options, string torrent, string folder, params IPEndPoint[] peers) => ToolProcess.Start(
        Tool.RequireLibtorrent(),
        [
            Tool.Script("libtorrent_peer.py"), .. options, "--upload-limit", "200000", "--download-limit", "200000", torrent, folder, Theirs.ToString(),
            .. peers.Select(peer => peer.ToString()),
        ]);
}

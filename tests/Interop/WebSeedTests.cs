using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Storage;
using TorrentPatron.Interop.Tests.Peers;
using TorrentPatron.Interop.Tests.Tools;
using TorrentPatron.Interop.Tests.Torrents;
using TorrentPatron.Protocol;
using TorrentPatron.Protocol.Metainfo;
using TorrentPatron.Service.Requests;

namespace TorrentPatron.Interop.Tests;

/// <summary>Web servers as our web seeds (BEP 19), and other clients with the web seeds of our torrents.</summary>
public sealed class WebSeedTests
{
    public static TheoryData<string, Shape> Servers => new MatrixTheoryData<string, Shape>(["nginx", "lighttpd"], Enum.GetValues<Shape>());

    [Theory]
    [MemberData(nameof(Servers))]
    public async Task A_web_server_alone_serves_a_complete_torrent(string program, Shape shape)
    {
        await using TestSwarm swarm = await TestSwarm.MakeAsync(TorrentTool.Ours, PeerDiscovery.DirectPeer, below => Payload.Write(shape, below));
        await using WebServer server = await WebServer.StartAsync(program, WebServer.Reserve(), swarm.SeedFolder, swarm.Workspace);
        await using var we = new OurPeer(swarm.Workspace);
        TorrentId torrent = await we.StartAsync(swarm.Torrent, new StartRequest { Destination = swarm.DownloadFolder, WebSeeds = [server.Address] });
        TorrentStatus status = await we.WaitUntilSeedingAsync(torrent);

        swarm.AssertDownloaded();
        Assert.Equal((0, 0L), (status.FailedPieces, status.BytesWasted));
        WebSeedSnapshot seed = Assert.Single(status.WebSeeds);
        Assert.Equal((status.TotalSize, null), (seed.BytesReceived, seed.Message));
    }

    [Theory]
    [InlineData(MetainfoVersion.V2)]
    [InlineData(MetainfoVersion.Hybrid)]
    public async Task A_v2_torrent_and_a_hybrid_are_downloaded_from_a_web_server(MetainfoVersion version)
    {
        Uri address = WebServer.Reserve();
        await using TestSwarm swarm = await TestSwarm.MakeAsync(
            (content, torrent) => MakeAsync(content, torrent, address, version), below => Payload.Write(Shape.Folder, below));
        await using WebServer server = await WebServer.StartAsync("nginx", address, swarm.SeedFolder, swarm.Workspace);
        await using var we = new OurPeer(swarm.Workspace);
        TorrentId torrent = await we.StartAsync(swarm.Torrent, swarm.DownloadFolder);
        TorrentStatus status = await we.WaitUntilSeedingAsync(torrent);

        swarm.AssertDownloaded();
        Assert.Equal((0, 0L), (status.FailedPieces, status.BytesWasted));
        Assert.Equal(status.TotalSize, Assert.Single(status.WebSeeds).BytesReceived);
        Assert.DoesNotContain(server.Requests, request => request.Contains(".pad", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("nginx")]
    [InlineData("lighttpd")]
    public async Task A_web_server_and_a_peer_serve_a_torrent_together(string program)
    {
        await using TestSwarm swarm = await TestSwarm.MakeAsync(TorrentTool.Ours, PeerDiscovery.DirectPeer, below => Payload.WriteFile(below, 64 << 20));
        await using WebServer server = await WebServer.StartAsync(program, WebServer.Reserve(), swarm.SeedFolder, swarm.Workspace);
        await using ForeignPeer peer = await ForeignPeer.StartAsync(PeerKind.Libtorrent, swarm.Torrent, swarm.SeedFolder, swarm.Workspace);
        await peer.WaitUntilSeedingAsync();
        await using var we = new OurPeer(swarm.Workspace);
        TorrentId torrent = await we.StartAsync(
            swarm.Torrent,
            new StartRequest
            {
                Destination = swarm.DownloadFolder,
                Peers = [peer.EndPoint],
                WebSeeds = [server.Address],
                Options = new TorrentOptions { MaxDownloadRate = 16 << 20 },
            });
        TorrentStatus status = await we.WaitUntilSeedingAsync(torrent);

        swarm.AssertDownloaded();
        Assert.InRange(Assert.Single(status.WebSeeds).BytesReceived, 1, status.TotalSize - 1);
        Assert.InRange(status.BytesWasted, 0, status.TotalSize / 10);
    }

    [Fact]
    public async Task Web_seed_requests_go_through_the_proxy()
    {
        await using TestSwarm swarm = await TestSwarm.MakeAsync(TorrentTool.Ours, PeerDiscovery.DirectPeer, below => Payload.Write(Shape.Folder, below));
        await using WebServer server = await WebServer.StartAsync("nginx", WebServer.Reserve(), swarm.SeedFolder, swarm.Workspace);
        int port = FreePort.Next();
        string configuration = swarm.Workspace.File("tinyproxy.conf");
        await File.WriteAllLinesAsync(configuration, [$"Port {port}", "Listen 127.0.0.1", "MaxClients 50", "Allow 127.0.0.1", "LogLevel Connect"], CancellationToken.None);
        await using ToolProcess proxy = ToolProcess.Start(Tool.Require("tinyproxy"), "-d", "-c", configuration);
        Assert.True(ProxySettings.TryParse($"http://127.0.0.1:{port}", out ProxySettings? settings, out _));
        await using var we = new OurPeer(swarm.Workspace, proxy: settings);
        TorrentId torrent = await we.StartAsync(swarm.Torrent, new StartRequest { Destination = swarm.DownloadFolder, WebSeeds = [server.Address] });
        await we.WaitUntilSeedingAsync(torrent);

        swarm.AssertDownloaded();
        Assert.Contains(proxy.Lines, line => line.Contains($"CONNECT 127.0.0.1:{server.Address.Port}", StringComparison.Ordinal));
        Assert.Contains(proxy.Lines, line => line.Contains("Established connection", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(PeerKind.Libtorrent, Shape.SingleFile)]
    [InlineData(PeerKind.Libtorrent, Shape.Folder)]
    [InlineData(PeerKind.Aria2, Shape.SingleFile)]
    [InlineData(PeerKind.Aria2, Shape.Folder)]
    public async Task Another_client_downloads_from_the_web_seed_of_our_torrent(PeerKind kind, Shape shape)
    {
        Uri address = WebServer.Reserve();
        await using TestSwarm swarm = await TestSwarm.MakeAsync(
            (content, torrent) => MakeAsync(content, torrent, address), below => Payload.Write(shape, below));
        await using WebServer server = await WebServer.StartAsync("nginx", address, swarm.SeedFolder, swarm.Workspace);
        await using ForeignPeer peer = await ForeignPeer.StartAsync(kind, swarm.Torrent, swarm.DownloadFolder, swarm.Workspace);
        await peer.WaitUntilSeedingAsync();

        swarm.AssertDownloaded();
        Assert.NotEmpty(server.Requests);
    }

    private static async Task MakeAsync(string content, string torrent, Uri webSeed, MetainfoVersion version = MetainfoVersion.V1) => await File.WriteAllBytesAsync(
        torrent,
        await TorrentMaker.MakeAsync(
            content, new TorrentMakerOptions { PieceLength = Payload.PieceLength, WebSeeds = [webSeed.AbsoluteUri], Version = version }, progress: null, CancellationToken.None),
        CancellationToken.None);
}

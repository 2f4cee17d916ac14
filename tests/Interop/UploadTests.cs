using TorrentPatron.Engine.Client;
using TorrentPatron.Interop.Tests.Peers;
using TorrentPatron.Interop.Tests.Torrents;
using TorrentPatron.Protocol;
using TorrentPatron.Service.Requests;

namespace TorrentPatron.Interop.Tests;

/// <summary>We seed, and others connect to us to download.</summary>
public sealed class UploadTests
{
    [Theory]
    [InlineData(PeerKind.Libtorrent, PeerDiscovery.DirectPeer, Shape.SingleFile)]
    [InlineData(PeerKind.Libtorrent, PeerDiscovery.DirectPeer, Shape.Folder)]
    [InlineData(PeerKind.Libtorrent, PeerDiscovery.HttpTracker, Shape.SingleFile)]
    [InlineData(PeerKind.Libtorrent, PeerDiscovery.UdpTracker, Shape.Folder)]
    [InlineData(PeerKind.Aria2, PeerDiscovery.HttpTracker, Shape.SingleFile)]
    [InlineData(PeerKind.Aria2, PeerDiscovery.HttpTracker, Shape.Folder)]
    [InlineData(PeerKind.Aria2, PeerDiscovery.UdpTracker, Shape.SingleFile)]
    [InlineData(PeerKind.Aria2, PeerDiscovery.UdpTracker, Shape.Folder)]
    public async Task A_peer_that_connects_to_us_downloads_from_us(PeerKind kind, PeerDiscovery discovery, Shape shape)
    {
        await using TestSwarm swarm = await TestSwarm.MakeAsync(TorrentTool.Ours, discovery, below => Payload.Write(shape, below));
        await using var we = new OurPeer(swarm.Workspace);
        TorrentId torrent = await we.StartAsync(swarm.Torrent, swarm.SeedFolder);
        await we.WaitUntilSeedingAsync(torrent);
        if (swarm.Tracker is not null)
            await swarm.Tracker.WaitForSeedAsync();

        await using ForeignPeer downloader = await ForeignPeer.StartAsync(
            kind, swarm.Torrent, swarm.DownloadFolder, swarm.Workspace, peers: discovery == PeerDiscovery.DirectPeer ? [we.EndPoint] : []);
        await downloader.WaitUntilSeedingAsync();

        swarm.AssertDownloaded();
        await we.WaitAsync(torrent, "all sent bytes are counted", status => status.BytesSent >= status.TotalSize);
    }

    [Fact]
    public async Task Two_libtorrent_peers_get_everything_from_our_super_seed_and_from_each_other()
    {
        await using TestSwarm swarm = await TestSwarm.MakeAsync(TorrentTool.Ours, PeerDiscovery.DirectPeer, below => Payload.Write(Shape.SingleFile, below));
        await using ForeignPeer first = await ForeignPeer.StartAsync(
            PeerKind.Libtorrent, swarm.Torrent, swarm.DownloadFolder, swarm.Workspace, peers: []);
        await using ForeignPeer second = await ForeignPeer.StartAsync(
            PeerKind.Libtorrent, swarm.Torrent, swarm.Workspace["second"], swarm.Workspace, peers: [first.EndPoint]);

        await using var we = new OurPeer(swarm.Workspace);
        TorrentId torrent = await we.StartAsync(swarm.Torrent, new StartRequest
        {
            Destination = swarm.SeedFolder,
            Peers = [first.EndPoint, second.EndPoint],
            Options = new TorrentOptions { SuperSeeding = true, SeedOnly = true },
        });
        await first.WaitUntilSeedingAsync();
        await second.WaitUntilSeedingAsync();

        swarm.AssertDownloaded();
        TorrentStatus status = await we.WaitAsync(torrent, "the sent bytes are counted", status => status.BytesSent >= status.TotalSize);
        // Two copies if they had not exchanged pieces.
        Assert.InRange(status.Ratio, 1, 1.9);
    }
}

using TorrentPatron.Interop.Tests.Peers;
using TorrentPatron.Interop.Tests.Torrents;

namespace TorrentPatron.Interop.Tests;

/// <summary>We seed, and connect to peers that download.</summary>
public sealed class DialledUploadTests
{
    [Theory]
    [InlineData(PeerKind.Transmission, PeerDiscovery.DirectPeer, Shape.SingleFile)]
    [InlineData(PeerKind.Transmission, PeerDiscovery.HttpTracker, Shape.SingleFile)]
    [InlineData(PeerKind.Transmission, PeerDiscovery.HttpTracker, Shape.Folder)]
    [InlineData(PeerKind.Transmission, PeerDiscovery.UdpTracker, Shape.SingleFile)]
    [InlineData(PeerKind.Transmission, PeerDiscovery.UdpTracker, Shape.Folder)]
    [InlineData(PeerKind.Libtorrent, PeerDiscovery.UdpTracker, Shape.SingleFile)]
    [InlineData(PeerKind.Aria2, PeerDiscovery.DirectPeer, Shape.Folder)]
    public async Task A_peer_that_we_connect_to_downloads_from_us(PeerKind kind, PeerDiscovery discovery, Shape shape)
    {
        await using TestSwarm swarm = await TestSwarm.MakeAsync(TorrentTool.Ours, discovery, below => Payload.Write(shape, below));
        await using ForeignPeer downloader = await ForeignPeer.StartAsync(
            kind, swarm.Torrent, swarm.DownloadFolder, swarm.Workspace);
        await downloader.WaitUntilListeningAsync();
        if (swarm.Tracker is not null)
            await swarm.Tracker.WaitForLeecherAsync();

        await using var we = new OurPeer(swarm.Workspace);
        await we.StartAsync(swarm.Torrent, swarm.SeedFolder, discovery == PeerDiscovery.DirectPeer ? downloader.EndPoint : null);
        await downloader.WaitUntilSeedingAsync();

        // Transmission does not create empty files.
        swarm.AssertDownloaded(emptyFiles: kind != PeerKind.Transmission);
    }
}

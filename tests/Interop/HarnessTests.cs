using TorrentPatron.Interop.Tests.Peers;
using TorrentPatron.Interop.Tests.Torrents;

namespace TorrentPatron.Interop.Tests;

/// <summary>Other clients exchange files with each other: if that works, failures of the other tests are ours.</summary>
public sealed class HarnessTests
{
    [Theory]
    [InlineData(PeerKind.Libtorrent, PeerKind.Aria2, PeerDiscovery.HttpTracker)]
    [InlineData(PeerKind.Transmission, PeerKind.Libtorrent, PeerDiscovery.UdpTracker)]
    [InlineData(PeerKind.Aria2, PeerKind.Libtorrent, PeerDiscovery.DirectPeer)]
    public async Task Other_clients_exchange_a_folder(PeerKind from, PeerKind to, PeerDiscovery discovery)
    {
        await using TestSwarm swarm = await TestSwarm.MakeAsync(
            TorrentTool.Libtorrent, discovery, below => Payload.Write(Shape.Folder, below));
        await using ForeignPeer seed = await ForeignPeer.StartAsync(from, swarm.Torrent, swarm.SeedFolder, swarm.Workspace);
        await seed.WaitUntilSeedingAsync();
        if (swarm.Tracker is not null)
            await swarm.Tracker.WaitForSeedAsync();

        await using ForeignPeer downloader = await ForeignPeer.StartAsync(
            to, swarm.Torrent, swarm.DownloadFolder, swarm.Workspace, peers: discovery == PeerDiscovery.DirectPeer ? [seed.EndPoint] : []);
        await downloader.WaitUntilSeedingAsync();

        swarm.AssertDownloaded();
    }
}

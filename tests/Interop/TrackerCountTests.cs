using TorrentPatron.Engine.Client;
using TorrentPatron.Interop.Tests.Peers;
using TorrentPatron.Interop.Tests.Torrents;
using TorrentPatron.Protocol;
using TorrentPatron.Service;
using TorrentPatron.Service.Requests;

namespace TorrentPatron.Interop.Tests;

/// <summary>opentracker's counts of our seeds, leechers and downloads.</summary>
public sealed class TrackerCountTests
{
    [Theory]
    [InlineData(PeerDiscovery.HttpTracker)]
    [InlineData(PeerDiscovery.UdpTracker)]
    internal async Task A_partial_download_counts_as_a_leecher_and_a_full_one_as_a_download_even_if_it_ends_at_once(PeerDiscovery discovery)
    {
        await using TestSwarm swarm = await TestSwarm.MakeAsync(TorrentTool.Ours, discovery, below => Payload.Write(Shape.Folder, below));
        await using OurPeer seed = new(swarm.Workspace, name: "the seed's state"), we = new(swarm.Workspace);
        await seed.StartAsync(swarm.Torrent, swarm.SeedFolder);
        await swarm.Tracker!.WaitForCountsAsync(seeds: 1, leechers: 0, downloads: 0);

        FilePriority[] all = [.. OurPeer.Read(swarm.Torrent).Files.Select(_ => FilePriority.Normal)];
        FilePriority[] first = [.. all.Select((_, index) => index == 0 ? FilePriority.Normal : FilePriority.Skip)];
        TorrentId torrent = await we.StartAsync(swarm.Torrent, new StartRequest
        {
            Destination = swarm.DownloadFolder,
            Peers = [seed.EndPoint],
            FilePriorities = first,
        });
        await we.WaitUntilSeedingAsync(torrent);
        await swarm.Tracker.WaitForCountsAsync(seeds: 1, leechers: 1, downloads: 0);

        await we.SetFilePrioritiesAsync(torrent, all);
        await we.WaitUntilSeedingAsync(torrent);
        await we.CloseAsync(torrent);

        await swarm.Tracker.WaitForCountsAsync(seeds: 1, leechers: 0, downloads: 1);
        swarm.AssertDownloaded();
    }
}

using TorrentPatron.Interop.Tests.Peers;
using TorrentPatron.Interop.Tests.Torrents;

namespace TorrentPatron.Interop.Tests;

/// <summary>Other clients exchange files with each other: if that works, failures of the other tests are ours.</summary>
public sealed class HarnessTests
{
    [Theory]
    [InlineData(PeerKind.Libtorrent, PeerKind.Aria2, Road.HttpTracker)]
    [InlineData(PeerKind.Transmission, PeerKind.Libtorrent, Road.UdpTracker)]
    [InlineData(PeerKind.Aria2, PeerKind.Libtorrent, Road.DirectPeer)]
    public async Task Other_clients_exchange_a_folder(PeerKind from, PeerKind to, Road road)
    {
        await using Meeting meeting = await Meeting.MakeAsync(
            TorrentTool.Libtorrent, road, below => Payload.Write(Shape.Folder, below));
        await using ForeignPeer seed = await ForeignPeer.StartAsync(from, meeting.Torrent, meeting.SeedFolder, meeting.Workspace);
        await seed.WaitUntilSeedingAsync();
        if (meeting.Tracker is not null)
            await meeting.Tracker.WaitForSeedAsync();

        await using ForeignPeer downloader = await ForeignPeer.StartAsync(
            to, meeting.Torrent, meeting.DownloadFolder, meeting.Workspace, peers: road == Road.DirectPeer ? [seed.EndPoint] : []);
        await downloader.WaitUntilSeedingAsync();

        meeting.AssertDownloaded();
    }
}

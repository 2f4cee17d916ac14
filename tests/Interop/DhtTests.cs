using TorrentPatron.Interop.Tests.Peers;
using TorrentPatron.Interop.Tests.Torrents;

namespace TorrentPatron.Interop.Tests;

/// <summary>Peers that find each other by the DHT alone, in one of twenty nodes of ours and those of the peers.</summary>
/// <remarks>
/// Transmission takes no node on loopback for one, so it is not here; in a network namespace with other addresses it finds us, too.
/// </remarks>
public sealed class DhtTests
{
    private const int Nodes = 20;

    [Fact]
    public async Task We_find_and_download_from_libtorrent()
    {
        await using Meeting meeting = await MeetAsync();
        await using DhtCrowd crowd = await DhtCrowd.StartAsync(Nodes);
        await using var seed = LibtorrentPeer.StartWithDht(meeting.Torrent, meeting.SeedFolder, crowd.Nodes[3]);
        await seed.WaitUntilSeedingAsync();

        await using var we = new OurPeer(meeting.Workspace, dhtNode: crowd.Nodes[7]);
        await we.WaitUntilSeedingAsync(await we.StartAsync(meeting.Torrent, meeting.DownloadFolder));

        meeting.AssertDownloaded();
    }

    [Fact]
    public async Task Libtorrent_finds_and_downloads_from_us()
    {
        await using Meeting meeting = await MeetAsync();
        await using DhtCrowd crowd = await DhtCrowd.StartAsync(Nodes);
        await using var we = new OurPeer(meeting.Workspace, dhtNode: crowd.Nodes[7]);
        await we.WaitUntilSeedingAsync(await we.StartAsync(meeting.Torrent, meeting.SeedFolder));

        await using var downloader = LibtorrentPeer.StartWithDht(meeting.Torrent, meeting.DownloadFolder, crowd.Nodes[3]);
        await downloader.WaitUntilSeedingAsync();

        meeting.AssertDownloaded();
        Assert.True(crowd.StoredPeers > 0);
    }

    private static Task<Meeting> MeetAsync() =>
        Meeting.MakeAsync(TorrentTool.Ours, Road.DirectPeer, below => Payload.Write(Shape.SingleFile, below));
}

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
    [InlineData(PeerKind.Libtorrent, Road.DirectPeer, Shape.SingleFile)]
    [InlineData(PeerKind.Libtorrent, Road.DirectPeer, Shape.Folder)]
    [InlineData(PeerKind.Libtorrent, Road.HttpTracker, Shape.SingleFile)]
    [InlineData(PeerKind.Libtorrent, Road.UdpTracker, Shape.Folder)]
    [InlineData(PeerKind.Aria2, Road.HttpTracker, Shape.SingleFile)]
    [InlineData(PeerKind.Aria2, Road.HttpTracker, Shape.Folder)]
    [InlineData(PeerKind.Aria2, Road.UdpTracker, Shape.SingleFile)]
    [InlineData(PeerKind.Aria2, Road.UdpTracker, Shape.Folder)]
    public async Task A_peer_that_connects_to_us_downloads_from_us(PeerKind kind, Road road, Shape shape)
    {
        await using Meeting meeting = await Meeting.MakeAsync(TorrentTool.Ours, road, below => Payload.Write(shape, below));
        await using var we = new OurPeer(meeting.Workspace);
        TorrentId torrent = await we.StartAsync(meeting.Torrent, meeting.SeedFolder);
        await we.WaitUntilSeedingAsync(torrent);
        if (meeting.Tracker is not null)
            await meeting.Tracker.WaitForSeedAsync();

        await using ForeignPeer downloader = await ForeignPeer.StartAsync(
            kind, meeting.Torrent, meeting.DownloadFolder, meeting.Workspace, peers: road == Road.DirectPeer ? [we.EndPoint] : []);
        await downloader.WaitUntilSeedingAsync();

        meeting.AssertDownloaded();
        await we.WaitAsync(torrent, "all that was sent is counted", status => status.BytesSent >= status.TotalSize);
    }

    [Fact]
    public async Task Two_libtorrents_get_everything_from_our_super_seed_and_from_each_other()
    {
        await using Meeting meeting = await Meeting.MakeAsync(TorrentTool.Ours, Road.DirectPeer, below => Payload.Write(Shape.SingleFile, below));
        await using ForeignPeer first = await ForeignPeer.StartAsync(
            PeerKind.Libtorrent, meeting.Torrent, meeting.DownloadFolder, meeting.Workspace, peers: []);
        await using ForeignPeer second = await ForeignPeer.StartAsync(
            PeerKind.Libtorrent, meeting.Torrent, meeting.Workspace["second"], meeting.Workspace, peers: [first.EndPoint]);

        await using var we = new OurPeer(meeting.Workspace);
        TorrentId torrent = await we.StartAsync(meeting.Torrent, new StartRequest
        {
            Destination = meeting.SeedFolder,
            Peers = [first.EndPoint, second.EndPoint],
            Options = new TorrentOptions { SuperSeeding = true, SeedOnly = true },
        });
        await first.WaitUntilSeedingAsync();
        await second.WaitUntilSeedingAsync();

        meeting.AssertDownloaded();
        TorrentStatus status = await we.WaitAsync(torrent, "what was sent is counted", status => status.BytesSent >= status.TotalSize);
        // Two copies if they had not exchanged pieces.
        Assert.InRange(status.Ratio, 1, 1.9);
    }
}

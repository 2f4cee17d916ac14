using TorrentPatron.Interop.Tests.Peers;
using TorrentPatron.Interop.Tests.Torrents;

namespace TorrentPatron.Interop.Tests;

/// <summary>We seed, and connect to peers that download.</summary>
public sealed class DialledUploadTests
{
    [Theory]
    [InlineData(PeerKind.Transmission, Road.DirectPeer, Shape.SingleFile)]
    [InlineData(PeerKind.Transmission, Road.HttpTracker, Shape.SingleFile)]
    [InlineData(PeerKind.Transmission, Road.HttpTracker, Shape.Folder)]
    [InlineData(PeerKind.Transmission, Road.UdpTracker, Shape.SingleFile)]
    [InlineData(PeerKind.Transmission, Road.UdpTracker, Shape.Folder)]
    [InlineData(PeerKind.Libtorrent, Road.UdpTracker, Shape.SingleFile)]
    [InlineData(PeerKind.Aria2, Road.DirectPeer, Shape.Folder)]
    public async Task A_peer_that_we_connect_to_downloads_from_us(PeerKind kind, Road road, Shape shape)
    {
        await using Meeting meeting = await Meeting.MakeAsync(TorrentTool.Ours, road, below => Payload.Write(shape, below));
        await using ForeignPeer downloader = await ForeignPeer.StartAsync(
            kind, meeting.Torrent, meeting.DownloadFolder, meeting.Workspace);
        await downloader.WaitUntilListeningAsync();
        if (meeting.Tracker is not null)
            await meeting.Tracker.WaitForLeecherAsync();

        await using var we = new OurPeer(meeting.Workspace);
        await we.StartAsync(meeting.Torrent, meeting.SeedFolder, road == Road.DirectPeer ? downloader.EndPoint : null);
        await downloader.WaitUntilSeedingAsync();

        // Transmission does not create empty files.
        meeting.AssertDownloaded(emptyFiles: kind != PeerKind.Transmission);
    }
}

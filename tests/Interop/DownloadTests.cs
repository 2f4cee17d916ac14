using TorrentPatron.Engine.Client;
using TorrentPatron.Interop.Tests.Peers;
using TorrentPatron.Interop.Tests.Torrents;
using TorrentPatron.Protocol;

namespace TorrentPatron.Interop.Tests;

/// <summary>Another client seeds, we download. The torrents are made by every tool, not only by ours.</summary>
/// <param name="kind">The client.</param>
/// <param name="tool">The tool that makes the torrent.</param>
public abstract class DownloadTests(PeerKind kind, TorrentTool tool)
{
    public static TheoryData<Road, Shape> Everything =>
        new MatrixTheoryData<Road, Shape>(Enum.GetValues<Road>(), Enum.GetValues<Shape>());

    [Theory]
    [MemberData(nameof(Everything))]
    public async Task We_download_from_it(Road road, Shape shape)
    {
        await using Meeting meeting = await Meeting.MakeAsync(tool, road, below => Payload.Write(shape, below));
        await using ForeignPeer seed = await ForeignPeer.StartAsync(kind, meeting.Torrent, meeting.SeedFolder, meeting.Workspace);
        await seed.WaitUntilSeedingAsync();
        if (meeting.Tracker is not null)
            await meeting.Tracker.WaitForSeedAsync();

        await using var we = new OurPeer(meeting.Workspace);
        TorrentId torrent = await we.StartAsync(
            meeting.Torrent, meeting.DownloadFolder, road == Road.DirectPeer ? seed.EndPoint : null);
        TorrentStatus status = await we.WaitUntilSeedingAsync(torrent);

        meeting.AssertDownloaded();
        Assert.Equal(status.TotalSize, status.CompletedSize);
        Assert.Equal(0, status.FailedPieces);
    }
}

public sealed class TransmissionDownloadTests() : DownloadTests(PeerKind.Transmission, TorrentTool.Transmission);

public sealed class Aria2DownloadTests() : DownloadTests(PeerKind.Aria2, TorrentTool.Mktorrent);

public sealed class LibtorrentDownloadTests() : DownloadTests(PeerKind.Libtorrent, TorrentTool.Libtorrent);

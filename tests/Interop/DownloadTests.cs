using TorrentPatron.Engine.Client;
using TorrentPatron.Interop.Tests.Peers;
using TorrentPatron.Interop.Tests.Torrents;
using TorrentPatron.Protocol;

namespace TorrentPatron.Interop.Tests;

/// <summary>Others seed, we download.</summary>
public sealed class DownloadTests
{
    public static TheoryData<PeerKind, Road, Shape> Everything =>
        new MatrixTheoryData<PeerKind, Road, Shape>(Enum.GetValues<PeerKind>(), Enum.GetValues<Road>(), Enum.GetValues<Shape>());

    [Theory]
    [MemberData(nameof(Everything))]
    public async Task We_download_from(PeerKind kind, Road road, Shape shape)
    {
        await using Meeting meeting = await Meeting.MakeAsync(ToolFor(kind), road, below => Payload.Write(shape, below));
        await using ForeignPeer seed = await ForeignPeer.StartAsync(kind, meeting.Torrent, meeting.SeedFolder, meeting.Workspace);
        await seed.WaitUntilSeedingAsync();
        if (meeting.Tracker is not null)
            await meeting.Tracker.WaitForSeedAsync();

        await using var we = new OurPeer(meeting.Workspace);
        InfoHash torrent = await we.StartAsync(
            meeting.Torrent, meeting.DownloadFolder, road == Road.DirectPeer ? seed.EndPoint : null);
        TorrentStatus status = await we.WaitUntilSeedingAsync(torrent);

        meeting.AssertDownloaded();
        Assert.Equal(status.TotalSize, status.CompletedSize);
        Assert.Equal(0, status.FailedPieces);
    }

    /// <summary>Everybody's torrents are downloaded, not only ours.</summary>
    private static TorrentTool ToolFor(PeerKind kind) => kind switch
    {
        PeerKind.Transmission => TorrentTool.Transmission,
        PeerKind.Libtorrent => TorrentTool.Libtorrent,
        _ => TorrentTool.Mktorrent,
    };
}

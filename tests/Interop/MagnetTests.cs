using System.Diagnostics;
using System.Net;
using TorrentPatron.Engine.Client;
using TorrentPatron.Interop.Tests.Peers;
using TorrentPatron.Interop.Tests.Torrents;
using TorrentPatron.Protocol;
using TorrentPatron.Protocol.Magnets;

namespace TorrentPatron.Interop.Tests;

/// <summary>Torrents started by a link: other clients send us the metadata and the data, and vice versa.</summary>
public sealed class MagnetTests
{
    public static TheoryData<PeerKind, Road> EverybodyByEveryRoad =>
        new MatrixTheoryData<PeerKind, Road>(PeerKinds.WithoutTracker, Enum.GetValues<Road>());

    [Theory]
    [MemberData(nameof(EverybodyByEveryRoad))]
    public async Task We_download_by_a_link_from(PeerKind kind, Road road)
    {
        await using Meeting meeting = await Meeting.MakeAsync(TorrentTool.Ours, road, below => Payload.Write(Shape.Folder, below));
        await using ForeignPeer seed = await ForeignPeer.StartAsync(kind, meeting.Torrent, meeting.SeedFolder, meeting.Workspace);
        await seed.WaitUntilSeedingAsync();
        if (meeting.Tracker is not null)
            await meeting.Tracker.WaitForSeedAsync();
        await using var we = new OurPeer(meeting.Workspace);

        var clock = Stopwatch.StartNew();
        TorrentId torrent = await we.StartAsync(LinkTo(meeting, road == Road.DirectPeer ? seed.EndPoint : null), meeting.DownloadFolder);
        await we.WaitForMetadataAsync(torrent);
        TestContext.Current.TestOutputHelper!.WriteLine($"{kind} by {road}: the metadata was here after {clock.ElapsedMilliseconds} ms");
        TorrentStatus status = await we.WaitUntilSeedingAsync(torrent);

        meeting.AssertDownloaded();
        Assert.Equal(0, status.FailedPieces);
    }

    [Theory]
    [InlineData(PeerKind.Libtorrent, Road.DirectPeer)]
    [InlineData(PeerKind.Libtorrent, Road.HttpTracker)]
    [InlineData(PeerKind.Libtorrent, Road.UdpTracker)]
    [InlineData(PeerKind.Aria2, Road.HttpTracker)]
    [InlineData(PeerKind.Aria2, Road.UdpTracker)]
    public async Task A_peer_that_connects_with_a_link_gets_metadata_and_data(PeerKind kind, Road road)
    {
        await using Meeting meeting = await Meeting.MakeAsync(TorrentTool.Ours, road, below => Payload.Write(Shape.Folder, below));
        await using var we = new OurPeer(meeting.Workspace);
        TorrentId torrent = await we.StartAsync(meeting.Torrent, meeting.SeedFolder);
        await we.WaitUntilSeedingAsync(torrent);
        if (meeting.Tracker is not null)
            await meeting.Tracker.WaitForSeedAsync();

        await using ForeignPeer downloader = await ForeignPeer.StartAsync(
            kind, LinkTo(meeting, peer: null).ToString(), meeting.DownloadFolder, meeting.Workspace,
            peers: road == Road.DirectPeer ? [we.EndPoint] : []);
        await downloader.WaitUntilSeedingAsync();

        meeting.AssertDownloaded();
    }

    [Theory]
    [InlineData(PeerKind.Transmission, Road.DirectPeer)]
    [InlineData(PeerKind.Transmission, Road.HttpTracker)]
    [InlineData(PeerKind.Libtorrent, Road.DirectPeer)]
    public async Task A_peer_with_a_link_that_we_connect_to_gets_metadata_and_data(PeerKind kind, Road road)
    {
        await using Meeting meeting = await Meeting.MakeAsync(TorrentTool.Ours, road, below => Payload.Write(Shape.Folder, below));
        await using ForeignPeer downloader = await ForeignPeer.StartAsync(
            kind, LinkTo(meeting, peer: null).ToString(), meeting.DownloadFolder, meeting.Workspace);
        await downloader.WaitUntilListeningAsync();
        if (meeting.Tracker is not null)
            await meeting.Tracker.WaitForLeecherAsync();

        await using var we = new OurPeer(meeting.Workspace);
        await we.StartAsync(meeting.Torrent, meeting.SeedFolder, road == Road.DirectPeer ? downloader.EndPoint : null);
        await downloader.WaitUntilSeedingAsync();

        // Transmission does not create empty files.
        meeting.AssertDownloaded(emptyFiles: kind != PeerKind.Transmission);
    }

    [Fact]
    public async Task A_torrent_fetched_by_a_link_is_served_to_another_link()
    {
        await using Meeting meeting = await Meeting.MakeAsync(
            TorrentTool.Libtorrent, Road.DirectPeer, below => Payload.Write(Shape.Folder, below));
        await using var we = new OurPeer(meeting.Workspace);
        await using (ForeignPeer seed = await ForeignPeer.StartAsync(
            PeerKind.Transmission, meeting.Torrent, meeting.SeedFolder, meeting.Workspace))
        {
            await seed.WaitUntilSeedingAsync();
            await we.WaitUntilSeedingAsync(await we.StartAsync(LinkTo(meeting, seed.EndPoint), meeting.Workspace["between"]));
        }

        await using ForeignPeer last = await ForeignPeer.StartAsync(
            PeerKind.Libtorrent, LinkTo(meeting, peer: null).ToString(), meeting.DownloadFolder, meeting.Workspace, peers: we.EndPoint);
        await last.WaitUntilSeedingAsync();

        meeting.AssertDownloaded();
    }

    /// <summary>A link to the meeting's torrent with its trackers, without web seeds, and with a peer if given.</summary>
    private static MagnetLink LinkTo(Meeting meeting, IPEndPoint? peer) => MagnetLink.Of(OurPeer.Read(meeting.Torrent)) with
    {
        Peers = peer is null ? [] : [new HostEndPoint(peer.Address.ToString(), peer.Port)],
    };
}

using System.Diagnostics;
using TorrentPatron.Interop.Tests.Peers;
using TorrentPatron.Interop.Tests.Tools;
using TorrentPatron.Interop.Tests.Torrents;
using TorrentPatron.Protocol;
using TorrentPatron.Protocol.Magnets;

namespace TorrentPatron.Interop.Tests;

/// <summary>Peers that know only a torrent's info hash and find each other by local discovery.</summary>
public sealed class LocalDiscoveryTests
{
    private static readonly Finding Calling = new(LocalDiscovery: true);

    [Fact]
    public Task We_find_every_seeding_client_by_a_link() => OwnNetwork.RunAsync(async () =>
    {
        foreach (PeerKind kind in PeerKinds.WithoutTracker)
        {
            await using Meeting meeting = await MeetAsync();
            await using ForeignPeer seed = await ForeignPeer.StartAsync(
                kind, meeting.Torrent, meeting.SeedFolder, meeting.Workspace, OwnNetwork.Address(1), Calling);
            await seed.WaitUntilSeedingAsync();
            await using var we = new OurPeer(meeting.Workspace, OwnNetwork.Address(2), Calling);

            var clock = Stopwatch.StartNew();
            TorrentId torrent = await we.StartAsync(MagnetLink.Parse(Link(meeting)), meeting.DownloadFolder);
            await we.WaitForMetadataAsync(torrent);
            TimeSpan metadata = clock.Elapsed;
            await we.WaitUntilSeedingAsync(torrent);
            Tell($"{kind}: the metadata was here after {metadata.TotalSeconds:F2} s, all after {clock.Elapsed.TotalSeconds:F2} s");
            meeting.AssertDownloaded();
        }
    });

    [Fact]
    public Task Every_client_with_a_link_finds_us() => OwnNetwork.RunAsync(async () =>
    {
        foreach (PeerKind kind in PeerKinds.WithoutTracker)
        {
            await using Meeting meeting = await MeetAsync();
            await using ForeignPeer downloader = await ForeignPeer.StartAsync(
                kind, Link(meeting), meeting.DownloadFolder, meeting.Workspace, OwnNetwork.Address(1), Calling);
            await downloader.WaitUntilListeningAsync();
            await using var we = new OurPeer(meeting.Workspace, OwnNetwork.Address(2), Calling);

            var clock = Stopwatch.StartNew();
            await we.StartAsync(meeting.Torrent, meeting.SeedFolder);
            await downloader.WaitUntilSeedingAsync();
            Tell($"{kind} had metadata and data of us after {clock.Elapsed.TotalSeconds:F2} s");
            meeting.AssertDownloaded();
        }
    });

    private static string Link(Meeting meeting) => MagnetLink.Of(OurPeer.Read(meeting.Torrent)).ToString();

    private static void Tell(string what) => TestContext.Current.TestOutputHelper!.WriteLine(what);

    private static Task<Meeting> MeetAsync() =>
        Meeting.MakeAsync(TorrentTool.Ours, Road.DirectPeer, below => Payload.Write(Shape.SingleFile, below));
}

using TorrentPatron.Engine.Client;
using TorrentPatron.Interop.Tests.Peers;
using TorrentPatron.Interop.Tests.Tools;
using TorrentPatron.Interop.Tests.Torrents;
using TorrentPatron.Protocol;
using TorrentPatron.Service;
using TorrentPatron.Service.Requests;

namespace TorrentPatron.Interop.Tests;

/// <summary>A failing tracker is a warning; the download continues from other sources.</summary>
public sealed class BrokenTrackerTests
{
    [Fact]
    public async Task A_tracker_that_answers_failure_is_a_warning()
    {
        await using var tracker = new BrokenTracker("d14:failure reason14:no more of youe"u8.ToArray());
        TorrentError warning = await DownloadAsync(tracker.Announce);

        Assert.Contains("no more of you", warning.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_tracker_that_answers_garbage_is_a_warning()
    {
        byte[] garbage = new byte[5000];
        new Random(1).NextBytes(garbage);
        await using var tracker = new BrokenTracker(garbage);

        await DownloadAsync(tracker.Announce);
    }

    [Fact]
    public async Task An_unreachable_tracker_is_a_warning() =>
        await DownloadAsync(new Uri($"http://127.0.0.1:{FreePort.Next()}/announce"));

    [Fact]
    public async Task A_tracker_that_never_answers_is_a_warning()
    {
        await using var tracker = new BrokenTracker(body: null);

        await DownloadAsync(tracker.Announce);
    }

    [Fact]
    public async Task A_tracker_that_refuses_the_torrent_is_a_warning()
    {
        Uri announce = OpenTracker.Reserve(PeerDiscovery.HttpTracker);
        using var workspace = new Workspace();
        await using OpenTracker tracker = await OpenTracker.StartAsync(announce, torrent: default, workspace);

        TorrentError warning = await DownloadAsync(announce);

        Assert.Contains("not authorized", warning.Message, StringComparison.Ordinal);
    }

    private static async Task<TorrentError> DownloadAsync(Uri tracker)
    {
        await using TestSwarm swarm = await TestSwarm.MakeAsync(
            TorrentTool.Ours, PeerDiscovery.DirectPeer, below => Payload.Write(Shape.SingleFile, below));
        await using ForeignPeer seed = await ForeignPeer.StartAsync(
            PeerKind.Libtorrent, swarm.Torrent, swarm.SeedFolder, swarm.Workspace);
        await seed.WaitUntilSeedingAsync();

        await using var we = new OurPeer(swarm.Workspace);
        TorrentId torrent = await we.StartAsync(swarm.Torrent, new StartRequest
        {
            Destination = swarm.DownloadFolder,
            Peers = [seed.EndPoint],
            Trackers = [tracker],
        });
        await we.WaitUntilSeedingAsync(torrent);
        swarm.AssertDownloaded();

        TorrentStatus status = await we.WaitAsync(torrent, "there is a warning", status => status.Warnings.Count > 0);
        TorrentError warning = Assert.Single(status.Warnings);
        Assert.Equal(TorrentErrorId.TrackerFailed, warning.Id);
        return warning;
    }
}

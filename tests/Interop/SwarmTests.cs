using System.Diagnostics;
using System.Net;
using TorrentPatron.Engine.Client;
using TorrentPatron.Interop.Tests.Peers;
using TorrentPatron.Interop.Tests.Tools;
using TorrentPatron.Interop.Tests.Torrents;
using TorrentPatron.Protocol;
using TorrentPatron.Service;
using TorrentPatron.Service.Requests;

namespace TorrentPatron.Interop.Tests;

/// <summary>Swarms of our peers and other clients: upload of downloaded data, IPv6, skipped files, limits.</summary>
public sealed class SwarmTests
{
    private const int Rate = 512 * 1024;

    /// <summary>Four seconds' worth at <see cref="Rate"/>.</summary>
    private const int LimitedSize = 4 * Rate;

    [Fact]
    public async Task Data_downloaded_from_one_program_is_uploaded_to_another()
    {
        await using TestSwarm swarm = await TestSwarm.MakeAsync(
            TorrentTool.Libtorrent, PeerDiscovery.DirectPeer, below => Payload.Write(Shape.Folder, below));
        await using ForeignPeer seed = await ForeignPeer.StartAsync(
            PeerKind.Libtorrent, swarm.Torrent, swarm.SeedFolder, swarm.Workspace);
        await using ForeignPeer last = await ForeignPeer.StartAsync(
            PeerKind.Transmission, swarm.Torrent, swarm.DownloadFolder, swarm.Workspace);
        await last.WaitUntilListeningAsync();
        await seed.WaitUntilSeedingAsync();

        await using var we = new OurPeer(swarm.Workspace);
        await we.StartAsync(swarm.Torrent, new StartRequest
        {
            Destination = swarm.Workspace["between"],
            Peers = [seed.EndPoint, last.EndPoint],
        });
        await last.WaitUntilSeedingAsync();

        // Transmission does not create empty files.
        swarm.AssertDownloaded(emptyFiles: false);
    }

    [Theory]
    [InlineData(PeerKind.Libtorrent)]
    [InlineData(PeerKind.Transmission)]
    public async Task We_download_over_IPv6_from_each_client(PeerKind kind)
    {
        Loopback.Require(IPAddress.IPv6Loopback);
        await using TestSwarm swarm = await TestSwarm.MakeAsync(
            TorrentTool.Ours, PeerDiscovery.DirectPeer, below => Payload.Write(Shape.SingleFile, below));
        await using ForeignPeer seed = await ForeignPeer.StartAsync(
            kind, swarm.Torrent, swarm.SeedFolder, swarm.Workspace, IPAddress.IPv6Loopback);
        await seed.WaitUntilSeedingAsync();

        await using var we = new OurPeer(swarm.Workspace, IPAddress.IPv6Loopback);
        await we.WaitUntilSeedingAsync(await we.StartAsync(swarm.Torrent, swarm.DownloadFolder, seed.EndPoint));

        swarm.AssertDownloaded();
    }

    [Fact]
    public async Task A_peer_downloads_from_us_over_IPv6()
    {
        Loopback.Require(IPAddress.IPv6Loopback);
        await using TestSwarm swarm = await TestSwarm.MakeAsync(
            TorrentTool.Ours, PeerDiscovery.DirectPeer, below => Payload.Write(Shape.SingleFile, below));
        await using var we = new OurPeer(swarm.Workspace, IPAddress.IPv6Loopback);
        await we.WaitUntilSeedingAsync(await we.StartAsync(swarm.Torrent, swarm.SeedFolder));

        await using ForeignPeer downloader = await ForeignPeer.StartAsync(
            PeerKind.Libtorrent, swarm.Torrent, swarm.DownloadFolder, swarm.Workspace, IPAddress.IPv6Loopback, peers: we.EndPoint);
        await downloader.WaitUntilSeedingAsync();

        swarm.AssertDownloaded();
    }

    [Fact]
    public async Task A_skipped_file_is_not_fetched()
    {
        await using TestSwarm swarm = await TestSwarm.MakeAsync(
            TorrentTool.Libtorrent, PeerDiscovery.DirectPeer, below => Payload.Write(Shape.Folder, below));
        await using ForeignPeer seed = await ForeignPeer.StartAsync(
            PeerKind.Libtorrent, swarm.Torrent, swarm.SeedFolder, swarm.Workspace);
        await seed.WaitUntilSeedingAsync();
        var files = OurPeer.Read(swarm.Torrent).Files;
        var skipped = files.MaxBy(file => file.Length)!;

        await using var we = new OurPeer(swarm.Workspace);
        TorrentId torrent = await we.StartAsync(swarm.Torrent, new StartRequest
        {
            Destination = swarm.DownloadFolder,
            Peers = [seed.EndPoint],
            FilePriorities = [.. files.Select(file => file == skipped ? FilePriority.Skip : FilePriority.Normal)],
        });
        TorrentStatus status = await we.WaitUntilSeedingAsync(torrent);

        foreach (var file in files.Where(file => file != skipped && !file.IsPadding))
        {
            Assert.Equal(
                await File.ReadAllBytesAsync(Path.Combine(swarm.SeedFolder, file.Path), TestContext.Current.CancellationToken),
                await File.ReadAllBytesAsync(Path.Combine(swarm.DownloadFolder, file.Path), TestContext.Current.CancellationToken));
        }

        Assert.Equal(100, status.PercentComplete);
        // The first and last piece of the skipped file also belong to adjacent files.
        long others = status.TotalSize - skipped.Length;
        Assert.InRange(status.BytesReceived, others, others + (2 * Payload.PieceLength));
        Assert.Equal(status.WantedSize, status.BytesReceived);
    }

    [Fact]
    public async Task We_do_not_exceed_the_download_limit()
    {
        await using TestSwarm swarm = await TestSwarm.MakeAsync(
            TorrentTool.Libtorrent, PeerDiscovery.DirectPeer, below => Payload.WriteFile(below, LimitedSize));
        await using ForeignPeer seed = await ForeignPeer.StartAsync(
            PeerKind.Libtorrent, swarm.Torrent, swarm.SeedFolder, swarm.Workspace);
        await seed.WaitUntilSeedingAsync();

        await using var we = new OurPeer(swarm.Workspace);
        var clock = Stopwatch.StartNew();
        await we.WaitUntilSeedingAsync(await we.StartAsync(swarm.Torrent, new StartRequest
        {
            Destination = swarm.DownloadFolder,
            Peers = [seed.EndPoint],
            Options = new TorrentOptions { MaxDownloadRate = Rate },
        }));

        AssertNotFasterThanAllowed(clock.Elapsed);
        swarm.AssertDownloaded();
    }

    [Fact]
    public async Task We_do_not_exceed_the_upload_limit()
    {
        await using TestSwarm swarm = await TestSwarm.MakeAsync(
            TorrentTool.Libtorrent, PeerDiscovery.DirectPeer, below => Payload.WriteFile(below, LimitedSize));
        await using var we = new OurPeer(swarm.Workspace);
        await we.WaitUntilSeedingAsync(await we.StartAsync(swarm.Torrent, new StartRequest
        {
            Destination = swarm.SeedFolder,
            Options = new TorrentOptions { MaxUploadRate = Rate },
        }));

        var clock = Stopwatch.StartNew();
        await using ForeignPeer downloader = await ForeignPeer.StartAsync(
            PeerKind.Libtorrent, swarm.Torrent, swarm.DownloadFolder, swarm.Workspace, peers: we.EndPoint);
        await downloader.WaitUntilSeedingAsync();

        AssertNotFasterThanAllowed(clock.Elapsed);
        swarm.AssertDownloaded();
    }

    /// <summary>One second's worth may come at once, and half a second's is tolerance; a slow machine may take longer.</summary>
    private static void AssertNotFasterThanAllowed(TimeSpan elapsed) =>
        Assert.True(elapsed >= TimeSpan.FromSeconds((LimitedSize / (double)Rate) - 1.5), $"It took only {elapsed.TotalSeconds:0.0} s.");
}

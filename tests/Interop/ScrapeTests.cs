using System.Net.Sockets;
using TorrentPatron.Engine.Client;
using TorrentPatron.Interop.Tests.Peers;
using TorrentPatron.Interop.Tests.Torrents;
using TorrentPatron.Protocol;
using TorrentPatron.Protocol.Trackers;
using TorrentPatron.Service.Requests;

namespace TorrentPatron.Interop.Tests;

/// <summary>Scrapes of opentracker over HTTP and UDP (BEP 48 and BEP 15).</summary>
public sealed class ScrapeTests
{
    [Theory]
    [InlineData(PeerDiscovery.HttpTracker)]
    [InlineData(PeerDiscovery.UdpTracker)]
    internal async Task Our_status_shows_opentrackers_scrape_answer(PeerDiscovery discovery)
    {
        await using TestSwarm swarm = await TestSwarm.MakeAsync(TorrentTool.Ours, discovery, below => Payload.Write(Shape.Folder, below));
        await using OurPeer seed = new(swarm.Workspace, name: "the seed's state"), leecher = new(swarm.Workspace);
        TorrentId torrent = await StartBothAsync(swarm.Torrent, swarm.SeedFolder, swarm.DownloadFolder, swarm.Tracker!, seed, leecher);
        await swarm.Tracker!.WaitForCountsAsync(seeds: 1, leechers: 1, downloads: 0);

        var announce = new Uri(Assert.Single(OurPeer.Read(swarm.Torrent).TrackerTiers.SelectMany(tier => tier)));
        ScrapeResponse? scraped = discovery == PeerDiscovery.UdpTracker
            ? await ScrapeUdpAsync(announce, torrent.WireHash)
            : await ScrapeHttpAsync(announce, torrent.WireHash);

        Assert.Equal(new ScrapeResponse(1, 1, 0), scraped);
        TorrentStatus status = await leecher.WaitAsync(torrent, "the tracker's counts are known", now => now.SwarmLeechers is not null);
        Assert.Equal((scraped?.Seeders, scraped?.Leechers), (status.SwarmSeeds, status.SwarmLeechers));
    }

    [Fact]
    internal async Task A_tracker_whose_announce_answers_have_no_counts_is_scraped()
    {
        await using var front = new TrackerWithoutCounts { Behind = OpenTracker.Reserve(PeerDiscovery.HttpTracker) };
        using var workspace = new Tools.Workspace();
        string torrent = workspace.File("a.torrent");
        await TorrentTools.MakeAsync(TorrentTool.Ours, Payload.Write(Shape.Folder, workspace["seed"]), torrent, front.Announce);
        await using OpenTracker tracker = await OpenTracker.StartAsync(front.Behind, OurPeer.Read(torrent).InfoHash, workspace);
        await using OurPeer seed = new(workspace, name: "the seed's state"), leecher = new(workspace);

        TorrentId ofLeecher = await StartBothAsync(torrent, workspace["seed"], workspace["download"], tracker, seed, leecher);
        await tracker.WaitForCountsAsync(seeds: 1, leechers: 1, downloads: 0);

        await leecher.WaitAsync(ofLeecher, "both are counted", status => (status.SwarmSeeds, status.SwarmLeechers) == (1, 1));
        Assert.InRange(front.Scrapes, 2, int.MaxValue);
    }

    /// <summary>Starts a seed, and a leecher that stays one because it wants only some files.</summary>
    /// <returns>The leecher's torrent: it announces last, and so gets the counts of both.</returns>
    private static async Task<TorrentId> StartBothAsync(
        string torrent, string seedFolder, string downloadFolder, OpenTracker tracker, OurPeer seed, OurPeer leecher)
    {
        TorrentId ofSeed = await seed.StartAsync(torrent, seedFolder);
        await seed.WaitUntilSeedingAsync(ofSeed);
        await tracker.WaitForSeedAsync();
        TorrentId ofLeecher = await leecher.StartAsync(torrent, new StartRequest
        {
            Destination = downloadFolder,
            Peers = [seed.EndPoint],
            FilePriorities = [.. OurPeer.Read(torrent).Files.Select((_, index) => index == 0 ? FilePriority.Normal : FilePriority.Skip)],
        });
        await leecher.WaitUntilSeedingAsync(ofLeecher);
        return ofLeecher;
    }

    private static async Task<ScrapeResponse?> ScrapeHttpAsync(Uri announce, InfoHash torrent)
    {
        using var http = new HttpClient();
        byte[] answer = await http.GetByteArrayAsync(HttpAnnounceCodec.BuildScrapeUri(announce, torrent), TestContext.Current.CancellationToken);
        return HttpAnnounceCodec.ParseScrape(answer, torrent);
    }

    private static async Task<ScrapeResponse?> ScrapeUdpAsync(Uri announce, InfoHash torrent)
    {
        using var socket = new UdpClient(announce.Host, announce.Port);
        ulong connection = UdpTrackerCodec.ReadConnect(await AskAsync(UdpTrackerCodec.WriteConnect(1)), 1);
        return UdpTrackerCodec.ReadScrape(await AskAsync(UdpTrackerCodec.WriteScrape(connection, 2, torrent)), 2);

        async Task<byte[]> AskAsync(byte[] question)
        {
            await socket.SendAsync(question, TestContext.Current.CancellationToken);
            return (await socket.ReceiveAsync(TestContext.Current.CancellationToken).AsTask().WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken)).Buffer;
        }
    }
}

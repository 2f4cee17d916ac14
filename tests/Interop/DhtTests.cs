using System.Diagnostics;
using System.Net;
using TorrentPatron.Engine.Client;
using TorrentPatron.Interop.Tests.Peers;
using TorrentPatron.Interop.Tests.Tools;
using TorrentPatron.Interop.Tests.Torrents;
using TorrentPatron.Protocol;
using TorrentPatron.Protocol.Magnets;

namespace TorrentPatron.Interop.Tests;

/// <summary>Peers that know only a torrent's info hash and find each other in a DHT of twenty of our nodes and their own.</summary>
public sealed class DhtTests
{
    private const int Nodes = 20;

    /// <summary>The first address that no node uses.</summary>
    private const int FirstAddress = Nodes + 1;

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("::1")]
    public async Task On_loopback_we_find_libtorrent_by_a_link(string loopback)
    {
        var address = IPAddress.Parse(loopback);
        Loopback.Require(address);
        await using TestSwarm swarm = await CreateSwarmAsync();
        await using DhtCrowd crowd = await DhtCrowd.StartAsync(Nodes, _ => address);
        await using ForeignPeer seed = await ForeignPeer.StartAsync(
            PeerKind.Libtorrent, swarm.Torrent, swarm.SeedFolder, swarm.Workspace, address, new TrackerlessDiscovery(crowd.Nodes[3]));
        await seed.WaitUntilSeedingAsync();
        await crowd.WaitForAnnounceAsync();
        await using var we = new OurPeer(swarm.Workspace, address, new TrackerlessDiscovery(crowd.Nodes[7]));

        await DownloadAsync(we, swarm, crowd, "libtorrent");

        swarm.AssertDownloaded();
    }

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("::1")]
    public async Task On_loopback_libtorrent_finds_us_by_a_link(string loopback)
    {
        var address = IPAddress.Parse(loopback);
        Loopback.Require(address);
        await using TestSwarm swarm = await CreateSwarmAsync();
        await using DhtCrowd crowd = await DhtCrowd.StartAsync(Nodes, _ => address);
        await using var we = new OurPeer(swarm.Workspace, address, new TrackerlessDiscovery(crowd.Nodes[7]));
        await SeedAsync(we, swarm, crowd);

        await using ForeignPeer downloader = await ForeignPeer.StartAsync(
            PeerKind.Libtorrent, Link(swarm), swarm.DownloadFolder, swarm.Workspace, address, new TrackerlessDiscovery(crowd.Nodes[3]));
        await downloader.WaitUntilSeedingAsync();

        swarm.AssertDownloaded();
    }

    // Transmission ignores DHT nodes on loopback, and aria2 ignores peers there.
    [Fact]
    public Task We_find_every_seeding_client_by_a_link() => IsolatedNetwork.RunAsync(() => Task.WhenAll(PeerKinds.WithoutTracker.Select(async kind =>
    {
        await using TestSwarm swarm = await CreateSwarmAsync();
        await using DhtCrowd crowd = await DhtCrowd.StartAsync(Nodes, i => IsolatedNetwork.Address(i + 1));
        await using ForeignPeer seed = await ForeignPeer.StartAsync(
            kind, swarm.Torrent, swarm.SeedFolder, swarm.Workspace, IsolatedNetwork.Address(FirstAddress + (int)kind), new TrackerlessDiscovery(crowd.Nodes[3]));
        await seed.WaitUntilSeedingAsync();
        await crowd.WaitForAnnounceAsync();
        await using var we = new OurPeer(swarm.Workspace, IsolatedNetwork.Address(FirstAddress + 10 + (int)kind), new TrackerlessDiscovery(crowd.Nodes[7]));
        await DownloadAsync(we, swarm, crowd, kind.ToString());
        swarm.AssertDownloaded();
    })));

    [Fact]
    public Task Every_client_with_a_link_finds_us() => IsolatedNetwork.RunAsync(async () =>
    {
        await using TestSwarm swarm = await CreateSwarmAsync();
        await using DhtCrowd crowd = await DhtCrowd.StartAsync(Nodes, i => IsolatedNetwork.Address(i + 1));
        await using var we = new OurPeer(swarm.Workspace, IsolatedNetwork.Address(FirstAddress + 10), new TrackerlessDiscovery(crowd.Nodes[7]));
        await SeedAsync(we, swarm, crowd);
        await Task.WhenAll(PeerKinds.WithoutTracker.Select(async kind =>
        {
            string folder = swarm.Workspace[$"to {kind}"];
            var clock = Stopwatch.StartNew();
            await using ForeignPeer downloader = await ForeignPeer.StartAsync(
                kind, Link(swarm), folder, swarm.Workspace, IsolatedNetwork.Address(FirstAddress + (int)kind), new TrackerlessDiscovery(crowd.Nodes[3]));
            await downloader.WaitUntilSeedingAsync(Patience.OfDht);
            Tell($"{kind} had metadata and data of us by the DHT after {clock.Elapsed.TotalSeconds:F1} s");
            swarm.AssertDownloaded(folder: folder);
        }));
    });

    /// <summary>Seeds and waits until the DHT knows the seed: a peer that searches sooner repeats its search only after minutes.</summary>
    private static async Task SeedAsync(OurPeer we, TestSwarm swarm, DhtCrowd crowd)
    {
        await we.WaitUntilSeedingAsync(await we.StartAsync(swarm.Torrent, swarm.SeedFolder));
        await crowd.WaitForAnnounceAsync();
    }

    /// <summary>Downloads by a link without peers, and reports how long it took to find one.</summary>
    private static async Task DownloadAsync(OurPeer we, TestSwarm swarm, DhtCrowd crowd, string whom)
    {
        var clock = Stopwatch.StartNew();
        TorrentId torrent = await we.StartAsync(MagnetLink.Parse(Link(swarm)), swarm.DownloadFolder);
        await we.WaitAsync(torrent, "a peer is known", status => status.KnownPeers > 0 || status.Metadata is null);
        TimeSpan found = clock.Elapsed;
        await we.WaitForMetadataAsync(torrent);
        TimeSpan metadata = clock.Elapsed;
        TorrentStatus status = await we.WaitUntilSeedingAsync(torrent);
        DhtStatus dht = we.Dht!;
        Tell($"{whom}: a peer was known after {found.TotalSeconds:F2} s, the metadata here after {metadata.TotalSeconds:F2} s, all after "
            + $"{clock.Elapsed.TotalSeconds:F2} s; {dht.NodesIPv4 + dht.NodesIPv6} nodes, {dht.LookupsMade} searches, {dht.BytesSent} bytes sent, {dht.BytesReceived} received; "
            + $"{crowd.StoredPeers} peers stored by the crowd");
        Assert.Equal(0, status.FailedPieces);
    }

    private static string Link(TestSwarm swarm) => MagnetLink.Of(OurPeer.Read(swarm.Torrent)).ToString();

    private static void Tell(string what) => TestContext.Current.TestOutputHelper!.WriteLine(what);

    private static Task<TestSwarm> CreateSwarmAsync() =>
        TestSwarm.MakeAsync(TorrentTool.Ours, PeerDiscovery.DirectPeer, below => Payload.Write(Shape.SingleFile, below));
}

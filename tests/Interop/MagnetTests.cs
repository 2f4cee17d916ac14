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
    public static TheoryData<PeerKind, PeerDiscovery> ClientsAndDiscoveries =>
        new MatrixTheoryData<PeerKind, PeerDiscovery>(PeerKinds.WithoutTracker, Enum.GetValues<PeerDiscovery>());

    [Theory]
    [MemberData(nameof(ClientsAndDiscoveries))]
    public async Task We_download_by_a_link_from_each_client(PeerKind kind, PeerDiscovery discovery)
    {
        await using TestSwarm swarm = await TestSwarm.MakeAsync(TorrentTool.Ours, discovery, below => Payload.Write(Shape.Folder, below));
        await using ForeignPeer seed = await ForeignPeer.StartAsync(kind, swarm.Torrent, swarm.SeedFolder, swarm.Workspace);
        await seed.WaitUntilSeedingAsync();
        if (swarm.Tracker is not null)
            await swarm.Tracker.WaitForSeedAsync();
        await using var we = new OurPeer(swarm.Workspace);

        var clock = Stopwatch.StartNew();
        TorrentId torrent = await we.StartAsync(LinkTo(swarm, discovery == PeerDiscovery.DirectPeer ? seed.EndPoint : null), swarm.DownloadFolder);
        await we.WaitForMetadataAsync(torrent);
        TestContext.Current.TestOutputHelper!.WriteLine($"{kind} by {discovery}: the metadata arrived after {clock.ElapsedMilliseconds} ms");
        TorrentStatus status = await we.WaitUntilSeedingAsync(torrent);

        swarm.AssertDownloaded();
        Assert.Equal(0, status.FailedPieces);
    }

    [Theory]
    [InlineData(PeerKind.Libtorrent, PeerDiscovery.DirectPeer)]
    [InlineData(PeerKind.Libtorrent, PeerDiscovery.HttpTracker)]
    [InlineData(PeerKind.Libtorrent, PeerDiscovery.UdpTracker)]
    [InlineData(PeerKind.Aria2, PeerDiscovery.HttpTracker)]
    [InlineData(PeerKind.Aria2, PeerDiscovery.UdpTracker)]
    public async Task A_peer_that_connects_with_a_link_gets_metadata_and_data(PeerKind kind, PeerDiscovery discovery)
    {
        await using TestSwarm swarm = await TestSwarm.MakeAsync(TorrentTool.Ours, discovery, below => Payload.Write(Shape.Folder, below));
        await using var we = new OurPeer(swarm.Workspace);
        TorrentId torrent = await we.StartAsync(swarm.Torrent, swarm.SeedFolder);
        await we.WaitUntilSeedingAsync(torrent);
        if (swarm.Tracker is not null)
            await swarm.Tracker.WaitForSeedAsync();

        await using ForeignPeer downloader = await ForeignPeer.StartAsync(
            kind, LinkTo(swarm, peer: null).ToString(), swarm.DownloadFolder, swarm.Workspace,
            peers: discovery == PeerDiscovery.DirectPeer ? [we.EndPoint] : []);
        await downloader.WaitUntilSeedingAsync();

        swarm.AssertDownloaded();
    }

    [Theory]
    [InlineData(PeerKind.Transmission, PeerDiscovery.DirectPeer)]
    [InlineData(PeerKind.Transmission, PeerDiscovery.HttpTracker)]
    [InlineData(PeerKind.Libtorrent, PeerDiscovery.DirectPeer)]
    public async Task A_peer_with_a_link_that_we_connect_to_gets_metadata_and_data(PeerKind kind, PeerDiscovery discovery)
    {
        await using TestSwarm swarm = await TestSwarm.MakeAsync(TorrentTool.Ours, discovery, below => Payload.Write(Shape.Folder, below));
        await using ForeignPeer downloader = await ForeignPeer.StartAsync(
            kind, LinkTo(swarm, peer: null).ToString(), swarm.DownloadFolder, swarm.Workspace);
        await downloader.WaitUntilListeningAsync();
        if (swarm.Tracker is not null)
            await swarm.Tracker.WaitForLeecherAsync();

        await using var we = new OurPeer(swarm.Workspace);
        await we.StartAsync(swarm.Torrent, swarm.SeedFolder, discovery == PeerDiscovery.DirectPeer ? downloader.EndPoint : null);
        await downloader.WaitUntilSeedingAsync();

        // Transmission does not create empty files.
        swarm.AssertDownloaded(emptyFiles: kind != PeerKind.Transmission);
    }

    [Fact]
    public async Task A_torrent_fetched_by_a_link_is_served_to_another_link()
    {
        await using TestSwarm swarm = await TestSwarm.MakeAsync(
            TorrentTool.Libtorrent, PeerDiscovery.DirectPeer, below => Payload.Write(Shape.Folder, below));
        await using var we = new OurPeer(swarm.Workspace);
        await using (ForeignPeer seed = await ForeignPeer.StartAsync(
            PeerKind.Transmission, swarm.Torrent, swarm.SeedFolder, swarm.Workspace))
        {
            await seed.WaitUntilSeedingAsync();
            await we.WaitUntilSeedingAsync(await we.StartAsync(LinkTo(swarm, seed.EndPoint), swarm.Workspace["between"]));
        }

        await using ForeignPeer last = await ForeignPeer.StartAsync(
            PeerKind.Libtorrent, LinkTo(swarm, peer: null).ToString(), swarm.DownloadFolder, swarm.Workspace, peers: we.EndPoint);
        await last.WaitUntilSeedingAsync();

        swarm.AssertDownloaded();
    }

    /// <summary>A link to the swarm's torrent with its trackers, without web seeds, and with a peer if given.</summary>
    private static MagnetLink LinkTo(TestSwarm swarm, IPEndPoint? peer) => MagnetLink.Of(OurPeer.Read(swarm.Torrent)) with
    {
        Peers = peer is null ? [] : [new HostEndPoint(peer.Address.ToString(), peer.Port)],
    };
}

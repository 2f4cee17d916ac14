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
    private static readonly TrackerlessDiscovery Calling = new(LocalDiscovery: true);

    [Fact]
    public Task We_find_every_seeding_client_by_a_link() => IsolatedNetwork.RunAsync(async () =>
    {
        foreach (PeerKind kind in PeerKinds.WithoutTracker)
        {
            await using TestSwarm swarm = await CreateSwarmAsync();
            await using ForeignPeer seed = await ForeignPeer.StartAsync(
                kind, swarm.Torrent, swarm.SeedFolder, swarm.Workspace, IsolatedNetwork.Address(1), Calling);
            await seed.WaitUntilSeedingAsync();
            await using var we = new OurPeer(swarm.Workspace, IsolatedNetwork.Address(2), Calling);

            var clock = Stopwatch.StartNew();
            TorrentId torrent = await we.StartAsync(MagnetLink.Parse(Link(swarm)), swarm.DownloadFolder);
            await we.WaitForMetadataAsync(torrent);
            TimeSpan metadata = clock.Elapsed;
            await we.WaitUntilSeedingAsync(torrent);
            Tell($"{kind}: the metadata was here after {metadata.TotalSeconds:F2} s, all after {clock.Elapsed.TotalSeconds:F2} s");
            swarm.AssertDownloaded();
        }
    });

    [Fact]
    public Task Every_client_with_a_link_finds_us() => IsolatedNetwork.RunAsync(async () =>
    {
        foreach (PeerKind kind in PeerKinds.WithoutTracker)
        {
            await using TestSwarm swarm = await CreateSwarmAsync();
            await using ForeignPeer downloader = await ForeignPeer.StartAsync(
                kind, Link(swarm), swarm.DownloadFolder, swarm.Workspace, IsolatedNetwork.Address(1), Calling);
            await downloader.WaitUntilListeningAsync();
            await using var we = new OurPeer(swarm.Workspace, IsolatedNetwork.Address(2), Calling);

            var clock = Stopwatch.StartNew();
            await we.StartAsync(swarm.Torrent, swarm.SeedFolder);
            await downloader.WaitUntilSeedingAsync();
            Tell($"{kind} had metadata and data of us after {clock.Elapsed.TotalSeconds:F2} s");
            swarm.AssertDownloaded();
        }
    });

    private static string Link(TestSwarm swarm) => MagnetLink.Of(OurPeer.Read(swarm.Torrent)).ToString();

    private static void Tell(string what) => TestContext.Current.TestOutputHelper!.WriteLine(what);

    private static Task<TestSwarm> CreateSwarmAsync() =>
        TestSwarm.MakeAsync(TorrentTool.Ours, PeerDiscovery.DirectPeer, below => Payload.Write(Shape.SingleFile, below));
}

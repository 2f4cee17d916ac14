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
    public static TheoryData<PeerDiscovery, Shape> Everything =>
        new MatrixTheoryData<PeerDiscovery, Shape>(Enum.GetValues<PeerDiscovery>(), Enum.GetValues<Shape>());

    [Theory]
    [MemberData(nameof(Everything))]
    public async Task We_download_from_it(PeerDiscovery discovery, Shape shape)
    {
        await using TestSwarm swarm = await TestSwarm.MakeAsync(tool, discovery, below => Payload.Write(shape, below));
        await using ForeignPeer seed = await ForeignPeer.StartAsync(kind, swarm.Torrent, swarm.SeedFolder, swarm.Workspace);
        await seed.WaitUntilSeedingAsync();
        if (swarm.Tracker is not null)
            await swarm.Tracker.WaitForSeedAsync();

        await using var we = new OurPeer(swarm.Workspace);
        TorrentId torrent = await we.StartAsync(
            swarm.Torrent, swarm.DownloadFolder, discovery == PeerDiscovery.DirectPeer ? seed.EndPoint : null);
        TorrentStatus status = await we.WaitUntilSeedingAsync(torrent);

        swarm.AssertDownloaded();
        Assert.Equal(status.TotalSize, status.CompletedSize);
        Assert.Equal(0, status.FailedPieces);
    }
}

public sealed class TransmissionDownloadTests() : DownloadTests(PeerKind.Transmission, TorrentTool.Transmission);

public sealed class Aria2DownloadTests() : DownloadTests(PeerKind.Aria2, TorrentTool.Mktorrent);

public sealed class LibtorrentDownloadTests() : DownloadTests(PeerKind.Libtorrent, TorrentTool.Libtorrent);

using TorrentPatron.Engine.Client;
using TorrentPatron.Interop.Tests.Peers;
using TorrentPatron.Interop.Tests.Torrents;
using TorrentPatron.Protocol;
using TorrentPatron.Protocol.Metainfo;
using TorrentPatron.Service;
using TorrentPatron.Service.Requests;

namespace TorrentPatron.Interop.Tests;

/// <summary>Choosing, moving and deleting files while other clients are connected.</summary>
public sealed class TorrentLifecycleTests
{
    [Theory]
    [InlineData(PeerKind.Libtorrent, TorrentTool.Libtorrent)]
    [InlineData(PeerKind.Transmission, TorrentTool.Transmission)]
    public async Task Only_chosen_files_are_downloaded_and_the_others_once_they_are_wanted(PeerKind kind, TorrentTool tool)
    {
        await using TestSwarm swarm = await TestSwarm.MakeAsync(tool, PeerDiscovery.DirectPeer, below => Payload.Write(Shape.Folder, below));
        await using ForeignPeer seed = await ForeignPeer.StartAsync(kind, swarm.Torrent, swarm.SeedFolder, swarm.Workspace);
        await seed.WaitUntilSeedingAsync();
        await using var we = new OurPeer(swarm.Workspace);
        TorrentId torrent = await we.StartAsync(swarm.Torrent, new StartRequest
        {
            Destination = swarm.DownloadFolder,
            Peers = [seed.EndPoint],
            Selection = new FileSelection { Include = ["unicode/*"] },
        });
        TorrentStatus chosen = await we.WaitUntilSeedingAsync(torrent);

        TorrentMetainfo metainfo = OurPeer.Read(swarm.Torrent);
        Assert.True(chosen.WantedSize < chosen.TotalSize);
        Assert.All(metainfo.Files.Where(file => file.Path.Contains("/unicode/", StringComparison.Ordinal)), file => Assert.Equal(
            File.ReadAllBytes(Path.Combine(swarm.SeedFolder, file.Path)), File.ReadAllBytes(Path.Combine(swarm.DownloadFolder, file.Path))));

        // Its first and last piece may overlap wanted files.
        string other = Path.Combine(swarm.DownloadFolder, metainfo.Files.Single(file => file.Path.EndsWith("many pieces.bin", StringComparison.Ordinal)).Path);
        Assert.False(File.Exists(other) && File.ReadAllBytes(other).AsSpan().SequenceEqual(
            File.ReadAllBytes(Path.Combine(swarm.SeedFolder, Path.GetRelativePath(swarm.DownloadFolder, other)))));

        await we.SetFilePrioritiesAsync(torrent, [.. metainfo.Files.Select(_ => FilePriority.Normal)]);
        await we.WaitUntilSeedingAsync(torrent);
        swarm.AssertDownloaded();
    }

    [Fact]
    public async Task A_peer_gets_everything_while_the_files_are_moved()
    {
        await using TestSwarm swarm = await TestSwarm.MakeAsync(
            TorrentTool.Ours, PeerDiscovery.DirectPeer, below => Payload.Write(Shape.Folder, below));
        await using var we = new OurPeer(swarm.Workspace);
        TorrentId torrent = await we.StartAsync(swarm.Torrent, new StartRequest
        {
            Destination = swarm.SeedFolder,
            Options = new TorrentOptions { MaxUploadRate = 1 << 20 },
        });
        await we.WaitUntilSeedingAsync(torrent);
        string[] files = [.. OurPeer.Read(swarm.Torrent).Files.Where(file => !file.IsPadding).Select(file => file.Path).Order(StringComparer.Ordinal)];
        await using ForeignPeer downloader = await ForeignPeer.StartAsync(
            PeerKind.Libtorrent, swarm.Torrent, swarm.DownloadFolder, swarm.Workspace, peers: we.EndPoint);
        await we.WaitAsync(torrent, "some bytes have been sent", status => status.BytesSent > 0);

        string moved = swarm.Workspace["moved"];
        TorrentStatus status = await we.MoveAsync(torrent, moved);
        Assert.Equal((moved, TorrentState.Seeding), (status.Destination, status.State));
        await we.SetAsync(torrent, new TorrentOptions { MaxUploadRate = 0 });

        await downloader.WaitUntilSeedingAsync();
        Payload.AssertSame(files, moved, swarm.DownloadFolder);
        Assert.Empty(Directory.EnumerateFiles(swarm.SeedFolder, "*", SearchOption.AllDirectories));
    }

    [Fact]
    public async Task Downloaded_files_are_deleted_with_the_torrent_and_nothing_else()
    {
        await using TestSwarm swarm = await TestSwarm.MakeAsync(
            TorrentTool.Libtorrent, PeerDiscovery.DirectPeer, below => Payload.Write(Shape.Folder, below));
        await using ForeignPeer seed = await ForeignPeer.StartAsync(
            PeerKind.Libtorrent, swarm.Torrent, swarm.SeedFolder, swarm.Workspace);
        await seed.WaitUntilSeedingAsync();
        TorrentId torrent;
        string mine;
        await using (var we = new OurPeer(swarm.Workspace))
        {
            torrent = await we.StartAsync(swarm.Torrent, swarm.DownloadFolder, seed.EndPoint);
            TorrentStatus status = await we.WaitUntilSeedingAsync(torrent);
            mine = Path.Combine(status.Path, "nested", "mine.txt");
            await File.WriteAllTextAsync(mine, "mine", TestContext.Current.CancellationToken);
        }

        // It is stopped: its own files are known from the saved state.
        await using var weAgain = new OurPeer(swarm.Workspace);
        TorrentRemoved removed = await weAgain.RemoveAsync(torrent);

        Assert.Empty(removed.Warnings);
        Assert.Equal(OurPeer.Read(swarm.Torrent).Files.Count(file => !file.IsPadding), removed.FilesDeleted);
        Assert.Equal([mine], Directory.EnumerateFiles(swarm.DownloadFolder, "*", SearchOption.AllDirectories));
        Assert.Equal(2, Directory.EnumerateDirectories(swarm.DownloadFolder, "*", SearchOption.AllDirectories).Count());
    }
}

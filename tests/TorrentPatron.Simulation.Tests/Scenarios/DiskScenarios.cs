using System.Diagnostics;
using TorrentPatron.Engine.Client;
using TorrentPatron.Simulation.Peers;
using TorrentPatron.Simulation.Simulator;

namespace TorrentPatron.Simulation.Scenarios;

/// <summary>Full disks, and files that others delete, truncate or move while a torrent runs.</summary>
public sealed class DiskScenarios
{
    private const int Piece = 32 * 1024;

    private static readonly TimeSpan Long = TimeSpan.FromMinutes(10);

    [Fact]
    public async Task A_full_disk_stops_the_torrent_until_there_is_space()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() && Environment.IsPrivilegedProcess, "Only root on Linux can mount a tmpfs.");
        string? mount = null;
        try
        {
            await World.RunAsync(seed: 1, async world =>
            {
                var torrent = new SwarmTorrent(1, Piece, 40 * Piece);
                await using var seed = new Node(world, 1, world.Network.Join(up: 200_000));
                await seed.SeedAsync(torrent);
                await using var node = new Node(world, 2);
                mount = node.Folder;
                Assert.SkipUnless(Run("mount", "-t", "tmpfs", "-o", "size=2m", "none", mount), "A tmpfs cannot be mounted on this machine.");
                await node.StartAsync(torrent, seed.EndPoint);
                await world.UntilAsync(() => node.Status(torrent).VerifiedPieces > 10, Long, "some pieces have arrived");
                string other = Path.Combine(mount, "other");
                using (FileStream filler = File.Create(other))
                    Fill(filler);

                await world.UntilAsync(() => node.Status(torrent).State == TorrentState.Failed, Long, "it stops");
                TorrentStatus failed = node.Status(torrent);
                Assert.Equal(TorrentErrorId.InsufficientDiskSpace, failed.Error!.Id);
                Assert.InRange(failed.VerifiedPieces, 11, 39);
                int dialled = world.Network.Dialled;
                await world.PassAsync(TimeSpan.FromMinutes(10));
                Assert.Equal(0, node.Client.GetClientStatus().ConnectedPeers);
                Assert.Equal(dialled, world.Network.Dialled);
                Assert.Equal(failed.BytesReceived, node.Status(torrent).BytesReceived);

                File.Delete(other);
                Assert.IsType<CommandDone>(await node.ResumeAsync(torrent));
                await world.UntilAsync(() => node.Has(torrent), Long, "the download continues and completes");
                torrent.AssertIsIn(node.Folder);
                Assert.Equal(0, node.Status(torrent).FailedPieces);
                await world.UntilAsync(node.Client.DisposeAsync().AsTask(), Long, "the engine has stopped");
                Run("umount", mount);
            });
        }
        finally
        {
            if (mount is not null && Directory.Exists(mount))
                Run("umount", "-l", mount);
        }
    }

    [Fact]
    public Task A_file_deleted_during_the_download_is_noticed_at_its_end_and_fetched_again() => World.RunAsync(seed: 2, async world =>
    {
        var torrent = new SwarmTorrent(2, Piece, 20 * Piece, 10 * Piece);
        (Node seed, Node node) = await BeginAsync(world, torrent);
        string lost = Path.Combine(node.Folder, torrent.Metainfo.Files[0].Path);
        await world.UntilAsync(() => File.Exists(lost), Long, "the file exists");
        await world.UntilAsync(() => node.Status(torrent).VerifiedPieces > 10, Long, "some pieces have arrived");
        File.Delete(lost);
        await world.UntilAsync(() => node.Status(torrent).State == TorrentState.Failed, Long, "the missing file is noticed");
        Assert.Equal(TorrentErrorId.DiskReadFailed, node.Status(torrent).Error!.Id);
        Assert.DoesNotContain(node.Messages, message => message is TorrentCompleted);

        Assert.IsType<CommandDone>(await node.ResumeAsync(torrent));
        await world.UntilAsync(() => node.Has(torrent), Long, "it is fetched again");
        torrent.AssertIsIn(node.Folder);
        await node.DisposeAsync();
        await seed.DisposeAsync();
    });

    [Fact]
    public Task A_file_truncated_under_a_seed_stops_it_and_is_fetched_again() => World.RunAsync(seed: 3, async world =>
    {
        var torrent = new SwarmTorrent(3, Piece, 20 * Piece);
        (Node seed, Node node) = await BeginAsync(world, torrent);
        await world.UntilAsync(() => node.Has(torrent), Long, "it is complete");
        string file = Path.Combine(node.Folder, torrent.Metainfo.Files[0].Path);
        using (var cut = new FileStream(file, FileMode.Open, FileAccess.Write, FileShare.ReadWrite))
            cut.SetLength(5 * Piece);
        await using var third = new Node(world, 3);
        await third.StartAsync(torrent, node.EndPoint);
        await world.UntilAsync(() => node.Status(torrent).State == TorrentState.Failed, Long, "the seed notices");
        Assert.Equal(TorrentErrorId.DiskReadFailed, node.Status(torrent).Error!.Id);

        Assert.IsType<CommandDone>(await node.ResumeAsync(torrent));
        await world.UntilAsync(() => node.Has(torrent) && third.Has(torrent), TimeSpan.FromHours(1), "all peers are complete");
        torrent.AssertIsIn(node.Folder);
        torrent.AssertIsIn(third.Folder);
        Assert.Equal(0, third.Status(torrent).FailedPieces);
        await node.DisposeAsync();
        await seed.DisposeAsync();
    });

    [Fact]
    public Task A_destination_that_disappears_and_returns_has_lost_nothing() => World.RunAsync(seed: 4, async world =>
    {
        var torrent = new SwarmTorrent(4, Piece, 20 * Piece, 10 * Piece);
        (Node seed, Node node) = await BeginAsync(world, torrent);
        string folder = Path.Combine(node.Folder, torrent.Metainfo.Name), away = folder + " away";
        await world.UntilAsync(() => node.Status(torrent).VerifiedPieces > 10, Long, "some pieces have arrived");
        Directory.Move(folder, away);
        await world.UntilAsync(() => node.Status(torrent).State is TorrentState.Failed, Long, "the missing file is noticed");
        if (Directory.Exists(folder))
            Directory.Delete(folder, recursive: true);
        Directory.Move(away, folder);

        long before = node.Status(torrent).BytesReceived;
        Assert.IsType<CommandDone>(await node.ResumeAsync(torrent));
        await world.UntilAsync(() => node.Has(torrent), Long, "the download continues and completes");
        torrent.AssertIsIn(node.Folder);
        Assert.InRange(node.Status(torrent).BytesReceived - before, 0, 20 * Piece);
        await node.DisposeAsync();
        await seed.DisposeAsync();
    });

    private static async Task<(Node Seed, Node Node)> BeginAsync(World world, SwarmTorrent torrent)
    {
        var seed = new Node(world, 1, world.Network.Join(up: 200_000));
        await seed.SeedAsync(torrent);
        var node = new Node(world, 2);
        await node.StartAsync(torrent, seed.EndPoint);
        return (seed, node);
    }

    private static void Fill(FileStream filler)
    {
        try
        {
            while (true)
                filler.Write(new byte[4096]);
        }
        catch (IOException)
        {
            // Full.
        }
    }

    private static bool Run(string program, params string[] arguments)
    {
        using Process process = Process.Start(program, arguments);
        process.WaitForExit();
        return process.ExitCode == 0;
    }
}

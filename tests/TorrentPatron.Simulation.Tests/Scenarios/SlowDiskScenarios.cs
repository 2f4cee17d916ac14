using TorrentPatron.Engine.Client;
using TorrentPatron.Protocol.Wire;
using TorrentPatron.Simulation.Peers;
using TorrentPatron.Simulation.Simulator;

namespace TorrentPatron.Simulation.Scenarios;

/// <summary>Hard disks, and network folders.</summary>
public sealed class SlowDiskScenarios
{
    private const int Piece = 256 * 1024;

    private static readonly TimeSpan Long = TimeSpan.FromMinutes(10);

    [Fact]
    public Task A_download_from_several_peers_is_written_piece_by_piece_on_a_hard_disk() => World.RunAsync(seed: 1, async world =>
    {
        var torrent = new SwarmTorrent(1, Piece, 64 * Piece);
        Node[] seeds = await SeedsAsync(world, torrent, count: 4, up: 1_000_000);
        var drive = SimulatedDrive.Spinning(world);
        await using var node = new Node(world, 9) { DriveOf = _ => drive };
        await node.StartAsync(torrent, [.. seeds.Select(seed => seed.EndPoint)]);
        await world.UntilAsync(() => node.Has(torrent), Long, "it is complete");
        torrent.AssertIsIn(node.Folder);
        Assert.Equal(64L * Piece, drive.BytesWritten);
        Assert.Equal(0, drive.BytesRead);
        Assert.InRange(drive.Seeks, 1, 64);
        await EndAsync(seeds);
    });

    [Fact]
    public Task Requested_blocks_are_read_in_few_calls_and_nothing_else_is_read() => World.RunAsync(seed: 2, async world =>
    {
        var torrent = new SwarmTorrent(2, Piece, 64 * Piece);
        var share = SimulatedDrive.Share(world);
        await using var seed = new Node(world, 1, world.Network.Join(up: 4_000_000));
        await seed.SeedAsync(torrent);
        seed.DriveOf = _ => share;
        await using var node = new Node(world, 2);
        await node.StartAsync(torrent, seed.EndPoint);
        TimeSpan began = world.Elapsed;
        await world.UntilAsync(() => node.Has(torrent), Long, "it is complete");
        Assert.Equal(64L * Piece, share.BytesRead);
        int blocks = 64 * Piece / BlockRequest.BlockLength;
        Assert.InRange(share.Calls, 1, blocks / 8);
        // The line alone takes 4.2 s; a call for each block would take 20 s.
        Assert.InRange((world.Elapsed - began).TotalSeconds, 4, 10);
    });

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public Task A_download_onto_a_slow_disk_does_not_stall_another(int diskThreads) => World.RunAsync(seed: 3, async world =>
    {
        const int Most = 4 << 20;
        var fast = new SwarmTorrent(3, Piece, 64 * Piece);
        var slow = new SwarmTorrent(4, Piece, 64 * Piece);
        Node[] seeds = [.. await SeedsAsync(world, fast, count: 1, up: 4_000_000), .. await SeedsAsync(world, slow, count: 1, up: 4_000_000)];
        var share = SimulatedDrive.Share(world, milliseconds: 200);
        await using var node = new Node(world, 9, settings: settings => settings with { MaxQueuedBytes = Most }, diskThreads: diskThreads)
        {
            DriveOf = path => path.Contains(slow.Metainfo.Name, StringComparison.Ordinal) ? share : null,
        };
        await node.StartAsync(slow, seeds[1].EndPoint);
        // Until its memory is at the bound.
        await world.PassAsync(TimeSpan.FromSeconds(10));
        long received = node.Status(slow).BytesReceived;
        Assert.InRange(node.QueuedBytes, Most / 4, Most);

        await node.StartAsync(fast, seeds[0].EndPoint);
        TimeSpan began = world.Elapsed;
        await world.UntilAsync(() => node.Has(fast), Long, "the torrent on the fast disk is complete");
        // The line alone takes 4.2 s.
        Assert.InRange((world.Elapsed - began).TotalSeconds, 4, 8);
        fast.AssertIsIn(node.Folder);
        Assert.Equal(TorrentState.Downloading, node.Status(slow).State);

        // It receives at the rate of the disk: 64 KiB per call.
        double seconds = (world.Elapsed - began).TotalSeconds;
        Assert.InRange(node.Status(slow).BytesReceived - received, 1, (long)(seconds * 5 * 65536) + Most / 2);
        await world.UntilAsync(() => node.Has(slow), Long, "the torrent on the slow disk is complete");
        slow.AssertIsIn(node.Folder);
        Assert.Equal(0, node.QueuedBytes);
        await EndAsync(seeds);
    });

    [Fact]
    public Task Data_waiting_for_a_slow_disk_is_bounded_and_the_peers_wait_too() => World.RunAsync(seed: 5, async world =>
    {
        const int Most = 4 << 20;
        var torrent = new SwarmTorrent(5, Piece, 64 * Piece);
        Node[] seeds = await SeedsAsync(world, torrent, count: 4, up: 4_000_000);
        var share = SimulatedDrive.Share(world, milliseconds: 100);
        await using var node = new Node(world, 9, settings: settings => settings with { MaxQueuedBytes = Most }) { DriveOf = _ => share };
        await node.StartAsync(torrent, [.. seeds.Select(seed => seed.EndPoint)]);
        long most = 0, sent = 0;
        await world.UntilAsync(
            () =>
            {
                most = Math.Max(most, node.QueuedBytes + node.HeldBytes);
                sent = Math.Max(sent, seeds.Sum(seed => seed.Status(torrent).BytesSent) - share.BytesWritten);
                return node.Has(torrent);
            },
            Long, "it is complete");
        torrent.AssertIsIn(node.Folder);
        Assert.InRange(most, Most / 4, Most);
        // The data in flight still arrives.
        Assert.InRange(sent, 1, 2 * Most);
        await EndAsync(seeds);
    });

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public Task Reads_from_a_slow_disk_for_many_peers_do_not_stall_another_torrent(int diskThreads) => World.RunAsync(seed: 6, async world =>
    {
        var fast = new SwarmTorrent(6, Piece, 64 * Piece);
        var slow = new SwarmTorrent(7, Piece, 64 * Piece);
        var share = SimulatedDrive.Share(world, milliseconds: 200);
        await using var node = new Node(world, 9, world.Network.Join(up: 40_000_000), diskThreads: diskThreads);
        await node.SeedAsync(fast);
        await node.SeedAsync(slow);
        node.DriveOf = path => path.Contains(slow.Metainfo.Name, StringComparison.Ordinal) ? share : null;
        Node[] readers = [.. Enumerable.Range(20, 6).Select(seed => new Node(world, seed))];
        foreach (Node reader in readers)
            await reader.StartAsync(slow, node.EndPoint);
        await world.PassAsync(TimeSpan.FromSeconds(10));
        await using var other = new Node(world, 30, world.Network.Join(down: 4_000_000));
        await other.StartAsync(fast, node.EndPoint);
        TimeSpan began = world.Elapsed;
        await world.UntilAsync(() => other.Has(fast), Long, "the torrent on the fast disk is complete at the other peer");
        // The line alone takes 4.2 s, and it is unchoked in the next round.
        Assert.InRange((world.Elapsed - began).TotalSeconds, 4, 20);
        Assert.False(Array.Exists(readers, reader => reader.Has(slow)));
        await EndAsync(readers);
    });

    private static async Task<Node[]> SeedsAsync(World world, SwarmTorrent torrent, int count, int up)
    {
        var seeds = new Node[count];
        for (int i = 0; i < count; i++)
        {
            seeds[i] = new Node(world, 100 + i, world.Network.Join(up: up));
            await seeds[i].SeedAsync(torrent);
        }

        return seeds;
    }

    private static async Task EndAsync(Node[] nodes)
    {
        foreach (Node node in nodes)
            await node.DisposeAsync();
    }
}

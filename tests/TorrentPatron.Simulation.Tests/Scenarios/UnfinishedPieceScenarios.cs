using System.Net;
using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Storage;
using TorrentPatron.Protocol;
using TorrentPatron.Simulation.Peers;
using TorrentPatron.Simulation.Simulator;

namespace TorrentPatron.Simulation.Scenarios;

/// <summary>Downloads that are interrupted before any piece completes.</summary>
public sealed class UnfinishedPieceScenarios
{
    private const int Piece = 2 << 20;
    private const int Rate = 100_000;

    private static readonly TimeSpan Long = TimeSpan.FromMinutes(10);

    [Fact]
    public Task Kills_more_frequent_than_pieces_lose_some_seconds_each() => World.RunAsync(seed: 1, async world =>
    {
        var torrent = new SwarmTorrent(1, Piece, 2 * Piece);
        await using var seed = new Node(world, 1, world.Network.Join(up: Rate));
        await seed.SeedAsync(torrent);
        using var left = new TempFolder();
        ResumeData? saved = null;
        bool isComplete = false;
        int runs = 0;
        // A piece takes twenty seconds, and a kill comes every fourteen.
        for (; runs < 10 && !isComplete; runs++)
        {
            await using var node = new Node(world, 10 + runs);
            Copy(left.Path, node.Folder);
            var store = new MemoryResumeStore { Data = saved is null ? null : saved with { Destination = node.Folder } };
            await node.StartAsync(torrent, store, seed.EndPoint);
            await world.PassAsync(TimeSpan.FromSeconds(14));
            saved = store.Data;
            isComplete = node.Has(torrent);
            Copy(node.Folder, left.Path);
        }

        Assert.True(isComplete, "the download is complete");
        // Of fourteen seconds' worth, at most six are fetched again, and what was in flight.
        Assert.InRange(seed.Status(torrent).BytesSent, torrent.Data.Length, torrent.Data.Length + (runs * 7 * Rate));
        torrent.AssertIsIn(left.Path);
    });

    [Fact]
    public Task Suspending_rechecking_moving_stopping_and_broken_connections_lose_no_block() => World.RunAsync(seed: 2, async world =>
    {
        var torrent = new SwarmTorrent(2, Piece, 3 * Piece, Piece / 3);
        TorrentId id = torrent.Metainfo.TorrentId;
        Node[] seeds = [.. Enumerable.Range(0, 3).Select(number => new Node(world, number, world.Network.Join(up: Rate / 3)))];
        foreach (Node seed in seeds)
            await seed.SeedAsync(torrent);
        IPEndPoint[] peers = [.. seeds.Select(seed => seed.EndPoint)];
        await using var node = new Node(world, 10);
        using var elsewhere = new TempFolder();
        var store = new MemoryResumeStore();
        await node.StartAsync(torrent, store, peers);
        int interruptions = 0;
        for (; !node.Has(torrent); interruptions++)
        {
            Assert.InRange(interruptions, 0, 100);
            await world.PassAsync(TimeSpan.FromSeconds(3 + world.Random.Next(6)));
            switch (world.Random.Next(5))
            {
                case 0:
                    await node.SendAsync(c => new SuspendTorrent(c, id));
                    await node.ResumeAsync(torrent);
                    break;
                case 1:
                    await node.SendAsync(c => new RecheckTorrent(c, id));
                    break;
                case 2:
                    string to = node.Status(torrent).Destination == elsewhere.Path ? node.Folder : elsewhere.Path;
                    Assert.IsType<CommandDone>(await node.SendAsync(c => new MoveTorrent(c, id, to)));
                    break;
                case 3:
                    world.Network.Break(_ => true);
                    break;
                default:
                    await node.SendAsync(c => new CloseTorrent(c, id));
                    string destination = store.Data!.Destination;
                    store = new MemoryResumeStore { Data = store.Data };
                    Assert.IsType<NewTorrentCreated>(await node.SendAsync(c => new CreateNewTorrent(c, torrent.Metainfo, destination) { ResumeStore = store }));
                    break;
            }

            await node.SendAsync(c => new AddSources(c, id, peers, []));
        }

        TorrentStatus status = node.Status(torrent);
        torrent.AssertIsIn(status.Destination);
        Assert.Equal(0, status.FailedPieces);
        Assert.InRange(interruptions, 5, 100);
        // Nothing arrived twice except blocks requested twice, at the end of a piece.
        Assert.Equal(torrent.Data.Length + status.BytesWasted, status.BytesReceived);
        Assert.InRange(status.BytesWasted, 0, 20 * 16384);
        foreach (Node seed in seeds)
            await seed.DisposeAsync();
    });

    [Fact]
    public Task A_poisoner_is_detected_despite_blocks_of_an_earlier_session_and_the_honest_peer_stays() => World.RunAsync(seed: 3, async world =>
    {
        var torrent = new SwarmTorrent(3, Piece, 2 * Piece);
        SimulatedHost liar = world.Network.Join(up: Rate), honest = world.Network.Join(up: Rate);
        IPEndPoint bad = FakePeer.Listen(world, liar, torrent, 1, peer => peer.Serve(torrent, _ => world.Random.Next(4) == 0));
        IPEndPoint good = FakePeer.Listen(world, honest, torrent, 2, peer => peer.Serve(torrent));
        await using var node = new Node(world, 10);
        await node.StartAsync(torrent, bad, good);
        for (int rest = 0; rest < 5; rest++)
        {
            await world.PassAsync(TimeSpan.FromSeconds(3));
            await node.SendAsync(c => new SuspendTorrent(c, torrent.Metainfo.TorrentId));
            await node.ResumeAsync(torrent);
        }

        await world.UntilAsync(() => node.Has(torrent), Long, "the download is complete");
        torrent.AssertIsIn(node.Folder);
        using FakePeer again = await FakePeer.ConnectAsync(world, node, torrent, 2, from: honest);
        await world.PassAsync(TimeSpan.FromSeconds(2));
        Assert.False(again.IsClosed, "the honest peer is accepted");
    });

    private static void Copy(string from, string to)
    {
        foreach (string file in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories))
        {
            string target = Path.Combine(to, Path.GetRelativePath(from, file));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(file, target, overwrite: true);
        }
    }
}

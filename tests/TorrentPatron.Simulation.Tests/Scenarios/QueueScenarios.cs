using System.Net;
using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Storage;
using TorrentPatron.Protocol.Magnets;
using TorrentPatron.Protocol.Trackers;
using TorrentPatron.Simulation.Peers;
using TorrentPatron.Simulation.Simulator;

namespace TorrentPatron.Simulation.Scenarios;

/// <summary>More torrents than may be active at a time.</summary>
public sealed class QueueScenarios
{
    private const int Piece = 32 * 1024;

    [Fact]
    public Task Six_downloads_run_three_at_a_time_and_complete_in_order() => World.RunAsync(seed: 1, async world =>
    {
        await using Source source = await Source.MakeAsync(world, 6);
        await using var node = new Node(world, 2, settings: settings => settings with { MaxActiveDownloads = 3 });
        foreach (SwarmTorrent torrent in source.Torrents)
            await node.StartAsync(torrent, source.EndPoint);

        Assert.Equal(
            [TorrentState.Downloading, TorrentState.Downloading, TorrentState.Downloading, TorrentState.Queued, TorrentState.Queued, TorrentState.Queued],
            States(node, source.Torrents));
        Assert.Equal([1, 2, 3, 4, 5, 6], source.Torrents.Select(torrent => node.Status(torrent).QueuePosition));
        Assert.All(source.Torrents.Skip(3), torrent => Assert.Equal((0, 0L), (node.Status(torrent).ConnectedPeers, node.Status(torrent).BytesReceived)));
        int most = 0;
        await world.UntilAsync(
            () =>
            {
                most = Math.Max(most, source.Torrents.Count(torrent => node.Status(torrent).State == TorrentState.Downloading));
                return source.Torrents.All(node.Has);
            },
            TimeSpan.FromMinutes(20), "all are complete");

        Assert.Equal(3, most);
        string[] begun = [.. node.Messages.OfType<TorrentStateChanged>().Where(change => change.Status.State == TorrentState.Downloading).Select(change => change.Status.Name)];
        Assert.Equal(source.Torrents.Select(torrent => torrent.Metainfo.Name), begun);
        string[] complete = [.. node.Messages.OfType<TorrentCompleted>().Select(message => message.Status.Name)];
        // Each group of three shares the line, so that only the groups are in order.
        Assert.Equal(source.Torrents.Take(3).Select(torrent => torrent.Metainfo.Name).Order(), complete.Take(3).Order());
        Assert.Equal(6, complete.Distinct().Count());
        foreach (SwarmTorrent torrent in source.Torrents)
            torrent.AssertIsIn(node.Folder);
    });

    [Fact]
    public Task A_queued_torrent_announces_nothing_until_its_turn() => World.RunAsync(seed: 2, async world =>
    {
        var tracker = new SimulatedTracker(world);
        SwarmTorrent[] torrents = [new(1, Piece, 4 * Piece), new(2, Piece, 4 * Piece)];
        await using var node = new Node(world, 1, tracker: tracker, settings: settings => settings with { MaxActiveDownloads = 1 });
        foreach (SwarmTorrent torrent in torrents)
            await node.StartAsync(torrent);
        // Less than the time after which the first one counts as idle.
        await world.PassAsync(TimeSpan.FromMinutes(4));
        Assert.All(tracker.Announces, announce => Assert.Equal(torrents[0].Metainfo.TorrentId.WireHash, announce.Request.InfoHash));

        Assert.IsType<CommandFail>(await node.SendAsync(id => new AnnounceNow(id, torrents[1].Metainfo.TorrentId, [])));
        await node.SendAsync(id => new SuspendTorrent(id, torrents[0].Metainfo.TorrentId));
        await world.UntilAsync(
            () => tracker.Announces.Exists(announce => announce.Request.InfoHash == torrents[1].Metainfo.TorrentId.WireHash), TimeSpan.FromSeconds(10),
            "the second one announces");
        Assert.Equal([TorrentState.Suspended, TorrentState.Downloading], States(node, torrents));

        // The first one returns to its place, before the second: it gets its turn back, and the second leaves its swarm.
        await node.ResumeAsync(torrents[0]);
        await world.UntilAsync(() => node.Status(torrents[1]).State == TorrentState.Queued, TimeSpan.FromSeconds(30), "the second one waits again");
        Assert.Equal(TorrentState.Downloading, node.Status(torrents[0]).State);
        Assert.Contains(
            tracker.Announces,
            announce => announce.Request.InfoHash == torrents[1].Metainfo.TorrentId.WireHash && announce.Request.Event == AnnounceEvent.Stopped);
    });

    [Fact]
    public Task A_dead_torrent_blocks_the_queue_for_five_minutes_only() => World.RunAsync(seed: 3, async world =>
    {
        await using Source source = await Source.MakeAsync(world, 2);
        var dead = new SwarmTorrent(99, Piece, 4 * Piece);
        await using var node = new Node(world, 2, settings: settings => settings with { MaxActiveDownloads = 1 });
        await node.StartAsync(dead);
        foreach (SwarmTorrent torrent in source.Torrents)
            await node.StartAsync(torrent, source.EndPoint);

        await world.PassAsync(TimeSpan.FromMinutes(4.9));
        Assert.Equal([TorrentState.Queued, TorrentState.Queued], States(node, source.Torrents));
        await world.UntilAsync(() => node.Status(source.Torrents[0]).State == TorrentState.Downloading, TimeSpan.FromSeconds(20), "the first live one runs");
        Assert.Equal((TorrentState.Downloading, TorrentState.Queued), (node.Status(dead).State, node.Status(source.Torrents[1]).State));
        await world.UntilAsync(() => source.Torrents.All(node.Has), TimeSpan.FromMinutes(10), "both live ones are complete");
        Assert.Equal(TorrentState.Downloading, node.Status(dead).State);
    });

    [Fact]
    public Task A_dead_torrent_that_comes_alive_takes_its_turn_back() => World.RunAsync(seed: 4, async world =>
    {
        await using Source source = await Source.MakeAsync(world, 2);
        await using var node = new Node(world, 2, settings: settings => settings with { MaxActiveDownloads = 1 });
        await node.StartAsync(source.Torrents[0]);
        await node.StartAsync(source.Torrents[1]);
        await world.UntilAsync(() => node.Status(source.Torrents[1]).State == TorrentState.Downloading, TimeSpan.FromMinutes(6), "both look for peers");

        await node.SendAsync(id => new AddSources(id, source.Torrents[0].Metainfo.TorrentId, [source.EndPoint], []));
        await world.UntilAsync(() => node.Status(source.Torrents[1]).State == TorrentState.Queued, TimeSpan.FromMinutes(1), "the second one waits again");
        await node.SendAsync(id => new AddSources(id, source.Torrents[1].Metainfo.TorrentId, [source.EndPoint], []));
        await world.UntilAsync(() => node.Has(source.Torrents[0]), TimeSpan.FromMinutes(5), "the first one is complete");
        await world.UntilAsync(() => node.Has(source.Torrents[1]), TimeSpan.FromMinutes(5), "the second one is complete");
    });

    [Fact]
    public Task Complete_torrents_wait_for_a_place_among_the_seeds() => World.RunAsync(seed: 5, async world =>
    {
        await using Source source = await Source.MakeAsync(world, 3);
        await using var node = new Node(world, 2, settings: settings => settings with { MaxActiveDownloads = 1, MaxActiveSeeds = 1 });
        foreach (SwarmTorrent torrent in source.Torrents)
            await node.StartAsync(torrent, source.EndPoint);
        await world.UntilAsync(() => source.Torrents.All(torrent => node.Status(torrent).IsComplete), TimeSpan.FromMinutes(20), "all are complete");
        await world.UntilAsync(() => node.Status(source.Torrents[2]).State == TorrentState.Queued, TimeSpan.FromSeconds(30), "the last one waits");

        Assert.Equal([TorrentState.Seeding, TorrentState.Queued, TorrentState.Queued], States(node, source.Torrents));
        Assert.Equal(3, node.Messages.OfType<TorrentCompleted>().Count());
        // The source has everything, so the first seed sends nothing and the others get their turns.
        await world.UntilAsync(() => source.Torrents.All(node.Has), TimeSpan.FromMinutes(15), "all seed");
    });

    [Fact]
    public Task A_queued_torrent_with_all_of_its_data_is_reported_complete_once() => World.RunAsync(seed: 6, async world =>
    {
        SwarmTorrent[] torrents = [new(1, Piece, 4 * Piece), new(2, Piece, 4 * Piece)];
        await using var node = new Node(world, 1, settings: settings => settings with { MaxActiveSeeds = 1 });
        foreach (SwarmTorrent torrent in torrents)
        {
            torrent.WriteTo(node.Folder);
            await node.StartAsync(torrent);
        }

        await world.UntilAsync(() => torrents.All(torrent => node.Status(torrent).IsComplete), TimeSpan.FromMinutes(1), "both are checked");
        Assert.Equal([TorrentState.Seeding, TorrentState.Queued], States(node, torrents));
        await node.SendAsync(id => new CloseTorrent(id, torrents[0].Metainfo.TorrentId));
        await world.UntilAsync(() => node.Has(torrents[1]), TimeSpan.FromMinutes(1), "the second one seeds");
        Assert.Equal(torrents.Select(torrent => torrent.Metainfo.Name), node.Messages.OfType<TorrentCompleted>().Select(message => message.Status.Name));
    });

    [Fact]
    public Task Changed_limits_and_positions_take_effect_at_once() => World.RunAsync(seed: 7, async world =>
    {
        SwarmTorrent[] torrents = [.. Enumerable.Range(1, 4).Select(i => new SwarmTorrent(i, Piece, 4 * Piece))];
        await using var node = new Node(world, 1, settings: settings => settings with { MaxActiveDownloads = 2 });
        foreach (SwarmTorrent torrent in torrents)
            await node.StartAsync(torrent);
        TorrentState on = TorrentState.Downloading, off = TorrentState.Queued;
        Task Expect(params TorrentState[] states) =>
            world.UntilAsync(() => States(node, torrents).SequenceEqual(states), TimeSpan.FromSeconds(30), string.Join(", ", states));

        await Expect(on, on, off, off);
        await node.SendAsync(id => new SetTorrent(id, torrents[3].Metainfo.TorrentId, new TorrentOptions { QueuePosition = 1 }));
        await Expect(on, off, off, on);
        Assert.Equal([2, 3, 4, 1], torrents.Select(torrent => node.Status(torrent).QueuePosition));
        Assert.Empty(await node.Client.ApplyAsync(node.Client.Settings with { MaxActiveDownloads = 1 }));
        await Expect(off, off, off, on);
        Assert.Empty(await node.Client.ApplyAsync(node.Client.Settings with { MaxActiveDownloads = 0 }));
        await Expect(on, on, on, on);
    });

    [Fact]
    public Task Positions_hold_over_a_restart_in_any_order() => World.RunAsync(seed: 8, async world =>
    {
        SwarmTorrent[] torrents = [.. Enumerable.Range(1, 4).Select(i => new SwarmTorrent(i, Piece, 4 * Piece))];
        MemoryResumeStore[] stores = [.. torrents.Select(_ => new MemoryResumeStore())];
        await using (var node = new Node(world, 1, settings: settings => settings with { MaxActiveDownloads = 1 }))
        {
            for (int i = 0; i < torrents.Length; i++)
                await node.StartAsync(torrents[i], stores[i]);
            await node.SendAsync(id => new SetTorrent(id, torrents[2].Metainfo.TorrentId, new TorrentOptions { QueuePosition = 1 }));
            await node.SendAsync(id => new SetTorrent(id, torrents[0].Metainfo.TorrentId, new TorrentOptions { QueuePosition = 3 }));
            Assert.Equal([3, 2, 1, 4], torrents.Select(torrent => node.Status(torrent).QueuePosition));
        }

        await using var later = new Node(world, 2, settings: settings => settings with { MaxActiveDownloads = 1 });
        foreach (int i in (int[])[3, 0, 2, 1])
        {
            // A state whose folder is the new node's, since the old one's has gone.
            var store = new MemoryResumeStore { Data = stores[i].Data! with { Destination = later.Folder, RealDestination = null, Origin = null } };
            await later.StartAsync(torrents[i], store);
        }

        Assert.Equal([3, 2, 1, 4], torrents.Select(torrent => later.Status(torrent).QueuePosition));
        await world.UntilAsync(
            () => States(later, torrents).SequenceEqual([TorrentState.Queued, TorrentState.Queued, TorrentState.Downloading, TorrentState.Queued]),
            TimeSpan.FromMinutes(1), "the first one in the queue runs");
    });

    [Fact]
    public Task A_torrent_that_fails_gives_its_turn_to_the_next() => World.RunAsync(seed: 9, async world =>
    {
        SwarmTorrent[] torrents = [new(1, Piece, 4 * Piece), new(2, Piece, 4 * Piece)];
        await using var node = new Node(world, 1, settings: settings => settings with { MaxActiveDownloads = 1 });
        foreach (SwarmTorrent torrent in torrents)
            await node.StartAsync(torrent);

        node.Client.Resources.Faults.EndTorrent(torrents[0].Metainfo.TorrentId, "test", new InvalidOperationException("a bug"));
        await world.UntilAsync(
            () => States(node, torrents).SequenceEqual([TorrentState.Failed, TorrentState.Downloading]), TimeSpan.FromSeconds(30), "the second one runs");
        node.Client.Resources.Faults.EndTorrent(torrents[1].Metainfo.TorrentId, "test", new InvalidOperationException("a bug"));
        await world.UntilAsync(() => node.Status(torrents[1]).State == TorrentState.Failed, TimeSpan.FromSeconds(30), "the second one has failed");
    });

    [Fact]
    public Task A_link_waits_for_its_turn_and_then_fetches_its_metadata() => World.RunAsync(seed: 10, async world =>
    {
        await using Source source = await Source.MakeAsync(world, 2);
        await using var node = new Node(world, 2, settings: settings => settings with { MaxActiveDownloads = 1 });
        await node.StartAsync(source.Torrents[0], source.EndPoint);
        Assert.IsType<NewTorrentCreated>(await node.SendAsync(
            id => new CreateNewTorrent(id, new MagnetLink { InfoHash = source.Torrents[1].Metainfo.TorrentId.V1 }, node.Folder)
            {
                ResumeStore = new MemoryResumeStore(),
                Peers = [source.EndPoint],
            }));

        Assert.Equal([TorrentState.Downloading, TorrentState.Queued], States(node, source.Torrents));
        await world.UntilAsync(() => source.Torrents.All(node.Has), TimeSpan.FromMinutes(10), "both are complete");
        TorrentState[] states = [.. node.Messages.OfType<TorrentStateChanged>()
            .Where(change => change.TorrentId == source.Torrents[1].Metainfo.TorrentId).Select(change => change.Status.State)];
        Assert.Equal(
            [TorrentState.Queued, TorrentState.FetchingMetadata, TorrentState.Downloading, TorrentState.Seeding], states.Where(state => state != TorrentState.Checking));
    });

    private static IEnumerable<TorrentState> States(Node node, IEnumerable<SwarmTorrent> torrents) => torrents.Select(torrent => node.Status(torrent).State);

    /// <summary>A seed of several torrents on a line that takes about 5 s for each.</summary>
    private sealed class Source : IAsyncDisposable
    {
        private readonly Node _node;

        private Source(Node node, SwarmTorrent[] torrents) => (_node, Torrents) = (node, torrents);

        public SwarmTorrent[] Torrents { get; }

        public IPEndPoint EndPoint => _node.EndPoint;

        public static async Task<Source> MakeAsync(World world, int count)
        {
            var node = new Node(world, 1, world.Network.Join(up: 200_000));
            SwarmTorrent[] torrents = [.. Enumerable.Range(1, count).Select(i => new SwarmTorrent(i, Piece, 32 * Piece))];
            foreach (SwarmTorrent torrent in torrents)
                await node.SeedAsync(torrent);
            return new Source(node, torrents);
        }

        public ValueTask DisposeAsync() => _node.DisposeAsync();
    }
}

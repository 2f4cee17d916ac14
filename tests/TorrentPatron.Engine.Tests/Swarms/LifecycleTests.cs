using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Storage;
using TorrentPatron.Engine.Tests.Network;
using TorrentPatron.Protocol;
using TorrentPatron.Protocol.Metainfo;
using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Engine.Tests.Swarms;

/// <summary>Start, suspend, resume, recheck, stop and failure, and the state that is saved.</summary>
public sealed class LifecycleTests
{
    private const int Piece = 32 * 1024;

    [Fact]
    public async Task A_suspended_download_disconnects_its_peers_and_continues_when_resumed()
    {
        var network = new MemoryNetwork();
        var torrent = new SwarmTorrent(30, Piece, 40 * Piece);
        await using TestEngine seed = new(network, 1), leecher = new(network, 2);
        await seed.SeedAsync(torrent);
        TorrentId id = torrent.Metainfo.TorrentId;
        await leecher.StartAsync(torrent.Metainfo, new MemoryResumeStore(), c => c with { Peers = [seed.EndPoint], Suspended = true });
        Assert.Equal(TorrentState.Suspended, leecher.Client.GetStatus(id)!.State);
        Assert.IsType<CommandDone>(await leecher.SendAsync(c => new ResumeTorrent(c, id)));
        CommandDone suspended = Assert.IsType<CommandDone>(await leecher.SendAsync(c => new SuspendTorrent(c, id)));
        Assert.Equal(TorrentState.Suspended, suspended.Status.State);
        Assert.Equal(0, suspended.Status.ConnectedPeers);
        Assert.IsType<CommandDone>(await leecher.SendAsync(c => new ResumeTorrent(c, id)));

        await leecher.CompletedAsync();
        torrent.AssertIsIn(leecher.Destination);
        await leecher.StopAsync();
        Assert.Single(leecher.Messages.OfType<TorrentCompleted>());
    }

    [Fact]
    public async Task Torrents_are_listed_in_the_order_of_their_starts_even_if_some_were_stopped()
    {
        await using var engine = new TestEngine(new MemoryNetwork());
        TorrentMetainfo[] torrents = [.. Enumerable.Range(0, 6).Select(i => new SwarmTorrent(40 + i, Piece, 2 * Piece).Metainfo)];
        await StartAsync(0, 1);
        AssertListed(0, 1);
        await StartAsync(2);
        AssertListed(0, 1, 2);
        await StartAsync(3);
        Assert.IsType<TorrentClosed>(await engine.SendAsync(c => new CloseTorrent(c, torrents[1].TorrentId)));
        await StartAsync(4);
        AssertListed(0, 2, 3, 4);
        await StartAsync(1, 5);
        AssertListed(0, 2, 3, 4, 1, 5);

        async Task StartAsync(params int[] numbers)
        {
            foreach (int number in numbers)
            {
                await engine.StartAsync(torrents[number], new MemoryResumeStore(), c => c with
                {
                    Destination = Path.Combine(c.Destination, $"{number}"),
                    Suspended = true,
                });
            }
        }

        void AssertListed(params int[] numbers) => Assert.Equal(
            numbers.Select(number => torrents[number].TorrentId.ToString()), engine.Client.GetStatuses().Select(status => status.InfoHash));
    }

    [Fact]
    public async Task A_recheck_finds_a_flipped_byte_and_the_piece_is_fetched_again()
    {
        var network = new MemoryNetwork();
        var torrent = new SwarmTorrent(31, Piece, 10 * Piece);
        await using TestEngine seed = new(network, 1), other = new(network, 2);
        await seed.SeedAsync(torrent);
        await other.SeedAsync(torrent);
        TorrentId id = torrent.Metainfo.TorrentId;
        string path = Path.Combine(other.Destination, torrent.Metainfo.Files[0].Path);
        using (var file = new FileStream(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite))
        {
            file.Position = 5 * Piece + 17;
            file.WriteByte((byte)~torrent.Data[5 * Piece + 17]);
        }

        TorrentChecked done = Assert.IsType<TorrentChecked>(await other.SendAsync(c => new RecheckTorrent(c, id)));
        Assert.Equal([5], done.BadPieces);
        Assert.Equal(9, done.Status.VerifiedPieces);
        Assert.Equal(TorrentState.Downloading, done.Status.State);
        await other.SendAsync(c => new AddSources(c, id, [seed.EndPoint], []));

        await other.WaitAsync<TorrentCompleted>(m => m.Reason == CompletionReason.Downloaded);
        torrent.AssertIsIn(other.Destination);
    }

    [Fact]
    public async Task A_torrent_on_disk_is_complete_after_a_check_and_later_by_its_resume_data()
    {
        var torrent = new SwarmTorrent(32, Piece, 10 * Piece);
        await using var engine = new TestEngine(new MemoryNetwork());
        torrent.WriteTo(engine.Destination);
        var store = new MemoryResumeStore();
        TorrentId id = torrent.Metainfo.TorrentId;

        // A trailing separator must not look like a different destination next time.
        await engine.StartAsync(torrent.Metainfo, store, c => c with { Destination = c.Destination + Path.DirectorySeparatorChar });
        TorrentCompleted first = await engine.CompletedAsync();
        Assert.Equal((CompletionReason.Rechecked, 10), (first.Reason, first.Status.RecheckedPieces));
        Assert.IsType<TorrentClosed>(await engine.SendAsync(c => new CloseTorrent(c, id)));
        Assert.True(store.Data!.ClosedInOrder && store.IsDisposed && !store.WasUsedAfterDispose);

        await engine.StartAsync(
            torrent.Metainfo, new MemoryResumeStore { Data = store.Data },
            c => c with { Destination = c.Destination + Path.DirectorySeparatorChar });
        TorrentCompleted second = await engine.WaitAsync<TorrentCompleted>(m => m.Reason == CompletionReason.AlreadyOnDisk);
        Assert.Equal(0, second.Status.RecheckedPieces);
    }

    [Fact]
    public async Task Files_of_a_restarted_seed_that_another_program_changes_are_checked_at_the_next_start()
    {
        var torrent = new SwarmTorrent(35, Piece, 10 * Piece);
        TorrentId id = torrent.Metainfo.TorrentId;
        await using var engine = new TestEngine(new MemoryNetwork());
        torrent.WriteTo(engine.Destination);
        var store = new MemoryResumeStore();
        await engine.StartAsync(torrent.Metainfo, store);
        await engine.CompletedAsync();
        await engine.SendAsync(c => new CloseTorrent(c, id));
        ResumeData closed = store.Data!;

        store = new MemoryResumeStore { Data = closed };
        await engine.StartAsync(torrent.Metainfo, store);
        await engine.WaitAsync<TorrentCompleted>(m => m.Reason == CompletionReason.AlreadyOnDisk);
        Assert.True(store.Checkpoints > 0 && store.Data!.ClosedInOrder);
        Assert.Equal(closed.Files, store.Data.Files);

        // The state that a crash leaves behind, and the one that is saved at the end.
        torrent.WriteTo(engine.Destination);
        await engine.SendAsync(c => new SetTorrent(c, id, new TorrentOptions { Tags = ["changed"] }));
        ResumeData crashed = store.Data;
        await engine.SendAsync(c => new CloseTorrent(c, id));
        foreach (ResumeData data in (ResumeData[])[crashed, store.Data])
        {
            Assert.True(data.ClosedInOrder);
            Assert.Equal(closed.Files, data.Files);
            store = new MemoryResumeStore { Data = data };
            await engine.StartAsync(torrent.Metainfo, store);
            await TestEngine.UntilAsync(() => engine.Client.GetStatus(id) is { State: TorrentState.Seeding, RecheckedPieces: 10 });
            await engine.SendAsync(c => new CloseTorrent(c, id));
            Assert.NotEqual(closed.Files, store.Data.Files);
        }
    }

    [Fact]
    public async Task A_download_is_saved_as_open_when_it_continues()
    {
        var torrent = new SwarmTorrent(36, Piece, 10 * Piece);
        TorrentId id = torrent.Metainfo.TorrentId;
        await using var engine = new TestEngine(new MemoryNetwork());
        var store = new MemoryResumeStore();
        await engine.StartAsync(torrent.Metainfo, store);
        await engine.SendAsync(c => new CloseTorrent(c, id));
        Assert.True(store.Data!.ClosedInOrder);

        store = new MemoryResumeStore { Data = store.Data };
        await engine.StartAsync(torrent.Metainfo, store);
        await TestEngine.UntilAsync(() => store.Checkpoints > 0);
        Assert.False(store.Data!.ClosedInOrder);
    }

    [Fact]
    public async Task Pieces_that_a_check_has_not_reached_are_saved_as_doubtful_and_checked_later()
    {
        var torrent = new SwarmTorrent(33, Piece, 2000 * Piece);
        await using var engine = new TestEngine(new MemoryNetwork());
        torrent.WriteTo(engine.Destination);
        var store = new MemoryResumeStore();
        await engine.StartAsync(torrent.Metainfo, store);

        // The checkpoint of the start, as a kill during the check would leave it.
        ResumeData atStart = store.Data!;
        if (atStart.Doubtful is null)
            Assert.Skip("The check ended before the first checkpoint.");
        Assert.True(atStart.Verified.IsFull && atStart.Doubtful.IsFull);
        await engine.CompletedAsync();
        Assert.IsType<TorrentClosed>(await engine.SendAsync(c => new CloseTorrent(c, torrent.Metainfo.TorrentId)));
        Assert.Null(store.Data!.Doubtful);

        await engine.StartAsync(torrent.Metainfo, new MemoryResumeStore { Data = atStart });
        TorrentCompleted again = await engine.WaitAsync<TorrentCompleted>(m => m.Reason == CompletionReason.AlreadyOnDisk);
        Assert.Equal(2000, again.Status.RecheckedPieces);
        Assert.Equal(0, again.Status.BytesReceived);
    }

    [Fact]
    public async Task A_suspended_recheck_continues_when_the_torrent_is_resumed()
    {
        var torrent = new SwarmTorrent(34, Piece, 2000 * Piece);
        await using var engine = new TestEngine(new MemoryNetwork());
        await engine.SeedAsync(torrent);
        TorrentId id = torrent.Metainfo.TorrentId;
        Task<TorrentAnswer> recheck = engine.SendAsync(c => new RecheckTorrent(c, id));
        await engine.WaitAsync<TorrentStateChanged>(m => m.Previous == TorrentState.Seeding && m.Status.State == TorrentState.Checking);
        Assert.IsType<CommandDone>(await engine.SendAsync(c => new SuspendTorrent(c, id)));
        Assert.Equal(TorrentErrorId.CheckInterrupted, Assert.IsType<CommandFail>(await recheck).Error.Id);
        Assert.IsType<CommandDone>(await engine.SendAsync(c => new ResumeTorrent(c, id)));

        await engine.WaitAsync<TorrentStateChanged>(m => m.Previous != TorrentState.Stopped && m.Status.State == TorrentState.Seeding && m.Status.VerifiedPieces == 2000);
        Assert.Equal(0, engine.Client.GetStatus(id)!.BytesReceived);
    }

    [Fact]
    public async Task The_same_torrent_started_twice_exists_once_and_the_second_store_is_closed()
    {
        var torrent = new SwarmTorrent(35, Piece, Piece);
        await using var engine = new TestEngine(new MemoryNetwork());
        MemoryResumeStore[] stores = [.. Enumerable.Range(0, 8).Select(_ => new MemoryResumeStore())];
        TorrentAnswer[] answers = await Task.WhenAll(stores.Select(store => engine.StartAsync(torrent.Metainfo, store)));

        Assert.Single(answers.OfType<NewTorrentCreated>());
        Assert.Equal(7, answers.OfType<TorrentAlreadyDownloading>().Count());
        await TestEngine.UntilAsync(() => stores.Count(store => store.IsDisposed) == 7);
        Assert.Single(engine.Client.GetStatuses());
    }

    [Fact]
    public async Task A_failed_start_leaves_nothing_and_can_be_repeated()
    {
        var torrent = new SwarmTorrent(36, Piece, Piece);
        await using var engine = new TestEngine(new MemoryNetwork());
        string file = Path.Combine(engine.Destination, "file");
        await File.WriteAllBytesAsync(file, [], TestContext.Current.CancellationToken);
        var store = new MemoryResumeStore();

        TorrentStartFail fail = Assert.IsType<TorrentStartFail>(
            await engine.StartAsync(torrent.Metainfo, store, c => c with { Destination = file }));

        Assert.Equal(TorrentErrorId.DestinationNotWritable, fail.Error.Id);
        Assert.True(store.IsDisposed);
        Assert.Empty(engine.Client.GetStatuses());
        await engine.StartAsync(torrent);
    }

    [Fact]
    public async Task A_start_with_an_unexpected_failure_is_answered_and_forgotten()
    {
        var torrent = new SwarmTorrent(37, Piece, Piece, Piece);
        await using var engine = new TestEngine(new MemoryNetwork());
        var store = new MemoryResumeStore();

        TorrentStartFail fail = Assert.IsType<TorrentStartFail>(
            await engine.StartAsync(torrent.Metainfo, store, c => c with { FilePriorities = [FilePriority.Normal] }));

        Assert.Equal(TorrentErrorId.Unexpected, fail.Error.Id);
        Assert.True(store.IsDisposed);
        await engine.StartAsync(torrent);
    }

    [Fact]
    public async Task Each_of_many_commands_at_once_gets_one_answer()
    {
        var network = new MemoryNetwork();
        var torrent = new SwarmTorrent(38, Piece, 50 * Piece);
        await using TestEngine seed = new(network, 1), engine = new(network, 2);
        await seed.SeedAsync(torrent);
        await engine.StartAsync(torrent, seed.EndPoint);
        TorrentId id = torrent.Metainfo.TorrentId;
        var random = new Random(38);
        Task<TorrentAnswer>[] answers = [.. Enumerable.Range(0, 60).Select(i => engine.SendAsync(c => random.Next(i < 40 ? 4 : 5) switch
        {
            0 => new SuspendTorrent(c, id),
            1 => new ResumeTorrent(c, id),
            2 => new RecheckTorrent(c, id),
            3 => new AddSources(c, id, [seed.EndPoint], []),
            _ => new CloseTorrent(c, id),
        }))];
        TorrentAnswer[] all = await Task.WhenAll(answers);

        Assert.All(all, answer => Assert.True(
            answer is CommandDone or TorrentChecked or TorrentClosed
                or CommandFail { Error.Id: TorrentErrorId.TorrentNotFound or TorrentErrorId.CheckInterrupted },
            answer.ToString()));
        Assert.Single(all.OfType<TorrentClosed>());
        await engine.StopAsync();
        Assert.Equal(61, engine.Messages.OfType<TorrentAnswer>().DistinctBy(a => a.CorrelationId).Count());
        Assert.Equal(61, engine.Messages.OfType<TorrentAnswer>().Count());
    }

    [Fact]
    public async Task Disposing_ends_a_running_check_and_completes_those_waiting_for_it()
    {
        var torrent = new SwarmTorrent(39, Piece, 2000 * Piece);
        await using var engine = new TestEngine(new MemoryNetwork());
        MemoryResumeStore store = await engine.SeedAsync(torrent);
        Task<TorrentAnswer> recheck = engine.SendAsync(c => new RecheckTorrent(c, torrent.Metainfo.TorrentId));
        Task<TorrentAnswer> close = engine.SendAsync(c => new CloseTorrent(c, torrent.Metainfo.TorrentId));

        await engine.StopAsync();

        await recheck;
        await close;
        Assert.True(store.IsDisposed && !store.WasUsedAfterDispose);
    }

    [Fact]
    public async Task Closing_while_blocks_arrive_saves_no_missing_piece()
    {
        var network = new MemoryNetwork();
        var torrent = new SwarmTorrent(40, 16 * 1024, 300 * 16 * 1024);
        await using var seed = new TestEngine(network, 1);
        await seed.SeedAsync(torrent);
        for (int round = 0; round < 10; round++)
        {
            await using var leecher = new TestEngine(network, round + 2);
            MemoryResumeStore store = await leecher.StartAsync(torrent, seed.EndPoint);
            await TestEngine.UntilAsync(() => leecher.Client.GetStatus(torrent.Metainfo.TorrentId)!.BytesReceived > 0 || store.Notes.Length > round);
            Assert.IsType<TorrentClosed>(await leecher.SendAsync(c => new CloseTorrent(c, torrent.Metainfo.TorrentId)));

            Assert.True(store.IsDisposed && !store.WasUsedAfterDispose);
            byte[] onDisk = await File.ReadAllBytesAsync(
                Path.Combine(leecher.Destination, torrent.Metainfo.Files[0].Path), TestContext.Current.CancellationToken);
            for (int piece = 0; piece < torrent.Metainfo.PieceCount; piece++)
            {
                if (store.Data!.Verified[piece])
                    Assert.True(onDisk.AsSpan(piece * 16384, 16384).SequenceEqual(torrent.Bytes(piece, 0, 16384)));
            }
        }
    }

    [Fact]
    public async Task A_disk_failure_fails_the_torrent_and_closes_its_peers_and_it_can_continue_later()
    {
        var network = new MemoryNetwork();
        var torrent = new SwarmTorrent(41, Piece, 30 * Piece);
        await using TestEngine seed = new(network, 1), leecher = new(network, 2);
        await seed.SeedAsync(torrent);
        TorrentId id = torrent.Metainfo.TorrentId;
        await leecher.StartAsync(torrent);
        // A folder in place of the file: not even root can write there.
        string path = Path.Combine(leecher.Destination, torrent.Metainfo.Files[0].Path);
        Directory.CreateDirectory(path);
        await leecher.SendAsync(c => new AddSources(c, id, [seed.EndPoint], []));

        TorrentStatus failed = await leecher.WaitStatusAsync(s => s.State == TorrentState.Failed);
        Assert.NotNull(failed.Error);
        await TestEngine.UntilAsync(() => leecher.Client.GetClientStatus().ConnectedPeers == 0);
        await TestEngine.UntilAsync(() => seed.Client.GetClientStatus().ConnectedPeers == 0);

        Directory.Delete(path);
        CommandDone resumed = Assert.IsType<CommandDone>(await leecher.SendAsync(c => new ResumeTorrent(c, id)));
        Assert.Null(resumed.Status.Error);
        await leecher.CompletedAsync();
        torrent.AssertIsIn(leecher.Destination);
    }

    [Fact]
    public async Task Commands_for_an_unknown_torrent_fail()
    {
        await using var engine = new TestEngine(new MemoryNetwork());
        TorrentId id = default;
        Func<long, TorrentCommand>[] commands =
        [
            c => new CloseTorrent(c, id), c => new SuspendTorrent(c, id), c => new ResumeTorrent(c, id), c => new RecheckTorrent(c, id),
            c => new AddSources(c, id, [], []), c => new SetTorrent(c, id, TorrentOptions.Unchanged), c => new SetFilePriorities(c, id, []),
            c => new RemoveTrackers(c, id, []), c => new AnnounceNow(c, id, []), c => new RemoveTorrent(c, id, DeleteData: true),
        ];
        foreach (Func<long, TorrentCommand> command in commands)
            Assert.Equal(TorrentErrorId.TorrentNotFound, Assert.IsType<CommandFail>(await engine.SendAsync(command)).Error.Id);
    }
}

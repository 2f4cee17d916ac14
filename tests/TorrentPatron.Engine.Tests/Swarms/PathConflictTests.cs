using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Storage;
using TorrentPatron.Engine.Tests.Network;
using TorrentPatron.Protocol;
using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Engine.Tests.Swarms;

/// <summary>Two torrents use the same path: neither writes to files of the other.</summary>
public sealed class PathConflictTests
{
    private const int Piece = 32 * 1024;

    [Fact]
    public async Task A_torrent_is_refused_if_a_running_torrent_has_one_of_its_paths()
    {
        await using var engine = new TestEngine(new MemoryNetwork());
        SwarmTorrent first = Torrent(90, 4 * Piece), second = Torrent(91, 3 * Piece);
        await engine.SeedAsync(first);
        var store = new MemoryResumeStore();

        TorrentStartFail fail = Assert.IsType<TorrentStartFail>(await engine.StartAsync(second.Metainfo, store));

        Assert.Equal(TorrentErrorId.PathInUse, fail.Error.Id);
        Assert.Contains($"'{Path.Combine(engine.Destination, "same")}'", fail.Error.Message);
        Assert.Contains($"'same' ({first.Metainfo.InfoHash})", fail.Error.Message);
        Assert.True(store is { IsDisposed: true, Data: null });
        first.AssertIsIn(engine.Destination);
        Assert.Equal(TorrentState.Seeding, Assert.Single(engine.Client.GetStatuses()).State);
    }

    [Fact]
    public async Task A_torrent_is_refused_if_another_engine_of_the_process_downloads_to_one_of_its_paths()
    {
        var network = new MemoryNetwork();
        await using TestEngine one = new(network, 1), other = new(network, 2);
        SwarmTorrent first = Torrent(92, 4 * Piece), second = Torrent(93, 4 * Piece);
        await one.StartAsync(first);

        TorrentStartFail fail = Assert.IsType<TorrentStartFail>(await other.StartAsync(
            second.Metainfo, new MemoryResumeStore(), c => c with { Destination = one.Destination }));

        Assert.Equal(TorrentErrorId.PathInUse, fail.Error.Id);
        await one.SendAsync(id => new RemoveTorrent(id, first.Metainfo.TorrentId, DeleteData: false));
        Assert.IsType<NewTorrentCreated>(await other.StartAsync(
            second.Metainfo, new MemoryResumeStore(), c => c with { Destination = one.Destination }));
    }

    [Fact]
    public async Task A_torrent_is_refused_if_a_saved_torrent_has_one_of_its_paths_even_without_a_file()
    {
        await using var engine = new TestEngine(new MemoryNetwork());
        SwarmTorrent saved = Torrent(94, 4 * Piece), second = Torrent(95, 4 * Piece);
        var store = new MemoryResumeStore { Others = [Saved(saved, engine.Destination)] };

        TorrentStartFail fail = Assert.IsType<TorrentStartFail>(await engine.StartAsync(second.Metainfo, store));

        Assert.Equal(TorrentErrorId.PathInUse, fail.Error.Id);
        Assert.Empty(Directory.EnumerateFileSystemEntries(engine.Destination));
    }

    [Fact]
    public async Task Two_torrents_can_seed_an_identical_file_and_it_is_kept_until_both_are_removed()
    {
        await using var engine = new TestEngine(new MemoryNetwork());
        SwarmTorrent first = Torrent(96, 4 * Piece), second = new("same", first.Data, Piece / 2, 4 * Piece);
        await engine.SeedAsync(first);
        await engine.StartAsync(second);
        await engine.WaitAsync<TorrentCompleted>(done => done.TorrentId == second.Metainfo.TorrentId);

        // A torrent that is started again finds the file unchanged.
        await engine.SendAsync(id => new CloseTorrent(id, first.Metainfo.TorrentId));
        await engine.StartAsync(first);
        await TestEngine.UntilAsync(() => engine.Client.GetStatuses().All(status => status.State == TorrentState.Seeding));
        TorrentRemoved removed = Assert.IsType<TorrentRemoved>(
            await engine.SendAsync(id => new RemoveTorrent(id, first.Metainfo.TorrentId, DeleteData: true)));

        Assert.Equal(0, removed.FilesDeleted);
        second.AssertIsIn(engine.Destination);
    }

    [Fact]
    public async Task One_torrents_files_are_not_deleted_with_it_while_another_seeds_them()
    {
        var network = new MemoryNetwork();
        SwarmTorrent first = Torrent(97, 4 * Piece), second = new("same", first.Data, Piece / 2, 4 * Piece);
        await using TestEngine seed = new(network, 1), engine = new(network, 2);
        await seed.SeedAsync(first);
        await engine.StartAsync(first, seed.EndPoint);
        await engine.WaitAsync<TorrentCompleted>(done => done.TorrentId == first.Metainfo.TorrentId);
        await engine.StartAsync(second);
        await engine.WaitAsync<TorrentCompleted>(done => done.TorrentId == second.Metainfo.TorrentId);

        TorrentRemoved removed = Assert.IsType<TorrentRemoved>(
            await engine.SendAsync(id => new RemoveTorrent(id, first.Metainfo.TorrentId, DeleteData: true)));

        Assert.Equal(0, removed.FilesDeleted);
        TorrentError kept = Assert.Single(removed.Warnings);
        Assert.Equal(TorrentErrorId.DataKept, kept.Id);
        Assert.Contains(second.Metainfo.InfoHash.ToString(), kept.Message);
        second.AssertIsIn(engine.Destination);
    }

    [Fact]
    public async Task If_two_processes_start_torrents_at_the_same_path_the_first_to_claim_it_wins()
    {
        await using var engine = new TestEngine(new MemoryNetwork());
        SwarmTorrent first = Torrent(108, 4 * Piece), second = Torrent(109, 4 * Piece);
        MemoryResumeStore early = new() { Later = [Starting(second)] }, late = new() { Others = [Starting(first)] };

        Assert.IsType<NewTorrentCreated>(await engine.StartAsync(first.Metainfo, early));
        await engine.WaitStatusAsync(s => s.State == TorrentState.Downloading);
        Assert.True(early.Claims > 1);
        await engine.StopAsync(); // the second one knows the first only by its saved state, as in another process
        await using var other = new TestEngine(new MemoryNetwork());
        TorrentStartFail fail = Assert.IsType<TorrentStartFail>(
            await other.StartAsync(second.Metainfo, late, c => c with { Destination = engine.Destination }));

        Assert.Equal(TorrentErrorId.PathInUse, fail.Error.Id);

        SavedFiles Starting(SwarmTorrent torrent) => new(
            torrent.Metainfo, new ResumeData { Verified = new Bitfield(4), Destination = engine.Destination }) { IsStarting = true };
    }

    [Fact]
    public async Task A_torrent_is_refused_if_another_has_different_bytes_of_the_same_length_at_its_path()
    {
        await using var engine = new TestEngine(new MemoryNetwork());
        SwarmTorrent first = Torrent(98, 4 * Piece), second = Torrent(99, 4 * Piece);
        await engine.SeedAsync(first);

        TorrentStartFail fail = Assert.IsType<TorrentStartFail>(await engine.StartAsync(second.Metainfo, new MemoryResumeStore()));

        Assert.Equal(TorrentErrorId.PathInUse, fail.Error.Id);
        first.AssertIsIn(engine.Destination);
    }

    [Fact]
    public async Task A_torrent_continues_its_file_even_if_a_refused_torrent_with_that_path_is_saved()
    {
        var network = new MemoryNetwork();
        SwarmTorrent first = Torrent(100, 4 * Piece), second = Torrent(101, 4 * Piece);
        await using TestEngine seed = new(network, 1), engine = new(network, 2);
        await seed.SeedAsync(first);
        first.WriteTo(engine.Destination);
        var refused = new ResumeData
        {
            Verified = new Bitfield(4), Destination = engine.Destination, Origin = Origin(before: true, written: false),
        };
        var half = new ResumeData
        {
            Verified = Bits(4, 0, 1), Destination = engine.Destination, Origin = Origin(before: false, written: true),
        };

        Assert.IsType<NewTorrentCreated>(await engine.StartAsync(
            first.Metainfo,
            new MemoryResumeStore { Data = half, Others = [new SavedFiles(second.Metainfo, refused)] },
            c => c with { Peers = [seed.EndPoint] }));

        await engine.CompletedAsync();
        first.AssertIsIn(engine.Destination);
    }

    [Fact]
    public async Task A_move_to_a_path_of_another_torrent_is_refused_before_a_file_moves()
    {
        var network = new MemoryNetwork();
        await using TestEngine engine = new(network, 1), other = new(network, 2);
        SwarmTorrent first = Torrent(102, 4 * Piece), second = Torrent(103, 4 * Piece);
        await engine.SeedAsync(first);
        await other.StartAsync(second);

        CommandFail fail = Assert.IsType<CommandFail>(
            await engine.SendAsync(id => new MoveTorrent(id, first.Metainfo.TorrentId, other.Destination)));

        Assert.Equal(TorrentErrorId.PathInUse, fail.Error.Id);
        Assert.Contains($"'{Path.Combine(other.Destination, "same")}'", fail.Error.Message);
        first.AssertIsIn(engine.Destination);
        await engine.WaitStatusAsync(s => s.State == TorrentState.Moving);
        await TestEngine.UntilAsync(() => engine.Client.GetStatuses()[0].State == TorrentState.Seeding);
        await other.SendAsync(id => new CloseTorrent(id, second.Metainfo.TorrentId));
        Assert.IsType<CommandDone>(await engine.SendAsync(id => new MoveTorrent(id, first.Metainfo.TorrentId, other.Destination)));
        first.AssertIsIn(other.Destination);

        // The old path is free, the new one is not.
        Assert.IsType<NewTorrentCreated>(await other.StartAsync(
            Torrent(104, Piece).Metainfo, new MemoryResumeStore(), c => c with { Destination = engine.Destination }));
        Assert.IsType<TorrentStartFail>(await engine.StartAsync(
            Torrent(105, Piece).Metainfo, new MemoryResumeStore(), c => c with { Destination = other.Destination }));
    }

    [Fact]
    public async Task A_file_seeded_by_two_torrents_is_not_moved_by_one_of_them()
    {
        await using var engine = new TestEngine(new MemoryNetwork());
        SwarmTorrent first = Torrent(106, 4 * Piece), second = new("same", first.Data, Piece / 2, 4 * Piece);
        await engine.SeedAsync(first);
        await engine.StartAsync(second);
        await engine.WaitAsync<TorrentCompleted>(done => done.TorrentId == second.Metainfo.TorrentId);

        CommandFail fail = Assert.IsType<CommandFail>(await engine.SendAsync(
            id => new MoveTorrent(id, first.Metainfo.TorrentId, Path.Combine(engine.Destination, "elsewhere"))));

        Assert.Equal(TorrentErrorId.PathInUse, fail.Error.Id);
        second.AssertIsIn(engine.Destination);
    }

    [Fact]
    public async Task A_file_of_another_torrent_cannot_be_wanted_later()
    {
        await using var engine = new TestEngine(new MemoryNetwork());
        SwarmTorrent first = Torrent(107, Piece, Piece, Piece), second = Torrent(108, Piece, Piece, Piece);
        TorrentId id = second.Metainfo.TorrentId;
        await engine.StartAsync(first.Metainfo, new MemoryResumeStore(), c => c with { Selection = new FileSelection { Include = ["*0.bin"] } });
        await engine.StartAsync(second.Metainfo, new MemoryResumeStore(), c => c with { Selection = new FileSelection { Include = ["*1.bin"] } });

        CommandFail fail = Assert.IsType<CommandFail>(await engine.SendAsync(c => new SetFilePriorities(
            c, id, [FilePriority.Normal, FilePriority.Normal, FilePriority.Skip])));
        Assert.Equal(TorrentErrorId.PathInUse, fail.Error.Id);
        Assert.Equal(FilePriority.Skip, engine.Client.GetFiles(id)[0].Priority);

        Assert.IsType<CommandDone>(await engine.SendAsync(c => new SetFilePriorities(
            c, id, [FilePriority.Skip, FilePriority.Normal, FilePriority.Normal])));
        fail = Assert.IsType<CommandFail>(await engine.SendAsync(c => new SetFilePriorities(
            c, first.Metainfo.TorrentId, [FilePriority.Normal, FilePriority.Skip, FilePriority.Normal])));
        Assert.Equal(TorrentErrorId.PathInUse, fail.Error.Id);
    }

    [Fact]
    public async Task A_torrent_inside_the_folder_of_another_is_refused_only_for_files_that_both_have()
    {
        await using var engine = new TestEngine(new MemoryNetwork());
        var album = new SwarmTorrent("Album", SwarmTorrent.RandomBytes(109, 2 * Piece), Piece, Piece, Piece);
        await engine.StartAsync(album);
        string inside = Path.Combine(engine.Destination, "Album");

        Assert.IsType<NewTorrentCreated>(await engine.StartAsync(
            new SwarmTorrent("file2.bin", SwarmTorrent.RandomBytes(110, Piece), Piece, Piece).Metainfo, new MemoryResumeStore(), c => c with { Destination = inside }));
        TorrentStartFail fail = Assert.IsType<TorrentStartFail>(await engine.StartAsync(
            new SwarmTorrent("file1.bin", SwarmTorrent.RandomBytes(111, Piece), Piece, Piece).Metainfo, new MemoryResumeStore(), c => c with { Destination = inside }));
        Assert.Equal(TorrentErrorId.PathInUse, fail.Error.Id);

        // A file where the other torrent has a folder, and vice versa.
        fail = Assert.IsType<TorrentStartFail>(await engine.StartAsync(
            new SwarmTorrent("Album", SwarmTorrent.RandomBytes(112, Piece), Piece, Piece).Metainfo, new MemoryResumeStore()));
        Assert.Equal(TorrentErrorId.PathInUse, fail.Error.Id);
        fail = Assert.IsType<TorrentStartFail>(await engine.StartAsync(
            new SwarmTorrent("file1.bin", SwarmTorrent.RandomBytes(113, 2 * Piece), Piece, Piece, Piece).Metainfo, new MemoryResumeStore(), c => c with { Destination = inside }));
        Assert.Equal(TorrentErrorId.PathInUse, fail.Error.Id);
    }

    [Fact]
    [NeedsLinks]
    public async Task A_path_through_a_link_equals_its_resolved_path()
    {
        await using var engine = new TestEngine(new MemoryNetwork());
        await engine.StartAsync(Torrent(114, 4 * Piece));
        string link = Path.Combine(engine.Destination, "link");
        Directory.CreateSymbolicLink(link, engine.Destination);

        TorrentStartFail fail = Assert.IsType<TorrentStartFail>(await engine.StartAsync(
            Torrent(115, 4 * Piece).Metainfo, new MemoryResumeStore(), c => c with { Destination = link }));

        Assert.Equal(TorrentErrorId.PathInUse, fail.Error.Id);
    }

    private static SwarmTorrent Torrent(int seed, params long[] lengths) => new("same", SwarmTorrent.RandomBytes(seed, lengths.Sum()), Piece, lengths);

    private static SavedFiles Saved(SwarmTorrent torrent, string destination) =>
        new(torrent.Metainfo, new ResumeData { Verified = new Bitfield(torrent.Metainfo.PieceCount), Destination = destination, Origin = Origin(before: false, written: false) });

    private static DataOrigin Origin(bool before, bool written) => new()
    {
        FilesBefore = before ? Bits(1, 0) : new Bitfield(1), FoldersBefore = new Bitfield(0), FilesWritten = written ? Bits(1, 0) : new Bitfield(1),
    };

    private static Bitfield Bits(int length, params int[] ones)
    {
        var field = new Bitfield(length);
        foreach (int one in ones)
            field.Set(one);
        return field;
    }
}

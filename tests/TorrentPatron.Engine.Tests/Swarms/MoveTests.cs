using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Storage;
using TorrentPatron.Engine.Tests.Network;
using TorrentPatron.Engine.Tests.Storage;
using TorrentPatron.Protocol;

namespace TorrentPatron.Engine.Tests.Swarms;

/// <summary>A torrent's files move to another folder while the torrent seeds, downloads or is suspended.</summary>
public sealed class MoveTests
{
    private const int Piece = 32 * 1024;

    [Fact]
    public async Task A_seeding_torrent_continues_from_the_folder_it_was_moved_to()
    {
        var network = new MemoryNetwork();
        var torrent = new SwarmTorrent(90, Piece, 2 * Piece, 0, Piece);
        await using TestEngine first = new(network, 1), seed = new(network, 2), leecher = new(network, 3);
        using var other = new TempFolder();
        string there = Path.Combine(other.Path, "new", "place");
        await first.SeedAsync(torrent);
        MemoryResumeStore store = await seed.StartAsync(torrent, first.EndPoint);
        await seed.CompletedAsync();
        await first.StopAsync();

        CommandDone moved = Assert.IsType<CommandDone>(await MoveAsync(seed, torrent, there));

        Assert.Equal((there, TorrentState.Seeding), (moved.Status.Destination, moved.Status.State));
        Assert.Equal(Path.Combine(there, torrent.Metainfo.Name), moved.Status.Path);
        torrent.AssertIsIn(there);
        Assert.Empty(Directory.EnumerateFileSystemEntries(seed.Destination));
        Assert.Equal((there, null), (store.Data!.Destination, store.Data.MovingTo));
        await leecher.StartAsync(torrent, seed.EndPoint);
        await leecher.CompletedAsync();
        torrent.AssertIsIn(leecher.Destination);
        await seed.StopAsync();
        Assert.Single(seed.Messages.OfType<TorrentCompleted>());
        Assert.Contains(seed.Messages.OfType<TorrentStateChanged>(), m => m.Status.State == TorrentState.Moving);
    }

    [Fact]
    public async Task Moved_files_still_belong_to_the_torrent_and_are_deleted_with_it()
    {
        var network = new MemoryNetwork();
        var torrent = new SwarmTorrent(91, Piece, 2 * Piece, Piece);
        await using TestEngine first = new(network, 1), seed = new(network, 2);
        using var other = new TempFolder();
        await first.SeedAsync(torrent);
        await seed.StartAsync(torrent, first.EndPoint);
        await seed.CompletedAsync();
        Assert.IsType<CommandDone>(await MoveAsync(seed, torrent, other.Path));

        TorrentRemoved removed = Assert.IsType<TorrentRemoved>(
            await seed.SendAsync(c => new RemoveTorrent(c, torrent.Metainfo.TorrentId, DeleteData: true)));

        Assert.Equal((2, 3L * Piece), (removed.FilesDeleted, removed.BytesDeleted));
        Assert.Empty(Directory.EnumerateFileSystemEntries(other.Path));
    }

    [Fact]
    public async Task A_download_continues_in_the_folder_it_was_moved_to()
    {
        var network = new MemoryNetwork();
        var torrent = new SwarmTorrent(92, Piece, 40 * Piece);
        await using TestEngine seed = new(network, 1), leecher = new(network, 2);
        using var other = new TempFolder();
        await seed.SeedAsync(torrent);
        TorrentId id = torrent.Metainfo.TorrentId;
        await leecher.StartAsync(torrent.Metainfo, new MemoryResumeStore(), c => c with
        {
            Peers = [seed.EndPoint],
            Options = new TorrentOptions { MaxDownloadRate = 8 * Piece },
        });
        await leecher.WaitStatusAsync(s => s.VerifiedPieces > 0);

        Assert.IsType<CommandDone>(await MoveAsync(leecher, torrent, other.Path));
        await leecher.SendAsync(c => new SetTorrent(c, id, new TorrentOptions { MaxDownloadRate = 0 }));

        await leecher.CompletedAsync();
        torrent.AssertIsIn(other.Path);
        Assert.Equal(0, leecher.Client.GetStatus(id)!.RecheckedPieces);
    }

    [Fact]
    public async Task A_suspended_torrent_is_moved_and_stays_suspended()
    {
        var torrent = new SwarmTorrent(93, Piece, Piece);
        await using var engine = new TestEngine(new MemoryNetwork());
        using var other = new TempFolder();
        await engine.SeedAsync(torrent);
        TorrentId id = torrent.Metainfo.TorrentId;
        await engine.SendAsync(c => new SuspendTorrent(c, id));

        CommandDone moved = Assert.IsType<CommandDone>(await MoveAsync(engine, torrent, other.Path));

        Assert.Equal(TorrentState.Suspended, moved.Status.State);
        torrent.AssertIsIn(other.Path);
        CommandDone here = Assert.IsType<CommandDone>(await MoveAsync(engine, torrent, other.Path + Path.DirectorySeparatorChar));
        Assert.Equal(TorrentState.Suspended, here.Status.State);
    }

    [Fact]
    public async Task Nothing_is_overwritten_and_the_torrent_continues_at_its_old_place()
    {
        var torrent = new SwarmTorrent(94, Piece, Piece, Piece);
        await using var engine = new TestEngine(new MemoryNetwork());
        using var other = new TempFolder();
        await engine.SeedAsync(torrent);
        string mine = torrent.PathIn(other.Path, 1);
        Directory.CreateDirectory(Path.GetDirectoryName(mine)!);
        File.WriteAllText(mine, "mine");

        CommandFail fail = Assert.IsType<CommandFail>(await MoveAsync(engine, torrent, other.Path));

        Assert.Equal(TorrentErrorId.MoveFailed, fail.Error.Id);
        TorrentStatus status = engine.Client.GetStatus(torrent.Metainfo.TorrentId)!;
        Assert.Equal((engine.Destination, TorrentState.Seeding), (status.Destination, status.State));
        torrent.AssertIsIn(engine.Destination);
        Assert.Equal([mine], Directory.EnumerateFiles(other.Path, "*", SearchOption.AllDirectories));
        Assert.Equal("mine", File.ReadAllText(mine));
    }

    [Theory]
    [InlineData("relative/path")]
    [InlineData("")]
    public async Task A_destination_that_is_not_an_absolute_path_is_refused(string destination)
    {
        var torrent = new SwarmTorrent(95, Piece, Piece);
        await using var engine = new TestEngine(new MemoryNetwork());
        await engine.SeedAsync(torrent);

        CommandFail fail = Assert.IsType<CommandFail>(await MoveAsync(engine, torrent, destination));

        Assert.Equal(TorrentErrorId.MoveFailed, fail.Error.Id);
        Assert.Equal(TorrentState.Seeding, engine.Client.GetStatus(torrent.Metainfo.TorrentId)!.State);
    }

    [Fact]
    public async Task A_failed_move_leaves_no_folders_behind()
    {
        var torrent = new SwarmTorrent(96, Piece, Piece, Piece);
        await using var engine = new TestEngine(new MemoryNetwork());
        using var other = new TempFolder();
        await engine.SeedAsync(torrent);
        File.WriteAllText(Path.Combine(other.Path, "file"), "");

        CommandFail fail = Assert.IsType<CommandFail>(await MoveAsync(engine, torrent, Path.Combine(other.Path, "file", "below")));

        Assert.Equal(TorrentErrorId.MoveFailed, fail.Error.Id);
        torrent.AssertIsIn(engine.Destination);
        Assert.Equal(["file"], Directory.EnumerateFileSystemEntries(other.Path).Select(Path.GetFileName));
    }

    [Fact]
    public async Task Another_command_ends_a_move_or_finds_it_done_and_no_file_is_lost()
    {
        var torrent = new SwarmTorrent(97, Piece, [.. Enumerable.Repeat((long)Piece, 60)]);
        await using var engine = new TestEngine(new MemoryNetwork());
        using var other = new TempFolder();
        MemoryResumeStore store = await engine.SeedAsync(torrent);
        Task<TorrentAnswer> moving = MoveAsync(engine, torrent, other.Path);
        await engine.WaitStatusAsync(s => s.State == TorrentState.Moving);

        Assert.IsType<TorrentClosed>(await engine.SendAsync(c => new CloseTorrent(c, torrent.Metainfo.TorrentId)));

        await moving;
        torrent.AssertIsIn(store.Data!.Destination);
        Assert.Null(store.Data.MovingTo);
        Assert.True(store.IsDisposed && !store.WasUsedAfterDispose);
    }

    [Fact]
    public async Task A_move_interrupted_by_a_kill_is_repaired_by_the_next_start()
    {
        var torrent = new SwarmTorrent(98, Piece, Piece, Piece, Piece);
        await using var engine = new TestEngine(new MemoryNetwork());
        using var other = new TempFolder();
        MemoryResumeStore store = await engine.SeedAsync(torrent);
        TorrentId id = torrent.Metainfo.TorrentId;
        await engine.SendAsync(c => new CloseTorrent(c, id));
        // The first file was moved, the second is an unfinished copy, the third exists in both folders.
        string[] old = [.. torrent.Metainfo.Files.Select(f => Path.Combine(engine.Destination, f.Path))];
        string[] next = [.. torrent.Metainfo.Files.Select(f => Path.Combine(other.Path, f.Path))];
        Directory.CreateDirectory(Path.GetDirectoryName(next[0])!);
        File.Move(old[0], next[0]);
        File.WriteAllText(MovePlan.CopyOf(next[1], id, 1), "half");
        File.Copy(old[2], next[2]);
        File.SetLastWriteTimeUtc(next[2], File.GetLastWriteTimeUtc(old[2]));

        await engine.StartAsync(
            torrent.Metainfo, new MemoryResumeStore { Data = store.Data! with { MovingTo = other.Path, ClosedInOrder = false, Files = [] } });

        await engine.WaitAsync<TorrentCompleted>(m => m.Reason == CompletionReason.AlreadyOnDisk);
        torrent.AssertIsIn(engine.Destination);
        Assert.Empty(Directory.EnumerateFiles(other.Path, "*", SearchOption.AllDirectories));
    }

    private static Task<TorrentAnswer> MoveAsync(TestEngine engine, SwarmTorrent torrent, string destination) =>
        engine.SendAsync(c => new MoveTorrent(c, torrent.Metainfo.TorrentId, destination));
}

using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Storage;
using TorrentPatron.Engine.Tests.Network;
using TorrentPatron.Engine.Tests.Storage;
using TorrentPatron.Protocol;
using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Engine.Tests.Swarms;

/// <summary>Skipped files that share pieces with wanted ones: their bytes go to the parts file, and the files are not created.</summary>
public sealed class SkippedFileTests : IAsyncDisposable
{
    private const int Piece = 32 * 1024;

    private static readonly FilePriority[] OnlySecond = [FilePriority.Skip, FilePriority.Normal, FilePriority.Skip, FilePriority.Skip];
    private static readonly FilePriority[] All = [FilePriority.Normal, FilePriority.Normal, FilePriority.Normal, FilePriority.Normal];

    private readonly MemoryNetwork _network = new();

    /// <summary>The second file shares its first piece with the first file, and its last with the third and part of the fourth.</summary>
    private readonly SwarmTorrent _torrent = new(140, Piece, (2 * Piece) + 100, (3 * Piece) + 50, 1000, 2 * Piece);
    private readonly TestEngine _seed;
    private readonly TestEngine _engine;
    private MemoryResumeStore _store = new();

    public SkippedFileTests() => (_seed, _engine) = (new TestEngine(_network, 1), new TestEngine(_network, 2));

    private TorrentId Id => _torrent.Metainfo.TorrentId;

    private TorrentStatus Status => _engine.Client.GetStatus(Id)!;

    private string Parts => PartsIn(_engine.Destination);

    public async ValueTask DisposeAsync()
    {
        await _seed.DisposeAsync();
        await _engine.DisposeAsync();
    }

    [Fact]
    public async Task A_skipped_file_does_not_appear()
    {
        await CompleteSecondAsync();

        AssertOnlySecondIsThere(_engine.Destination);
        Assert.Equal((4 * Piece, 4), ((int)Status.CompletedSize, Status.VerifiedPieces));
        IReadOnlyList<FileSnapshot> files = _engine.Client.GetFiles(Id);
        Assert.Equal([0, (3 * Piece) + 50, 0, 0], files.Select(file => file.CompletedSize));
        Assert.Equal([false, true, false, false], files.Select(file => file.IsComplete));
        Assert.Equal([false, true, false, false], files.Select(file => file.IsOwn));
        Assert.InRange(new FileInfo(Parts).Length, 2 * Piece, 3 * Piece);
    }

    [Fact]
    public async Task A_file_wanted_later_takes_its_bytes_from_the_parts_file_without_new_downloads()
    {
        await CompleteSecondAsync();
        await _seed.StopAsync();

        // The third file exists in full.
        CommandDone third = await WantAsync([FilePriority.Skip, FilePriority.Normal, FilePriority.Low, FilePriority.Skip]);
        Assert.Equal((TorrentState.Seeding, 4L * Piece), (third.Status.State, third.Status.BytesReceived));
        _torrent.AssertIsIn(_engine.Destination, _torrent.Metainfo.Files[2]);
        Assert.True(File.Exists(Parts));
        Assert.Equal([true, false, false, true], Enumerable.Range(0, 4).Select(file => _store.Data!.Apart![file]));

        await using var again = new TestEngine(_network, 3);
        await again.SeedAsync(_torrent);
        await _engine.SendAsync(c => new AddSources(c, Id, [again.EndPoint], []));
        await WantAsync(All);
        await TestEngine.UntilAsync(() => Status is { State: TorrentState.Seeding, VerifiedPieces: 8 });
        _torrent.AssertIsIn(_engine.Destination);
        Assert.Equal(_torrent.Data.Length, Status.BytesReceived);
        Assert.False(File.Exists(Parts));
        Assert.Null(_store.Data!.Apart);
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public async Task After_a_restart_pieces_in_the_parts_file_count_and_are_found_by_a_check(bool recheck, bool crash)
    {
        await CompleteSecondAsync();
        await _seed.StopAsync();
        await StopAsync();
        if (crash)
            _store.Data = _store.Data! with { ClosedInOrder = false, Doubtful = _store.Data.Verified.Clone() };

        await RestartAsync(c => c with { Recheck = recheck });
        await _engine.WaitAsync<TorrentCompleted>(m => m.Reason != CompletionReason.Downloaded);
        Assert.Equal((4, recheck || crash ? 4 : 0), (Status.VerifiedPieces, Status.RecheckedPieces));
        AssertOnlySecondIsThere(_engine.Destination);

        CommandDone third = await WantAsync([FilePriority.Skip, FilePriority.Normal, FilePriority.Low, FilePriority.Skip]);
        Assert.Equal((TorrentState.Seeding, 4L * Piece), (third.Status.State, third.Status.BytesReceived));
        _torrent.AssertIsIn(_engine.Destination, _torrent.Metainfo.Files[2]);
    }

    [Fact]
    public async Task A_start_that_wants_more_files_takes_their_bytes_from_the_parts_file()
    {
        await CompleteSecondAsync();
        await StopAsync();

        await RestartAsync(c => c with { FilePriorities = All, Peers = [_seed.EndPoint] });
        await _engine.WaitAsync<TorrentCompleted>(m => m.Status.VerifiedPieces == 8);
        _torrent.AssertIsIn(_engine.Destination);
        Assert.Equal(_torrent.Data.Length, Status.BytesReceived);
        Assert.False(File.Exists(Parts));
    }

    [Fact]
    public async Task A_recheck_of_a_running_torrent_checks_the_parts_file_and_fetches_deleted_data()
    {
        await CompleteSecondAsync();
        Assert.Empty(Assert.IsType<TorrentChecked>(await _engine.SendAsync(c => new RecheckTorrent(c, Id))).BadPieces);

        await _engine.SendAsync(c => new SuspendTorrent(c, Id));
        File.Delete(Parts);
        await _engine.SendAsync(c => new ResumeTorrent(c, Id));
        await _engine.SendAsync(c => new AddSources(c, Id, [_seed.EndPoint], []));
        await TestEngine.UntilAsync(() => Status is { State: TorrentState.Seeding, VerifiedPieces: 4 });
        Assert.Equal(6 * Piece, Status.BytesReceived);
        AssertOnlySecondIsThere(_engine.Destination);
    }

    [Fact]
    public async Task Pieces_in_the_parts_file_are_uploaded()
    {
        await CompleteSecondAsync();
        await _seed.StopAsync();
        await using var other = new TestEngine(_network, 3);
        await other.StartAsync(
            _torrent.Metainfo, new MemoryResumeStore(), c => c with { FilePriorities = OnlySecond, Peers = [_engine.EndPoint] });

        await other.CompletedAsync();
        AssertOnlySecondIsThere(other.Destination);
    }

    [Fact]
    public async Task A_move_includes_the_parts_file()
    {
        using var there = new TempFolder();
        await CompleteSecondAsync();
        await _seed.StopAsync();
        Assert.IsType<CommandDone>(await _engine.SendAsync(c => new MoveTorrent(c, Id, there.Path)));

        AssertOnlySecondIsThere(there.Path);
        Assert.Empty(Directory.EnumerateFileSystemEntries(_engine.Destination));
        await WantAsync([FilePriority.Skip, FilePriority.Normal, FilePriority.Low, FilePriority.Skip]);
        _torrent.AssertIsIn(there.Path, _torrent.Metainfo.Files[2]);
        Assert.Equal(4 * Piece, Status.BytesReceived);
    }

    [Fact]
    public async Task A_move_of_the_parts_file_interrupted_by_a_kill_is_repaired_by_the_next_start()
    {
        using var there = new TempFolder();
        await CompleteSecondAsync();
        await StopAsync();
        File.Move(Parts, PartsIn(there.Path));
        _store.Data = _store.Data! with { MovingTo = there.Path, ClosedInOrder = false };

        await RestartAsync();
        await _engine.WaitAsync<TorrentCompleted>(m => m.Reason == CompletionReason.AlreadyOnDisk);
        AssertOnlySecondIsThere(_engine.Destination);
        Assert.Empty(Directory.EnumerateFileSystemEntries(there.Path));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_parts_file_is_deleted_with_the_torrent(bool deleteData)
    {
        await CompleteSecondAsync();

        TorrentRemoved removed = Assert.IsType<TorrentRemoved>(await _engine.SendAsync(c => new RemoveTorrent(c, Id, deleteData)));

        Assert.Equal(deleteData ? 1 : 0, removed.FilesDeleted);
        Assert.False(File.Exists(Parts));
        Assert.Equal(deleteData, !Directory.EnumerateFileSystemEntries(_engine.Destination).Any());
    }

    [Theory]
    [InlineData(10)]
    [InlineData((2 * Piece) + 100)]
    [InlineData(3 * Piece)]
    public async Task A_foreign_file_at_the_path_of_a_skipped_one_is_not_touched_even_when_the_file_is_wanted(int length)
    {
        string path = PathOf(0);
        byte[] foreign = SwarmTorrent.RandomBytes(7, length);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllBytes(path, foreign);
        await CompleteSecondAsync();
        Assert.Equal(foreign, File.ReadAllBytes(path));

        CommandFail fail = Assert.IsType<CommandFail>(await _engine.SendAsync(c => new SetFilePriorities(c, Id, All)));
        Assert.Equal(TorrentErrorId.ForeignFile, fail.Error.Id);
        await _engine.SendAsync(c => new RemoveTorrent(c, Id, DeleteData: true));
        Assert.Equal(foreign, File.ReadAllBytes(path));
        Assert.False(File.Exists(PathOf(1)));
    }

    [Fact]
    public async Task A_users_file_at_the_path_of_a_skipped_one_is_neither_written_moved_nor_deleted()
    {
        using var there = new TempFolder();
        await CompleteSecondAsync();
        File.WriteAllText(PathOf(0), "mine");
        Assert.Empty(Assert.IsType<TorrentChecked>(await _engine.SendAsync(c => new RecheckTorrent(c, Id))).BadPieces);
        Assert.IsType<CommandDone>(await _engine.SendAsync(c => new MoveTorrent(c, Id, there.Path)));
        Assert.Equal("mine", File.ReadAllText(PathOf(0)));
        Assert.IsType<CommandDone>(await _engine.SendAsync(c => new MoveTorrent(c, Id, _engine.Destination)));
        await StopAsync();
        await RestartAsync();
        await _engine.WaitAsync<TorrentCompleted>(m => m.Reason == CompletionReason.AlreadyOnDisk);

        await _engine.SendAsync(c => new RemoveTorrent(c, Id, DeleteData: true));
        Assert.Equal([PathOf(0)], Directory.EnumerateFiles(_engine.Destination, "*", SearchOption.AllDirectories));
        Assert.Equal("mine", File.ReadAllText(PathOf(0)));
    }

    [Fact]
    public async Task A_crash_while_bytes_go_to_a_newly_wanted_file_does_not_make_it_foreign()
    {
        await CompleteSecondAsync();
        ResumeData before = _store.Data!;
        await WantAsync([FilePriority.Skip, FilePriority.Normal, FilePriority.Low, FilePriority.Skip]);
        await StopAsync();
        _store.Data = before;

        await RestartAsync(c => c with { FilePriorities = All, Peers = [_seed.EndPoint] });
        await _engine.WaitAsync<TorrentCompleted>(m => m.Status.VerifiedPieces == 8);
        _torrent.AssertIsIn(_engine.Destination);
    }

    [Fact]
    public async Task Skipped_files_as_stored_by_an_older_version_are_continued()
    {
        await _seed.SeedAsync(_torrent);
        // Full length; zeros except for the boundary pieces.
        byte[] old = new byte[_torrent.Data.Length];
        _torrent.Data.AsSpan(2 * Piece, 4 * Piece).CopyTo(old.AsSpan(2 * Piece));
        new SwarmTorrent(_torrent, old).WriteTo(_engine.Destination);
        var verified = new Bitfield(8);
        for (int piece = 2; piece < 6; piece++)
            verified.Set(piece);
        var written = new Bitfield(4);
        written.SetAll();
        _store.Data = new ResumeData
        {
            Verified = verified,
            Destination = _engine.Destination,
            FilePriorities = OnlySecond,
            Origin = new DataOrigin { FilesBefore = new Bitfield(4), FoldersBefore = new Bitfield(1), FilesWritten = written },
        };

        await RestartAsync();
        Assert.Equal((CompletionReason.AlreadyOnDisk, 4), ((await _engine.CompletedAsync()).Reason, Status.VerifiedPieces));
        await _engine.SendAsync(c => new AddSources(c, Id, [_seed.EndPoint], []));
        await WantAsync(All);
        await TestEngine.UntilAsync(() => Status is { State: TorrentState.Seeding, VerifiedPieces: 8 });
        _torrent.AssertIsIn(_engine.Destination);
        Assert.Equal(_torrent.Data.Length - (4 * Piece), Status.BytesReceived);
        Assert.False(File.Exists(Parts));
    }

    [Fact]
    public async Task A_file_skipped_before_its_first_byte_is_not_created_although_its_pieces_were_requested()
    {
        await _engine.StartAsync(_torrent.Metainfo, _store, c => c with { FilePriorities = All });
        using ScriptedPeer peer = await ScriptedPeer.ConnectAsync(_network, _engine, _torrent);
        await peer.SendAsync(MessageId.HaveAll);
        await peer.SendAsync(MessageId.Unchoke);
        var owed = new List<BlockRequest> { await peer.NextRangeAsync(MessageId.Request) };
        await WantAsync(OnlySecond);

        foreach (BlockRequest request in owed)
            await peer.SendAsync(ScriptedPeer.Block(_torrent, request));
        _ = peer.ServeAsync(_torrent);
        await _engine.CompletedAsync();
        AssertOnlySecondIsThere(_engine.Destination);
    }

    [Fact]
    public async Task Blocks_of_an_unfinished_piece_also_go_to_the_parts_file()
    {
        await _engine.StartAsync(_torrent.Metainfo, _store, c => c with { FilePriorities = [FilePriority.Normal, FilePriority.Skip, FilePriority.Skip, FilePriority.Skip] });
        using (ScriptedPeer peer = await ScriptedPeer.ConnectAsync(_network, _engine, _torrent))
        {
            // Only the first file's last piece.
            await peer.SendIndexAsync(MessageId.Have, 2);
            await peer.SendAsync(MessageId.Unchoke);
            await peer.NextRangeAsync(MessageId.Request);
            await peer.SendAsync(ScriptedPeer.Block(_torrent, await peer.NextRangeAsync(MessageId.Request)));
            await TestEngine.UntilAsync(() => Status.BytesReceived == BlockRequest.BlockLength);
        }

        await StopAsync();
        Assert.Equal([2], _store.Data!.Unfinished.Select(piece => piece.Piece));
        Assert.False(File.Exists(PathOf(1)));
        await _seed.SeedAsync(_torrent);
        await RestartAsync(c => c with { Peers = [_seed.EndPoint] });
        await _engine.CompletedAsync();
        Assert.Equal(3 * Piece, Status.BytesReceived);
        _torrent.AssertIsIn(_engine.Destination, _torrent.Metainfo.Files[0]);
        Assert.False(File.Exists(PathOf(1)));
    }

    [Fact]
    public async Task A_foreign_file_at_the_path_of_the_parts_file_stops_the_torrent_and_is_not_touched()
    {
        File.WriteAllText(Parts, "mine");
        await _seed.SeedAsync(_torrent);
        await _engine.StartAsync(_torrent.Metainfo, _store, c => c with { FilePriorities = OnlySecond, Peers = [_seed.EndPoint] });
        TorrentStatus failed = await _engine.WaitStatusAsync(status => status.State == TorrentState.Failed);

        Assert.Equal(TorrentErrorId.ForeignFile, failed.Error!.Id);
        await _engine.SendAsync(c => new RemoveTorrent(c, Id, DeleteData: true));
        Assert.Equal("mine", File.ReadAllText(Parts));
    }

    private string PartsIn(string folder) => Path.Combine(folder, $".{Id}.patron-parts");

    private string PathOf(int file) => _torrent.PathIn(_engine.Destination, file);

    private void AssertOnlySecondIsThere(string destination)
    {
        _torrent.AssertIsIn(destination, _torrent.Metainfo.Files[1]);
        Assert.Equal(
            new[] { PartsIn(destination), _torrent.PathIn(destination, 1) }.Order(),
            Directory.EnumerateFiles(destination, "*", SearchOption.AllDirectories).Order());
    }

    private async Task CompleteSecondAsync()
    {
        await _seed.SeedAsync(_torrent);
        Assert.IsType<NewTorrentCreated>(await _engine.StartAsync(
            _torrent.Metainfo, _store, c => c with { FilePriorities = OnlySecond, Peers = [_seed.EndPoint] }));
        await _engine.CompletedAsync();
    }

    private async Task<CommandDone> WantAsync(FilePriority[] priorities) =>
        Assert.IsType<CommandDone>(await _engine.SendAsync(c => new SetFilePriorities(c, Id, priorities)));

    private async Task StopAsync() => Assert.IsType<TorrentClosed>(await _engine.SendAsync(c => new CloseTorrent(c, Id)));

    private async Task RestartAsync(Func<CreateNewTorrent, CreateNewTorrent>? with = null)
    {
        _store = new MemoryResumeStore { Data = _store.Data };
        Assert.IsType<NewTorrentCreated>(await _engine.StartAsync(_torrent.Metainfo, _store, with));
    }
}

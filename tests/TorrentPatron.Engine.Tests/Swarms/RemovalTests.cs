using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Storage;
using TorrentPatron.Engine.Tests.Network;
using TorrentPatron.Protocol;

namespace TorrentPatron.Engine.Tests.Swarms;

/// <summary>Removing a torrent with its data deletes only its own files.</summary>
public sealed class RemovalTests
{
    private const int Piece = 32 * 1024;

    [Fact]
    public async Task Removing_a_torrent_forgets_it_and_leaves_its_files()
    {
        var network = new MemoryNetwork();
        var torrent = new SwarmTorrent(80, Piece, 2 * Piece, Piece);
        await using TestEngine seed = new(network, 1), leecher = new(network, 2);
        await seed.SeedAsync(torrent);
        MemoryResumeStore store = await leecher.StartAsync(torrent, seed.EndPoint);
        await leecher.CompletedAsync();

        TorrentRemoved removed = Assert.IsType<TorrentRemoved>(
            await leecher.SendAsync(c => new RemoveTorrent(c, torrent.Metainfo.TorrentId, DeleteData: false)));

        Assert.Equal((0, 0L), (removed.FilesDeleted, removed.BytesDeleted));
        Assert.Equal(TorrentState.Stopped, removed.Status!.State);
        torrent.AssertIsIn(leecher.Destination);
        Assert.True(store is { IsDiscarded: true, WasUsedAfterDispose: false });
        Assert.Empty(leecher.Client.GetStatuses());
        await leecher.StartAsync(torrent);
    }

    [Fact]
    public async Task Removing_a_torrent_with_its_data_deletes_its_files_and_folders_that_are_then_empty()
    {
        var network = new MemoryNetwork();
        var torrent = new SwarmTorrent(81, Piece, 2 * Piece, 0, Piece);
        await using TestEngine seed = new(network, 1), leecher = new(network, 2);
        await seed.SeedAsync(torrent);
        await leecher.StartAsync(torrent, seed.EndPoint);
        await leecher.CompletedAsync();
        Assert.All(leecher.Client.GetFiles(torrent.Metainfo.TorrentId), file => Assert.True(file.IsOwn));

        TorrentRemoved removed = await RemoveAsync(leecher, torrent);

        Assert.Equal((3, 3L * Piece), (removed.FilesDeleted, removed.BytesDeleted));
        Assert.Empty(removed.Warnings);
        Assert.Empty(Directory.EnumerateFileSystemEntries(leecher.Destination));
    }

    [Fact]
    public async Task Foreign_files_in_its_folder_are_kept_and_so_is_the_folder()
    {
        var network = new MemoryNetwork();
        var torrent = new SwarmTorrent(82, Piece, 2 * Piece, Piece);
        await using TestEngine seed = new(network, 1), leecher = new(network, 2);
        await seed.SeedAsync(torrent);
        await leecher.StartAsync(torrent, seed.EndPoint);
        await leecher.CompletedAsync();
        string mine = Path.Combine(leecher.Destination, torrent.Metainfo.Name, "mine.txt");
        File.WriteAllText(mine, "mine");

        TorrentRemoved removed = await RemoveAsync(leecher, torrent);

        Assert.Equal(2, removed.FilesDeleted);
        Assert.Equal([mine], Directory.EnumerateFiles(leecher.Destination, "*", SearchOption.AllDirectories));
    }

    [Fact]
    public async Task Files_that_existed_before_are_kept_whether_good_or_bad()
    {
        var torrent = new SwarmTorrent(83, Piece, Piece, Piece, Piece);
        await using var engine = new TestEngine(new MemoryNetwork());
        torrent.WriteTo(engine.Destination);
        string foreign = torrent.PathIn(engine.Destination, 1);
        File.WriteAllText(foreign, "somebody's own");
        File.Delete(torrent.PathIn(engine.Destination, 2));
        await engine.StartAsync(
            torrent.Metainfo, new MemoryResumeStore(), c => c with { Selection = new FileSelection { Exclude = ["*1.bin"] } });
        await engine.WaitStatusAsync(s => s.State == TorrentState.Downloading && s.VerifiedPieces == 1);
        Assert.All(engine.Client.GetFiles(torrent.Metainfo.TorrentId), file => Assert.False(file.IsOwn));

        TorrentRemoved removed = await RemoveAsync(engine, torrent);

        Assert.Equal(0, removed.FilesDeleted);
        Assert.Equal([TorrentErrorId.DataKept, TorrentErrorId.DataKept], removed.Warnings.Select(w => w.Id));
        torrent.AssertIsIn(engine.Destination, torrent.Metainfo.Files[0]);
        Assert.Equal("somebody's own", File.ReadAllText(foreign));
    }

    [Fact]
    public async Task An_existing_file_that_the_torrent_completed_stays_its_own_across_restarts()
    {
        var network = new MemoryNetwork();
        var torrent = new SwarmTorrent(84, Piece, 2 * Piece, Piece);
        await using TestEngine seed = new(network, 1), leecher = new(network, 2);
        await seed.SeedAsync(torrent);
        torrent.WriteTo(leecher.Destination);
        string half = torrent.PathIn(leecher.Destination, 0);
        File.WriteAllBytes(half, torrent.Data[..Piece]);
        MemoryResumeStore store = await leecher.StartAsync(torrent, seed.EndPoint);
        await leecher.CompletedAsync();
        await leecher.SendAsync(c => new CloseTorrent(c, torrent.Metainfo.TorrentId));
        await leecher.StartAsync(torrent.Metainfo, new MemoryResumeStore { Data = store.Data });
        Assert.Equal([true, false], leecher.Client.GetFiles(torrent.Metainfo.TorrentId).Select(file => file.IsOwn));

        TorrentRemoved removed = await RemoveAsync(leecher, torrent);

        Assert.Equal((1, 2L * Piece), (removed.FilesDeleted, removed.BytesDeleted));
        Assert.False(File.Exists(half));
        torrent.AssertIsIn(leecher.Destination, torrent.Metainfo.Files[1]);
    }

    [Fact]
    [NeedsLinks]
    public async Task Neither_links_nor_files_behind_them_are_deleted()
    {
        var network = new MemoryNetwork();
        var torrent = new SwarmTorrent(85, Piece, Piece, Piece);
        await using TestEngine seed = new(network, 1), leecher = new(network, 2), other = new(network, 3);
        await seed.SeedAsync(torrent);
        await leecher.StartAsync(torrent, seed.EndPoint);
        await leecher.CompletedAsync();
        // The folder was moved away, and a link is in its place.
        string folder = Path.Combine(leecher.Destination, torrent.Metainfo.Name);
        string elsewhere = Path.Combine(other.Destination, "elsewhere");
        Directory.Move(folder, elsewhere);
        Directory.CreateSymbolicLink(folder, elsewhere);

        TorrentRemoved removed = await RemoveAsync(leecher, torrent);

        Assert.Equal(0, removed.FilesDeleted);
        Assert.Equal(2, removed.Warnings.Count);
        Assert.Equal(2, Directory.GetFiles(elsewhere).Length);
        Assert.NotNull(new DirectoryInfo(folder).LinkTarget);
    }

    [Fact]
    [NeedsLinks]
    public async Task A_link_in_place_of_a_file_is_kept_and_so_is_its_target()
    {
        var network = new MemoryNetwork();
        var torrent = new SwarmTorrent(86, Piece, Piece, Piece);
        await using TestEngine seed = new(network, 1), leecher = new(network, 2);
        await seed.SeedAsync(torrent);
        await leecher.StartAsync(torrent, seed.EndPoint);
        await leecher.CompletedAsync();
        string file = torrent.PathIn(leecher.Destination, 0);
        string target = Path.Combine(leecher.Destination, "target");
        File.Move(file, target);
        File.CreateSymbolicLink(file, target);

        TorrentRemoved removed = await RemoveAsync(leecher, torrent);

        Assert.Equal(1, removed.FilesDeleted);
        Assert.True(File.Exists(target));
        Assert.NotNull(new FileInfo(file).LinkTarget);
    }

    [Fact]
    public async Task A_foreign_file_in_place_of_one_never_fetched_is_kept()
    {
        var torrent = new SwarmTorrent(87, Piece, Piece, Piece);
        await using var engine = new TestEngine(new MemoryNetwork());
        await engine.StartAsync(torrent.Metainfo, new MemoryResumeStore(), c => c with { Suspended = true });
        string file = torrent.PathIn(engine.Destination, 0);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllText(file, "somebody's own");

        TorrentRemoved removed = await RemoveAsync(engine, torrent);

        Assert.Equal(0, removed.FilesDeleted);
        Assert.Equal("somebody's own", File.ReadAllText(file));
    }

    [Fact]
    public async Task Files_saved_without_their_origin_are_deleted_only_if_complete()
    {
        var torrent = new SwarmTorrent(88, Piece, Piece, 2 * Piece);
        await using var engine = new TestEngine(new MemoryNetwork());
        torrent.WriteTo(engine.Destination);
        var store = new MemoryResumeStore();
        await engine.StartAsync(torrent.Metainfo, store);
        await engine.CompletedAsync();
        await engine.SendAsync(c => new CloseTorrent(c, torrent.Metainfo.TorrentId));
        ResumeData saved = store.Data! with { Origin = null };
        saved.Verified.Clear(2);

        ErasedData erased = TorrentData.Erase(torrent.Metainfo, saved, new MemoryResumeStore());

        Assert.Equal((1, (long)Piece), (erased.Files, erased.Bytes));
        Assert.Equal([torrent.PathIn(engine.Destination, 1)], Directory.EnumerateFiles(engine.Destination, "*", SearchOption.AllDirectories));
        Assert.Equal([true, false], TorrentData.Files(torrent.Metainfo, saved).Select(file => file.IsOwn));
    }

    private static async Task<TorrentRemoved> RemoveAsync(TestEngine engine, SwarmTorrent torrent)
    {
        TorrentId id = torrent.Metainfo.TorrentId;
        return Assert.IsType<TorrentRemoved>(await engine.SendAsync(c => new RemoveTorrent(c, id, DeleteData: true)));
    }
}

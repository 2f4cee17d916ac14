using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Storage;
using TorrentPatron.Engine.Tests.Swarms;

namespace TorrentPatron.Engine.Tests.Storage;

/// <summary>Files are renamed, or copied to a different volume, and put back if the move is cancelled.</summary>
public sealed class DataMoverTests : IAsyncDisposable
{
    private const int Piece = 64 * 1024;
    private readonly TempFolder _here = new();
    private readonly DiskWorkers _workers = new(2);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask DisposeAsync()
    {
        await _workers.DisposeAsync();
        _here.Dispose();
    }

    [Fact]
    public async Task A_cancelled_move_puts_everything_back()
    {
        using var there = new TempFolder();
        var torrent = new SwarmTorrent(1, Piece, [.. Enumerable.Repeat((long)Piece, 10)]);
        torrent.WriteTo(_here.Path);
        using var ending = new CancellationTokenSource();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Mover(torrent, there.Path).MoveAsync(0, share =>
        {
            if (share > 0.5)
                ending.Cancel();
        }, ending.Token));

        torrent.AssertIsIn(_here.Path);
        Assert.Empty(Directory.EnumerateFileSystemEntries(there.Path));
    }

    [Fact]
    public async Task Files_are_copied_to_a_different_volume_with_their_holes_and_times()
    {
        using TempFolder there = OnAnotherVolume();
        var torrent = new SwarmTorrent(2, Piece, 10 * Piece, 3, 0);
        torrent.WriteTo(_here.Path);
        string file = Path.Combine(_here.Path, torrent.Metainfo.Files[0].Path);
        var time = new DateTime(2020, 1, 2, 3, 4, 5, DateTimeKind.Utc);
        File.SetLastWriteTimeUtc(file, time);
        var shares = new List<double>();

        await Mover(torrent, there.Path).MoveAsync(0, shares.Add, Token);

        torrent.AssertIsIn(there.Path);
        Assert.Equal(time, File.GetLastWriteTimeUtc(Path.Combine(there.Path, torrent.Metainfo.Files[0].Path)));
        Assert.Empty(Directory.EnumerateFiles(_here.Path, "*", SearchOption.AllDirectories));
        Assert.Equal(3, Directory.EnumerateFiles(there.Path, "*", SearchOption.AllDirectories).Count());
        Assert.Equal(shares.Order(), shares);
        Assert.Equal(1, shares[^1]);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task If_a_volume_is_mounted_below_a_folder_all_files_are_copied(bool isMountedThere)
    {
        using var there = new TempFolder();
        var torrent = new SwarmTorrent(5, Piece, 2 * Piece, 3 * Piece, 10);
        string mountPoint = Path.Combine(isMountedThere ? there.Path : _here.Path, Path.GetDirectoryName(torrent.Metainfo.Files[1].Path)!);
        using Mount? mount = Mount.Make(mountPoint);
        Assert.SkipWhen(mount is null, "Only root can mount, and not on every machine.");
        torrent.WriteTo(_here.Path);

        await Mover(torrent, there.Path).MoveAsync(0, _ => { }, Token);

        torrent.AssertIsIn(there.Path);
        Assert.Empty(Directory.EnumerateFiles(_here.Path, "*", SearchOption.AllDirectories));
    }

    [Fact]
    public async Task A_cancelled_copy_to_a_different_volume_leaves_nothing_there()
    {
        using TempFolder there = OnAnotherVolume();
        var torrent = new SwarmTorrent(3, Piece, 100 * Piece, 100 * Piece);
        torrent.WriteTo(_here.Path);
        using var ending = new CancellationTokenSource();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => Mover(torrent, there.Path).MoveAsync(0, _ => ending.Cancel(), ending.Token));

        torrent.AssertIsIn(_here.Path);
        Assert.Empty(Directory.EnumerateFileSystemEntries(there.Path));
    }

    [Fact]
    public async Task A_volume_without_enough_space_is_reported_before_anything_is_copied()
    {
        using TempFolder there = OnAnotherVolume();
        var torrent = new SwarmTorrent(4, Piece, Piece);
        torrent.WriteTo(_here.Path);

        StorageException e = await Assert.ThrowsAsync<StorageException>(
            () => Mover(torrent, there.Path).MoveAsync(long.MaxValue, _ => { }, Token));

        Assert.Equal(TorrentErrorId.InsufficientDiskSpace, e.Error.Id);
        torrent.AssertIsIn(_here.Path);
        Assert.Empty(Directory.EnumerateFileSystemEntries(there.Path));
    }

    [Fact]
    [NeedsLinks]
    public async Task Nothing_is_moved_through_a_link()
    {
        using var there = new TempFolder();
        using var elsewhere = new TempFolder();
        var torrent = new SwarmTorrent(5, Piece, Piece, Piece);
        torrent.WriteTo(_here.Path);
        Directory.CreateSymbolicLink(Path.Combine(there.Path, torrent.Metainfo.Name), elsewhere.Path);

        StorageException e = await Assert.ThrowsAsync<StorageException>(() => Mover(torrent, there.Path).MoveAsync(0, _ => { }, Token));

        Assert.Equal(TorrentErrorId.MoveFailed, e.Error.Id);
        torrent.AssertIsIn(_here.Path);
        Assert.Empty(Directory.EnumerateFileSystemEntries(elsewhere.Path));
    }

    /// <summary>/dev/shm is a separate volume on most Linux systems; elsewhere none is known.</summary>
    private static TempFolder OnAnotherVolume()
    {
        const string Memory = "/dev/shm";
        Assert.SkipUnless(Directory.Exists(Memory), "This machine has no second volume.");
        return new TempFolder(Directory.CreateDirectory(Path.Combine(Memory, $"patron-test-{Guid.NewGuid():N}")).FullName);
    }

    private DataMover Mover(SwarmTorrent torrent, string there) =>
        new(new FileLayout(torrent.Metainfo, _here.Path), new FileLayout(torrent.Metainfo, there), torrent.Metainfo.TorrentId, _workers, apart: null);
}

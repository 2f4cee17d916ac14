using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Storage;
using TorrentPatron.Engine.Tests.Network;

namespace TorrentPatron.Engine.Tests.Swarms;

/// <summary>Another program holds a file, as virus scanners do on Windows: the resulting exception is thrown here.</summary>
public sealed class ForeignHolderTests
{
    private const int Piece = 64 * 1024;

    [Fact]
    public async Task A_download_waits_for_a_file_in_use_by_another_program_says_so_and_continues_by_itself()
    {
        var network = new MemoryNetwork();
        var torrent = new SwarmTorrent(1, Piece, 1_000_000, 500_000);
        await using TestEngine seed = new(network, 1), leecher = new(network, 2);
        await seed.SeedAsync(torrent);
        using var scanner = new Scanner(leecher, "file0.bin");
        await leecher.StartAsync(torrent, seed.EndPoint);

        TorrentWarning warning = await leecher.WaitAsync<TorrentWarning>(_ => true);

        Assert.Equal(TorrentErrorId.FileInUse, warning.Warning.Id);
        Assert.Contains("file0.bin", warning.Warning.Message, StringComparison.Ordinal);
        TorrentStatus status = leecher.Client.GetStatus(torrent.Metainfo.TorrentId)!;
        Assert.Equal((TorrentState.Downloading, null), (status.State, status.Error));
        Assert.Contains(status.Warnings, error => error.Id == TorrentErrorId.FileInUse);
        scanner.Dispose();
        TorrentCompleted completed = await leecher.CompletedAsync();
        Assert.DoesNotContain(completed.Status.Warnings, error => error.Id == TorrentErrorId.FileInUse);
        torrent.AssertIsIn(leecher.Destination);
    }

    [Fact]
    public async Task A_download_whose_file_is_in_use_can_be_suspended_at_once_and_continues_when_resumed()
    {
        var network = new MemoryNetwork();
        var torrent = new SwarmTorrent(2, Piece, 1_000_000);
        await using TestEngine seed = new(network, 1), leecher = new(network, 2);
        await seed.SeedAsync(torrent);
        using var scanner = new Scanner(leecher, "torrent2");
        await leecher.StartAsync(torrent, seed.EndPoint);
        await leecher.WaitAsync<TorrentWarning>(_ => true);

        await leecher.SendAsync(id => new SuspendTorrent(id, torrent.Metainfo.TorrentId));

        Assert.Equal(TorrentState.Suspended, leecher.Client.GetStatus(torrent.Metainfo.TorrentId)!.State);
        scanner.Dispose();
        await leecher.SendAsync(id => new ResumeTorrent(id, torrent.Metainfo.TorrentId));
        await leecher.CompletedAsync();
        torrent.AssertIsIn(leecher.Destination);
    }

    [Fact]
    public async Task A_check_and_an_upload_wait_for_a_file_in_use()
    {
        var network = new MemoryNetwork();
        var torrent = new SwarmTorrent(3, Piece, 1_000_000);
        await using TestEngine seed = new(network, 1), leecher = new(network, 2);
        await seed.SeedAsync(torrent);
        Task<TorrentAnswer> recheck;
        using (new Scanner(seed, "torrent3"))
        {
            recheck = seed.SendAsync(id => new RecheckTorrent(id, torrent.Metainfo.TorrentId));
            await seed.WaitAsync<TorrentWarning>(warning => warning.Warning.Id == TorrentErrorId.FileInUse);
            Assert.Equal(TorrentState.Checking, seed.Client.GetStatus(torrent.Metainfo.TorrentId)!.State);
        }

        Assert.IsNotType<CommandFail>(await recheck);
        for (int i = 0; i < 25; i++)
            seed.Client.Resources.Files.CloseIdle();
        using (var scanner = new Scanner(seed, "torrent3"))
        {
            await leecher.StartAsync(torrent, seed.EndPoint);
            await TestEngine.UntilAsync(() => scanner.Refused > 2);
            Assert.Equal(TorrentState.Seeding, seed.Client.GetStatus(torrent.Metainfo.TorrentId)!.State);
        }

        await leecher.CompletedAsync();
        torrent.AssertIsIn(leecher.Destination);
    }

    [Fact]
    public void A_file_in_use_for_more_than_half_a_minute_is_an_error_that_names_it()
    {
        var time = new Microsoft.Extensions.Time.Testing.FakeTimeProvider();
        var held = new HeldFiles(time);
        var fault = new IOException("It is in use.");
        for (int second = 0; second < 30; second++, time.Advance(TimeSpan.FromSeconds(1)))
            Assert.True(held.Add("/a", fault).IsHeld);
        Assert.NotNull(held.Warning);

        StorageException error = held.Add("/a", fault);

        Assert.Equal((false, TorrentErrorId.FileInUse), (error.IsHeld, error.Error.Id));
        Assert.Contains("/a", error.Message, StringComparison.Ordinal);
        Assert.Null(held.Warning);
        // As far as the engine knows, it was free in between.
        Assert.True(held.Add("/a", fault).IsHeld);
        time.Advance(TimeSpan.FromMinutes(1));
        Assert.Null(held.Warning);
        Assert.True(held.Add("/a", fault).IsHeld);
        held.Remove("/a");
        Assert.Null(held.Warning);
    }

    [Fact]
    public void Only_a_file_in_use_for_a_moment_is_waited_for()
    {
        using var folder = new Storage.TempFolder();
        string path = folder["a"];
        var holder = new FileStream(path, FileMode.Create, FileAccess.ReadWrite, FileShare.None);
        using var timer = new Timer(_ => holder.Dispose(), null, TimeSpan.FromMilliseconds(300), Timeout.InfiniteTimeSpan);

        SharingViolation.Retry(() => GuardedFile.Open(folder.Path, path, FileMode.Open, FileAccess.ReadWrite, FileShare.None).Dispose());

        int tries = 0;
        Assert.Throws<FileNotFoundException>(() => SharingViolation.Retry(() =>
        {
            tries++;
            throw new FileNotFoundException();
        }));
        Assert.Equal(1, tries);
    }

    /// <summary>Holds a file of an engine.</summary>
    private sealed class Scanner : IDisposable
    {
        private readonly TestEngine _engine;
        private int _refused;

        public Scanner(TestEngine engine, string name)
        {
            _engine = engine;
            engine.Client.Resources.Files.Opening = path =>
            {
                if (Path.GetFileName(path) != name)
                    return;
                Interlocked.Increment(ref _refused);
                throw new IOException("The process cannot access the file because it is being used by another process.", OperatingSystem.IsWindows() ? unchecked((int)0x80070020) : OperatingSystem.IsMacOS() ? 35 : 11);
            };
        }

        public int Refused => Volatile.Read(ref _refused);

        public void Dispose() => _engine.Client.Resources.Files.Opening = null;
    }
}

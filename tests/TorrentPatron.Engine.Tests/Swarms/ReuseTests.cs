using System.Diagnostics;
using System.Globalization;
using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Storage;
using TorrentPatron.Engine.Tests.Network;
using TorrentPatron.Engine.Tests.Storage;
using TorrentPatron.Protocol;
using TorrentPatron.Protocol.Metainfo;

namespace TorrentPatron.Engine.Tests.Swarms;

/// <summary>Data that exists on this machine is copied instead of downloaded, and its source stays unchanged.</summary>
public sealed class ReuseTests : IDisposable
{
    private const int Piece = 32 * 1024;

    private static readonly int[] Lengths = [(5 * Piece) + 100, 300, (2 * Piece) + 7, 900];

    private readonly TempFolder _elsewhere = new(), _image = new();

    public static TheoryData<MetainfoVersion> Versions => [MetainfoVersion.V1, MetainfoVersion.V2, MetainfoVersion.Hybrid];

    private static long Total => Lengths.Sum(length => (long)length);

    public void Dispose()
    {
        _elsewhere.Dispose();
        _image.Dispose();
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task Renamed_files_of_a_folder_are_copied_and_nothing_is_fetched(MetainfoVersion version)
    {
        SwarmTorrent torrent = await MakeAsync(version);
        Dictionary<string, byte[]> before = WriteElsewhere(torrent);
        await using var engine = new TestEngine(new MemoryNetwork());

        await StartAsync(engine, torrent);
        TorrentStatus done = (await engine.CompletedAsync()).Status;

        torrent.AssertIsIn(engine.Destination);
        Assert.Equal((0, CompletionReason.Rechecked), (done.BytesReceived, done.Completion));
        Assert.InRange(done.BytesReused, Total, Total + (4 * Piece));
        AssertIsUnchanged(before);
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task Wrong_data_in_a_folder_is_fetched_and_never_counts(MetainfoVersion version)
    {
        var network = new MemoryNetwork();
        SwarmTorrent torrent = await MakeAsync(version);
        WriteElsewhere(torrent);
        string first = _elsewhere["0.dat"];
        byte[] bytes = File.ReadAllBytes(first);
        bytes[Piece + 5] ^= 1;
        File.WriteAllBytes(first, bytes);
        Dictionary<string, byte[]> before = Read();
        await using TestEngine seed = new(network, 1), engine = new(network, 2);
        await seed.SeedAsync(torrent);

        await StartAsync(engine, torrent, with: command => command with { Peers = [seed.EndPoint] });
        TorrentStatus done = (await engine.CompletedAsync()).Status;

        torrent.AssertIsIn(engine.Destination);
        Assert.Equal(Piece, done.BytesReceived);
        AssertIsUnchanged(before);
    }

    [Theory]
    [InlineData(MetainfoVersion.V2, MetainfoVersion.V2, 2)]
    [InlineData(MetainfoVersion.Hybrid, MetainfoVersion.V2, 2)]
    [InlineData(MetainfoVersion.V1, MetainfoVersion.V1, 1)]
    [InlineData(MetainfoVersion.V1, MetainfoVersion.V2, 1)]
    public async Task Files_of_another_torrent_of_the_engine_are_copied_by_default(MetainfoVersion one, MetainfoVersion other, int times)
    {
        byte[] shared = SwarmTorrent.RandomBytes(7, (6 * Piece) + 11);
        SwarmTorrent first = await SwarmTorrent.MakeAsync("first", one, Piece, shared, SwarmTorrent.RandomBytes(8, Piece));
        SwarmTorrent second = await SwarmTorrent.MakeAsync("second", other, times * Piece, SwarmTorrent.RandomBytes(9, 3 * Piece), shared);
        await using var engine = new TestEngine(new MemoryNetwork());
        await engine.SeedAsync(first);

        await engine.StartAsync(second);
        TorrentStatus status = await engine.WaitStatusAsync(now => now.InfoHash == second.Metainfo.TorrentId.ToString() && now.State == TorrentState.Downloading);

        // In version 1 the piece in which the missing file ends is unknown.
        Assert.InRange(status.BytesReused, shared.Length - (times * Piece), shared.Length);
        Assert.InRange(status.CompletedSize, shared.Length - (times * Piece), shared.Length);
        first.AssertIsIn(engine.Destination);
    }

    [Fact]
    public async Task Pieces_that_another_torrent_lacks_are_not_searched_for_in_it()
    {
        byte[] shared = SwarmTorrent.RandomBytes(7, 6 * Piece);
        SwarmTorrent first = await SwarmTorrent.MakeAsync("first", MetainfoVersion.V2, Piece, shared);
        SwarmTorrent second = await SwarmTorrent.MakeAsync("second", MetainfoVersion.V2, Piece, shared, SwarmTorrent.RandomBytes(9, Piece));
        await using var engine = new TestEngine(new MemoryNetwork());
        await engine.StartAsync(first);

        await engine.StartAsync(second);

        Assert.DoesNotContain(engine.Messages.OfType<TorrentStatusUpdate>(), update => update.Status.State == TorrentState.Checking);
    }

    [Fact]
    public async Task A_hard_link_is_the_same_file_and_is_never_written_to()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "The test counts hard links as on Unix.");
        var network = new MemoryNetwork();
        SwarmTorrent torrent = await MakeAsync(MetainfoVersion.V2);
        WriteElsewhere(torrent);
        await using TestEngine seed = new(network, 1), engine = new(network, 2);
        await seed.SeedAsync(torrent);

        await StartAsync(engine, torrent, ReuseMethod.HardLink);
        await engine.CompletedAsync();

        string path = torrent.PathIn(engine.Destination, 0);
        Assert.Equal(2u, GuardedFile.Look(path)!.Value.Links);
        Assert.Equal(IdentityOf(_elsewhere["0.dat"]), IdentityOf(path));

        // The owner writes to the original: the torrent must repair its own file and leave the original unchanged.
        byte[] changed = File.ReadAllBytes(path);
        changed[3] ^= 1;
        File.WriteAllBytes(_elsewhere["0.dat"], changed);
        Dictionary<string, byte[]> before = Read();
        await engine.SendAsync(id => new RecheckTorrent(id, torrent.Metainfo.TorrentId));
        await engine.SendAsync(id => new AddSources(id, torrent.Metainfo.TorrentId, [seed.EndPoint], []));
        await TestEngine.UntilAsync(() => engine.Client.GetStatus(torrent.Metainfo.TorrentId) is { IsComplete: true, BytesReceived: > 0 });

        torrent.AssertIsIn(engine.Destination);
        Assert.NotEqual(IdentityOf(_elsewhere["0.dat"]), IdentityOf(path));
        AssertIsUnchanged(before);
    }

    [Theory]
    [InlineData("btrfs", MetainfoVersion.V1)]
    [InlineData("btrfs", MetainfoVersion.V2)]
    [InlineData("xfs", MetainfoVersion.V2)]
    public async Task A_copy_shares_its_data_with_the_source_if_the_file_system_can(string fileSystem, MetainfoVersion version)
    {
        using Mount volume = MountElsewhere(fileSystem);
        SwarmTorrent torrent = await MakeAsync(version);
        Dictionary<string, byte[]> before = WriteElsewhere(torrent);
        Assert.Equal(0, SharedBytes(_elsewhere["0.dat"]));
        await using var engine = new TestEngine(new MemoryNetwork());

        await StartAsync(engine, torrent, with: command => command with { Destination = _elsewhere["into"] });
        await engine.CompletedAsync();

        torrent.AssertIsIn(_elsewhere["into"]);
        Assert.InRange(SharedBytes(torrent.PathIn(_elsewhere["into"], 0)), Lengths[0], Lengths[0] + Piece);
        Assert.InRange(SharedBytes(_elsewhere["0.dat"]), Lengths[0], Lengths[0] + Piece);
        Assert.Equal(0, SharedBytes(_elsewhere["0.aaa"]));
        AssertIsUnchanged(before);
    }

    [Fact]
    public async Task A_bad_piece_of_a_file_that_shares_its_data_is_fetched_and_the_source_keeps_its_own()
    {
        using Mount volume = MountElsewhere("btrfs");
        var network = new MemoryNetwork();
        SwarmTorrent torrent = await MakeAsync(MetainfoVersion.V2);
        WriteElsewhere(torrent);
        byte[] bytes = File.ReadAllBytes(_elsewhere["0.dat"]);
        bytes[Piece + 5] ^= 1;
        File.WriteAllBytes(_elsewhere["0.dat"], bytes);
        Dictionary<string, byte[]> before = Read();
        await using TestEngine seed = new(network, 1), engine = new(network, 2);
        await seed.SeedAsync(torrent);

        await StartAsync(engine, torrent, with: command => command with { Destination = _elsewhere["into"], Peers = [seed.EndPoint] });
        TorrentStatus done = (await engine.CompletedAsync()).Status;

        torrent.AssertIsIn(_elsewhere["into"]);
        Assert.Equal(Piece, done.BytesReceived);
        Assert.InRange(SharedBytes(torrent.PathIn(_elsewhere["into"], 0)), Lengths[0] - Piece, Lengths[0]);
        AssertIsUnchanged(before);
    }

    [Fact]
    public async Task An_incomplete_file_is_copied_even_if_hard_links_are_requested()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "The test counts hard links as on Unix.");
        SwarmTorrent torrent = await MakeAsync(MetainfoVersion.V2);
        WriteElsewhere(torrent);
        byte[] bytes = File.ReadAllBytes(_elsewhere["0.dat"]);
        bytes[Piece + 5] ^= 1;
        File.WriteAllBytes(_elsewhere["0.dat"], bytes);
        Dictionary<string, byte[]> before = Read();
        await using var engine = new TestEngine(new MemoryNetwork());

        await StartAsync(engine, torrent, ReuseMethod.HardLink);
        await engine.WaitStatusAsync(status => status.State == TorrentState.Downloading && status.BytesReused == Total - Piece);

        Assert.Equal(1u, GuardedFile.Look(torrent.PathIn(engine.Destination, 0))!.Value.Links);
        Assert.Equal(2u, GuardedFile.Look(torrent.PathIn(engine.Destination, 2))!.Value.Links);
        AssertIsUnchanged(before);
    }

    [Fact]
    public async Task A_hard_link_keeps_the_files_time_and_mode()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "The test checks file modes.");
        string source = _elsewhere["tool"];
        File.WriteAllBytes(source, SwarmTorrent.RandomBytes(3, 2 * Piece));
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(source, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        File.SetLastWriteTimeUtc(source, new DateTime(2001, 1, 1, 0, 0, 0, DateTimeKind.Utc));
        byte[] made = await TorrentMaker.MakeAsync(
            source, new TorrentMakerOptions { KeepLastWriteTimes = true, PieceLength = Piece }, null, TestContext.Current.CancellationToken);
        TorrentMetainfo metainfo = MetainfoReader.Read(made);
        var now = new DateTime(2020, 2, 2, 0, 0, 0, DateTimeKind.Utc);
        File.SetLastWriteTimeUtc(source, now);
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(source, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        await using var engine = new TestEngine(new MemoryNetwork());

        await engine.StartAsync(metainfo, new MemoryResumeStore(), command => command with { Reuse = new DataReuse([_elsewhere.Path], ReuseMethod.HardLink) });
        await engine.CompletedAsync();

        Assert.Equal(now, File.GetLastWriteTimeUtc(source));
        if (!OperatingSystem.IsWindows())
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(source));
    }

    [Fact]
    public async Task A_full_disk_stops_the_torrent_and_leaves_the_folder_as_it_is()
    {
        SwarmTorrent torrent = await MakeAsync(MetainfoVersion.V2);
        Dictionary<string, byte[]> before = WriteElsewhere(torrent);
        await using var engine = new TestEngine(new MemoryNetwork());
        int opened = 0;
        engine.Client.Resources.Files.Opening = path =>
        {
            if (path.StartsWith(engine.Destination, StringComparison.Ordinal) && Interlocked.Increment(ref opened) == 2)
                throw new IOException("No space left on device", OperatingSystem.IsWindows() ? unchecked((int)0x80070070) : 28);
        };

        await StartAsync(engine, torrent);
        TorrentStatus failed = await engine.WaitStatusAsync(status => status.State == TorrentState.Failed);
        Assert.Equal(TorrentErrorId.InsufficientDiskSpace, failed.Error!.Id);
        AssertIsUnchanged(before);

        await engine.SendAsync(id => new ResumeTorrent(id, torrent.Metainfo.TorrentId));
        await engine.CompletedAsync();
        torrent.AssertIsIn(engine.Destination);
        AssertIsUnchanged(before);
    }

    [Fact]
    public async Task Work_interrupted_by_a_kill_is_continued_by_the_next_start()
    {
        SwarmTorrent torrent = await MakeAsync(MetainfoVersion.V1);
        Dictionary<string, byte[]> before = WriteElsewhere(torrent);
        using var folder = new TempFolder();
        var store = new MemoryResumeStore();
        ResumeData? begun = null;
        store.OnCheckpoint = () => begun ??= store.Data is { Doubtful.IsEmpty: false } data ? data : null;
        await using (var killed = new TestEngine(new MemoryNetwork()))
        {
            Assert.IsType<NewTorrentCreated>(await killed.StartAsync(torrent.Metainfo, store, Reusing));
            await killed.CompletedAsync();
        }

        Assert.NotNull(begun);
        Assert.Equal([_elsewhere.Path], begun.Reuse!.Folders);
        Assert.Null(store.Data!.Reuse);
        // As in the middle of the copy: one file is begun, one is missing.
        File.WriteAllBytes(torrent.PathIn(folder.Path, 0), [.. torrent.Data[..Piece], .. new byte[Lengths[0] - Piece]]);
        File.Delete(torrent.PathIn(folder.Path, 2));
        await using var engine = new TestEngine(new MemoryNetwork());
        await engine.StartAsync(torrent.Metainfo, new MemoryResumeStore { Data = begun }, command => command with { Destination = folder.Path });
        TorrentStatus done = (await engine.CompletedAsync()).Status;

        Assert.Equal(0, done.BytesReceived);
        torrent.AssertIsIn(folder.Path);
        AssertIsUnchanged(before);

        CreateNewTorrent Reusing(CreateNewTorrent command) => command with { Destination = folder.Path, Reuse = new DataReuse([_elsewhere.Path]) };
    }

    [Fact]
    public async Task A_suspension_interrupts_the_reuse_and_a_resumption_continues_it()
    {
        SwarmTorrent torrent = await MakeAsync(MetainfoVersion.Hybrid);
        Dictionary<string, byte[]> before = WriteElsewhere(torrent);
        await using var engine = new TestEngine(new MemoryNetwork());
        await StartAsync(engine, torrent, with: command => command with { Suspended = true });
        Assert.Equal(0, engine.Client.GetStatus(torrent.Metainfo.TorrentId)!.BytesReused);

        await engine.SendAsync(id => new ResumeTorrent(id, torrent.Metainfo.TorrentId));
        await engine.SendAsync(id => new SuspendTorrent(id, torrent.Metainfo.TorrentId));
        await engine.SendAsync(id => new ResumeTorrent(id, torrent.Metainfo.TorrentId));
        await engine.CompletedAsync();

        torrent.AssertIsIn(engine.Destination);
        AssertIsUnchanged(before);
    }

    [Fact]
    public async Task Links_in_a_folder_are_not_followed_and_a_missing_folder_is_a_warning()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows may not let this user create links.");
        SwarmTorrent torrent = await MakeAsync(MetainfoVersion.V2);
        WriteElsewhere(torrent);
        using var folder = new TempFolder();
        File.CreateSymbolicLink(folder["0.dat"], _elsewhere["0.dat"]);
        Directory.CreateSymbolicLink(folder["all"], _elsewhere.Path);
        await using var engine = new TestEngine(new MemoryNetwork());

        await engine.StartAsync(
            torrent.Metainfo, new MemoryResumeStore(), command => command with { Reuse = new DataReuse([folder.Path, folder["none"]]) });
        TorrentWarning warning = await engine.WaitAsync<TorrentWarning>(_ => true);
        TorrentStatus status = await engine.WaitStatusAsync(now => now.State == TorrentState.Downloading);

        Assert.Contains($"'{folder["none"]}' does not exist", warning.Warning.Message);
        Assert.Equal((0, 0), (status.BytesReused, status.VerifiedPieces));
    }

    [Fact]
    public async Task Skipped_files_are_not_copied()
    {
        SwarmTorrent torrent = await MakeAsync(MetainfoVersion.V2);
        WriteElsewhere(torrent);
        await using var engine = new TestEngine(new MemoryNetwork());

        await StartAsync(engine, torrent, with: command => command with
        {
            FilePriorities = [FilePriority.Skip, FilePriority.Normal, FilePriority.Normal, FilePriority.Skip],
        });
        TorrentStatus done = (await engine.CompletedAsync()).Status;

        Assert.Equal(Lengths[1] + Lengths[2], done.BytesReused);
        Assert.False(File.Exists(torrent.PathIn(engine.Destination, 0)));
    }

    /// <summary>Makes the folder elsewhere a volume with a file system that shares data.</summary>
    private Mount MountElsewhere(string fileSystem)
    {
        Mount? volume = Mount.MakeImage(_elsewhere.Path, _image["volume"], fileSystem);
        Assert.SkipWhen(volume is null, $"No volume with {fileSystem} can be mounted here: that needs root, a loop device and mkfs.{fileSystem}.");
        return volume;
    }

    /// <summary>Number of a file's bytes on disk that other files have too.</summary>
    private static long SharedBytes(string path)
    {
        using var process = Process.Start(new ProcessStartInfo("filefrag", ["-s", "-v", "-b1", path]) { RedirectStandardOutput = true })!;
        string[] lines = process.StandardOutput.ReadToEnd().Split('\n');
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
        // "   0:        0..  163939:   13631488..  13795427: 163940:             last,shared,eof"
        return lines.Select(line => line.Split(':')).Where(parts => parts.Length > 4 && parts[^1].Contains("shared", StringComparison.Ordinal))
            .Sum(parts => long.Parse(parts[3], CultureInfo.InvariantCulture));
    }

    private static FileIdentity? IdentityOf(string path) => GuardedFile.Look(path)?.Identity;

    private static Task<SwarmTorrent> MakeAsync(MetainfoVersion version) =>
        SwarmTorrent.MakeAsync("torrent", version, Piece, [.. Lengths.Select((length, i) => SwarmTorrent.RandomBytes(i, length))]);

    private async Task StartAsync(
        TestEngine engine, SwarmTorrent torrent, ReuseMethod by = ReuseMethod.Copy, Func<CreateNewTorrent, CreateNewTorrent>? with = null) =>
        Assert.IsType<NewTorrentCreated>(await engine.StartAsync(torrent.Metainfo, new MemoryResumeStore(), command =>
        {
            command = command with { Reuse = new DataReuse([_elsewhere.Path], by) };
            return with?.Invoke(command) ?? command;
        }));

    /// <summary>The torrent's files under different names, and foreign files of the same sizes.</summary>
    private Dictionary<string, byte[]> WriteElsewhere(SwarmTorrent torrent)
    {
        int next = 0;
        foreach (TorrentFileEntry file in torrent.Metainfo.Files.Where(file => !file.IsPadding))
        {
            File.WriteAllBytes(_elsewhere[$"{next}.dat"], torrent.Data.AsSpan((int)file.Offset, (int)file.Length));
            File.WriteAllBytes(_elsewhere[$"{next}.aaa"], SwarmTorrent.RandomBytes(50 + next, file.Length));
            next++;
        }

        foreach (string path in Directory.GetFiles(_elsewhere.Path))
            File.SetLastWriteTimeUtc(path, new DateTime(2020, 1, 1, 0, 0, 0, DateTimeKind.Utc));
        return Read();
    }

    private Dictionary<string, byte[]> Read() => Directory.GetFiles(_elsewhere.Path).ToDictionary(path => path, path => Stamped(path));

    private void AssertIsUnchanged(Dictionary<string, byte[]> before)
    {
        Assert.Equal(before.Keys.Order(), Directory.GetFiles(_elsewhere.Path).Order());
        Assert.All(before, file => Assert.True(file.Value.AsSpan().SequenceEqual(Stamped(file.Key)), file.Key));
    }

    /// <summary>A file's last write time and bytes.</summary>
    private static byte[] Stamped(string path) => [.. BitConverter.GetBytes(File.GetLastWriteTimeUtc(path).Ticks), .. File.ReadAllBytes(path)];
}

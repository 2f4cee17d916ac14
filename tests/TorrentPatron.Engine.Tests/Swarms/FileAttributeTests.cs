using System.Runtime.Versioning;
using System.Security.Cryptography;
using System.Text;
using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Tests.Network;
using TorrentPatron.Protocol.Metainfo;

namespace TorrentPatron.Engine.Tests.Swarms;

/// <summary>Executables, times, links and padding of a torrent (BEP 47) on disk.</summary>
public sealed class FileAttributeTests
{
    private const int Piece = 32 * 1024;

    private static readonly DateTimeOffset Time = DateTimeOffset.FromUnixTimeSeconds(1_600_000_000);

    /// <summary>Whether a file's owner may execute it.</summary>
    private static bool IsExecutable(string path) =>
        OperatingSystem.IsWindows() || File.GetUnixFileMode(path).HasFlag(UnixFileMode.UserExecute);

    [Fact]
    public async Task A_files_attributes_are_set_when_it_is_complete()
    {
        var network = new MemoryNetwork();
        SwarmTorrent torrent = Make(200);
        await using TestEngine seed = new(network, 1), engine = new(network, 2);
        await seed.SeedAsync(torrent);
        await engine.StartAsync(torrent, seed.EndPoint);
        await engine.CompletedAsync();

        Assert.True(IsExecutable(At(engine, "run.sh")));
        Assert.True(IsExecutable(At(engine, "empty.sh")));
        if (!OperatingSystem.IsWindows())
            Assert.False(File.GetUnixFileMode(At(engine, "sub/data.bin")).HasFlag(UnixFileMode.UserExecute));
        Assert.Equal(Time.UtcDateTime, File.GetLastWriteTimeUtc(At(engine, "run.sh")));
        Assert.NotEqual(Time.UtcDateTime, File.GetLastWriteTimeUtc(At(engine, "sub/data.bin")));
        // The seed's files existed before, and stay unchanged.
        if (!OperatingSystem.IsWindows())
            Assert.False(File.GetUnixFileMode(At(seed, "run.sh")).HasFlag(UnixFileMode.UserExecute));
    }

    [Fact]
    [UnsupportedOSPlatform("windows")]
    public async Task The_owners_later_changes_survive_a_restart()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows does not have these permissions.");
        var network = new MemoryNetwork();
        SwarmTorrent torrent = Make(201);
        await using TestEngine seed = new(network, 1), engine = new(network, 2);
        await seed.SeedAsync(torrent);
        MemoryResumeStore store = await engine.StartAsync(torrent, seed.EndPoint);
        await engine.CompletedAsync();
        await engine.SendAsync(id => new CloseTorrent(id, torrent.Metainfo.TorrentId));
        File.SetUnixFileMode(At(engine, "run.sh"), UnixFileMode.UserRead | UnixFileMode.UserWrite);

        await engine.StartAsync(torrent.Metainfo, new MemoryResumeStore { Data = store.Data });
        await TestEngine.UntilAsync(() => engine.Client.GetStatuses() is [{ State: TorrentState.Seeding }]);

        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(At(engine, "run.sh")));
        Assert.Equal(0, engine.Client.GetStatuses()[0].RecheckedPieces);
    }

    [Fact]
    public async Task Links_are_created_point_to_the_files_and_are_recreated_by_a_restart()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows may not let this user create links.");
        var network = new MemoryNetwork();
        SwarmTorrent torrent = Make(202);
        await using TestEngine seed = new(network, 1), engine = new(network, 2);
        await seed.SeedAsync(torrent);
        MemoryResumeStore store = await engine.StartAsync(torrent, seed.EndPoint);
        TorrentCompleted completed = await engine.CompletedAsync();

        AssertLinks(engine);
        Assert.DoesNotContain(completed.Status.Warnings, warning => warning.Id == TorrentErrorId.AttributeNotSet);
        FileSnapshot link = engine.Client.GetFiles(torrent.Metainfo.TorrentId).Single(file => file.Path == "n/sub/up");
        Assert.Equal((TorrentFileAttributes.SymbolicLink, "n/run.sh", true, true), (link.Attributes, link.LinkTarget, link.IsOwn, link.IsComplete));

        await engine.SendAsync(id => new CloseTorrent(id, torrent.Metainfo.TorrentId));
        File.Delete(At(engine, "sub/up"));
        File.Delete(At(engine, "only/links/here"));
        await engine.StartAsync(torrent.Metainfo, new MemoryResumeStore { Data = store.Data });
        await TestEngine.UntilAsync(() => engine.Client.GetStatuses() is [{ State: TorrentState.Seeding }]);

        AssertLinks(engine);
    }

    [Fact]
    public async Task A_file_at_the_path_of_a_link_is_kept_with_a_warning()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows may not let this user create links.");
        var network = new MemoryNetwork();
        SwarmTorrent torrent = Make(203);
        await using TestEngine seed = new(network, 1), engine = new(network, 2);
        await seed.SeedAsync(torrent);
        Directory.CreateDirectory(At(engine, "sub"));
        string outside = Path.Combine(engine.Destination, "outside");
        File.WriteAllText(outside, "mine");
        File.CreateSymbolicLink(At(engine, "sub/up"), "../../outside");
        File.WriteAllText(At(engine, "alias"), "mine too");

        await engine.StartAsync(torrent, seed.EndPoint);
        TorrentCompleted completed = await engine.CompletedAsync();

        Assert.Equal("../../outside", new FileInfo(At(engine, "sub/up")).LinkTarget);
        Assert.Equal("mine too", File.ReadAllText(At(engine, "alias")));
        TorrentError warning = Assert.Single(completed.Status.Warnings, warning => warning.Id == TorrentErrorId.AttributeNotSet);
        Assert.Contains("alias", warning.Message, StringComparison.Ordinal);
        Assert.Contains("1 more", warning.Message, StringComparison.Ordinal);
        await engine.WaitAsync<TorrentWarning>(message => message.Warning.Id == TorrentErrorId.AttributeNotSet);

        // Removing the torrent with its data deletes only what it made.
        await engine.SendAsync(id => new RemoveTorrent(id, torrent.Metainfo.TorrentId, DeleteData: true));
        Assert.Equal("mine", File.ReadAllText(outside));
        Assert.Equal("../../outside", new FileInfo(At(engine, "sub/up")).LinkTarget);
        Assert.Equal("mine too", File.ReadAllText(At(engine, "alias")));
        Assert.Null(new FileInfo(At(engine, "only/links/here")).LinkTarget);
    }

    [Fact]
    public async Task A_link_without_a_target_is_not_created_and_a_warning_says_so()
    {
        var network = new MemoryNetwork();
        byte[] info = Encoding.ASCII.GetBytes(
            "d5:filesld6:lengthi5e4:pathl1:aeed4:attr1:l6:lengthi0e4:pathl3:bade12:symlink pathl2:..2:..3:etc6:passwdeee4:name1:n12:piece lengthi16384e6:pieces20:"
            + new string('h', 20) + "e");
        await using TestEngine engine = new(network, 1);
        await engine.StartAsync(MetainfoReader.ReadInfo(info, [], []), new MemoryResumeStore());

        TorrentWarning warning = await engine.WaitAsync<TorrentWarning>(message => message.Warning.Id == TorrentErrorId.AttributeNotSet);
        Assert.Contains("bad", warning.Warning.Message, StringComparison.Ordinal);
        Assert.False(Path.Exists(At(engine, "bad")));
        Assert.Null(new FileInfo(At(engine, "bad")).LinkTarget);
    }

    [Fact]
    public async Task Removing_a_torrent_with_its_data_deletes_its_links_but_not_their_targets()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows may not let this user create links.");
        var network = new MemoryNetwork();
        SwarmTorrent torrent = Make(204);
        await using TestEngine seed = new(network, 1), engine = new(network, 2);
        await seed.SeedAsync(torrent);
        await engine.StartAsync(torrent, seed.EndPoint);
        await engine.CompletedAsync();
        // The user has put a file into one of the torrent's folders.
        string kept = At(engine, "sub/kept");
        File.WriteAllText(kept, "mine");

        await engine.SendAsync(id => new RemoveTorrent(id, torrent.Metainfo.TorrentId, DeleteData: true));

        Assert.Equal("mine", File.ReadAllText(kept));
        Assert.Equal([kept], Directory.GetFiles(engine.Destination, "*", SearchOption.AllDirectories));
    }

    [Fact]
    public async Task Links_that_existed_before_are_kept_like_the_files_that_did()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows may not let this user create links.");
        var network = new MemoryNetwork();
        SwarmTorrent torrent = Make(205);
        await using TestEngine engine = new(network, 1);
        torrent.WriteTo(engine.Destination);
        File.CreateSymbolicLink(At(engine, "alias"), "run.sh");
        await engine.StartAsync(torrent);
        await engine.CompletedAsync();

        TorrentRemoved removed = Assert.IsType<TorrentRemoved>(
            await engine.SendAsync(id => new RemoveTorrent(id, torrent.Metainfo.TorrentId, DeleteData: true)));

        Assert.Equal("run.sh", new FileInfo(At(engine, "alias")).LinkTarget);
        Assert.True(File.Exists(At(engine, "run.sh")));
        // The links that the torrent made.
        Assert.Null(new FileInfo(At(engine, "sub/up")).LinkTarget);
        Assert.Equal(3, removed.FilesDeleted);
    }

    [Fact]
    public async Task Links_move_with_the_torrent()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows may not let this user create links.");
        var network = new MemoryNetwork();
        SwarmTorrent torrent = Make(206);
        await using TestEngine seed = new(network, 1), engine = new(network, 2);
        await seed.SeedAsync(torrent);
        await engine.StartAsync(torrent, seed.EndPoint);
        await engine.CompletedAsync();
        string next = Path.Combine(engine.Destination, "next");

        Assert.IsType<CommandDone>(await engine.SendAsync(id => new MoveTorrent(id, torrent.Metainfo.TorrentId, next)));

        AssertLinks(Path.Combine(next, "n"));
        Assert.Equal(["next"], Directory.EnumerateFileSystemEntries(engine.Destination).Select(Path.GetFileName));
    }

    [Fact]
    public async Task A_skipped_link_is_created_when_it_is_wanted()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows may not let this user create links.");
        var network = new MemoryNetwork();
        SwarmTorrent torrent = Make(207);
        await using TestEngine engine = new(network, 1);
        torrent.WriteTo(engine.Destination);
        FilePriority[] priorities = [.. torrent.Metainfo.Files.Select(file => file.Path == "n/alias" ? FilePriority.Skip : FilePriority.Normal)];
        await engine.StartAsync(torrent.Metainfo, new MemoryResumeStore(), command => command with { FilePriorities = priorities });
        await engine.CompletedAsync();
        Assert.Null(new FileInfo(At(engine, "alias")).LinkTarget);

        await engine.SendAsync(id => new SetFilePriorities(id, torrent.Metainfo.TorrentId, [.. priorities.Select(_ => FilePriority.Normal)]));

        AssertLinks(engine);
    }

    [Fact]
    public async Task A_torrent_that_only_seeds_gets_no_links()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows may not let this user create links.");
        var network = new MemoryNetwork();
        SwarmTorrent torrent = Make(208);
        await using TestEngine engine = new(network, 1);
        torrent.WriteTo(engine.Destination);
        await engine.StartAsync(
            torrent.Metainfo, new MemoryResumeStore(), command => command with { Options = new TorrentOptions { SeedOnly = true } });
        await engine.CompletedAsync();

        Assert.Null(new FileInfo(At(engine, "alias")).LinkTarget);
    }

    [Theory]
    [InlineData("_____padding_file_0_")]
    [InlineData(".____padding_file/0")]
    public async Task Padding_of_older_tools_is_not_written(string name)
    {
        var network = new MemoryNetwork();
        byte[] data = SwarmTorrent.RandomBytes(209, 2 * Piece);
        data.AsSpan(10, Piece - 10).Clear();
        var torrent = new SwarmTorrent(
            MetainfoReader.Read(new TorrentBuilder
            {
                Name = "n",
                Files = [new("a", 10), new(name, Piece - 10), new("b", Piece)],
                PieceLength = Piece,
                PieceHashes = data.Chunk(Piece).SelectMany(SHA1.HashData).ToArray(),
            }.Build()),
            data);
        await using TestEngine seed = new(network, 1), engine = new(network, 2);
        torrent.WriteTo(seed.Destination);
        await seed.StartAsync(torrent);
        await seed.CompletedAsync();
        await engine.StartAsync(torrent, seed.EndPoint);
        await engine.CompletedAsync();

        Assert.Equal(["a", "b"], Directory.GetFiles(Path.Combine(engine.Destination, "n"), "*", SearchOption.AllDirectories).Select(Path.GetFileName).Order());
        TorrentChecked check = Assert.IsType<TorrentChecked>(await engine.SendAsync(id => new RecheckTorrent(id, torrent.Metainfo.TorrentId)));
        Assert.Empty(check.BadPieces);
    }

    private static string At(TestEngine engine, string path) => Path.Combine(engine.Destination, "n", path);

    private static void AssertLinks(TestEngine engine) => AssertLinks(Path.Combine(engine.Destination, "n"));

    private static void AssertLinks(string folder)
    {
        Assert.Equal("run.sh", new FileInfo(Path.Combine(folder, "alias")).LinkTarget);
        Assert.Equal("alias", new FileInfo(Path.Combine(folder, "again")).LinkTarget);
        Assert.Equal("../run.sh", new FileInfo(Path.Combine(folder, "sub/up")).LinkTarget);
        Assert.Equal("../../sub", new FileInfo(Path.Combine(folder, "only/links/here")).LinkTarget);
        Assert.Equal(File.ReadAllBytes(Path.Combine(folder, "run.sh")), File.ReadAllBytes(Path.Combine(folder, "again")));
        Assert.True(File.Exists(Path.Combine(folder, "only/links/here/data.bin")));
    }

    private static TorrentBuilderFile[] Files() =>
    [
        Link("again", "alias"), Link("alias", "run.sh"),
        new("empty.sh", 0) { Attributes = TorrentFileAttributes.Executable },
        Link("only/links/here", "sub"),
        new("run.sh", Piece + 5) { Attributes = TorrentFileAttributes.Executable, LastWriteTime = Time },
        new("sub/data.bin", Piece),
        Link("sub/up", "run.sh"),
    ];

    private static SwarmTorrent Make(int seed)
    {
        byte[] data = SwarmTorrent.RandomBytes(seed, (2 * Piece) + 5);
        return new SwarmTorrent(
            MetainfoReader.Read(new TorrentBuilder
            {
                Name = "n",
                Files = Files(),
                PieceLength = Piece,
                PieceHashes = data.Chunk(Piece).SelectMany(SHA1.HashData).ToArray(),
            }.Build()),
            data);
    }

    private static TorrentBuilderFile Link(string path, string target) =>
        new(path, 0) { Attributes = TorrentFileAttributes.SymbolicLink, LinkTarget = target };
}

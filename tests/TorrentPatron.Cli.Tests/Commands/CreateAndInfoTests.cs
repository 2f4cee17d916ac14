using System.Text.Json;
using TorrentPatron.Protocol.Metainfo;

namespace TorrentPatron.Cli.Tests.Commands;

public sealed class CreateAndInfoTests : PatronFixture
{
    [Fact]
    public async Task Info_shows_the_folder_and_options_given_to_create()
    {
        WriteFile(In("album", "one.bin"), 70_000);
        WriteFile(In("album", "sub", "t\u00E9st.bin"), 5);
        WriteFile(In("album", "zero"), 0);

        PatronRun create = await RunAsync(
            "create", In("album"), "-o", In("a.torrent"), "--tracker", "http://127.0.0.1:1/announce",
            "--tracker", "udp://127.0.0.1:2", "--piece-length", "32KiB", "--private", "--comment", "hello");
        JsonElement info = Json(await RunAsync("info", In("a.torrent"), "--json"));

        Assert.Equal(0, create.ExitCode);
        Assert.Equal(In("a.torrent"), create.OutputLines[0]);
        Assert.Equal("album", info.GetProperty("name").GetString());
        Assert.Equal("V1", info.GetProperty("version").GetString());
        Assert.Equal(70_005, info.GetProperty("totalSize").GetInt64());
        Assert.Equal(32 * 1024, info.GetProperty("pieceLength").GetInt32());
        Assert.Equal(3, info.GetProperty("pieceCount").GetInt32());
        Assert.True(info.GetProperty("isPrivate").GetBoolean());
        Assert.Equal("hello", info.GetProperty("comment").GetString());
        Assert.Equal("""[["http://127.0.0.1:1/announce"],["udp://127.0.0.1:2"]]""", info.GetProperty("trackers").GetRawText());
        Assert.Equal(
            [("album/one.bin", 70_000L), ("album/sub/t\u00E9st.bin", 5L), ("album/zero", 0L)],
            info.GetProperty("files").EnumerateArray()
                .Select(file => (file.GetProperty("path").GetString()!, file.GetProperty("length").GetInt64())));
        Assert.EndsWith(info.GetProperty("infoHash").GetString()!, create.OutputLines[1]);
    }

    [Fact]
    public async Task Info_shows_the_similar_torrents_collections_and_update_address_given_to_create()
    {
        string similar = new('5', 40);
        WriteFile(In("one.bin"), 5);

        await RunAsync(
            "create", In("one.bin"), "-o", In("a.torrent"), "--similar", similar, "--collection", "org.example.a", "--collection", "b",
            "--update-url", "http://updates.example/a");
        PatronRun wrong = await RunAsync("create", In("one.bin"), "-o", In("b.torrent"), "--similar", "x");
        JsonElement info = Json(await RunAsync("info", In("a.torrent"), "--json"));

        Assert.Equal($"""["{similar}"]""", info.GetProperty("similar").GetRawText());
        Assert.Equal("""["org.example.a","b"]""", info.GetProperty("collections").GetRawText());
        Assert.Equal("http://updates.example/a", info.GetProperty("updateUrl").GetString());
        Assert.NotEqual(0, wrong.ExitCode);
        Assert.Contains("'x' is not an info hash: expected 40 or 64 hexadecimal digits.", string.Join(" ", wrong.ErrorLines));
    }

    [Fact]
    public async Task Info_prints_a_table_and_the_files()
    {
        PatronRun run = await RunAsync("info", await MakeTorrentAsync(300_000));

        Assert.Equal(0, run.ExitCode);
        Assert.Matches(@"(?m)^Name +data\.bin\s*$", run.Output);
        Assert.Matches(@"(?m)^Size +293 KiB \(300000 bytes\)\s*$", run.Output);
        Assert.Equal("293 KiB  data.bin", run.OutputLines[^1]);
    }

    [Fact]
    public async Task A_name_that_looks_like_markup_or_holds_escapes_is_printed_as_text()
    {
        byte[] torrent = new TorrentBuilder
        {
            Name = "[red]x\u001B[31m",
            Files = [new TorrentBuilderFile(null, 1)],
            PieceLength = 16 * 1024,
            PieceHashes = new byte[20],
            Comment = "[bold]\u001B]0;title\u0007",
        }.Build();
        await File.WriteAllBytesAsync(In("x.torrent"), torrent, Token);

        PatronRun run = await RunAsync("info", In("x.torrent"));

        Assert.Equal(0, run.ExitCode);
        Assert.Contains("[red]", run.Output);
        Assert.Contains("[bold]", run.Output);
        Assert.DoesNotContain('\u001B', run.Output);
        Assert.DoesNotContain('\u0007', run.Output);
    }

    /// <summary>Pester's "names the same files as patron does" expects the same names for the same torrent.</summary>
    [Fact]
    public async Task Info_names_files_that_differ_only_in_composition_as_the_module_does()
    {
        byte[] torrent = new TorrentBuilder
        {
            Name = "n",
            Files = [new TorrentBuilderFile("caf\u00E9", 1), new TorrentBuilderFile("cafe\u0301", 1), new TorrentBuilderFile("\u01C6", 1), new TorrentBuilderFile("\u01C4", 1)],
            PieceLength = 16 * 1024,
            PieceHashes = new byte[20],
        }.Build();
        await File.WriteAllBytesAsync(In("n.torrent"), torrent, Token);

        JsonElement info = Json(await RunAsync("info", In("n.torrent"), "--json"));

        Assert.Equal(
            ["n/caf\u00E9", "n/cafe\u0301 (1)", "n/\u01C6", "n/\u01C4 (1)"],
            info.GetProperty("files").EnumerateArray().Select(file => file.GetProperty("path").GetString()!));
    }

    [Fact]
    public async Task The_same_files_give_the_same_torrent()
    {
        byte[] first = await File.ReadAllBytesAsync(await MakeTorrentAsync(), Token);

        PatronRun again = await RunAsync("create", In("seed", "data.bin"), "-o", In("again.torrent"));

        Assert.Equal(0, again.ExitCode);
        Assert.Equal(first, await File.ReadAllBytesAsync(In("again.torrent"), Token));
    }

    [Fact]
    public async Task An_existing_torrent_is_overwritten_only_with_force()
    {
        WriteFile(In("data.torrent"), 3);
        WriteFile(In("data"), 100);

        PatronRun refused = await RunAsync("create", In("data"), "-o", In("data.torrent"));
        PatronRun forced = await RunAsync("create", In("data"), "-o", In("data.torrent"), "--force");

        Assert.Equal(1, refused.ExitCode);
        Assert.Contains("already exists", Assert.Single(refused.ErrorLines));
        Assert.Equal(0, forced.ExitCode);
        Assert.Equal("data", MetainfoReader.Read(await File.ReadAllBytesAsync(In("data.torrent"), Token)).Name);
    }

    [Fact]
    public async Task Force_replaces_a_link_and_does_not_write_to_its_target()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows may not let this user create links.");
        WriteFile(In("other"), 3);
        byte[] other = await File.ReadAllBytesAsync(In("other"), Token);
        WriteFile(In("data"), 100);
        File.CreateSymbolicLink(In("data.torrent"), In("other"));

        PatronRun run = await RunAsync("create", In("data"), "-o", In("data.torrent"), "--force");

        Assert.Equal(0, run.ExitCode);
        Assert.Equal(other, await File.ReadAllBytesAsync(In("other"), Token));
        Assert.Null(new FileInfo(In("data.torrent")).LinkTarget);
        Assert.Equal("data", MetainfoReader.Read(await File.ReadAllBytesAsync(In("data.torrent"), Token)).Name);
        Assert.Empty(Directory.EnumerateFiles(Path.GetDirectoryName(In("data"))!, "*.tmp"));
    }

    [Theory]
    [InlineData("10000")]
    [InlineData("8KiB")]
    public async Task An_invalid_piece_length_is_refused_and_nothing_is_written(string length)
    {
        WriteFile(In("data"), 100);

        PatronRun run = await RunAsync("create", In("data"), "-o", In("data.torrent"), "--piece-length", length);

        Assert.Equal(1, run.ExitCode);
        Assert.DoesNotContain("Parameter", Assert.Single(run.ErrorLines));
        Assert.False(File.Exists(In("data.torrent")));
    }
}

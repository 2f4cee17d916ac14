using System.Text.Json;
using TorrentPatron.Protocol.Magnets;
using TorrentPatron.Protocol.Metainfo;

namespace TorrentPatron.Cli.Tests.Commands;

public sealed class MagnetTests : PatronFixture
{
    [Fact]
    public async Task Magnet_prints_the_link_of_each_torrent()
    {
        string torrent = await MakeTorrentAsync();
        TorrentMetainfo metainfo = MetainfoReader.Read(await File.ReadAllBytesAsync(torrent, Token));

        PatronRun plain = await RunAsync("magnet", torrent, torrent);
        PatronRun withPeer = await RunAsync("magnet", torrent, "--peer", "127.0.0.1:6881", "--peer", "[::1]:6882");
        PatronRun bare = await RunAsync("magnet", "--no-trackers", MagnetLink.Of(metainfo) + "&tr=http://127.0.0.1/announce");

        Assert.Equal([MagnetLink.Of(metainfo).ToString(), MagnetLink.Of(metainfo).ToString()], plain.OutputLines);
        Assert.EndsWith("&dn=data.bin&x.pe=127.0.0.1:6881&x.pe=[::1]:6882", Assert.Single(withPeer.OutputLines), StringComparison.Ordinal);
        Assert.Equal(MagnetLink.Of(metainfo).ToString(), Assert.Single(bare.OutputLines));
    }

    [Fact]
    public async Task Magnet_omits_the_trackers_of_a_private_torrent_and_info_masks_their_keys()
    {
        const string Key = "0123456789abcdef";
        await File.WriteAllBytesAsync(In("private.bin"), new byte[20000], Token);
        string torrent = In("private.torrent");
        Assert.Equal(0, (await RunAsync("create", In("private.bin"), "-o", torrent, "--private", "--tracker", $"http://127.0.0.1/{Key}/announce")).ExitCode);

        PatronRun plain = await RunAsync("magnet", torrent);
        PatronRun whole = await RunAsync("magnet", torrent, "--private-trackers");
        PatronRun info = await RunAsync("info", torrent);

        Assert.DoesNotContain("tr=", Assert.Single(plain.OutputLines), StringComparison.Ordinal);
        Assert.Contains("--private-trackers", Assert.Single(plain.ErrorLines), StringComparison.Ordinal);
        Assert.Contains(Key, Assert.Single(whole.OutputLines), StringComparison.Ordinal);
        Assert.Empty(whole.ErrorLines);
        Assert.Contains(info.OutputLines, line => line.Contains("http://127.0.0.1/***/announce", StringComparison.Ordinal));
        Assert.DoesNotContain(info.OutputLines, line => line.Contains(Key, StringComparison.Ordinal));
        Assert.Contains(Key, Assert.Single((await RunAsync("info", torrent, "--json")).OutputLines), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Start_downloads_by_a_link_and_by_a_file_of_links()
    {
        string torrent = await MakeTorrentAsync();
        await using Seeder seeder = await SeedAsync(torrent);
        string link = Assert.Single((await RunAsync("magnet", torrent, "--peer", seeder.Address)).OutputLines);
        await File.WriteAllTextAsync(In("links.txt"), $"# what I want\n\n{link}\n", Token);

        PatronRun byLink = await RunAsync("start", link, "--destination", In("one"), "--state", In("one-state"));
        PatronRun byFile = await RunAsync(
            "start", "--links", In("links.txt"), "--destination", In("two"), "--state", In("two-state"), "--json");

        Assert.Equal(0, byLink.ExitCode);
        Assert.Contains(byLink.OutputLines, line => line.StartsWith("Complete: ", StringComparison.Ordinal));
        Assert.Equal(0, byFile.ExitCode);
        JsonElement report = Json(byFile);
        Assert.Equal("data.bin", report.GetProperty("name").GetString());
        Assert.Equal(link, report.GetProperty("source").GetString());
        Assert.Equal(await File.ReadAllBytesAsync(In("seed", "data.bin"), Token), await File.ReadAllBytesAsync(In("two", "data.bin"), Token));
    }

    [Fact]
    public async Task Start_without_a_torrent_reports_what_is_missing()
    {
        PatronRun run = await RunAsync("start", "--destination", In("into"), "--state", In("state"));

        Assert.Equal(1, run.ExitCode);
        Assert.Contains("--links", string.Join('\n', run.ErrorLines), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Start_that_times_out_on_a_link_reports_what_was_missing()
    {
        PatronRun run = await RunAsync(
            "start", $"magnet:?xt=urn:btih:{new string('7', 40)}&dn=nobody+has+it", "--destination", In("into"), "--state", In("state"), "--timeout", "4s");

        Assert.Equal(1, run.ExitCode);
        Assert.Contains(run.OutputLines, line => line == "nobody has it: FetchingMetadata, No peer is known yet.");
        Assert.Contains("Its metadata has not arrived. No peer is known yet.", Assert.Single(run.ErrorLines), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Status_shows_a_link_without_metadata()
    {
        await RunAsync(
            "start", $"magnet:?xt=urn:btih:{new string('7', 40)}&dn=waiting", "--destination", In("into"), "--state", In("state"), "--timeout", "1s");

        PatronRun run = await RunAsync("status", "--state", In("state"), "--json");

        JsonElement saved = Json(run);
        Assert.Equal("waiting", saved.GetProperty("name").GetString());
        Assert.Equal(JsonValueKind.Null, saved.GetProperty("totalSize").ValueKind);
        Assert.Equal(In("into"), saved.GetProperty("destination").GetString());
    }

    [Fact]
    public async Task Metadata_writes_the_torrent_of_a_link_and_downloads_nothing()
    {
        string torrent = await MakeTorrentAsync();
        await using Seeder seeder = await SeedAsync(torrent);
        string link = Assert.Single((await RunAsync("magnet", torrent)).OutputLines);
        string[] arguments = ["metadata", link, "--peer", seeder.Address, "--state", In("state"), "-o", In("fetched.torrent")];

        PatronRun run = await RunAsync(arguments);
        PatronRun again = await RunAsync(arguments);
        PatronRun forced = await RunAsync([.. arguments, "--force", "--quiet"]);

        Assert.Equal(0, run.ExitCode);
        TorrentMetainfo original = MetainfoReader.Read(await File.ReadAllBytesAsync(torrent, Token));
        TorrentMetainfo fetched = MetainfoReader.Read(await File.ReadAllBytesAsync(In("fetched.torrent"), Token));
        Assert.Equal(original.RawInfo.ToArray(), fetched.RawInfo.ToArray());
        Assert.Equal(1, again.ExitCode);
        Assert.Contains("already exists", Assert.Single(again.ErrorLines), StringComparison.Ordinal);
        Assert.Equal(0, forced.ExitCode);
        Assert.Equal(In("fetched.torrent"), forced.OutputLines[0]);
        Assert.Empty((await RunAsync("status", "--state", In("state"), "--json")).OutputLines);
        Assert.False(File.Exists(In("data.bin")));
    }

    [Fact]
    public async Task Metadata_that_no_peer_has_exits_with_1_and_the_reason()
    {
        PatronRun run = await RunAsync(
            "metadata", $"magnet:?xt=urn:btih:{new string('7', 40)}", "--state", In("state"), "--timeout", "1s", "-o", In("never.torrent"));

        Assert.Equal(1, run.ExitCode);
        Assert.Contains("did not arrive within 1 s", Assert.Single(run.ErrorLines), StringComparison.Ordinal);
        Assert.False(File.Exists(In("never.torrent")));
    }

    [Fact]
    public async Task A_link_for_metadata_is_read_once_even_from_a_pipe()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "This system has no named pipes in its file system.");
        string torrent = await MakeTorrentAsync();
        await using Seeder seeder = await SeedAsync(torrent);
        string link = (await RunAsync("magnet", torrent)).OutputLines[0];
        using (var made = System.Diagnostics.Process.Start("mkfifo", [In("link")]))
            await made.WaitForExitAsync(Token);
        // Opening a pipe waits for the other end.
        Task writing = Task.Run(() => File.WriteAllText(In("link"), link), Token);

        PatronRun run = await RunAsync(
            "metadata", In("link"), "--peer", seeder.Address, "--state", In("state"), "--timeout", "30s", "-o", In("fetched.torrent"));

        Assert.Equal(0, run.ExitCode);
        Assert.True(File.Exists(In("fetched.torrent")));
        await writing;
    }

    [Fact]
    public async Task The_timeout_of_metadata_includes_reading_the_link_from_a_silent_pipe()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "This system has no named pipes in its file system.");
        using (var made = System.Diagnostics.Process.Start("mkfifo", [In("link")]))
            await made.WaitForExitAsync(Token);

        PatronRun run = await RunAsync("metadata", In("link"), "--state", In("state"), "--timeout", "1s", "-o", In("never.torrent"));

        Assert.Equal(1, run.ExitCode);
        Assert.Contains("link", Assert.Single(run.ErrorLines), StringComparison.Ordinal);
        Assert.False(File.Exists(In("never.torrent")));
    }
}

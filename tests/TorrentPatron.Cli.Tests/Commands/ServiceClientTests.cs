using System.Text.Json;
using TorrentPatron.Protocol.Metainfo;

namespace TorrentPatron.Cli.Tests.Commands;

/// <summary>The commands that use a running service.</summary>
public sealed class ServiceClientTests : PatronFixture
{
    private string Socket => OperatingSystem.IsWindows() ? Path.GetFileName(Folder) : In("run", "s");

    [Fact]
    public async Task A_start_with_the_service_returns_at_once_and_the_torrent_continues()
    {
        string torrent = await MakeTorrentAsync();
        PatronRun service = await BeginServiceAsync();

        PatronRun start = await StartAsync(torrent);
        PatronRun again = await StartAsync(torrent);
        PatronRun list = await RunAsync("list", "--socket", Socket, "--json");

        Assert.Equal(0, start.ExitCode);
        Assert.Equal($"Started: data.bin, Downloading ({await HashOfAsync(torrent)})", Assert.Single(start.OutputLines));
        Assert.StartsWith("Already running: data.bin, Downloading (", Assert.Single(again.OutputLines));
        Assert.Equal("data.bin", Json(list).GetProperty("name").GetString());
        Assert.Equal(In("into"), Json(list).GetProperty("destination").GetString());
        Assert.Equal(0, (await service.CtrlCAsync()).ExitCode);
    }

    [Fact]
    public async Task A_waiting_start_shows_only_its_own_torrents_and_ends_with_the_download()
    {
        string torrent = await MakeTorrentAsync();
        await using Seeder seeder = await SeedAsync(torrent);
        await BeginServiceAsync();
        await StartAsync(await OtherAsync("other.bin"));

        PatronRun start = await StartAsync(torrent, "--wait", "--timeout", "50s", "--peer", seeder.Address);

        Assert.Equal(0, start.ExitCode);
        Assert.Equal($"Complete: {In("into", "data.bin")} (293 KiB)", start.OutputLines[^1]);
        Assert.DoesNotContain("other.bin", start.Output, StringComparison.Ordinal);
        Assert.Equal(await File.ReadAllBytesAsync(In("seed", "data.bin"), Token), await File.ReadAllBytesAsync(In("into", "data.bin"), Token));
    }

    [Fact]
    public async Task Ctrl_C_ends_the_wait_with_130_and_not_the_torrent()
    {
        string torrent = await MakeTorrentAsync();
        await BeginServiceAsync();
        PatronRun start = Begin("start", torrent, "--socket", Socket, "--destination", In("into"), "--wait");
        await (await start.UntilAsync("data.bin: Downloading")).CtrlCAsync();

        PatronRun list = await RunAsync("list", "--socket", Socket, "--json");

        Assert.Equal(130, start.ExitCode);
        Assert.Equal("The service continues with the started torrents.", start.OutputLines[^1]);
        Assert.Equal("Downloading", Json(list).GetProperty("state").GetString());
    }

    [Fact]
    public async Task The_environment_variable_makes_the_service_the_default_and_an_option_overrides_it()
    {
        string torrent = await MakeTorrentAsync();
        await BeginServiceAsync();
        await StartAsync(torrent);
        Variables["TORRENTPATRON_SERVICE"] = "Shared";
        PatronRun live = await RunAsync("status", "--socket", Socket);
        PatronRun saved = await RunAsync("status", "--service", "false", "--state", In("state"), "--json");
        PatronRun contradiction = await RunAsync("status", "--state", In("state"));
        Variables["TORRENTPATRON_SERVICE"] = "yes";
        PatronRun unknown = await RunAsync("status");

        Assert.Equal("data.bin", live.OutputLines[0]);
        Assert.Contains($"Info hash: {await HashOfAsync(torrent)}", live.OutputLines);
        Assert.Contains(live.OutputLines, line => line.StartsWith("State:     Downloading, 0.0 %", StringComparison.Ordinal));
        Assert.Equal(0, Json(saved).GetProperty("verifiedPieces").GetInt32());
        Assert.StartsWith("patron: --state and --service contradict each other", Assert.Single(contradiction.ErrorLines));
        Assert.StartsWith("patron: TORRENTPATRON_SERVICE is 'yes'", Assert.Single(unknown.ErrorLines));
        Assert.Equal(1, unknown.ExitCode);
    }

    [Theory]
    [InlineData("--port", "0")]
    [InlineData("--no-dht")]
    [InlineData("--state", "here")]
    [InlineData("--timeout", "5s")]
    public async Task An_engine_option_is_refused_with_a_running_service(params string[] option)
    {
        PatronRun run = await StartAsync([In("no.torrent"), .. option]);

        Assert.Equal(1, run.ExitCode);
        Assert.StartsWith($"patron: {option[0]} ", Assert.Single(run.ErrorLines));
    }

    [Theory]
    [InlineData("list")]
    [InlineData("watch")]
    [InlineData("stop", "x")]
    [InlineData("remove", "x")]
    [InlineData("start", "x.torrent")]
    [InlineData("status")]
    public async Task Without_a_service_the_error_says_how_to_start_one(params string[] command)
    {
        PatronRun run = await RunAsync([.. command, "--socket", Socket]);

        Assert.Equal(1, run.ExitCode);
        Assert.StartsWith("patron: No service runs at '", Assert.Single(run.ErrorLines));
        Assert.Contains("'patron service'", run.ErrorLines[0], StringComparison.Ordinal);
        Assert.Empty(run.OutputLines);
    }

    [Fact]
    public async Task Torrents_are_selected_by_name_pattern_and_prefix_of_the_info_hash()
    {
        string[] torrents = [await OtherAsync("one.iso"), await OtherAsync("two.iso"), await OtherAsync("[1] three.bin")];
        await BeginServiceAsync();
        await StartAsync(torrents);
        string hash = await HashOfAsync(torrents[1]);

        Assert.Equal(["one.iso", "two.iso"], await NamesAsync("*.ISO"));
        Assert.Equal(["two.iso"], await NamesAsync(hash[..6].ToUpperInvariant()));
        Assert.Equal(["[1] three.bin"], await NamesAsync("[1] three.bin"));
        Assert.Equal(["one.iso", "two.iso"], await NamesAsync("one.iso", "two*", hash));
        Assert.Empty(await NamesAsync("four*"));
        PatronRun absent = await RunAsync("list", "four", "one.iso", "--socket", Socket, "--json");
        Assert.Equal(1, absent.ExitCode);
        Assert.Equal("patron: The service has no torrent 'four'. 'patron list' shows its running torrents.", Assert.Single(absent.ErrorLines));
        Assert.Equal("one.iso", Json(absent).GetProperty("name").GetString());
        PatronRun table = await RunAsync("list", "--socket", Socket);
        Assert.Contains(table.OutputLines, line => line.Contains("two.iso", StringComparison.Ordinal) && line.Contains(hash[..8], StringComparison.Ordinal));

        async Task<IEnumerable<string?>> NamesAsync(params string[] names)
        {
            PatronRun run = await RunAsync(["list", .. names, "--socket", Socket, "--json"]);
            Assert.Equal(0, run.ExitCode);
            return run.OutputLines.Select(line => JsonSerializer.Deserialize<JsonElement>(line).GetProperty("name").GetString());
        }
    }

    [Fact]
    public async Task A_hybrid_is_selected_by_either_of_its_info_hashes()
    {
        WriteFile(In("seed", "both.bin"), 50_000);
        Assert.Equal(0, (await RunAsync("create", In("seed", "both.bin"), "-o", In("both.torrent"), "--torrent-version", "Hybrid")).ExitCode);
        JsonElement info = Json(await RunAsync("info", In("both.torrent"), "--json"));
        string v1 = info.GetProperty("infoHash").GetString()!, v2 = info.GetProperty("infoHashV2").GetString()!;
        await BeginServiceAsync();
        await StartAsync(In("both.torrent"));

        foreach (string text in (string[])[v1, v1[..6], v2, v2[..6].ToUpperInvariant()])
            Assert.Equal(v2, Json(await RunAsync("list", text, "--socket", Socket, "--json")).GetProperty("otherInfoHash").GetString());
        Assert.Contains($"Info hash: {v2}", (await RunAsync("status", "--service", "--socket", Socket)).OutputLines);
        Assert.Equal("Stopped: both.bin", Assert.Single((await RunAsync("stop", v2[..6], "--socket", Socket)).OutputLines));
        Assert.Equal(0, (await RunAsync("export", v2[..6], "--state", In("state"), "-o", In("again.torrent"))).ExitCode);
        Assert.Equal("Removed: both.bin", Assert.Single((await RunAsync("remove", v2, "--socket", Socket)).OutputLines));
    }

    [Fact]
    public async Task A_stopped_torrent_can_be_removed_with_its_data()
    {
        string torrent = await MakeTorrentAsync();
        await using Seeder seeder = await SeedAsync(torrent);
        await BeginServiceAsync();
        await StartAsync(torrent, "--wait", "--peer", seeder.Address);

        PatronRun stop = await RunAsync("stop", "data*", "--socket", Socket);
        PatronRun list = await RunAsync("list", "--socket", Socket);
        PatronRun again = await RunAsync("stop", "data.bin", "--socket", Socket, "--json");
        PatronRun remove = await RunAsync("remove", "data.bin", "--delete-data", "--socket", Socket, "--json");

        Assert.Equal("Stopped: data.bin", Assert.Single(stop.OutputLines));
        Assert.Equal("The service is running no torrents.", Assert.Single(list.OutputLines));
        Assert.Equal(1, again.ExitCode);
        Assert.False(Json(again).GetProperty("isDone").GetBoolean());
        Assert.Equal("TorrentNotFound", Json(again).GetProperty("error").GetProperty("id").GetString());
        Assert.Equal(0, remove.ExitCode);
        Assert.Equal(1, Json(remove).GetProperty("filesDeleted").GetInt32());
        Assert.Equal(300_000, Json(remove).GetProperty("bytesDeleted").GetInt64());
        Assert.False(File.Exists(In("into", "data.bin")));
    }

    [Fact]
    public async Task Watching_follows_changes_until_the_torrent_is_stopped()
    {
        string torrent = await MakeTorrentAsync();
        await using Seeder seeder = await SeedAsync(torrent);
        await BeginServiceAsync();
        await StartAsync(torrent, await OtherAsync("other.bin"));
        PatronRun watch = Begin("watch", "data.bin", "--socket", Socket);
        await watch.UntilAsync("data.bin: Downloading");

        await StartAsync(torrent, "--peer", seeder.Address);
        await watch.UntilAsync("data.bin: Seeding");
        await RunAsync("stop", "data.bin", "--socket", Socket, "--quiet");
        await watch.EndAsync();

        Assert.Equal(0, watch.ExitCode);
        Assert.DoesNotContain("other.bin", watch.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Watching_all_shows_new_torrents_and_ends_by_Ctrl_C_with_0()
    {
        PatronRun service = await BeginServiceAsync();
        PatronRun watch = Begin("watch", "--socket", Socket, "--json");
        await StartAsync(await OtherAsync("late.bin"));
        await (await watch.UntilAsync("\"late.bin\"")).CtrlCAsync();
        PatronRun left = Begin("watch", "--socket", Socket);
        await left.UntilAsync("late.bin: Downloading");
        await service.CtrlCAsync();
        await left.EndAsync();

        Assert.Equal(0, watch.ExitCode);
        Assert.All(watch.OutputLines, line => Assert.Equal("late.bin", JsonSerializer.Deserialize<JsonElement>(line).GetProperty("name").GetString()));
        Assert.Equal(1, left.ExitCode);
        Assert.StartsWith("patron: The service has been stopped.", Assert.Single(left.ErrorLines));
    }

    private Task<PatronRun> BeginServiceAsync() =>
        Begin("service", "--socket", Socket, "--state", In("state"), "--no-dht", "--no-local-discovery", "--no-port-mapping").UntilAsync("listens on");

    private async Task<PatronRun> StartAsync(params string[] arguments) =>
        await RunAsync(["start", .. arguments, "--socket", Socket, "--destination", In("into")]);

    /// <summary>A torrent that nobody seeds.</summary>
    private async Task<string> OtherAsync(string name)
    {
        WriteFile(In("source", name), 50_000 + name.Length);
        await RunAsync("create", In("source", name), "-o", In($"{name}.torrent"));
        return In($"{name}.torrent");
    }

    private static async Task<string> HashOfAsync(string torrent) => MetainfoReader.Read(await File.ReadAllBytesAsync(torrent, Token)).InfoHash.ToString();
}

using System.Text.Json;

namespace TorrentPatron.Cli.Tests.Commands;

public sealed class StatusTests : PatronFixture
{
    [Fact]
    public async Task Export_writes_the_torrent_file_of_a_saved_torrent_by_its_name_or_info_hash()
    {
        string torrent = await MakeTorrentAsync();
        await using (Seeder seeder = await SeedAsync(torrent))
            Assert.Equal(0, (await RunAsync("start", torrent, "--destination", In("into"), "--state", In("state"), "--peer", seeder.Address)).ExitCode);

        PatronRun byName = await RunAsync("export", "DATA.bin", "--state", In("state"), "-o", In("again.torrent"));
        PatronRun there = await RunAsync("export", "data.bin", "--state", In("state"), "-o", In("again.torrent"));
        PatronRun missing = await RunAsync("export", "nosuch", "--state", In("state"), "-o", In("other.torrent"));

        Assert.Equal(0, byName.ExitCode);
        Assert.Equal(await File.ReadAllBytesAsync(torrent, Token), await File.ReadAllBytesAsync(In("again.torrent"), Token));
        Assert.Contains("already exists", Assert.Single(there.ErrorLines));
        Assert.Contains("'patron status' lists", Assert.Single(missing.ErrorLines));
        string hash = byName.OutputLines[^1][^40..];
        Assert.Equal(0, (await RunAsync("export", hash[..8], "--state", In("state"), "-o", In("again.torrent"), "--force")).ExitCode);
    }

    [Fact]
    public async Task A_state_folder_without_torrents_is_not_an_error()
    {
        PatronRun run = await RunAsync("status", "--state", In("state"));

        Assert.Equal(0, run.ExitCode);
        Assert.Equal([$"No torrents in {In("state")}."], run.OutputLines);
    }

    [Fact]
    public async Task Saved_torrents_are_listed_with_their_progress()
    {
        string torrent = await MakeTorrentAsync();
        await using (await SeedAsync(torrent))
        {
            // Its state is saved when it stops.
        }

        PatronRun table = await RunAsync("status", "--state", In("seeder-state"));
        JsonElement json = Json(await RunAsync("status", "--state", In("seeder-state"), "--json"));

        Assert.Equal(0, table.ExitCode);
        Assert.Matches(@"(?m)^\s*data\.bin\s+100\.0 %\s+293 KiB\s", table.Output);
        Assert.Equal("data.bin", json.GetProperty("name").GetString());
        Assert.Equal(100, json.GetProperty("percentComplete").GetDouble());
        Assert.Equal(JsonValueKind.String, json.GetProperty("completedAt").ValueKind);
    }

    [Fact]
    public async Task A_damaged_torrent_in_the_state_folder_is_listed_with_what_is_known()
    {
        string torrent = await MakeTorrentAsync();
        await using (await SeedAsync(torrent))
        {
            // Its state is saved when it stops.
        }

        string saved = Assert.Single(
            Directory.EnumerateFiles(In("seeder-state"), "metainfo.torrent", SearchOption.AllDirectories));
        await File.WriteAllTextAsync(saved, "damaged", Token);

        PatronRun run = await RunAsync("status", "--state", In("seeder-state"), "--json");

        Assert.Equal(0, run.ExitCode);
        Assert.StartsWith("patron: warning:", Assert.Single(run.ErrorLines));
        Assert.Equal(JsonValueKind.Null, Json(run).GetProperty("name").ValueKind);
        Assert.Equal(In("seed"), Json(run).GetProperty("destination").GetString());
    }
}

using System.Text.Json;

namespace TorrentPatron.Cli.Tests.Commands;

public sealed class StatusTests : PatronFixture
{
    [Fact]
    public async Task A_state_folder_without_torrents_is_no_error()
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
        Assert.Matches(@"(?m)^\s*data\.bin\s+100\.0 %\s+293\.0 KiB\s", table.Output);
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

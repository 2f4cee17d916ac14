using System.Text.Json;

namespace TorrentPatron.Cli.Tests.Commands;

public sealed class CheckTests : PatronFixture
{
    private const int PieceLength = 16 * 1024;

    [Fact]
    public async Task Check_exits_with_0_if_all_data_is_present_even_under_a_different_name()
    {
        string torrent = await MakeAsync();
        File.Move(In("album", "one.bin"), In("album", "renamed.bin"));

        PatronRun run = await RunAsync("check", torrent, "--data", In("album"));
        JsonElement json = Json(await RunAsync("check", torrent, "--data", In("album"), "--json"));

        Assert.Equal(0, run.ExitCode);
        Assert.Equal(
            [$"97.7 KiB  complete      album/one.bin  (found as {In("album", "renamed.bin")})", "19.5 KiB  complete      album/two.bin"],
            run.OutputLines.Select(line => line.Trim()));
        Assert.True(json.GetProperty("isComplete").GetBoolean());
        JsonElement one = json.GetProperty("files")[0];
        Assert.True(one.GetProperty("isRenamed").GetBoolean());
        Assert.Equal(In("album", "renamed.bin"), one.GetProperty("foundPath").GetString());
    }

    [Fact]
    public async Task Check_exits_with_1_and_lists_the_damage_if_bytes_are_wrong()
    {
        string torrent = await MakeAsync();
        using (FileStream file = File.OpenWrite(In("album", "one.bin")))
        {
            file.Position = 3 * PieceLength;
            file.WriteByte(1);
            file.WriteByte(2);
        }

        File.Delete(In("album", "two.bin"));
        PatronRun run = await RunAsync("check", torrent, "--data", In());
        JsonElement json = Json(await RunAsync("check", torrent, "--data", In(), "--json"));

        Assert.Equal(1, run.ExitCode);
        Assert.Equal("19.5 KiB  missing       album/two.bin", run.OutputLines[1].Trim());
        Assert.Contains("3 of 8 pieces are missing or wrong.", Assert.Single(run.ErrorLines));
        Assert.Equal([3, 6, 7], json.GetProperty("badPieces").EnumerateArray().Select(piece => piece.GetInt32()));
        Assert.Equal(JsonValueKind.Null, json.GetProperty("files")[1].GetProperty("foundPath").ValueKind);
    }

    [Fact]
    public async Task Check_of_a_folder_that_does_not_exist_fails_with_one_line()
    {
        PatronRun run = await RunAsync("check", await MakeAsync(), "--data", In("nowhere"));

        Assert.Equal(1, run.ExitCode);
        Assert.Contains(In("nowhere"), Assert.Single(run.ErrorLines));
    }

    private async Task<string> MakeAsync()
    {
        WriteFile(In("album", "one.bin"), 100_000);
        WriteFile(In("album", "two.bin"), 20_000);
        Assert.Equal(0, (await RunAsync("create", In("album"), "-o", In("a.torrent"), "--piece-length", "16KiB")).ExitCode);
        return In("a.torrent");
    }
}

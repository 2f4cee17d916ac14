namespace TorrentPatron.Cli.Tests.Commands;

public sealed class SeedTests : PatronFixture
{
    [Fact]
    public async Task Another_patron_downloads_from_the_port_that_is_printed()
    {
        string torrent = await MakeTorrentAsync();
        PatronRun seed = Begin("seed", torrent, "--destination", In("seed"), "--state", In("seeder"));
        await seed.UntilAsync(". Ctrl-C ends it.");
        string port = seed.OutputLines.Single(line => line.StartsWith("Seeding on port ", StringComparison.Ordinal))
            .Split(' ')[3].TrimEnd('.');

        PatronRun start = await RunAsync(
            "start", torrent, "--destination", In("into"), "--state", In("state"), "--peer", $"127.0.0.1:{port}", "--quiet");
        await seed.CtrlCAsync();

        Assert.Equal(0, start.ExitCode);
        Assert.Equal(0, seed.ExitCode);
        Assert.Empty(seed.ErrorLines);
    }

    [Fact]
    public async Task What_is_not_there_is_not_made()
    {
        string torrent = await MakeTorrentAsync();

        PatronRun run = await RunAsync("seed", torrent, "--destination", In("elsewhere"), "--state", In("state"));

        Assert.Equal(1, run.ExitCode);
        Assert.Contains($"'{In("elsewhere", "data.bin")}' does not exist.", Assert.Single(run.ErrorLines));
        Assert.False(Directory.Exists(In("elsewhere")));
        Assert.False(Directory.Exists(In("state")));
    }

    [Fact]
    public async Task What_is_not_as_the_torrent_says_is_found_by_the_check()
    {
        string torrent = await MakeTorrentAsync();
        await File.WriteAllBytesAsync(In("seed", "data.bin"), new byte[300_000], Token);

        PatronRun run = await RunAsync("seed", torrent, "--destination", In("seed"), "--state", In("state"));

        Assert.Equal(1, run.ExitCode);
        Assert.StartsWith("patron: Only 0.0 % of 'data.bin'", Assert.Single(run.ErrorLines));
    }
}

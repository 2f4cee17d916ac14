namespace TorrentPatron.Cli.Tests.Commands;

public sealed class SeedTests : PatronFixture
{
    [Theory]
    [InlineData]
    [InlineData("--super-seeding")]
    public async Task Another_patron_downloads_from_the_port_that_is_printed(params string[] options)
    {
        string torrent = await MakeTorrentAsync();
        PatronRun seed = Begin(["seed", torrent, "--destination", In("seed"), "--state", In("seeder"), .. options]);
        await seed.UntilAsync(". Press Ctrl-C to stop.");
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
    public async Task Seed_does_not_create_missing_files()
    {
        string torrent = await MakeTorrentAsync();

        PatronRun run = await RunAsync("seed", torrent, "--destination", In("elsewhere"), "--state", In("state"));

        Assert.Equal(1, run.ExitCode);
        Assert.Contains($"'{In("elsewhere", "data.bin")}' does not exist.", Assert.Single(run.ErrorLines));
        Assert.False(Directory.Exists(In("elsewhere")));
        Assert.Empty(Directory.EnumerateFileSystemEntries(In("state")));
    }

    [Fact]
    public async Task Seed_finds_wrong_data_with_its_check()
    {
        string torrent = await MakeTorrentAsync();
        await File.WriteAllBytesAsync(In("seed", "data.bin"), new byte[300_000], Token);

        PatronRun run = await RunAsync("seed", torrent, "--destination", In("seed"), "--state", In("state"));

        Assert.Equal(1, run.ExitCode);
        Assert.Contains($"the first in '{In("seed", "data.bin")}'", Assert.Single(run.ErrorLines));
        Assert.Equal(new byte[300_000], await File.ReadAllBytesAsync(In("seed", "data.bin"), Token));
    }

    [Fact]
    public async Task Linked_files_and_files_with_unportable_names_are_seeded_in_place()
    {
        if (OperatingSystem.IsWindows())
            return;
        WriteFile(In("real", "What? Why: x.txt"), 70_000);
        Directory.CreateDirectory(In("share", "Album: One"));
        File.CreateSymbolicLink(In("share", "Album: One", "What? Why: x.txt"), In("real", "What? Why: x.txt"));
        WriteFile(In("share", "Album: One", "dot."), 70_000);
        await RunAsync("create", In("share", "Album: One"), "-o", In("a.torrent"));

        PatronRun seed = Begin("seed", In("a.torrent"), "--destination", In("share"), "--state", In("state"));
        await seed.UntilAsync(". Press Ctrl-C to stop.");
        await seed.CtrlCAsync();

        Assert.Equal(0, seed.ExitCode);
        Assert.Equal(["Album: One"], Directory.EnumerateFileSystemEntries(In("share")).Select(Path.GetFileName));
    }
}

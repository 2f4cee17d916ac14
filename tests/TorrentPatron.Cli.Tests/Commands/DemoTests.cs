namespace TorrentPatron.Cli.Tests.Commands;

public sealed class DemoTests : PatronFixture
{
    [Fact]
    public async Task A_swarm_on_loopback_downloads_verifies_and_reports_the_speed()
    {
        PatronRun run = await RunAsync("demo", "--size", "4MiB");

        Assert.Equal(0, run.ExitCode);
        Assert.Empty(run.ErrorLines);
        Assert.Matches(@"^4\.00 MiB in .+: .+iB/s, every byte verified\.$", run.OutputLines[^1]);
    }

    [Fact]
    public async Task The_demo_works_with_one_byte()
    {
        PatronRun run = await RunAsync("demo", "--size", "1");

        Assert.Equal(0, run.ExitCode);
    }

    [Fact]
    public async Task Ctrl_C_ends_it_with_130()
    {
        PatronRun run = Begin("demo", "--size", "64MiB");

        await (await run.UntilAsync("Making")).CtrlCAsync();

        Assert.Equal(130, run.ExitCode);
    }
}

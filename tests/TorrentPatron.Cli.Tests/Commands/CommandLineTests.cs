using TorrentPatron.Engine.Client;

namespace TorrentPatron.Cli.Tests.Commands;

public sealed class CommandLineTests : PatronFixture
{
    [Fact]
    public async Task Without_a_command_the_help_lists_them_all()
    {
        PatronRun run = await RunAsync();

        Assert.NotEqual(0, run.ExitCode);
        Assert.All(["start", "seed", "info", "check", "create", "status", "update", "service", "demo"], name => Assert.Contains($"  {name} ", run.Output));
    }

    [Theory]
    [InlineData("start")]
    [InlineData("seed")]
    [InlineData("info")]
    [InlineData("check")]
    [InlineData("create")]
    [InlineData("status")]
    [InlineData("update")]
    [InlineData("service")]
    [InlineData("demo")]
    public async Task Every_command_has_help(string command)
    {
        PatronRun run = await RunAsync(command, "--help");

        Assert.Equal(0, run.ExitCode);
        Assert.Contains("Usage:", run.Output);
    }

    [Theory]
    [InlineData("--peer: 'nobody' is not a valid peer: expected a host and a port with a colon between them.", "start", "x.torrent", "--peer", "nobody")]
    [InlineData("--tracker: 'foo' is not a tracker's address: it must begin with http://, https:// or udp://.", "create", "x", "--tracker", "foo")]
    [InlineData("--tracker: 'udp://t.example/a' is not a tracker's address: a UDP tracker needs a port, as in udp://tracker.example:6969.", "seed", "x", "--tracker", "udp://t.example/a")]
    [InlineData("--tracker: 'ftp://x/' is not a tracker's address: it must begin with http://, https:// or udp://.", "start", "x.torrent", "--tracker", "ftp://x/")]
    [InlineData("--timeout: '0s' is not a time, such as 90s, 10m or 2h.", "start", "x.torrent", "--timeout", "0s")]
    [InlineData("--port: '65536' is not a port, 0 to 65535.", "start", "x.torrent", "--port", "65536")]
    [InlineData("--code-point: '64' is not a code point, 0 to 63.", "start", "x.torrent", "--code-point", "64")]
    [InlineData("--max-peers: '0' is not a number of peers, 1 to 100000.", "start", "x.torrent", "--max-peers", "0")]
    [InlineData("--max-peers-per-torrent: 'all' is not a number of peers, 1 to 100000.", "seed", "x", "--max-peers-per-torrent", "all")]
    [InlineData("--max-active-downloads: '-1' is not a number of torrents, or 0 for no limit.", "start", "x.torrent", "--max-active-downloads", "-1")]
    [InlineData("--max-active-seeds: 'few' is not a number of torrents, or 0 for no limit.", "seed", "x", "--max-active-seeds", "few")]
    [InlineData("--announce-address: 'home' is not an IP address, such as 192.0.2.1 or 2001:db8::1.", "seed", "x", "--announce-address", "home")]
    [InlineData("--max-down: 'fast' is not a size, such as 512K or 256MiB.", "start", "x.torrent", "--max-down", "fast")]
    [InlineData("--size: '0' is not a size from 1 B to 64.0 GiB.", "demo", "--size", "0")]
    [InlineData("--size: 'huge' is not a size from 1 B to 64.0 GiB.", "demo", "--size", "huge")]
    public Task A_wrong_value_prints_one_line_that_says_what_is_expected(string line, params string[] args) => AssertRefusedAsync(line, args);

    [Theory]
    [InlineData("'--jsn' is not an option of 'patron start'. Did you mean '--json'?", "start", "x.torrent", "--jsn")]
    [InlineData("'--jsn' is not an option of 'patron start'. Did you mean '--json'?", "start", "--jsn", "x.torrent")]
    [InlineData("'--desination' is not an option of 'patron start'. Did you mean '--destination'?", "start", "x.torrent", "--desination=there")]
    [InlineData("'--frobnicate' is not an option of 'patron info'. 'patron info --help' lists the options.", "info", "x.torrent", "--frobnicate")]
    [InlineData("'--no-tracker' is not an option of 'patron magnet'. Did you mean '--no-trackers'?", "magnet", "x.torrent", "--no-tracker")]
    [InlineData("'-x' is not an option of 'patron seed'. 'patron seed --help' lists the options.", "seed", "-x", "x.torrent")]
    public Task An_unknown_option_is_reported_with_the_nearest_one(string line, params string[] args) => AssertRefusedAsync(line, args);

    [Theory]
    [InlineData(1, null)]
    [InlineData(0, "2001:db8::7", "--code-point", "0", "--announce-address", "2001:db8::7")]
    public async Task The_code_point_and_the_address_for_trackers_reach_the_engine(int codePoint, string? address, params string[] options)
    {
        string torrent = await MakeTorrentAsync();
        await using Seeder seeder = await SeedAsync(torrent);

        PatronRun run = await RunAsync(
            ["start", torrent, "--destination", In("into"), "--state", In("state"), "--peer", seeder.Address, "--quiet", .. options]);

        Assert.Equal(0, run.ExitCode);
        ClientSettings settings = Assert.Single(Engines);
        Assert.Equal((codePoint, address), (settings.CodePoint, settings.AnnounceAddress?.ToString()));
    }

    [Theory]
    [InlineData(false, 500, 100)]
    [InlineData(true, 9, 7, "--suggest-pieces", "--max-peers", "9", "--max-peers-per-torrent", "7")]
    public async Task Suggested_pieces_and_the_limits_of_peers_reach_the_engine(bool suggests, int peers, int peersPerTorrent, params string[] options)
    {
        string torrent = await MakeTorrentAsync();
        await using Seeder seeder = await SeedAsync(torrent);

        PatronRun run = await RunAsync(
            ["start", torrent, "--destination", In("into"), "--state", In("state"), "--peer", seeder.Address, "--quiet", .. options]);

        Assert.Equal(0, run.ExitCode);
        ClientSettings settings = Assert.Single(Engines);
        Assert.Equal((suggests, peers, peersPerTorrent), (settings.SuggestPieces, settings.MaxPeers, settings.MaxPeersPerTorrent));
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(3, 10, "--max-active-downloads", "3", "--max-active-seeds", "10")]
    public async Task The_limits_of_active_torrents_reach_the_engine(int downloads, int seeds, params string[] options)
    {
        string torrent = await MakeTorrentAsync();
        await using Seeder seeder = await SeedAsync(torrent);

        PatronRun run = await RunAsync(
            ["start", torrent, "--destination", In("into"), "--state", In("state"), "--peer", seeder.Address, "--quiet", .. options]);

        Assert.Equal(0, run.ExitCode);
        ClientSettings settings = Assert.Single(Engines);
        Assert.Equal((downloads, seeds), (settings.MaxActiveDownloads, settings.MaxActiveSeeds));
    }

    [Fact]
    public async Task An_argument_after_two_hyphens_is_a_file()
    {
        PatronRun run = await RunAsync("start", "--state", In("state"), "--", "--jsn");

        Assert.Contains("--jsn' does not exist", Assert.Single(run.ErrorLines));
    }

    [Theory]
    [InlineData("start")]
    [InlineData("seed")]
    public async Task A_missing_engine_prints_one_line_with_a_remedy(string command)
    {
        PatronRun run = await RunAsync(command, await MakeTorrentAsync(), "--destination", In("seed"), "--engine", "Nobody");

        Assert.Equal(1, run.ExitCode);
        Assert.StartsWith("patron: The engine 'Nobody' is not installed", Assert.Single(run.ErrorLines));
        Assert.Contains("-p:WithMonoTorrent=true", run.ErrorLines[0]);
        Assert.Empty(run.OutputLines);
    }

    [Theory]
    [InlineData("start")]
    [InlineData("seed")]
    [InlineData("info")]
    [InlineData("check")]
    public async Task A_missing_file_prints_one_line(string command)
    {
        PatronRun run = await RunAsync(command, In("no.torrent"));

        Assert.Equal(1, run.ExitCode);
        Assert.Equal([$"patron: '{In("no.torrent")}' does not exist. Check the path."], run.ErrorLines);
    }

    [Fact]
    public async Task A_file_that_is_not_a_torrent_prints_one_line_and_leaves_nothing_behind()
    {
        string file = WriteFile(In("a.torrent"), 1000);

        PatronRun run = await RunAsync("start", file, "--destination", In("into"), "--state", In("state"));

        Assert.Equal(1, run.ExitCode);
        Assert.Contains(file, Assert.Single(run.ErrorLines));
        Assert.Equal([file], Directory.EnumerateFileSystemEntries(Folder));
    }

    [Fact]
    public async Task An_argument_that_begins_with_an_at_sign_is_not_a_response_file()
    {
        await File.WriteAllTextAsync(In("args"), "--help", Token);

        PatronRun run = await RunAsync("info", "@" + In("args"));

        Assert.Equal(1, run.ExitCode);
        Assert.StartsWith("patron: '@", Assert.Single(run.ErrorLines));
    }

    /// <summary>The command line fails, and prints only one line, an error.</summary>
    private async Task AssertRefusedAsync(string line, string[] args)
    {
        PatronRun run = await RunAsync(args);

        Assert.Equal(1, run.ExitCode);
        Assert.Equal([line], run.ErrorLines);
        Assert.Empty(run.OutputLines);
    }
}

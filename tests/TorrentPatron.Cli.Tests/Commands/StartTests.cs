using System.Text.Json;

namespace TorrentPatron.Cli.Tests.Commands;

public sealed class StartTests : PatronFixture
{
    [Fact]
    public async Task Start_reuses_renamed_data_from_a_folder()
    {
        string torrent = await MakeTorrentAsync(300_000);
        Directory.CreateDirectory(In("old"));
        byte[] content = await File.ReadAllBytesAsync(In("seed", "data.bin"), Token);
        await File.WriteAllBytesAsync(In("old", "renamed"), content, Token);

        PatronRun run = await RunAsync("start", torrent, "-d", In("new"), "--reuse", In("old"), "--state", In("state"));
        PatronRun missing = await RunAsync("start", torrent, "-d", In("newer"), "--reuse", In("none"), "--state", In("state2"));

        Assert.Equal(0, run.ExitCode);
        Assert.Equal(content, await File.ReadAllBytesAsync(In("new", "data.bin"), Token));
        Assert.Equal(content, await File.ReadAllBytesAsync(In("old", "renamed"), Token));
        Assert.NotEqual(0, missing.ExitCode);
        Assert.Contains("does not exist", string.Join(' ', missing.ErrorLines));
    }

    [Fact]
    public async Task A_download_from_a_peer_exits_with_0_and_a_second_run_finds_it_complete()
    {
        string torrent = await MakeTorrentAsync();
        PatronRun first;
        await using (Seeder seeder = await SeedAsync(torrent))
            first = await StartAsync(torrent, "--peer", seeder.Address);

        PatronRun second = await StartAsync(torrent);

        Assert.Equal(0, first.ExitCode);
        Assert.Empty(first.ErrorLines);
        Assert.Equal($"Complete: {In("into", "data.bin")} (293 KiB)", first.OutputLines[^1]);
        byte[] shared = await File.ReadAllBytesAsync(In("seed", "data.bin"), Token);
        Assert.Equal(shared, await File.ReadAllBytesAsync(In("into", "data.bin"), Token));
        Assert.Equal(0, second.ExitCode);
    }

    [Fact]
    public async Task Tags_are_saved_shown_by_status_and_replaced_by_the_next_start()
    {
        string torrent = await MakeTorrentAsync();
        await using Seeder seeder = await SeedAsync(torrent);

        Assert.Equal(0, (await StartAsync(torrent, "--peer", seeder.Address, "--tag", "linux", "--tag", "iso", "--tag", "ISO")).ExitCode);
        Assert.Equal(["linux", "iso"], await TagsAsync());
        Assert.Equal(0, (await StartAsync(torrent)).ExitCode);
        Assert.Equal(["linux", "iso"], await TagsAsync());
        Assert.Equal(0, (await StartAsync(torrent, "--tag", "")).ExitCode);
        Assert.Empty(await TagsAsync());
        Assert.NotEqual(0, (await StartAsync(torrent, "--tag", new string('x', 101))).ExitCode);

        async Task<string?[]> TagsAsync() =>
            [.. JsonSerializer.Deserialize<JsonElement>((await RunAsync("status", "--state", In("state"), "--json")).OutputLines[0])
                .GetProperty("tags").EnumerateArray().Select(tag => tag.GetString())];
    }

    [Fact]
    public async Task A_web_seed_provides_everything_and_an_invalid_one_is_refused()
    {
        string torrent = await MakeTorrentAsync();
        byte[] shared = await File.ReadAllBytesAsync(In("seed", "data.bin"), Token);
        using var listener = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, 0);
        listener.Start();
        Task serving = ServeAsync();

        PatronRun run = await StartAsync(torrent, "--web-seed", $"http://{listener.LocalEndpoint}/data.bin");
        PatronRun refused = await StartAsync(torrent, "--web-seed", "ftp://127.0.0.1/data.bin");

        Assert.Equal(0, run.ExitCode);
        Assert.Equal(shared, await File.ReadAllBytesAsync(In("into", "data.bin"), Token));
        Assert.NotEqual(0, refused.ExitCode);
        Assert.Contains("http://", string.Concat(refused.ErrorLines), StringComparison.Ordinal);
        listener.Stop();
        await serving;

        // It does not support ranges, and closes each connection.
        async Task ServeAsync()
        {
            try
            {
                while (true)
                {
                    using System.Net.Sockets.TcpClient client = await listener.AcceptTcpClientAsync(Token);
                    await client.GetStream().ReadAtLeastAsync(new byte[4096], 1, throwOnEndOfStream: false, Token);
                    await client.GetStream().WriteAsync(
                        (byte[])[.. System.Text.Encoding.ASCII.GetBytes($"HTTP/1.0 200 OK\r\nContent-Length: {shared.Length}\r\n\r\n"), .. shared], Token);
                }
            }
            catch (Exception e) when (e is System.Net.Sockets.SocketException or IOException or ObjectDisposedException or OperationCanceledException)
            {
                // It is stopped.
            }
        }
    }

    [Fact]
    public async Task Json_is_one_object_of_the_same_shape_for_each_torrent_in_the_given_order()
    {
        string torrent = await MakeTorrentAsync();
        await using Seeder seeder = await SeedAsync(torrent);

        PatronRun run = await RunAsync(
            "start", In("no.torrent"), torrent, "--destination", In("into"), "--state", In("state"),
            "--peer", seeder.Address, "--json");

        Assert.Equal(1, run.ExitCode);
        Assert.Equal(2, run.OutputLines.Length);
        JsonElement[] reports = [.. run.OutputLines.Select(line => JsonSerializer.Deserialize<JsonElement>(line))];
        Assert.Equal("SourceNotReadable", reports[0].GetProperty("error").GetProperty("id").GetString());
        Assert.False(reports[0].GetProperty("isComplete").GetBoolean());
        Assert.Equal("Seeding", reports[1].GetProperty("state").GetString());
        Assert.True(reports[1].GetProperty("isComplete").GetBoolean());
        Assert.Equal(JsonValueKind.Null, reports[1].GetProperty("error").ValueKind);
        Assert.Equal(
            reports[0].EnumerateObject().Select(member => member.Name),
            reports[1].EnumerateObject().Select(member => member.Name));
    }

    [Fact]
    public async Task Only_included_files_are_downloaded_and_brackets_in_a_name_are_literal()
    {
        foreach (string name in new[] { "[a] one.bin", "a one.bin", "two.bin" })
            WriteFile(In("seed", "album", name), 40_000);
        Assert.Equal(0, (await RunAsync("create", In("seed", "album"), "--output", In("album.torrent"), "--piece-length", "16KiB")).ExitCode);
        await using Seeder seeder = await SeedAsync(In("album.torrent"));

        PatronRun run = await StartAsync(
            In("album.torrent"), "--peer", seeder.Address, "--include", "[a] one.bin", "--include", "two*", "--include", "nosuch", "--exclude", "TWO.bin");

        Assert.Equal(0, run.ExitCode);
        Assert.Equal(
            await File.ReadAllBytesAsync(In("seed", "album", "[a] one.bin"), Token), await File.ReadAllBytesAsync(In("into", "album", "[a] one.bin"), Token));
        Assert.False(File.Exists(In("into", "album", "two.bin")));
        Assert.Contains("There is no file 'nosuch' in 'album'", Assert.Single(run.ErrorLines));
    }

    [Fact]
    public async Task A_torrent_saved_with_another_destination_is_reported()
    {
        string torrent = await MakeTorrentAsync();
        await using Seeder seeder = await SeedAsync(torrent);
        Assert.Equal(0, (await StartAsync(torrent, "--peer", seeder.Address)).ExitCode);

        PatronRun run = await RunAsync(
            "start", torrent, "--destination", In("other"), "--state", In("state"), "--peer", seeder.Address);

        Assert.Equal(0, run.ExitCode);
        Assert.Contains($"was saved with its files in '{In("into")}'", Assert.Single(run.ErrorLines));
    }

    [Fact]
    public async Task Quiet_prints_nothing_on_success()
    {
        string torrent = await MakeTorrentAsync();
        await using Seeder seeder = await SeedAsync(torrent);

        PatronRun run = await StartAsync(torrent, "--peer", seeder.Address, "--quiet");

        Assert.Equal(0, run.ExitCode);
        Assert.Empty(run.OutputLines);
        Assert.Empty(run.ErrorLines);
    }

    [Fact]
    public async Task A_download_without_peers_exits_at_the_timeout_with_1_and_one_line()
    {
        string torrent = await MakeTorrentAsync();

        PatronRun run = await StartAsync(torrent, "--timeout", "0.3s");

        Assert.Equal(1, run.ExitCode);
        Assert.StartsWith("patron: The download did not complete within 1s.", Assert.Single(run.ErrorLines));
    }

    [Fact]
    public async Task A_timeout_names_the_trackers_that_fail()
    {
        string torrent = await MakeTorrentAsync();

        PatronRun run = await StartAsync(torrent, "--timeout", "5s", "--tracker", "http://127.0.0.1:1/announce");

        Assert.StartsWith("patron: The download did not complete within 5s.", run.ErrorLines[^1], StringComparison.Ordinal);
        Assert.Contains("The tracker at 127.0.0.1:1 says: The tracker cannot be reached", run.ErrorLines[^1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Ctrl_C_ends_with_130_and_saves_the_state()
    {
        string torrent = await MakeTorrentAsync();
        PatronRun run = Begin("start", torrent, "--destination", In("into"), "--state", In("state"));

        await (await run.UntilAsync("data.bin: Downloading")).CtrlCAsync();
        JsonElement saved = Json(await RunAsync("status", "--state", In("state"), "--json"));

        Assert.Equal(130, run.ExitCode);
        Assert.Empty(run.ErrorLines);
        Assert.Equal("Stopped. Run the same command again to continue.", run.OutputLines[^1]);
        Assert.Equal(In("into"), saved.GetProperty("destination").GetString());
        Assert.Equal(0, saved.GetProperty("percentComplete").GetDouble());
    }

    [Fact]
    public async Task With_seed_it_continues_after_completion_until_Ctrl_C_and_exits_with_0()
    {
        string torrent = await MakeTorrentAsync();
        await using Seeder seeder = await SeedAsync(torrent);
        PatronRun run = Begin(
            "start", torrent, "--destination", In("into"), "--state", In("state"), "--peer", seeder.Address, "--seed");

        await (await run.UntilAsync("data.bin: Seeding")).CtrlCAsync();

        Assert.Equal(0, run.ExitCode);
        Assert.Empty(run.ErrorLines);
    }

    [Fact]
    public async Task Half_a_magnet_link_is_refused_with_the_reason()
    {
        PatronRun run = await StartAsync("magnet:?xt=urn:btih:0123456789abcdef");

        Assert.Equal(1, run.ExitCode);
        Assert.Contains("must be 40 hexadecimal or 32 base32 digits", Assert.Single(run.ErrorLines));
    }

    private async Task<PatronRun> StartAsync(string torrent, params string[] options) =>
        await RunAsync(["start", torrent, "--destination", In("into"), "--state", In("state"), .. options]);
}

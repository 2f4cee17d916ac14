using System.Diagnostics;
using TorrentPatron.Engine.Client;
using TorrentPatron.Protocol.Metainfo;
using TorrentPatron.Remote;
using TorrentPatron.Service;
using TorrentPatron.Service.Errors;
using TorrentPatron.Service.Requests;

namespace TorrentPatron.Cli.Tests.Commands;

public sealed class ServiceTests : PatronFixture
{
    private static readonly string[] Alone = ["--no-dht", "--no-local-discovery", "--no-port-mapping"];

    private string Socket => OperatingSystem.IsWindows() ? Path.GetFileName(Folder) : In("run", "s");

    [Fact]
    public async Task Torrents_outlive_the_client_and_the_service_and_are_restored()
    {
        StartRequest[] requests =
        [
            await TorrentAsync("downloading"), await TorrentAsync("suspended") with { Suspended = true }, await TorrentAsync("stopped"), await TorrentAsync("removed"),
        ];
        PatronRun first = await BeginService().UntilAsync("listens on");
        await using (ITorrentService client = await ServiceConnection.ConnectAsync(Socket, cancellationToken: Token))
        {
            Assert.True(client.IsRemote);
            Patron patron = client.CreatePatron("client");
            var answers = new List<TorrentAnswer>();
            foreach (StartRequest request in requests)
                answers.Add(await patron.StartAsync(request, Token));
            Assert.All(answers, answer => Assert.IsType<NewTorrentCreated>(answer));
            Assert.IsType<TorrentClosed>(await patron.CloseAsync(answers[2].TorrentId, Token));
            Assert.IsType<TorrentRemoved>(await patron.RemoveAsync(answers[3].TorrentId, deleteData: false, Token));
        }

        await using (ITorrentService other = await ServiceConnection.ConnectAsync(Socket, cancellationToken: Token))
            Assert.Equal(["downloading", "suspended"], Names(other));
        Assert.Equal(0, (await first.CtrlCAsync()).ExitCode);
        Assert.Empty(first.ErrorLines);
        Assert.Equal(TorrentErrorId.ServiceUnavailable, (await Assert.ThrowsAsync<TorrentException>(() => ServiceConnection.ConnectAsync(Socket, cancellationToken: Token))).Error.Id);

        PatronRun second = await BeginService().UntilAsync("listens on");
        await using (ITorrentService client = await ServiceConnection.ConnectAsync(Socket, cancellationToken: Token))
        {
            Patron patron = client.CreatePatron();
            Assert.Equal(["downloading", "suspended"], Names(client));
            Assert.Equal("suspended", Assert.Single(patron.Statuses, status => status.State == TorrentState.Suspended).Name);

            // A torrent that was started again is restored by the next service.
            Assert.IsType<NewTorrentCreated>(await patron.StartAsync(requests[2], Token));
        }

        Assert.Equal(0, (await second.CtrlCAsync()).ExitCode);
        PatronRun third = await BeginService().UntilAsync("listens on");
        await using (ITorrentService client = await ServiceConnection.ConnectAsync(Socket, cancellationToken: Token))
            Assert.Equal(["downloading", "stopped", "suspended"], Names(client));
        Assert.Equal(0, (await third.CtrlCAsync()).ExitCode);
    }

    [Fact]
    public async Task A_second_service_at_the_same_address_is_refused_in_one_line()
    {
        PatronRun first = await BeginService().UntilAsync("listens on");

        PatronRun second = await RunAsync(["service", "--socket", Socket, "--state", In("other"), .. Alone]);

        Assert.Equal(1, second.ExitCode);
        Assert.StartsWith("patron: A service is already running at '", Assert.Single(second.ErrorLines));
        Assert.Empty(second.OutputLines);
        Assert.Equal(0, (await first.CtrlCAsync()).ExitCode);
    }

    [Fact]
    public async Task A_torrent_in_use_by_another_process_is_a_warning_and_the_others_continue()
    {
        var settings = new ServiceSettings { StatePath = In("state") };
        PatronRun first = await BeginService().UntilAsync("listens on");
        await using (ITorrentService client = await ServiceConnection.ConnectAsync(Socket, cancellationToken: Token))
        {
            foreach (string name in new[] { "a", "b" })
                await client.CreatePatron().StartAsync(await TorrentAsync(name) with { Suspended = true }, Token);
        }

        await first.CtrlCAsync();
        await using var holder = new TorrentService(settings, FindEngine(Engine.BuiltInEngine.EngineName).CreateClient);
        await holder.CreatePatron().StartAsync(await TorrentAsync("a") with { Suspended = true }, Token);

        PatronRun second = await BeginService().UntilAsync("listens on");
        await using (ITorrentService client = await ServiceConnection.ConnectAsync(Socket, cancellationToken: Token))
            Assert.Equal(["b"], Names(client));
        await second.CtrlCAsync();

        Assert.StartsWith("patron: warning: ", Assert.Single(second.ErrorLines));
        Assert.Contains("'a'", second.ErrorLines[0]);
    }

    [Theory]
    [InlineData("INT")]
    [InlineData("TERM")]
    [InlineData("HUP")]
    public async Task A_signal_ends_the_service_cleanly_and_informs_its_clients(string signal)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows does not have these signals.");
        string[] arguments = ["exec", typeof(PatronCommandLine).Assembly.Location, "service", "--socket", Socket, "--state", In("state"), .. Alone];
        using Process service = Process.Start(new ProcessStartInfo("dotnet", arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        try
        {
            Task<string> errors = service.StandardError.ReadToEndAsync(Token);
            string? line = await service.StandardOutput.ReadLineAsync(Token);
            Assert.Equal($"The service listens on {Socket} (process {service.Id}). Press Ctrl-C to stop.", line);
            await using ITorrentService client = await ServiceConnection.ConnectAsync(Socket, cancellationToken: Token);
            Patron patron = client.CreatePatron();
            TorrentAnswer answer = await patron.StartAsync(await TorrentAsync("data"), Token);
            Task<TorrentStatus?> wait = patron.WaitAsync(answer.TorrentId, status => status.IsComplete, Token);

            using Process kill = Process.Start("kill", ["-s", signal, $"{service.Id}"]);
            await kill.WaitForExitAsync(Token);
            TorrentException told = await Assert.ThrowsAsync<TorrentException>(() => wait);
            await service.WaitForExitAsync(Token);

            Assert.Equal(0, service.ExitCode);
            Assert.Equal("", await errors);
            Assert.Equal(TorrentErrorId.ServiceUnavailable, told.Error.Id);
            Assert.False(File.Exists(Socket));
            Assert.Equal("data", Json(await RunAsync("status", "--state", In("state"), "--json")).GetProperty("name").GetString());
        }
        finally
        {
            service.Kill();
        }
    }

    private static IEnumerable<string> Names(ITorrentService service) =>
        service.CreatePatron().Statuses.Select(status => status.Name).Order(StringComparer.Ordinal);

    private PatronRun BeginService() => Begin(["service", "--socket", Socket, "--state", In("state"), .. Alone]);

    /// <summary>A torrent that nobody seeds.</summary>
    private async Task<StartRequest> TorrentAsync(string name)
    {
        WriteFile(In("source", name), 50_000 + name.Length);
        await RunAsync("create", In("source", name), "-o", In($"{name}.torrent"));
        return new StartRequest
        {
            Metainfo = MetainfoReader.Read(await File.ReadAllBytesAsync(In($"{name}.torrent"), Token)),
            Destination = In("into"),
        };
    }
}

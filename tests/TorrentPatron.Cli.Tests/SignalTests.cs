using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;

namespace TorrentPatron.Cli.Tests;

/// <summary>Signals to a process that runs the program: it ends cleanly, and its trackers are informed.</summary>
public sealed class SignalTests : PatronFixture
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Theory]
    [InlineData("INT", 130)]
    [InlineData("TERM", 143)]
    [InlineData("HUP", 129)]
    public async Task A_signal_sets_the_exit_code_of_a_download_and_announces_stopped(string signal, int exitCode)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows does not have these signals.");
        string torrent = await MakeTorrentAsync();
        using var tracker = new EventTracker();

        int ended = await InterruptAsync(
            tracker, signal, "start", torrent, "--destination", In("into"), "--state", In("state"), "--tracker", tracker.Announce);
        JsonElement saved = Json(await RunAsync("status", "--state", In("state"), "--json"));

        Assert.Equal(exitCode, ended);
        Assert.Equal(["started", "stopped"], tracker.Events);
        Assert.Equal(In("into"), saved.GetProperty("destination").GetString());
    }

    [Theory]
    [InlineData("INT")]
    [InlineData("TERM")]
    [InlineData("HUP")]
    public async Task A_signal_ends_seeding_and_announces_stopped(string signal)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows does not have these signals.");
        string torrent = await MakeTorrentAsync();
        using var tracker = new EventTracker();

        int ended = await InterruptAsync(
            tracker, signal, "seed", torrent, "--destination", In("seed"), "--state", In("state"), "--tracker", tracker.Announce);

        Assert.Equal(0, ended);
        Assert.Equal(["started", "stopped"], tracker.Events);
    }

    [Fact]
    public async Task A_process_started_by_nohup_ignores_SIGHUP()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows does not have these signals.");
        string torrent = await MakeTorrentAsync();
        using var tracker = new EventTracker();

        int ended = await InterruptAsync(
            tracker, ["HUP", "TERM"], ["sh", "-c", "trap '' HUP; exec \"$@\"", "sh"],
            "start", torrent, "--destination", In("into"), "--state", In("state"), "--tracker", tracker.Announce);

        // The first signal would count if it were handled.
        Assert.Equal(143, ended);
    }

    private static Task<int> InterruptAsync(EventTracker tracker, string signal, params string[] args) =>
        InterruptAsync(tracker, [signal], [], args);

    /// <summary>Runs the program until it has announced itself, and sends it signals.</summary>
    /// <returns>Its exit code, as in shells.</returns>
    private static async Task<int> InterruptAsync(EventTracker tracker, string[] signals, string[] by, params string[] args)
    {
        string[] command =
            [.. by, "dotnet", "exec", typeof(PatronCommandLine).Assembly.Location, .. args, "--no-dht", "--no-local-discovery", "--no-port-mapping"];
        var start = new ProcessStartInfo(command[0]) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (string argument in command[1..])
            start.ArgumentList.Add(argument);
        using Process patron = Process.Start(start)!;
        try
        {
            _ = patron.StandardOutput.ReadToEndAsync(Token);
            _ = patron.StandardError.ReadToEndAsync(Token);
            await tracker.HeardAsync().WaitAsync(Patience, Token);
            foreach (string signal in signals)
            {
                using Process kill = Process.Start("kill", ["-s", signal, $"{patron.Id}"]);
                await kill.WaitForExitAsync(Token);
            }

            await patron.WaitForExitAsync(Token).WaitAsync(Patience, Token);
            return patron.ExitCode;
        }
        finally
        {
            patron.Kill();
        }
    }

    /// <summary>A tracker that records the events of announces and returns itself as the only peer: a client that connects has read the answer.</summary>
    private sealed class EventTracker : IDisposable
    {
        private readonly HttpListener _listener = new();
        private readonly ConcurrentQueue<string> _events = new();
        private readonly TcpListener _peer = new(IPAddress.Loopback, 0);

        public EventTracker()
        {
            using (var free = new TcpListener(IPAddress.Loopback, 0))
            {
                free.Start();
                Announce = $"http://{free.LocalEndpoint}/announce";
            }

            _peer.Start();
            _listener.Prefixes.Add(Announce + "/");
            _listener.Start();
            _ = ServeAsync();
        }

        public string Announce { get; }

        public string[] Events => [.. _events];

        /// <summary>Completes when a client has read an answer.</summary>
        public async Task HeardAsync() => (await _peer.AcceptTcpClientAsync(Token)).Dispose();

        public void Dispose()
        {
            _listener.Close();
            _peer.Dispose();
        }

        private async Task ServeAsync()
        {
            int port = ((IPEndPoint)_peer.LocalEndpoint).Port;
            byte[] answer = [.. "d8:intervali1800e5:peers6:"u8, 127, 0, 0, 1, (byte)(port >> 8), (byte)port, (byte)'e'];
            while (_listener.IsListening)
            {
                try
                {
                    HttpListenerContext context = await _listener.GetContextAsync();
                    if (context.Request.QueryString["event"] is { } told)
                        _events.Enqueue(told);
                    await context.Response.OutputStream.WriteAsync(answer);
                    context.Response.Close();
                }
                catch (Exception e) when (e is HttpListenerException or ObjectDisposedException)
                {
                    // It was closed, or the client has gone.
                }
            }
        }
    }
}

using System.Diagnostics.Tracing;
using System.Net.Sockets;
using System.Text;
using TorrentPatron.Engine.Diagnostics;
using TorrentPatron.Remote.Hosting;
using TorrentPatron.Service;
using TorrentPatron.Service.Tests.Fakes;

#pragma warning disable CA1416 // Nothing of it runs on Windows.

namespace TorrentPatron.Remote.Tests.Connected;

/// <summary>The service's reports to systemd, whose socket the test provides.</summary>
[NotOnWindows("Windows has no systemd.")]
public sealed class SystemdTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly TempFolder _folder = new();
    private readonly Socket _systemd = new(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _systemd.Dispose();
        _folder.Dispose();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_service_reports_that_it_is_ready_alive_and_stopping(bool isAbstract)
    {
        Assert.SkipWhen(isAbstract && !OperatingSystem.IsLinux(), "Only Linux has abstract sockets.");
        SystemdNotifier notifier = Listen(isAbstract, "200000", null)!;
        ScriptedClient? engine = null;
        var options = new SharedServiceOptions { Address = _folder["run", "s"], Notifier = notifier };
        SharedService service = await SharedService.StartAsync(
            new TorrentService(new ServiceSettings { StatePath = _folder["state"] }, _ => engine = new ScriptedClient()), options, Token);

        Assert.StartsWith("READY=1\nSTATUS=torrents: 0, clients: 0", await HearAsync("READY=1"), StringComparison.Ordinal);
        Assert.NotNull(await ServiceControl.GetInfoAsync(service.Address, cancellationToken: Token));
        await HearAsync("WATCHDOG=1");
        await HearAsync("WATCHDOG=1");
        Task end = service.DisposeAsync().AsTask();
        await HearAsync("STOPPING=1");
        await end;
        Assert.Null(engine);
    }

    [Fact]
    public async Task A_hung_service_does_not_notify_the_watchdog()
    {
        SystemdNotifier notifier = Listen(isAbstract: false, "100000", Environment.ProcessId.ToString(System.Globalization.CultureInfo.InvariantCulture))!;
        using var hang = new ManualResetEventSlim(true);
        var options = new SharedServiceOptions { Address = _folder["run", "s"], Notifier = notifier, LogPath = _folder["log", "service.log"] };
        await using SharedService service = await SharedService.StartAsync(
            new TorrentService(new ServiceSettings { StatePath = _folder["state"] }, _ => new ScriptedClient()), options, Token);
        await HearAsync("WATCHDOG=1");

        service.Look = () =>
        {
            hang.Wait(Token);
            return new ServiceInfo();
        };
        hang.Reset();
        while (!(await ReadAsync(_folder["log", "service.log"])).Contains("does not respond", StringComparison.Ordinal))
            await Task.Delay(20, Token);
        // One notification may have been on its way.
        await DrainAsync();
        await Task.Delay(400, Token);
        Assert.False(_systemd.Poll(0, SelectMode.SelectRead));

        hang.Set();
        await HearAsync("WATCHDOG=1");
    }

    [Fact]
    public async Task A_receiver_that_does_not_read_holds_up_no_notification()
    {
        SystemdNotifier notifier = Listen(isAbstract: false, "3000000", null)!;
        using var sender = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified) { Blocking = false };
        await sender.ConnectAsync(_systemd.LocalEndPoint!, Token);
        try
        {
            for (int i = 0; i < 100_000; i++)
                sender.Send("STATUS=full"u8);
            Assert.Fail("The queue of the socket has no end.");
        }
        catch (SocketException full)
        {
            Assert.Equal(SocketError.WouldBlock, full.SocketErrorCode);
        }

        await Task.Run(() => notifier.Stopping("the queue is full"), Token).WaitAsync(Patience, Token);
    }

    [Theory]
    [InlineData(null, null, null)]
    [InlineData("relative", null, null)]
    [InlineData("", null, null)]
    [InlineData("vsock:2:1", null, null)]
    public void A_process_without_a_notify_socket_reports_nothing(string? socket, string? interval, string? process) =>
        Assert.Null(SystemdNotifier.Take(Variables(socket, interval, process), 7));

    [Theory]
    [InlineData("3000000", null, 3.0)]
    [InlineData("3000000", "7", 3.0)]
    [InlineData("3000000", "8", null)]
    [InlineData("0", null, null)]
    [InlineData("x", null, null)]
    [InlineData(null, null, null)]
    public void The_watchdog_applies_only_to_its_process(string? interval, string? process, double? seconds) =>
        Assert.Equal(seconds, SystemdNotifier.Take(Variables("/run/x", interval, process), 7)!.Watchdog?.TotalSeconds);

    [Fact]
    public async Task The_log_has_the_warnings_of_the_event_source_and_a_maximum_size()
    {
        string path = _folder["log", "service.log"];
        await using (var log = new ServiceLog(path, TimeProvider.System, most: 4_000))
        {
            log.Write(EventLevel.Informational, "first");
            EngineEvents.Log.FaultCaught(null, "test", new InvalidOperationException("line one\nline two"));
            while (!(await ReadAsync(path)).Contains("A fault in the test", StringComparison.Ordinal))
                await Task.Delay(10, Token);
            for (int round = 0; round < 100; round++)
            {
                log.Write(EventLevel.Informational, new string('x', 90));
                if (round % 10 == 0)
                    await Task.Delay(5, Token);
            }
        }

        Assert.InRange(new FileInfo(path).Length, 1, 4_000);
        Assert.InRange(new FileInfo(path + ".1").Length, 1, 4_000);
        Assert.Equal(2, Directory.GetFiles(_folder["log"]).Length);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));
    }

    [Theory]
    [InlineData(EventLevel.Error, "<3>x\n")]
    [InlineData(EventLevel.Warning, "<4>x\n")]
    [InlineData(EventLevel.Informational, "<6>x\n")]
    public void A_line_for_the_journal_has_its_priority(EventLevel level, string expected) => Assert.Equal(expected, ServiceLog.JournalLine(level, "x"));

    private static Func<string, string?> Variables(string? socket, string? interval, string? process) => name => name switch
    {
        "NOTIFY_SOCKET" => socket,
        "WATCHDOG_USEC" => interval,
        "WATCHDOG_PID" => process,
        _ => null,
    };

    private static async Task<string> ReadAsync(string path)
    {
        if (!File.Exists(path))
            return "";
        await using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        using var reader = new StreamReader(file);
        return await reader.ReadToEndAsync(Token);
    }

    private SystemdNotifier? Listen(bool isAbstract, string interval, string? process)
    {
        string name = isAbstract ? $"tp-test-{Guid.NewGuid():N}" : _folder["notify"];
        _systemd.Bind(new UnixDomainSocketEndPoint(isAbstract ? '\0' + name : name));
        return SystemdNotifier.Take(Variables(isAbstract ? '@' + name : name, interval, process), Environment.ProcessId);
    }

    private async Task<string> HearAsync(string state)
    {
        var buffer = new byte[4096];
        while (true)
        {
            int count = await _systemd.ReceiveAsync(buffer, Token).AsTask().WaitAsync(Patience, Token);
            string told = Encoding.UTF8.GetString(buffer, 0, count);
            if (told.Split('\n').Contains(state))
                return told;
        }
    }

    private async Task DrainAsync()
    {
        var buffer = new byte[4096];
        while (_systemd.Poll(0, SelectMode.SelectRead))
            await _systemd.ReceiveAsync(buffer, Token);
    }
}

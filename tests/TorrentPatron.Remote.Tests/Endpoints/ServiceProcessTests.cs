using System.Diagnostics;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using TorrentPatron.Engine.Client;
using TorrentPatron.Remote.Endpoints;
using TorrentPatron.Remote.Rpc;
using TorrentPatron.Remote.Tests.Rpc;
using TorrentPatron.Service.Errors;

#pragma warning disable CA1416 // Nothing of it runs on Windows.

namespace TorrentPatron.Remote.Tests.Endpoints;

/// <summary>A service in a separate process: this program, with <c>--serve</c>.</summary>
[NotOnWindows("Named pipes stand for sockets there.")]
public sealed partial class ServiceProcessTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly TestSocket _place = new();
    private readonly List<Process> _started = [];

    private static CancellationToken Test => TestContext.Current.CancellationToken;

    private static string Program => Path.Combine(AppContext.BaseDirectory, "TorrentPatron.Remote.Tests");

    public void Dispose()
    {
        foreach (Process process in _started)
        {
            if (!process.HasExited)
                process.Kill();
            process.Dispose();
        }

        _place.Dispose();
    }

    [Fact]
    public async Task The_Python_of_the_documentation_says_hello()
    {
        Assert.SkipUnless(File.Exists("/usr/bin/python3"), "Python is not installed.");
        string page = await File.ReadAllTextAsync(Path.Combine(RepositoryRoot(), "docs", "rpc.md"), Test);
        string script = PythonBlock().Match(page).Groups[1].Value;
        Assert.InRange(script.Split('\n').Length, 20, 40);
        Process service = Start(Program, "--serve");
        Assert.Equal(_place.Socket, await service.StandardOutput.ReadLineAsync(Test));

        var python = new ProcessStartInfo("/usr/bin/python3", ["-I", "-S", "-c", script]) { RedirectStandardOutput = true, RedirectStandardError = true };
        python.Environment["TORRENTPATRON_STATE"] = _place.Top;
        using Process client = Process.Start(python)!;
        Assert.Equal($"TorrentPatron.Remote.Tests {Hello.OfThisProcess().Version} in process {service.Id} speaks protocol 1", await client.StandardOutput.ReadLineAsync(Test));
        Assert.Equal("", await client.StandardError.ReadToEndAsync(Test));
        await EndAsync(service);
        Assert.False(File.Exists(_place.Socket));
    }

    [Fact]
    public async Task A_killed_service_ends_its_clients_calls_and_can_be_replaced()
    {
        Process first = Start(Program, "--serve");
        await first.StandardOutput.ReadLineAsync(Test);
        var (connection, hello) = await ConnectAsync();
        await using RpcConnection client = connection;
        Assert.Equal(first.Id, hello.ProcessId);
        Task wait = client.CallAsync(TestMethods.Wait, RpcNothing.Value, Test);
        await client.CallAsync(TestMethods.Echo, new Text(), Test);
        first.Kill();
        Assert.Equal(TorrentErrorId.ServiceUnavailable, (await Assert.ThrowsAsync<TorrentException>(() => wait.WaitAsync(Patience, Test))).Error.Id);
        await first.WaitForExitAsync(Test);
        Assert.True(File.Exists(_place.Socket));
        Assert.Equal(TorrentErrorId.ServiceUnavailable, (await Assert.ThrowsAsync<TorrentException>(() => ConnectAsync())).Error.Id);

        Process second = Start(Program, "--serve");
        await second.StandardOutput.ReadLineAsync(Test);
        var (again, other) = await ConnectAsync();
        await using (again)
            Assert.Equal(second.Id, other.ProcessId);
        await EndAsync(second);
    }

    [Fact]
    public async Task A_systemd_socket_is_used_and_hidden_from_child_processes()
    {
        Assert.SkipUnless(File.Exists("/usr/bin/systemd-socket-activate"), "systemd-socket-activate is not installed.");
        Directory.CreateDirectory(_place.Folder, SocketFolder.Mode);
        Process service = Start("/usr/bin/systemd-socket-activate", "-l", _place.Socket, Program, "--serve");
        // It prints a line when it listens. The first connection starts the service and waits for it.
        while (await service.StandardError.ReadLineAsync(Test) is { } said && !said.StartsWith("Listening", StringComparison.Ordinal))
        {
        }

        _ = service.StandardError.ReadToEndAsync(Test);
        var (connection, hello) = await ConnectAsync();
        await using (connection)
        {
            Assert.Equal(service.Id, hello.ProcessId); // It becomes the program.
            Text listing = await connection.CallAsync(TestMethods.Run, new Text { Value = "ls -l /proc/self/fd; env" }, Test);
            Assert.DoesNotContain("socket:", listing.Value, StringComparison.Ordinal);
            Assert.DoesNotContain("LISTEN_", listing.Value, StringComparison.Ordinal);
            Assert.Contains("TORRENTPATRON_STATE", listing.Value, StringComparison.Ordinal);
        }

        await EndAsync(service);
        Assert.True(File.Exists(_place.Socket)); // It belongs to systemd.
    }

    [Fact]
    public async Task Clients_that_flood_or_do_not_read_cost_the_service_little_memory()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "The peak memory of a process is read from /proc.");
        Process service = Start(Program, "--serve");
        await service.StandardOutput.ReadLineAsync(Test);
        var (polite, _) = await ConnectAsync();
        await using RpcConnection client = polite;
        await client.CallAsync(TestMethods.Echo, new Text { Value = new string('x', 500_000) }, Test);
        long before = await PeakAsync(service);

        for (int i = 0; i < 8; i++)
        {
            using RawPeer endless = await GreetedAsync();
            byte[] noise = Enumerable.Repeat((byte)'[', 64 * 1024).ToArray();
            await Assert.ThrowsAnyAsync<IOException>(async () =>
            {
                for (int sent = 0; sent < 64 << 20; sent += noise.Length)
                    await endless.SendAsync(noise);
            });
        }

        var deaf = new List<RawPeer>();
        byte[] requests = System.Text.Encoding.UTF8.GetBytes(string.Concat(Enumerable.Range(0, 100).Select(
            i => $$$"""{"jsonrpc":"2.0","id":{{{i}}},"method":"fill","params":{"value":10000}}""" + "\n")));
        for (int i = 0; i < 8; i++)
        {
            RawPeer peer = await GreetedAsync();
            deaf.Add(peer);
            // Until the service accepts no more.
            for (int sent = 0; sent < 1_000_000; sent += 100)
            {
                Task sending = peer.Stream.WriteAsync(requests, Test).AsTask();
                if (await Task.WhenAny(sending, Task.Delay(500, Test)) != sending)
                    break;
                Assert.InRange(sent, 0, 100_000);
            }
        }

        Assert.Equal("x", (await client.CallAsync(TestMethods.Echo, new Text { Value = "x" }, Test)).Value);
        Assert.InRange(await PeakAsync(service) - before, 0, 96 << 20);
        deaf.ForEach(peer => peer.Dispose());
        await EndAsync(service);
    }

    [Fact]
    public void A_descriptor_that_is_not_a_listening_socket_is_refused()
    {
        using var connected = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        Assert.Equal(TorrentErrorId.InvalidArgument, Assert.Throws<TorrentException>(() => SystemdSocket.Adopt(Duplicate((int)connected.Handle))).Error.Id);
        using var file = new FileStream(Path.Combine(_place.Top, "file"), FileMode.Create);
        int descriptor = Duplicate((int)file.SafeFileHandle.DangerousGetHandle());
        Assert.Equal(TorrentErrorId.InvalidArgument, Assert.Throws<TorrentException>(() => SystemdSocket.Adopt(descriptor)).Error.Id);
    }

    private static async Task EndAsync(Process service)
    {
        service.StandardInput.Close();
        await service.WaitForExitAsync(Test).WaitAsync(Patience, Test);
        Assert.Equal(0, service.ExitCode);
    }

    /// <summary>A process' peak memory in bytes.</summary>
    private static async Task<long> PeakAsync(Process process) => 1024 * (await File.ReadAllLinesAsync($"/proc/{process.Id}/status", Test))
        .Where(line => line.StartsWith("VmHWM:", StringComparison.Ordinal)).Select(line => long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1])).Single();

    private async Task<RawPeer> GreetedAsync()
    {
        var peer = new RawPeer((await ServiceEndpoint.DialAsync(_place.Socket, cancellationToken: Test)).Stream);
        await peer.SendAsync("""{"jsonrpc":"2.0","id":"hello","method":"hello","params":{"protocol":1}}""");
        await peer.NextAsync();
        return peer;
    }

    private static string RepositoryRoot()
    {
        string? folder = AppContext.BaseDirectory;
        while (folder is not null && !File.Exists(Path.Combine(folder, "CHANGELOG.md")))
            folder = Path.GetDirectoryName(folder);
        return folder ?? throw new InvalidOperationException("The tests do not run in the repository.");
    }

    private Process Start(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = program != Program };
        start.Environment["TORRENTPATRON_STATE"] = _place.Top;
        // systemd-socket-activate passes on only these variables.
        if (program != Program)
            start.ArgumentList.Insert(0, "--setenv=TORRENTPATRON_STATE");
        var process = Process.Start(start)!;
        _started.Add(process);
        return process;
    }

    private Task<(RpcConnection Connection, Hello Service)> ConnectAsync() => ServiceEndpoint.ConnectAsync(
        new RpcMethodTable(), Hello.OfThisProcess(), _place.Socket, cancellationToken: Test);

    [System.Runtime.InteropServices.DllImport("libc", EntryPoint = "dup")]
    [System.Runtime.InteropServices.DefaultDllImportSearchPaths(System.Runtime.InteropServices.DllImportSearchPath.SafeDirectories)]
    private static extern int Duplicate(int descriptor);

    [GeneratedRegex("```python\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex PythonBlock();
}

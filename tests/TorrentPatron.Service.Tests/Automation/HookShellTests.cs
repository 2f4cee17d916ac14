using System.Globalization;
using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using System.Text;
using TorrentPatron.Engine.Client;
using TorrentPatron.Service.Automation;
using TorrentPatron.Service.Errors;
using TorrentPatron.Service.Tests.Fakes;

namespace TorrentPatron.Service.Tests.Automation;

/// <summary>Tests that start processes: they run alone, since a started process would inherit files that other tests have open.</summary>
[CollectionDefinition(nameof(ProcessStart), DisableParallelization = true)]
public sealed class ProcessStart;

/// <summary>Scripts in separate processes. A Unix shell replaces PowerShell, because it starts faster.</summary>
[Collection(nameof(ProcessStart))]
public sealed class HookShellTests : IDisposable
{
    private readonly TempFolder _folder = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_script_gets_its_input_and_variables_and_only_its_path_on_the_command_line()
    {
        HookExit exit = await RunAsync("""cat; echo "$TORRENTPATRON_NAME"; echo "$args"; pwd; exit 3""", [("TORRENTPATRON_NAME", "$(id); \"'`")], "the input\n");

        Assert.Equal(3, exit.ExitCode);
        Assert.Equal(
            ["the input", "$(id); \"'`", $"-NoProfile -NonInteractive -File {_folder["hook.ps1"]}", Path.GetDirectoryName(_folder["hook.ps1"])],
            exit.Output.Split('\n'));
    }

    [Fact]
    public async Task A_script_does_not_inherit_the_services_sockets_and_secrets()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "The test reads /proc.");
        using var socket = new TcpListener(IPAddress.Loopback, 0);
        socket.Start();
        // The runtime has a socket to the system that is inheritable.
        NetworkAddressChangedEventHandler ignored = static (_, _) => { };
        NetworkChange.NetworkAddressChanged += ignored;
        Environment.SetEnvironmentVariable("TORRENTPATRON_PROXY_CREDENTIAL", "user:secret");
        Environment.SetEnvironmentVariable("WATCHDOG_USEC", "1000");
        try
        {
            HookExit exit = await RunAsync("""ls -l /proc/$$/fd; echo "[$TORRENTPATRON_PROXY_CREDENTIAL$WATCHDOG_USEC$LISTEN_FDS$NOTIFY_SOCKET]" """);

            Assert.DoesNotContain("socket:", exit.Output, StringComparison.Ordinal);
            Assert.EndsWith("[]", exit.Output, StringComparison.Ordinal);
        }
        finally
        {
            NetworkChange.NetworkAddressChanged -= ignored;
            Environment.SetEnvironmentVariable("TORRENTPATRON_PROXY_CREDENTIAL", null);
            Environment.SetEnvironmentVariable("WATCHDOG_USEC", null);
        }
    }

    [Fact]
    public async Task Killing_a_script_kills_its_children_including_orphans()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() && File.Exists("/usr/bin/setsid"), "setsid is not installed.");
        using var kill = CancellationTokenSource.CreateLinkedTokenSource(Token);
        Task<HookExit> run = RunAsync($"(sleep 1000 & echo $! > {_folder["orphan"]}); sleep 1000 & echo $! > {_folder["child"]}; echo before; wait", kill: kill.Token);
        foreach (string name in new[] { "orphan", "child" })
        {
            while (!File.Exists(_folder[name]) || (await File.ReadAllTextAsync(_folder[name], Token)).Length < 2)
                await Task.Delay(10, Token);
        }

        await kill.CancelAsync();
        HookExit exit = await run;

        Assert.Null(exit.ExitCode);
        Assert.Equal("before", exit.Output);
        foreach (string name in new[] { "orphan", "child" })
        {
            int id = int.Parse(await File.ReadAllTextAsync(_folder[name], Token), CultureInfo.InvariantCulture);
            while (IsAlive(id))
                await Task.Delay(10, Token);
        }

        // A zombie process counts as dead too.
        static bool IsAlive(int id)
        {
            try
            {
                return !File.ReadAllText($"/proc/{id}/stat").Contains(") Z ", StringComparison.Ordinal);
            }
            catch (IOException)
            {
                return false;
            }
        }
    }

    [Fact]
    public async Task Only_the_beginning_of_long_output_is_kept_and_the_script_is_not_blocked()
    {
        HookExit exit = await RunAsync("printf '\\033[31mred\\n'; i=0; while [ $i -lt 20000 ]; do echo 'a line of some length'; i=$((i+1)); done; exit 0", input: new string('x', 1 << 20));

        Assert.Equal(0, exit.ExitCode);
        Assert.InRange(exit.Output.Length, 4000, HookShell.MostOutput);
        Assert.DoesNotContain('\u001b', exit.Output);
    }

    [Fact]
    public async Task A_surviving_child_does_not_delay_the_end_of_its_script()
    {
        HookExit exit = await RunAsync($"sleep 1000 & echo $! > {_folder["child"]}; echo done");

        Assert.Equal((0, "done"), (exit.ExitCode, exit.Output));
        using var child = System.Diagnostics.Process.GetProcessById(int.Parse(await File.ReadAllTextAsync(_folder["child"], Token), CultureInfo.InvariantCulture));
        child.Kill();
    }

    [Fact]
    public async Task A_missing_script_or_PowerShell_is_an_error()
    {
        var start = new HookStart(_folder["no.ps1"], [], []);
        Assert.Equal(TorrentErrorId.HookNotRun, (await Assert.ThrowsAsync<TorrentException>(() => new HookShell(() => ["x"]).RunAsync(start, Token))).Error.Id);
        await File.WriteAllTextAsync(_folder["no.ps1"], "", Token);
        Assert.Equal(HookErrors.NoShell, (await Assert.ThrowsAsync<TorrentException>(() => new HookShell(() => null).RunAsync(start, Token))).Error);
        Assert.Equal(HookErrors.NoShell, new HookShell(() => null).Fault);
    }

    [Fact]
    public void Hooks_use_the_PowerShell_that_hosts_the_service_or_else_the_first_in_PATH()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "The test uses Unix paths.");
        File.WriteAllText(_folder["pwsh.dll"], "");
        string folder = Path.GetDirectoryName(_folder["pwsh.dll"])!;

        Assert.Equal(["/opt/pwsh"], PowerShellProgram.Find("/opt/pwsh", "/opt", "/usr/bin", _ => true));
        Assert.Equal(["/usr/bin/dotnet", _folder["pwsh.dll"]], PowerShellProgram.Find("/usr/bin/dotnet", folder, "/usr/bin", _ => true));
        Assert.Equal(["/b/pwsh"], PowerShellProgram.Find("/usr/bin/dotnet", "/elsewhere", "relative:/a::/b", path => path == "/b/pwsh" || path[0] != '/'));
        Assert.Equal(["/b/pwsh"], PowerShellProgram.Find("/opt/patron", folder, "/b", _ => true));
        Assert.Null(PowerShellProgram.Find("/opt/patron", folder, null, _ => true));
    }

    private Task<HookExit> RunAsync(
        string script, IReadOnlyList<(string Name, string Value)>? variables = null, string input = "", CancellationToken? kill = null)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no Unix shell.");
        File.WriteAllText(_folder["hook.ps1"], script);
        File.WriteAllText(_folder["sh"], """args="$*"; . "$4" """);
        return new HookShell(() => ["/bin/sh", _folder["sh"]])
            .RunAsync(new HookStart(_folder["hook.ps1"], variables ?? [], Encoding.UTF8.GetBytes(input)), kill ?? Token);
    }
}

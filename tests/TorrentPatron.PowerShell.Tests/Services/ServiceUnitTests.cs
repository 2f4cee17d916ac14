using System.Diagnostics;
using System.Runtime.Versioning;
using System.Xml.Linq;
using TorrentPatron.PowerShell.Hosting;
using TorrentPatron.PowerShell.Services;
using TorrentPatron.Service;

namespace TorrentPatron.PowerShell.Tests.Services;

/// <summary>The files that make the system run a service.</summary>
public sealed class ServiceUnitTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("tp-units-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_unit_names_dotnet_and_the_pwsh_library_for_the_NET_tool()
    {
        var shell = ShellProgram.Find("/usr/bin/dotnet", "/opt/pwsh", isWindows: false, path => path == "/opt/pwsh/pwsh.dll");

        Assert.Equal(("/usr/bin/dotnet", "/opt/pwsh/pwsh.dll"), (shell.Path, Assert.Single(shell.Arguments)));
        Assert.Contains("ExecStart=\"/usr/bin/dotnet\" \"/opt/pwsh/pwsh.dll\" \"-NoProfile\"", SystemdUnits.Service(Unit() with { Shell = shell }), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/opt/pwsh/pwsh", "/opt/pwsh/pwsh")]
    [InlineData("/opt/code/code", "/home/pwsh")]
    public void The_shell_is_this_process_or_the_one_beside_its_assemblies(string process, string expected) =>
        Assert.Equal(expected, ShellProgram.Find(process, "/home", isWindows: false, path => path == "/home/pwsh").Path);

    [Theory]
    [InlineData(true, "-NoProfile", "-Command", "x")]
    [InlineData(true, "-nop", "-c", "x")]
    [InlineData(true, "-ExecutionPolicy", "Bypass", "-f", "x.ps1")]
    [InlineData(true, "-enc", "eAA=")]
    [InlineData(true, "-cwa", "x", "y")]
    [InlineData(true, "-NoLogo", "x.ps1", "-noexit")]
    [InlineData(false)]
    [InlineData(false, "-NoProfile", "-NoLogo")]
    [InlineData(false, "-noe", "-c", "x")]
    [InlineData(false, "-ConfigurationName", "x", "-ep", "Bypass")]
    public void PowerShell_ends_with_its_command_or_script_unless_told_otherwise(bool expected, params string[] arguments) =>
        Assert.Equal(expected, ShellProgram.EndsWithItsCommand(["pwsh", .. arguments]));

    [Fact]
    public void A_host_without_pwsh_is_refused() =>
        Assert.Throws<TorrentPatron.Service.Errors.TorrentException>(() => ShellProgram.Find("/opt/host", "/home", isWindows: false, _ => false));

    [Theory]
    [InlineData("a b", "\"a b\"")]
    [InlineData("100%", "\"100%%\"")]
    [InlineData("$HOME", "\"$$HOME\"")]
    [InlineData("a\"b\\c", "\"a\\\"b\\\\c\"")]
    [InlineData("a\nb", "\"a\\nb\"")]
    public void An_argument_reaches_systemd_unchanged(string argument, string expected) => Assert.Equal(expected, SystemdUnits.Quote(argument));

    [Theory]
    [InlineData("a", "a")]
    [InlineData("a b", "\"a b\"")]
    [InlineData("say \"hi\"", "\"say \\\"hi\\\"\"")]
    [InlineData(@"C:\a b\", @"""C:\a b\\""")]
    [InlineData("a\\\"b", "\"a\\\\\\\"b\"")]
    public void An_argument_reaches_Windows_unchanged(string argument, string expected) => Assert.Equal(expected, WindowsTask.Arguments([argument]));

    [Fact]
    public void The_machines_unit_may_write_only_below_its_roots_and_may_compile_at_run_time()
    {
        string text = SystemdUnits.Service(Unit() with { Scope = ServiceScope.Machine, Roots = ["/srv/a $b"], StatePath = "/var/tp" });

        Assert.Contains("RequiresMountsFor=\"/srv/a $b\"\n", text, StringComparison.Ordinal);
        Assert.Contains("ReadWritePaths=\"/srv/a $b\"\nReadWritePaths=\"/var/tp\"\n", text, StringComparison.Ordinal);
        Assert.Contains("\nProtectSystem=strict\nProtectHome=yes\n", text, StringComparison.Ordinal);
        Assert.Contains("\nUser=torrentpatron\n", text, StringComparison.Ordinal);
        Assert.DoesNotContain("\nMemoryDenyWriteExecute", text, StringComparison.Ordinal);
        Assert.Contains("\nWantedBy=multi-user.target\n", text, StringComparison.Ordinal);
        Assert.Contains("ProtectHome=read-only", SystemdUnits.Service(Unit() with { Scope = ServiceScope.Machine, Roots = ["/home/me/x"] }), StringComparison.Ordinal);
    }

    [Fact]
    public void The_machines_unit_may_change_the_group_of_its_socket() => Assert.Contains(
        "\nSupplementaryGroups=torrents\nSystemCallFilter=@chown\n",
        SystemdUnits.Service(Unit() with { Scope = ServiceScope.Machine, Roots = ["/srv"], Group = "torrents", HasGroups = true }),
        StringComparison.Ordinal);

    [Fact]
    public void The_unit_sets_DOTNET_ROOT_if_the_session_does()
    {
        Assert.Contains("\nEnvironment=\"DOTNET_ROOT=/opt/my $dotnet\"\n", SystemdUnits.Service(Unit() with { DotNetRoot = "/opt/my $dotnet" }), StringComparison.Ordinal);
        Assert.DoesNotContain("DOTNET_ROOT", SystemdUnits.Service(Unit()), StringComparison.Ordinal);
    }

    [UnsupportedOSPlatform("windows")]
    [Theory]
    [InlineData(UnixFileMode.OtherRead | UnixFileMode.OtherExecute, true, true)]
    [InlineData(UnixFileMode.OtherRead, true, false)]
    [InlineData(UnixFileMode.OtherRead, false, true)]
    [InlineData(UnixFileMode.None, false, false)]
    public void A_program_that_other_users_cannot_run_is_found(UnixFileMode mode, bool isProgram, bool isOpen)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no file modes.");
        File.SetUnixFileMode(_folder, (UnixFileMode)0b111_101_101);
        string file = Path.Combine(_folder, "pwsh"), link = Path.Combine(_folder, "link");
        File.WriteAllText(file, "");
        File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserExecute | mode);
        File.CreateSymbolicLink(link, file);

        Assert.Equal(isOpen, MachineAccess.IsOpen(link, isProgram));
        File.SetUnixFileMode(_folder, (UnixFileMode)0b111_000_000);
        Assert.False(MachineAccess.IsOpen(file, isProgram));
    }

    [Theory]
    [InlineData(ServiceScope.User, false)]
    [InlineData(ServiceScope.User, true)]
    [InlineData(ServiceScope.Machine, false)]
    [InlineData(ServiceScope.Machine, true)]
    public void systemd_understands_the_units(ServiceScope scope, bool isOnDemand)
    {
        Assert.SkipUnless(File.Exists("/usr/bin/systemd-analyze"), "systemd-analyze is not installed.");
        ServiceUnit unit = Unit() with { Scope = scope, IsOnDemand = isOnDemand, Roots = scope == ServiceScope.Machine ? ["/tmp"] : [], Group = scope == ServiceScope.Machine ? "root" : null, Shell = new ShellProgram("/bin/sh", []) };
        IReadOnlyList<InstalledFile> files = ServiceInstaller.FilesOf(unit, _folder);
        ServiceInstaller.Write(files);

        var start = new ProcessStartInfo("/usr/bin/systemd-analyze", ["verify", "--man=no", .. files.Select(file => file.Path)]) { RedirectStandardError = true };
        using Process verify = Process.Start(start)!;
        string complaints = verify.StandardError.ReadToEnd();
        verify.WaitForExit();

        Assert.Equal(isOnDemand ? 2 : 1, files.Count);
        Assert.DoesNotContain("torrentpatron", complaints, StringComparison.Ordinal);
    }

    [Fact]
    public void The_launchd_property_list_has_the_command_unchanged()
    {
        XElement list = XDocument.Parse(LaunchdPlist.Text(Unit() with { Command = "a <b> & 'c'" }, "/tmp/err")).Root!;

        Assert.Equal(["/opt/pwsh", "-NoProfile", "-NonInteractive", "-Command", "a <b> & 'c'"], list.Descendants("array").Single().Elements("string").Select(item => item.Value));
    }

    [Fact]
    public void The_Windows_task_has_the_command_unchanged()
    {
        XElement task = XDocument.Parse(WindowsTask.Text(Unit() with { Command = "a <b> & \"c\"" }, @"PC\me").Replace("UTF-16", "UTF-8", StringComparison.Ordinal)).Root!;
        XNamespace space = task.Name.Namespace;

        Assert.Equal("-NoProfile -NonInteractive -Command \"a <b> & \\\"c\\\"\"", task.Descendants(space + "Arguments").Single().Value);
        Assert.Equal(@"PC\me", task.Descendants(space + "Principal").Single().Element(space + "UserId")!.Value);
    }

    [Fact]
    public void Parameter_values_are_written_so_that_PowerShell_reads_the_same_values() => Assert.Equal(
        "Start-TorrentService -StatePath '/it''s \u2019\u2019' -Port 6881 -IPFilter @('a', 'b') -StatusInterval '00:00:01'",
        CommandText.Of("Start-TorrentService",
        [
            new("StatePath", "/it's \u2019"), new("Port", 6881), new("IPFilter", new[] { "a", "b" }), new("StatusInterval", TimeSpan.FromSeconds(1)),
        ]));

    private static ServiceUnit Unit() => new(new ShellProgram("/opt/pwsh", []), "Start-TorrentService -Foreground", ServiceScope.User);
}

using System.Text;
using TorrentPatron.PowerShell.Output;
using TorrentPatron.Remote;
using TorrentPatron.Service;
using TorrentPatron.Service.Errors;
using TorrentPatron.Service.State;

namespace TorrentPatron.PowerShell.Services;

/// <summary>A file of an installed service.</summary>
/// <param name="Path">Its path.</param>
/// <param name="Text">Its text.</param>
internal sealed record InstalledFile(string Path, string Text);

/// <summary>Installs a service with systemd, launchd, or Windows' Task Scheduler.</summary>
/// <remarks>The code for macOS and Windows follows their documentation and has not been run; only that for systemd has.</remarks>
internal static class ServiceInstaller
{
    private const string UserFile = "/etc/sysusers.d/torrentpatron.conf";

    private static readonly string[] SystemdNames = [SystemdUnits.SocketName, SystemdUnits.ServiceName];

    /// <summary>The folder of a service's files.</summary>
    /// <param name="scope">Whose service.</param>
    public static string FolderOf(ServiceScope scope)
    {
        bool isMachine = scope == ServiceScope.Machine;
        if (OperatingSystem.IsWindows())
            return isMachine ? Environment.GetFolderPath(Environment.SpecialFolder.CommonApplicationData) : StateFolder.DefaultPath;
        string home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
        if (OperatingSystem.IsMacOS())
            return isMachine ? "/Library/LaunchDaemons" : Path.Combine(home, "Library", "LaunchAgents");
        if (isMachine)
            return "/etc/systemd/system";
        string? config = Environment.GetEnvironmentVariable("XDG_CONFIG_HOME");
        return Path.Combine(Path.IsPathFullyQualified(config ?? "") ? config! : Path.Combine(home, ".config"), "systemd", "user");
    }

    /// <summary>The file by which the system runs a service; null if none is installed.</summary>
    /// <param name="scope">Whose service.</param>
    public static string? Find(ServiceScope scope)
    {
        string path = Path.Combine(FolderOf(scope), MainName);
        return File.Exists(path) ? path : null;
    }

    /// <summary>The files of a service; <see cref="Find"/> looks for the first.</summary>
    /// <param name="unit">The service.</param>
    /// <param name="folder">The folder for them.</param>
    public static IReadOnlyList<InstalledFile> FilesOf(ServiceUnit unit, string folder)
    {
        string main = Path.Combine(folder, MainName);
        if (OperatingSystem.IsWindows())
            return [new InstalledFile(main, WindowsTask.Text(unit, $@"{Environment.UserDomainName}\{Environment.UserName}"))];
        if (OperatingSystem.IsMacOS())
            return [new InstalledFile(main, LaunchdPlist.Text(unit, unit.Scope == ServiceScope.Machine ? "/var/log/torrentpatron.log" : Path.Combine(StateFolder.DefaultPath, "service.err")))];
        var files = new List<InstalledFile> { new(main, SystemdUnits.Service(unit)) };
        if (unit.IsOnDemand)
            files.Add(new InstalledFile(Path.Combine(folder, SystemdUnits.SocketName), SystemdUnits.Socket(unit)));
        return files;
    }

    /// <summary>Checks that the system can run services.</summary>
    /// <exception cref="TorrentException">It cannot.</exception>
    public static async Task RequireAsync(ServiceScope scope, CancellationToken cancellation)
    {
        if (!OperatingSystem.IsLinux())
            return;
        try
        {
            if (await SystemTool.TryRunAsync("systemctl", Systemctl(scope, "show", "--property=Version"), cancellation).ConfigureAwait(false) is null)
                throw new TorrentException(CommandErrors.NoServiceManager("there is no systemctl"));
        }
        catch (TorrentException fault) when (fault.Error.Id != Engine.Client.TorrentErrorId.NotSupported)
        {
            throw new TorrentException(CommandErrors.NoServiceManager(fault.Error.Message), fault);
        }
    }

    /// <summary>Writes the files.</summary>
    public static void Write(IReadOnlyList<InstalledFile> files)
    {
        foreach (InstalledFile file in files)
        {
            try
            {
                Directory.CreateDirectory(Path.GetDirectoryName(file.Path)!);
                File.WriteAllText(file.Path, file.Text, OperatingSystem.IsWindows() ? Encoding.Unicode : new UTF8Encoding(false));
            }
            catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
            {
                throw new TorrentException(CommandErrors.UnitNotWritable(file.Path, fault.Message), fault);
            }
        }
    }

    /// <summary>Makes the system load the written files and run the service from now on.</summary>
    /// <param name="unit">The service.</param>
    /// <param name="files">Its files.</param>
    /// <param name="isStarted">Whether to start it now.</param>
    /// <param name="cancellation">Cancels the work.</param>
    public static async Task EnableAsync(ServiceUnit unit, IReadOnlyList<InstalledFile> files, bool isStarted, CancellationToken cancellation)
    {
        if (OperatingSystem.IsWindows())
        {
            await SystemTool.RunAsync("schtasks", ["/Create", "/F", "/TN", WindowsTask.Name, "/XML", files[0].Path], cancellation).ConfigureAwait(false);
            if (isStarted)
                await StartAsync(unit.Scope, cancellation).ConfigureAwait(false);
        }
        else if (OperatingSystem.IsMacOS())
        {
            await SystemTool.RunAsync("launchctl", ["bootstrap", LaunchdDomain(unit.Scope), files[0].Path], cancellation).ConfigureAwait(false);
        }
        else
        {
            if (unit.Scope == ServiceScope.Machine)
            {
                Write([new InstalledFile(UserFile, SystemdUnits.User())]);
                await SystemTool.RunAsync("systemd-sysusers", [UserFile], cancellation).ConfigureAwait(false);
                foreach (string root in unit.Roots.Where(root => !Directory.Exists(root)))
                    await MakeRootAsync(root, unit.Group, cancellation).ConfigureAwait(false);
            }

            await SystemTool.RunAsync("systemctl", Systemctl(unit.Scope, "daemon-reload"), cancellation).ConfigureAwait(false);
            string[] enable = ["enable", .. isStarted ? ["--now"] : (string[])[], unit.IsOnDemand ? SystemdUnits.SocketName : SystemdUnits.ServiceName];
            await SystemTool.RunAsync("systemctl", Systemctl(unit.Scope, enable), cancellation).ConfigureAwait(false);
        }
    }

    /// <summary>
    /// Prepares the system for a service that replaces the installed one. The installed one keeps running, unless a socket starts either of
    /// them: systemd does not release the socket while the service runs.
    /// </summary>
    /// <param name="unit">The new service.</param>
    /// <param name="cancellation">Cancels the work.</param>
    public static async Task ReplaceAsync(ServiceUnit unit, CancellationToken cancellation)
    {
        string folder = FolderOf(unit.Scope);
        if (!OperatingSystem.IsLinux() || Find(unit.Scope) is null)
            return;
        if (File.Exists(Path.Combine(folder, SystemdUnits.SocketName)) != unit.IsOnDemand)
            await DisableAsync(unit.Scope, cancellation).ConfigureAwait(false);
    }

    /// <summary>Stops and uninstalls the service. Its torrents' state stays.</summary>
    public static async Task DisableAsync(ServiceScope scope, CancellationToken cancellation)
    {
        string folder = FolderOf(scope);
        if (OperatingSystem.IsWindows())
        {
            await SystemTool.RunAsync("schtasks", ["/Delete", "/F", "/TN", WindowsTask.Name], cancellation).ConfigureAwait(false);
        }
        else if (OperatingSystem.IsMacOS())
        {
            await SystemTool.RunAsync("launchctl", ["bootout", $"{LaunchdDomain(scope)}/{LaunchdPlist.Label}"], cancellation).ConfigureAwait(false);
        }
        else
        {
            await SystemTool.RunAsync("systemctl", Systemctl(scope, ["disable", "--now", .. Installed(scope)]), cancellation).ConfigureAwait(false);
        }

        foreach (string name in SystemdNames.Append(MainName))
            Delete(Path.Combine(folder, name));
        if (!OperatingSystem.IsLinux())
            return;
        if (scope == ServiceScope.Machine)
            Delete(UserFile);
        await SystemTool.RunAsync("systemctl", Systemctl(scope, "daemon-reload"), cancellation).ConfigureAwait(false);

        // The socket and lock file that the service leaves behind.
        if (!await ServiceConnection.IsListeningAsync(null, scope, cancellation).ConfigureAwait(false))
            DeletePlace(ServiceControl.AddressOf(scope));
    }

    /// <summary>Starts the installed service.</summary>
    public static Task StartAsync(ServiceScope scope, CancellationToken cancellation) => OperatingSystem.IsWindows()
        ? SystemTool.RunAsync("schtasks", ["/Run", "/TN", WindowsTask.Name], cancellation)
        : OperatingSystem.IsMacOS()
            ? SystemTool.RunAsync("launchctl", ["kickstart", $"{LaunchdDomain(scope)}/{LaunchdPlist.Label}"], cancellation)
            : SystemTool.RunAsync("systemctl", Systemctl(scope, ["start", .. Installed(scope)]), cancellation);

    /// <summary>Stops a service that systemd runs, and the socket that would start it again.</summary>
    public static Task StopAsync(ServiceScope scope, CancellationToken cancellation) => SystemTool.RunAsync(
        "systemctl", Systemctl(scope, ["stop", .. Installed(scope)]), cancellation);

    /// <summary>Restarts a service that systemd runs.</summary>
    public static Task RestartAsync(ServiceScope scope, CancellationToken cancellation) =>
        SystemTool.RunAsync("systemctl", Systemctl(scope, "restart", SystemdUnits.ServiceName), cancellation);

    /// <summary>Whether the installed systemd unit runs a service.</summary>
    public static bool IsOfSystemd(TorrentServiceInfo service) =>
        OperatingSystem.IsLinux() && service is { Unit: SystemdUnits.ServiceName, InstalledUnit: not null };

    /// <summary>Whether the user's services end at logoff, because lingering is off; null if unknown.</summary>
    public static async Task<bool?> EndsAtLogoffAsync(CancellationToken cancellation)
    {
        try
        {
            return await SystemTool.TryRunAsync("loginctl", ["show-user", Environment.UserName, "--property=Linger"], cancellation).ConfigureAwait(false) switch
            {
                "Linger=no" => true,
                "Linger=yes" => false,
                _ => null,
            };
        }
        catch (TorrentException)
        {
            return true; // logind lists only users with a session or with lingering on.
        }
    }

    private static string MainName => OperatingSystem.IsWindows() ? WindowsTask.Name + ".xml"
        : OperatingSystem.IsMacOS() ? LaunchdPlist.Label + ".plist"
        : SystemdUnits.ServiceName;

    /// <summary>The installed systemd units: the socket, if there is one, first.</summary>
    private static IEnumerable<string> Installed(ServiceScope scope) => SystemdNames.Where(name => File.Exists(Path.Combine(FolderOf(scope), name)));

    private static async Task MakeRootAsync(string root, string? group, CancellationToken cancellation)
    {
        // Members of the group may read the service's downloads: new files belong to the group.
        string[] owner = ["--owner", ServiceUnit.MachineUser, .. group is null ? (string[])["--mode", "0755"] : ["--group", group, "--mode", "2755"]];
        await SystemTool.RunAsync("install", ["--directory", .. owner, root], cancellation).ConfigureAwait(false);
    }

    /// <summary>Deletes a socket that nobody listens on, its lock file, and their folder if it is then empty.</summary>
    private static void DeletePlace(string socket)
    {
        string folder = Path.GetDirectoryName(socket)!;
        try
        {
            File.Delete(socket);
            File.Delete(Path.Combine(folder, "service.lock"));
            Directory.Delete(folder);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            // It does not exist, or is not empty.
        }
    }

    private static void Delete(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (DirectoryNotFoundException)
        {
            // The file does not exist either.
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new TorrentException(CommandErrors.UnitNotWritable(path, fault.Message), fault);
        }
    }

    private static string[] Systemctl(ServiceScope scope, params string[] arguments) =>
        scope == ServiceScope.Machine ? ["--no-ask-password", .. arguments] : ["--user", .. arguments];

    private static string LaunchdDomain(ServiceScope scope) => scope == ServiceScope.Machine ? "system" : $"gui/{UserId()}";

    private static string UserId()
    {
        using var id = System.Diagnostics.Process.Start(new System.Diagnostics.ProcessStartInfo("/usr/bin/id", ["-u"]) { RedirectStandardOutput = true })!;
        return id.StandardOutput.ReadToEnd().Trim();
    }
}

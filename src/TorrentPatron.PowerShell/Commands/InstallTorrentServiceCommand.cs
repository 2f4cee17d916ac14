using System.Management.Automation;
using TorrentPatron.PowerShell.Binding;
using TorrentPatron.PowerShell.Hosting;
using TorrentPatron.PowerShell.Output;
using TorrentPatron.PowerShell.Services;
using TorrentPatron.Remote;
using TorrentPatron.Service;
using TorrentPatron.Service.Errors;
using TorrentPatron.Service.State;

namespace TorrentPatron.PowerShell.Commands;

/// <summary>Installs a service that the system starts at boot or when the user logs on, and restarts after a failure.</summary>
[Cmdlet(VerbsLifecycle.Install, "TorrentService", SupportsShouldProcess = true)]
[OutputType(typeof(TorrentServiceInfo))]
[OutputType(typeof(FileInfo))]
public sealed class InstallTorrentServiceCommand : ServiceSettingsCmdlet
{
    /// <summary>Whose service to install: the user's own, or the machine's, which needs -Root.</summary>
    [Parameter(Position = 0)]
    [ServiceScopeTransformation]
    public ServiceScope Scope { get; set; }

    /// <summary>The folders below which torrents may be stored.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string[]? Root { get; set; }

    /// <summary>The group whose members may control the machine's service.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? Group { get; set; }

    /// <summary>The group whose members may read the machine's service but not change it.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? ReadersGroup { get; set; }

    /// <summary>Start the service with the first connection (systemd socket activation) instead of at boot.</summary>
    [Parameter]
    public SwitchParameter OnDemand { get; set; }

    /// <summary>Do not start the service now.</summary>
    [Parameter]
    public SwitchParameter NoStart { get; set; }

    /// <summary>Replace the installed service.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <summary>Only write the files, into this folder.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? Destination { get; set; }

    private protected override string DefaultStatePath => Scope == ServiceScope.Machine ? StateFolder.MachinePath : base.DefaultStatePath;

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        try
        {
            _ = Settings();
            ServiceUnit unit = Unit();
            if (Destination is not null)
                WriteFiles(unit, this.ResolveDestination(Destination));
            else
                Install(unit);
        }
        catch (TorrentException fault)
        {
            ThrowTerminatingError(CmdletOutput.Record(new CommandFailure(fault.Error, Scope, fault.InnerException)));
        }
    }

    private void WriteFiles(ServiceUnit unit, string folder)
    {
        IReadOnlyList<InstalledFile> files = ServiceInstaller.FilesOf(unit, folder);
        RequireFree(files);
        if (!ShouldProcess(folder, "Write the files of a service"))
            return;
        ServiceInstaller.Write(files);
        Run(async (output, _) =>
        {
            foreach (InstalledFile file in files)
                await output.EmitFileAsync(file.Path).ConfigureAwait(false);
        });
    }

    private void Install(ServiceUnit unit)
    {
        IReadOnlyList<InstalledFile> files = ServiceInstaller.FilesOf(unit, ServiceInstaller.FolderOf(Scope));
        RequireFree(files);
        Run(async (output, cancellation) =>
        {
            if (!await output.ShouldProcessAsync(files[0].Path, NoStart ? "Install service" : "Install and start service").ConfigureAwait(false))
                return;
            await ServiceInstaller.RequireAsync(Scope, cancellation).ConfigureAwait(false);
            foreach (string warning in MachineAccess.Unreadable(unit))
                await output.WarnAsync(warning).ConfigureAwait(false);
            if (!NoStart && ServiceInstaller.Find(Scope) is null && await ServiceConnection.IsListeningAsync(null, Scope, cancellation).ConfigureAwait(false))
                throw new TorrentException(CommandErrors.ServiceRuns);
            await ServiceInstaller.ReplaceAsync(unit, cancellation).ConfigureAwait(false);
            ServiceInstaller.Write(files);
            await ServiceInstaller.EnableAsync(unit, files, !NoStart, cancellation).ConfigureAwait(false);
            foreach (string root in Scope == ServiceScope.Machine ? unit.Roots : [])
            {
                if (OperatingSystem.IsLinux() && await MachineAccess.NotWritableAsync(root, cancellation).ConfigureAwait(false) is { } warning)
                    await output.WarnAsync(warning).ConfigureAwait(false);
            }

            if (OperatingSystem.IsLinux() && Scope == ServiceScope.User && await ServiceInstaller.EndsAtLogoffAsync(cancellation).ConfigureAwait(false) == true)
            {
                await output.WarnAsync(
                    "The service stops when this user logs off and starts at the next logon. To keep it running from boot, run: "
                    + $"loginctl enable-linger {Environment.UserName} (as root if the system does not allow the user to)").ConfigureAwait(false);
            }

            if (!OnDemand && !NoStart)
                await output.EmitAsync(await ServiceCmdlet.FindAsync(null, Scope, cancellation).ConfigureAwait(false)).ConfigureAwait(false);
        });
    }

    private void RequireFree(IReadOnlyList<InstalledFile> files)
    {
        if (!Force && files.FirstOrDefault(file => File.Exists(file.Path)) is { } there)
            throw new TorrentException(CommandErrors.ServiceInstalled(there.Path));
    }

    private ServiceUnit Unit()
    {
        if (ProxyCredential is not null)
            throw new TorrentException(CommandErrors.SecretInUnit(nameof(ProxyCredential)));
        if (OnDemand && !OperatingSystem.IsLinux())
            throw new TorrentException(CommandErrors.OnDemandOnly);
        string[] roots = [.. (Root ?? []).Select(root => this.ResolveDestination(root))];
        if (Scope == ServiceScope.Machine && roots.Length == 0)
            throw new TorrentException(CommandErrors.RootNeeded);

        // The user's unit gets the variables of the system's manager, not this session's.
        bool isChosen = StatePath is not null || (Scope == ServiceScope.User && !string.IsNullOrEmpty(Environment.GetEnvironmentVariable("TORRENTPATRON_STATE")));
        var parameters = new List<KeyValuePair<string, object?>>(GivenSettings().Where(setting => isChosen || setting.Key != nameof(StatePath)));
        if (isChosen && StatePath is null && !OnDemand)
            parameters.Add(new("Socket", ServiceControl.AddressOf(Scope)));
        if (Scope == ServiceScope.Machine)
            parameters.Add(new(nameof(Scope), Scope));
        if (roots.Length > 0)
            parameters.Add(new(nameof(Root), roots));
        if (Group is not null)
            parameters.Add(new(nameof(Group), Group));
        if (ReadersGroup is not null)
            parameters.Add(new(nameof(ReadersGroup), ReadersGroup));
        string command = $"Import-Module {CommandText.Quote(BackgroundService.ModulePath)}; {CommandText.Of("Start-TorrentService -Foreground", parameters)}";
        return new ServiceUnit(ShellProgram.Current, command, Scope)
        {
            Roots = roots,
            StatePath = StatePath is null ? null : ResolveStatePath(),
            IsOnDemand = OnDemand,
            Group = Group,
            HasGroups = Group is not null || ReadersGroup is not null,
            DotNetRoot = Environment.GetEnvironmentVariable("DOTNET_ROOT") is { Length: > 0 } dotnet ? dotnet : null,
        };
    }
}

using System.Management.Automation;
using TorrentPatron.PowerShell.Binding;
using TorrentPatron.PowerShell.Output;
using TorrentPatron.PowerShell.Services;
using TorrentPatron.Service;
using TorrentPatron.Service.Errors;

namespace TorrentPatron.PowerShell.Commands;

/// <summary>Stops and uninstalls a service that Install-TorrentService installed. Keeps torrents and their state.</summary>
[Cmdlet(VerbsLifecycle.Uninstall, "TorrentService", SupportsShouldProcess = true)]
[OutputType(typeof(void))]
public sealed class UninstallTorrentServiceCommand : PipelineCmdlet
{
    /// <summary>Whose service: the user's own, or the machine's.</summary>
    [Parameter(Position = 0)]
    [ServiceScopeTransformation]
    public ServiceScope Scope { get; set; }

    /// <inheritdoc/>
    protected override void EndProcessing() => Run(async (output, cancellation) =>
    {
        if (ServiceInstaller.Find(Scope) is not { } path)
            throw new TorrentException(CommandErrors.NotInstalled(ServiceInstaller.FolderOf(Scope)));
        if (await output.ShouldProcessAsync(path, "End and uninstall service").ConfigureAwait(false))
            await ServiceInstaller.DisableAsync(Scope, cancellation).ConfigureAwait(false);
    });
}

using System.Management.Automation;
using TorrentPatron.PowerShell.Services;
using TorrentPatron.Remote;

namespace TorrentPatron.PowerShell.Commands;

/// <summary>Stops the service that the user's sessions share, and waits until its state is saved.</summary>
[Cmdlet(VerbsLifecycle.Stop, "TorrentService", SupportsShouldProcess = true)]
[OutputType(typeof(void))]
public sealed class StopTorrentServiceCommand : ServiceCmdlet
{
    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        string? address = this.ResolveSocket(Socket);
        Run(async (output, cancellation) =>
        {
            if (await FindToChangeAsync(address, "Stop service", output, cancellation).ConfigureAwait(false) is not { } service)
                return;
            if (ServiceInstaller.IsOfSystemd(service))
                await ServiceInstaller.StopAsync(Scope, cancellation).ConfigureAwait(false);
            else
                await ServiceControl.StopAsync(service.Socket, Scope, restart: false, cancellation).ConfigureAwait(false);
        });
    }
}

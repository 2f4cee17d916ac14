using System.Management.Automation;
using TorrentPatron.PowerShell.Services;
using TorrentPatron.Remote;

namespace TorrentPatron.PowerShell.Commands;

/// <summary>Restarts the service that the user's sessions share, with the settings it was started with.</summary>
[Cmdlet(VerbsLifecycle.Restart, "TorrentService", SupportsShouldProcess = true)]
[OutputType(typeof(TorrentServiceInfo))]
public sealed class RestartTorrentServiceCommand : ServiceCmdlet
{
    /// <summary>Write the service when it runs again.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        string? address = this.ResolveSocket(Socket);
        Run(async (output, cancellation) =>
        {
            if (await FindToChangeAsync(address, "Restart service", output, cancellation).ConfigureAwait(false) is not { } service)
                return;
            if (ServiceInstaller.IsOfSystemd(service))
                await ServiceInstaller.RestartAsync(Scope, cancellation).ConfigureAwait(false);
            else
                await ServiceControl.StopAsync(service.Socket, Scope, restart: true, cancellation).ConfigureAwait(false);
            if (PassThru)
                await output.EmitAsync(await FindAsync(service.Socket, Scope, cancellation).ConfigureAwait(false)).ConfigureAwait(false);
        });
    }
}

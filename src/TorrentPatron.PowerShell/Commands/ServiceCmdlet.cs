using System.Management.Automation;
using TorrentPatron.PowerShell.Output;
using TorrentPatron.PowerShell.Services;
using TorrentPatron.Remote;
using TorrentPatron.Service;
using TorrentPatron.Service.Errors;

namespace TorrentPatron.PowerShell.Commands;

/// <summary>A cmdlet about the process of a service.</summary>
public abstract class ServiceCmdlet : PipelineCmdlet
{
    /// <summary>The service's socket, or on Windows the name of its pipe; by default the user's own service.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    public string? Socket { get; set; }

    /// <summary>Whose service: the user's own or the machine's.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    public ServiceScope Scope { get; set; }

    /// <summary>The service's current state; Stopped if none runs.</summary>
    internal static async Task<TorrentServiceInfo> FindAsync(string? address, ServiceScope scope, CancellationToken cancellation) => new(
        await ServiceControl.GetInfoAsync(address, scope, cancellation).ConfigureAwait(false)
            ?? new ServiceInfo { Address = address ?? ServiceControl.AddressOf(scope) },
        scope,
        address is null || address == ServiceControl.AddressOf(scope) ? ServiceInstaller.Find(scope) : null);

    /// <summary>Finds the running service and asks for confirmation to change it.</summary>
    /// <param name="address">Its socket; null means the socket of the scope.</param>
    /// <param name="action">The change, as the confirmation names it.</param>
    /// <param name="output">Asks for confirmation.</param>
    /// <param name="cancellation">Cancels the search.</param>
    /// <returns>The service; null if the user declined.</returns>
    /// <exception cref="TorrentException">No service runs.</exception>
    private protected async Task<TorrentServiceInfo?> FindToChangeAsync(
        string? address, string action, ICommandOutput output, CancellationToken cancellation)
    {
        TorrentServiceInfo service = await FindAsync(address, Scope, cancellation).ConfigureAwait(false);
        if (service.State == ServiceState.Stopped)
            throw new TorrentException(CommandErrors.NoService(service.Socket));
        return await output.ShouldProcessAsync($"{service.Socket} (process {service.ProcessId})", action).ConfigureAwait(false) ? service : null;
    }
}

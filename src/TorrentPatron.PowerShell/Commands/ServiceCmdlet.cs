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
    /// <summary>The service's socket, on Windows the name of its pipe; by default that of the user's own service.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    public string? Socket { get; set; }

    /// <summary>Whose service.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    public ServiceScope Scope { get; set; }

    /// <summary>The service as it is now. Where none runs, its state is Stopped.</summary>
    internal static async Task<TorrentServiceInfo> FindAsync(string? address, ServiceScope scope, CancellationToken cancellation) => new(
        await ServiceControl.GetInfoAsync(address, scope, cancellation).ConfigureAwait(false)
            ?? new ServiceInfo { Address = address ?? ServiceControl.AddressOf(scope) },
        scope,
        address is null || address == ServiceControl.AddressOf(scope) ? ServiceInstaller.Find(scope) : null);

    /// <summary>Finds the service, which must run, and asks whether to do something to it.</summary>
    /// <param name="address">Its socket; null: that of the scope.</param>
    /// <param name="action">What is to be done, as a person is asked.</param>
    /// <param name="output">Asks.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <returns>The service; null: nothing is to be done.</returns>
    /// <exception cref="TorrentException">None runs.</exception>
    private protected async Task<TorrentServiceInfo?> FindToChangeAsync(
        string? address, string action, ICommandOutput output, CancellationToken cancellation)
    {
        TorrentServiceInfo service = await FindAsync(address, Scope, cancellation).ConfigureAwait(false);
        if (service.State == ServiceState.Stopped)
            throw new TorrentException(CommandErrors.NoService(service.Socket));
        return await output.ShouldProcessAsync($"{service.Socket} (process {service.ProcessId})", action).ConfigureAwait(false) ? service : null;
    }
}

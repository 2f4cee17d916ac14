using System.Management.Automation;
using TorrentPatron.PowerShell.Services;

namespace TorrentPatron.PowerShell.Commands;

/// <summary>Shows the service that the user's sessions share: whether it runs, its process, and how it is installed.</summary>
[Cmdlet(VerbsCommon.Get, "TorrentService")]
[OutputType(typeof(TorrentServiceInfo))]
public sealed class GetTorrentServiceCommand : ServiceCmdlet
{
    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        string? address = this.ResolveSocket(Socket);
        Run(async (output, cancellation) => await output.EmitAsync(await FindAsync(address, Scope, cancellation).ConfigureAwait(false)).ConfigureAwait(false));
    }
}

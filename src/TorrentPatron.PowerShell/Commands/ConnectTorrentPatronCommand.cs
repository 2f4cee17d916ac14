using System.Management.Automation;
using TorrentPatron.Remote;
using TorrentPatron.Service;

namespace TorrentPatron.PowerShell.Commands;

/// <summary>Attaches a patron to the service of another process, which becomes the session's default patron.</summary>
[Cmdlet(VerbsCommunications.Connect, "TorrentPatron")]
[OutputType(typeof(Patron))]
public sealed class ConnectTorrentPatronCommand : PipelineCmdlet
{
    /// <summary>What to call it.</summary>
    [Parameter(Position = 0)]
    [ValidateNotNullOrEmpty]
    public string? Name { get; set; }

    /// <summary>The service's socket, on Windows the name of its pipe; by default that of the user's own service.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? Socket { get; set; }

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        string? address = this.ResolveSocket(Socket);
        Hosting.SessionPatrons session = Hosting.RunspacePatrons.Current;
        Run(async (output, cancellation) =>
        {
            ITorrentService service = await ServiceConnection.ConnectAsync(address, cancellation).ConfigureAwait(false);
            Patron patron = await session.AttachAsync(Name, service).ConfigureAwait(false);
            await output.EmitAsync(patron).ConfigureAwait(false);
        });
    }
}

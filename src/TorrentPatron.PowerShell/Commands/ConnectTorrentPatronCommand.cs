using System.Management.Automation;
using TorrentPatron.Engine.Client;
using TorrentPatron.PowerShell.Binding;
using TorrentPatron.PowerShell.Hosting;
using TorrentPatron.PowerShell.Output;
using TorrentPatron.Remote;
using TorrentPatron.Service;
using TorrentPatron.Service.Errors;

namespace TorrentPatron.PowerShell.Commands;

/// <summary>Attaches a patron to a service in another process and makes it the session's default patron.</summary>
[Cmdlet(VerbsCommunications.Connect, "TorrentPatron", SupportsShouldProcess = true)]
[OutputType(typeof(Patron))]
public sealed class ConnectTorrentPatronCommand : PipelineCmdlet
{
    /// <summary>The patron's name.</summary>
    [Parameter(Position = 0)]
    [ValidateNotNullOrEmpty]
    public string? Name { get; set; }

    /// <summary>The service's socket, or on Windows the name of its pipe; by default the user's own service.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? Socket { get; set; }

    /// <summary>Whose service to use; by default the user's own or, if it does not run, the machine's.</summary>
    [Parameter]
    public ServiceScope? Scope { get; set; }

    /// <summary>Start the user's service in the background if it does not run.</summary>
    [Parameter]
    public SwitchParameter StartIfNeeded { get; set; }

    /// <summary>Connect again when the service goes away: waits, events and jobs outlast its restart.</summary>
    [Parameter]
    public SwitchParameter Reconnect { get; set; }

    /// <summary>How long to try to reconnect: seconds, a text such as <c>10m</c>, or a TimeSpan. Implies <c>-Reconnect</c>.</summary>
    [Parameter]
    [DurationTransformation]
    public TimeSpan ReconnectTimeout { get; set; } = TimeSpan.FromMinutes(5);

    private TimeSpan? LongestAbsence => Reconnect || MyInvocation.BoundParameters.ContainsKey(nameof(ReconnectTimeout)) ? ReconnectTimeout : null;

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        string? address = this.ResolveSocket(Socket);
        TimeSpan? reconnect = LongestAbsence;
        if (StartIfNeeded && Scope == ServiceScope.Machine)
            ThrowTerminatingError(CmdletOutput.Record(new CommandFailure(CommandErrors.MachineNotStarted, Target: null)));
        SessionPatrons session = RunspacePatrons.Current;
        Run(async (output, cancellation) =>
        {
            if (await ConnectAsync(address, reconnect, output, cancellation).ConfigureAwait(false) is not { } service)
                return;
            Patron patron = await session.AttachAsync(Name, service).ConfigureAwait(false);
            await output.EmitAsync(patron).ConfigureAwait(false);
        });
        WarnOfCutOffs(session);
    }

    /// <returns>The service; null if it would have to be started and the user declined.</returns>
    private async Task<ITorrentService?> ConnectAsync(string? address, TimeSpan? reconnect, ICommandOutput output, CancellationToken cancellation)
    {
        try
        {
            return await ServiceConnection.ConnectAsync(address, Scope, reconnect, cancellation).ConfigureAwait(false);
        }
        catch (TorrentException fault) when (StartIfNeeded && fault.Error.Id == TorrentErrorId.ServiceUnavailable)
        {
            // If a service runs and does not answer, starting one does nothing, and connecting fails as before.
            if (!await output.ShouldProcessAsync(address ?? ServiceControl.AddressOf(ServiceScope.User), "Start the user's service").ConfigureAwait(false))
                return null;
        }

        await BackgroundService.StartAsync(address, cancellationToken: cancellation).ConfigureAwait(false);
        return await ServiceConnection.ConnectAsync(address, Scope, reconnect, cancellation).ConfigureAwait(false);
    }
}

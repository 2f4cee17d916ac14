using System.Management.Automation;
using TorrentPatron.PowerShell.Binding;
using TorrentPatron.PowerShell.Completion;
using TorrentPatron.PowerShell.Hosting;
using TorrentPatron.PowerShell.Output;
using TorrentPatron.Service;

namespace TorrentPatron.PowerShell.Commands;

/// <summary>Disconnects patrons from the service in another process. Their torrents continue to run.</summary>
[Cmdlet(VerbsCommunications.Disconnect, "TorrentPatron", DefaultParameterSetName = NameSet, SupportsShouldProcess = true)]
[OutputType(typeof(void))]
public sealed class DisconnectTorrentPatronCommand : PipelineCmdlet
{
    private const string NameSet = "Name";
    private const string InputObjectSet = "InputObject";

    /// <summary>Names or patterns; by default all connected patrons.</summary>
    [Parameter(Position = 0, ParameterSetName = NameSet)]
    [NameTransformation]
    [ArgumentCompleter(typeof(PatronCompleter))]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    public string[] Name { get; set; } = ["*"];

    /// <summary>The patrons.</summary>
    [Parameter(Mandatory = true, Position = 0, ParameterSetName = InputObjectSet, ValueFromPipeline = true)]
    [Alias("Patron")]
    [PatronObjectTransformation]
    [ValidateNotNull]
    public object[] InputObject { get; set; } = [];

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        bool isByName = ParameterSetName == NameSet;
        IReadOnlyList<Patron> patrons = isByName ? PatronNames.Find(Name, Fail) : PatronNames.FindObjects(InputObject, Fail);
        SessionPatrons session = RunspacePatrons.Current;
        Run(async (output, cancellation) =>
        {
            foreach (Patron patron in patrons)
            {
                if (patron.IsRemote)
                {
                    if (await output.ShouldProcessAsync(patron.Name, "Disconnect patron").ConfigureAwait(false))
                        await session.StopAsync(patron).WaitAsync(cancellation).ConfigureAwait(false);
                }
                else if (!isByName || Name.Contains(patron.Name, StringComparer.OrdinalIgnoreCase))
                {
                    await output.FailAsync(new CommandFailure(CommandErrors.NotConnected(patron.Name), patron)).ConfigureAwait(false);
                }
            }
        });
    }
}

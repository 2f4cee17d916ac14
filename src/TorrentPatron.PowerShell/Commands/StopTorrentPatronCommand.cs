using System.Management.Automation;
using TorrentPatron.PowerShell.Binding;
using TorrentPatron.PowerShell.Completion;
using TorrentPatron.PowerShell.Hosting;
using TorrentPatron.Service;

namespace TorrentPatron.PowerShell.Commands;

/// <summary>Stops patrons and the torrents that they started.</summary>
[Cmdlet(VerbsLifecycle.Stop, "TorrentPatron", DefaultParameterSetName = NameSet, SupportsShouldProcess = true)]
[OutputType(typeof(void))]
public sealed class StopTorrentPatronCommand : PipelineCmdlet
{
    private const string NameSet = "Name";
    private const string InputObjectSet = "InputObject";

    /// <summary>Names or patterns.</summary>
    [Parameter(Mandatory = true, Position = 0, ParameterSetName = NameSet)]
    [NameTransformation]
    [ArgumentCompleter(typeof(PatronCompleter))]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    public string[] Name { get; set; } = [];

    /// <summary>The patrons.</summary>
    [Parameter(Mandatory = true, Position = 0, ParameterSetName = InputObjectSet, ValueFromPipeline = true)]
    [Alias("Patron")]
    [PatronObjectTransformation]
    [ValidateNotNull]
    public object[] InputObject { get; set; } = [];

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        IReadOnlyList<Patron> patrons = ParameterSetName == NameSet
            ? PatronNames.Find(Name, Fail)
            : PatronNames.FindObjects(InputObject, Fail);
        SessionPatrons session = RunspacePatrons.Current;
        Run(async (output, cancellation) =>
        {
            foreach (Patron patron in patrons)
            {
                int torrents = patron.OwnStatuses.Count;
                string target = torrents == 1 ? $"{patron.Name} (1 torrent)" : $"{patron.Name} ({torrents} torrents)";
                if (await output.ShouldProcessAsync(target, "Stop patron").ConfigureAwait(false))
                    await session.StopAsync(patron).WaitAsync(cancellation).ConfigureAwait(false);
            }
        });
    }
}

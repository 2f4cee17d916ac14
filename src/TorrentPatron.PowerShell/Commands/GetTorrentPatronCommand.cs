using System.Management.Automation;
using TorrentPatron.PowerShell.Completion;
using TorrentPatron.Service;

namespace TorrentPatron.PowerShell.Commands;

/// <summary>Shows the session's patrons.</summary>
[Cmdlet(VerbsCommon.Get, "TorrentPatron")]
[OutputType(typeof(Patron))]
public sealed class GetTorrentPatronCommand : PipelineCmdlet
{
    /// <summary>Names, or patterns of names.</summary>
    [Parameter(Position = 0)]
    [ArgumentCompleter(typeof(PatronCompleter))]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    public string[] Name { get; set; } = ["*"];

    /// <inheritdoc/>
    protected override void ProcessRecord() => WriteObject(PatronNames.Find(Name, Fail), enumerateCollection: true);
}

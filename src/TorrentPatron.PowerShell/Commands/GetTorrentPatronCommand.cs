using System.Management.Automation;
using TorrentPatron.PowerShell.Binding;
using TorrentPatron.PowerShell.Completion;
using TorrentPatron.Service;

namespace TorrentPatron.PowerShell.Commands;

/// <summary>Shows the session's patrons.</summary>
[Cmdlet(VerbsCommon.Get, "TorrentPatron", DefaultParameterSetName = NameSet)]
[OutputType(typeof(Patron))]
public sealed class GetTorrentPatronCommand : PipelineCmdlet
{
    private const string NameSet = "Name";
    private const string InputObjectSet = "InputObject";

    /// <summary>Names or patterns.</summary>
    [Parameter(Position = 0, ParameterSetName = NameSet)]
    [NameTransformation]
    [ArgumentCompleter(typeof(PatronCompleter))]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    public string[] Name { get; set; } = ["*"];

    /// <summary>Patrons from an earlier command.</summary>
    [Parameter(Mandatory = true, Position = 0, ParameterSetName = InputObjectSet, ValueFromPipeline = true)]
    [Alias("Patron")]
    [PatronObjectTransformation]
    [ValidateNotNull]
    public object[] InputObject { get; set; } = [];

    /// <inheritdoc/>
    protected override void ProcessRecord() => WriteObject(
        ParameterSetName == InputObjectSet ? PatronNames.FindObjects(InputObject, Fail) : PatronNames.Find(Name, Fail),
        enumerateCollection: true);
}

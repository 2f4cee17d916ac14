using System.Management.Automation;
using TorrentPatron.PowerShell.Binding;
using TorrentPatron.PowerShell.Completion;

namespace TorrentPatron.PowerShell.Commands;

/// <summary>A cmdlet that does something to torrents that run: without a name it does it to none.</summary>
public abstract class NamedTorrentCmdlet : SelectTorrentCmdlet
{
    /// <summary>Names, or patterns of names.</summary>
    [Parameter(Mandatory = true, Position = 0, ParameterSetName = NameSet)]
    [NameTransformation]
    [ArgumentCompleter(typeof(TorrentNameCompleter))]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    public override string[]? Name { get; set; }
}

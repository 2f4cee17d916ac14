using System.Management.Automation;
using TorrentPatron.PowerShell.Binding;
using TorrentPatron.PowerShell.Completion;

namespace TorrentPatron.PowerShell.Commands;

/// <summary>A cmdlet that changes running torrents and therefore needs a name.</summary>
public abstract class NamedTorrentCmdlet : SelectTorrentCmdlet
{
    /// <summary>Names or patterns.</summary>
    [Parameter(Mandatory = true, Position = 0, ParameterSetName = NameSet)]
    [NameTransformation]
    [ArgumentCompleter(typeof(TorrentNameCompleter))]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    public override string[]? Name { get; set; }
}

using System.Management.Automation;
using TorrentPatron.PowerShell.Binding;
using TorrentPatron.PowerShell.Completion;
using TorrentPatron.PowerShell.Hosting;
using TorrentPatron.Service;

namespace TorrentPatron.PowerShell.Commands;

/// <summary>A cmdlet that works for a patron: the one given, or the session.</summary>
public abstract class PatronCmdlet : PipelineCmdlet
{
    /// <summary>The patron. What starts torrents uses the session's own where none is given.</summary>
    [Parameter]
    [PatronTransformation]
    [ArgumentCompleter(typeof(PatronCompleter))]
    [ValidateNotNull]
    public Patron? Patron { get; set; }

    private protected static SessionPatrons Session => RunspacePatrons.Current;
}

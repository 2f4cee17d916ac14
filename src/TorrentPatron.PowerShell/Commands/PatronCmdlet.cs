using System.Management.Automation;
using TorrentPatron.PowerShell.Binding;
using TorrentPatron.PowerShell.Completion;
using TorrentPatron.PowerShell.Hosting;
using TorrentPatron.PowerShell.Output;
using TorrentPatron.PowerShell.Torrents;
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

    /// <summary>
    /// The torrents that are saved in the state folders of a patron, or else of all the session's, and do not run. On the
    /// pipeline thread; a folder that cannot be read ends the command.
    /// </summary>
    private protected IReadOnlyList<SavedTarget> SavedTargets(Patron? patron) => SavedTargets(patron, SavedTarget.Of);

    /// <summary>Those of them that have an info hash, or whose info hash begins so.</summary>
    private protected IReadOnlyList<SavedTarget> SavedTargets(Patron? patron, string infoHash) => Protocol.InfoHash.TryParse(infoHash, out Protocol.InfoHash torrent)
        ? SavedTargets(patron, any => SavedTarget.Find(any, torrent))
        : [.. SavedTargets(patron).Where(saved => saved.InfoHash.StartsWith(infoHash, StringComparison.OrdinalIgnoreCase))];

    private IReadOnlyList<SavedTarget> SavedTargets(Patron? patron, Func<Patron, IEnumerable<SavedTarget>> find)
    {
        try
        {
            IEnumerable<Patron> patrons = patron is null ? Session.Patrons.Append(Session.Default()).DistinctBy(any => any.Service) : [patron];
            return [.. patrons.SelectMany(find)];
        }
        catch (TorrentException fault)
        {
            ThrowTerminatingError(CmdletOutput.Record(new CommandFailure(fault.Error, patron, fault.InnerException)));
            throw;
        }
    }
}

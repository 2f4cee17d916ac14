using System.Management.Automation;
using TorrentPatron.Engine.Client;
using TorrentPatron.PowerShell.Binding;
using TorrentPatron.PowerShell.Completion;
using TorrentPatron.PowerShell.Torrents;
using TorrentPatron.Service;

namespace TorrentPatron.PowerShell.Commands;

/// <summary>A cmdlet about running torrents. It never starts an engine.</summary>
public abstract class SelectTorrentCmdlet : PatronCmdlet
{
    private protected const string NameSet = "Name";
    private protected const string InfoHashSet = "InfoHash";
    private protected const string InputObjectSet = "InputObject";

    /// <summary>Names or patterns.</summary>
    [Parameter(Position = 0, ParameterSetName = NameSet)]
    [NameTransformation]
    [ArgumentCompleter(typeof(TorrentNameCompleter))]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    public virtual string[]? Name { get; set; }

    /// <summary>Info hashes or their prefixes.</summary>
    [Parameter(Mandatory = true, ParameterSetName = InfoHashSet, ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(InfoHashCompleter))]
    [ValidateNotNullOrEmpty]
    public string[] InfoHash { get; set; } = [];

    /// <summary>The torrents: statuses, or other objects with a property InfoHash.</summary>
    [Parameter(Mandatory = true, Position = 0, ParameterSetName = InputObjectSet, ValueFromPipeline = true)]
    [TorrentTransformation]
    [ValidateNotNull]
    public object[] InputObject { get; set; } = [];

    /// <summary>The parameters from the command line and the current record.</summary>
    private protected GivenParameters Given { get; private set; } = null!;

    /// <inheritdoc/>
    protected override void BeginProcessing()
    {
        Given = new GivenParameters(this);
        RequireValues(Given);
        // The service's torrents may go on, but this session knows nothing of them.
        foreach ((Patron lost, TorrentError fault) in Session.Lost.Where(lost => Patron is null || Patron.Service == lost.Patron.Service))
            Fail(fault, lost.Name);
        foreach ((Patron gone, TorrentError why) in Session.Interrupted.Where(gone => Patron is null || Patron.Service == gone.Patron.Service))
            WriteWarning($"The connection of '{gone.Name}' to its service is lost and is being restored: {why.Message} Its torrents are shown as they were last seen.");
        WarnOfCutOffs(Session);
    }

    /// <summary>The torrents that the parameters select; reports each name that selects none.</summary>
    private protected IReadOnlyList<TorrentTarget> Select()
    {
        TorrentReference[] references = ParameterSetName == InputObjectSet ? [.. InputObject.Select(TorrentReference.Of).OfType<TorrentReference>()] : [];
        Given.Next(Array.Exists(references, torrent => torrent.IsRecord));

        var finder = TorrentFinder.Among(Patron, Session);
        var found = new List<TorrentTarget>();
        switch (ParameterSetName)
        {
            case InfoHashSet:
                foreach (string text in InfoHash)
                    Add(finder.ByInfoHash(text, out TorrentError? error), error, text);
                break;
            case InputObjectSet:
                foreach (TorrentReference torrent in references)
                    Add(finder.ByReference(torrent, out TorrentError? error), error, torrent.Given);
                break;
            default:
                if (Name is null)
                    return finder.All;
                foreach (string text in Name)
                    Add(finder.ByName(new NamePattern(text), out TorrentError? error), error, text);
                break;
        }

        return [.. found.Distinct()];

        void Add(IReadOnlyList<TorrentTarget> torrents, TorrentError? error, object target)
        {
            found.AddRange(torrents);
            if (torrents.Count == 0 && !IsElsewhere(target) && error is not null)
                Fail(error, target);
        }
    }

    /// <summary>Looks elsewhere for a target that selects no running torrent. A pattern may select none.</summary>
    /// <param name="target">What the user gave.</param>
    /// <returns>Whether it was found.</returns>
    private protected virtual bool IsElsewhere(object target) => false;

    /// <summary>The saved torrents that a target selects which selects no running torrent. Patterns select running torrents only.</summary>
    private protected IReadOnlyList<SavedTarget> FindSaved(object target)
    {
        if (ParameterSetName != NameSet)
            return TorrentReference.Of(target) is { } reference ? SavedTargets(Patron, reference) : SavedTargets(Patron, (string)target);

        var name = new NamePattern((string)target);
        return name.HasWildcards ? [.. SavedTargets(Patron).Where(saved => name.IsName(saved.Name))] : SavedTargets(Patron, name);
    }
}

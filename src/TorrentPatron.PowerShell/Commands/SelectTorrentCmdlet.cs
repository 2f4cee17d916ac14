using System.Management.Automation;
using TorrentPatron.Engine.Client;
using TorrentPatron.PowerShell.Completion;
using TorrentPatron.PowerShell.Torrents;

namespace TorrentPatron.PowerShell.Commands;

/// <summary>A cmdlet about torrents that run. It never starts an engine.</summary>
public abstract class SelectTorrentCmdlet : PatronCmdlet
{
    private protected const string NameSet = "Name";
    private protected const string InfoHashSet = "InfoHash";
    private protected const string InputObjectSet = "InputObject";

    /// <summary>Names, or patterns of names.</summary>
    [Parameter(Position = 0, ParameterSetName = NameSet)]
    [ArgumentCompleter(typeof(TorrentNameCompleter))]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    public string[]? Name { get; set; }

    /// <summary>Info hashes, or beginnings of them.</summary>
    [Parameter(Mandatory = true, ParameterSetName = InfoHashSet, ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(InfoHashCompleter))]
    [ValidateNotNullOrEmpty]
    public string[] InfoHash { get; set; } = [];

    /// <summary>Statuses of the torrents.</summary>
    [Parameter(Mandatory = true, ParameterSetName = InputObjectSet, ValueFromPipeline = true)]
    [ValidateNotNull]
    public TorrentStatus[] InputObject { get; set; } = [];

    /// <summary>The torrents that the parameters name; what names none is reported.</summary>
    private protected IReadOnlyList<TorrentTarget> Select()
    {
        var finder = TorrentFinder.Among(Patron, Session);
        var found = new List<TorrentTarget>();
        switch (ParameterSetName)
        {
            case InfoHashSet:
                foreach (string text in InfoHash)
                    Add(finder.ByInfoHash(text, out TorrentError? error), error, text);
                break;
            case InputObjectSet:
                foreach (TorrentStatus status in InputObject)
                    Add(finder.ByStatus(status, out TorrentError? error), error, status);
                break;
            default:
                if (Name is null)
                    return finder.All;
                foreach (string text in Name)
                    Add(finder.ByName(Plain(text), Matcher(text), out TorrentError? error), error, text);
                break;
        }

        return [.. found.Distinct()];

        void Add(IReadOnlyList<TorrentTarget> torrents, TorrentError? error, object target)
        {
            found.AddRange(torrents);
            if (error is not null)
                NotFound(error, target);
        }
    }

    /// <summary>Reports that something the user gave names no torrent that runs.</summary>
    private protected virtual void NotFound(TorrentError error, object target) => Fail(error, target);

    /// <summary>A name, whose brackets and stars may have been escaped, as completion does.</summary>
    private static string Plain(string text) => WildcardPattern.ContainsWildcardCharacters(text) ? text : WildcardPattern.Unescape(text);

    private static Func<string, bool>? Matcher(string text) => WildcardPattern.ContainsWildcardCharacters(text)
        ? new WildcardPattern(text, WildcardOptions.IgnoreCase | WildcardOptions.CultureInvariant).IsMatch
        : null;
}

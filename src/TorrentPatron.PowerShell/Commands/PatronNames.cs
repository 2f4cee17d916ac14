using System.Management.Automation;
using TorrentPatron.Engine.Client;
using TorrentPatron.PowerShell.Hosting;
using TorrentPatron.PowerShell.Output;
using TorrentPatron.Service;

namespace TorrentPatron.PowerShell.Commands;

/// <summary>Finds the session's patrons by their names.</summary>
internal static class PatronNames
{
    /// <summary>The patrons of those names, each once; a name that none has is reported.</summary>
    public static IReadOnlyList<Patron> Find(IEnumerable<string> names, Action<TorrentError, object?> fail)
    {
        IReadOnlyList<Patron> all = RunspacePatrons.Current.Patrons;
        var found = new List<Patron>();
        foreach (string name in names)
        {
            var pattern = new WildcardPattern(name, WildcardOptions.IgnoreCase | WildcardOptions.CultureInvariant);
            Patron[] matching = [.. all.Where(patron => pattern.IsMatch(patron.Name))];
            if (matching.Length == 0 && !WildcardPattern.ContainsWildcardCharacters(name))
                fail(CommandErrors.NoSuchPatron(name), name);
            found.AddRange(matching);
        }

        return [.. found.Distinct()];
    }
}

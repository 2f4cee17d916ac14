using TorrentPatron.Engine.Client;
using TorrentPatron.PowerShell.Hosting;
using TorrentPatron.PowerShell.Output;
using TorrentPatron.Service;

namespace TorrentPatron.PowerShell.Commands;

/// <summary>Finds the session's patrons by what a person gives.</summary>
internal static class PatronNames
{
    /// <summary>The patrons of those names, each once; a name that none has is reported.</summary>
    public static IReadOnlyList<Patron> Find(IEnumerable<string> names, Action<TorrentError, object?> fail)
    {
        IReadOnlyList<Patron> all = RunspacePatrons.Current.Patrons;
        var found = new List<Patron>();
        foreach (string text in names)
        {
            var name = new NamePattern(text);
            IReadOnlyList<Patron> named = name.Find(all, patron => [patron.Name]);
            if (named.Count == 0 && !name.HasWildcards)
                fail(CommandErrors.NoSuchPatron(text), text);
            found.AddRange(named);
        }

        return [.. found.Distinct()];
    }

    /// <summary>The patrons themselves, of what may be left of them after a trip through a job or a file; one that is not here is reported.</summary>
    public static IReadOnlyList<Patron> FindObjects(IEnumerable<object> objects, Action<TorrentError, object?> fail)
    {
        var found = new List<Patron>();
        foreach (object given in objects)
        {
            PatronReference? reference = PatronReference.Of(given);
            if (reference?.Find(RunspacePatrons.Current) is { } patron)
                found.Add(patron);
            else
                fail(CommandErrors.NoSuchPatron(reference?.Name ?? $"{given}"), given);
        }

        return [.. found.Distinct()];
    }
}

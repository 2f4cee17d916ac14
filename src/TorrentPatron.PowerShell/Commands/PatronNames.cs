using TorrentPatron.Engine.Client;
using TorrentPatron.PowerShell.Hosting;
using TorrentPatron.PowerShell.Output;
using TorrentPatron.Service;

namespace TorrentPatron.PowerShell.Commands;

/// <summary>Finds the session's patrons by names and objects.</summary>
internal static class PatronNames
{
    /// <summary>The patrons that the names match, without duplicates; reports each name that no patron has.</summary>
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

    /// <summary>The patrons of objects that a job or a file may have serialized; reports those of other sessions.</summary>
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

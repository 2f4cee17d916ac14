using TorrentPatron.Engine.Client;

namespace TorrentPatron.PowerShell.Commands;

/// <summary>
/// Searches torrents for files, trackers or web seeds by name, and remembers the names that no torrent has: a name that one torrent has
/// is not reported as missing from the others.
/// </summary>
internal sealed class NameSearch
{
    private readonly OrderedDictionary<object, bool> _found = [];

    /// <summary>The names that were not found in any torrent, in the order of the search. Patterns are never missing.</summary>
    public IReadOnlyList<object> Missing => [.. _found.Where(name => !name.Value).Select(name => name.Key)];

    /// <summary>The names of the torrents that were searched.</summary>
    public HashSet<string> Torrents { get; } = [];

    /// <summary>Searches one torrent for a name.</summary>
    /// <param name="text">The name or pattern.</param>
    /// <param name="parts">The torrent's parts.</param>
    /// <param name="namesOf">The names of a part.</param>
    public IReadOnlyList<T> Find<T>(string text, IReadOnlyCollection<T> parts, Func<T, IEnumerable<string>> namesOf)
    {
        var name = new NamePattern(text);
        IReadOnlyList<T> found = name.Find(parts, namesOf);
        Note(text, found.Count > 0 || name.HasWildcards);
        return found;
    }

    /// <summary>Records whether a torrent has a given part.</summary>
    /// <param name="given">What the user gave.</param>
    /// <param name="isFound">Whether the torrent has it.</param>
    public void Note(object given, bool isFound) => _found[given] = isFound || _found.GetValueOrDefault(given);

    /// <summary>The torrents that were searched, for a message.</summary>
    public override string ToString() => Torrents.Count == 1 ? $"'{Torrents.First()}'" : $"{Torrents.Count} torrents";
}

using TorrentPatron.Engine.Client;

namespace TorrentPatron.PowerShell.Commands;

/// <summary>
/// Looks for names among the parts of torrents (files, trackers), and remembers those that no torrent's part has: one that some torrents
/// have is not missing in the others.
/// </summary>
internal sealed class NameSearch
{
    private readonly OrderedDictionary<object, bool> _found = [];

    /// <summary>The names that were looked for and never found, in the order in which they were looked for. Patterns promise nothing.</summary>
    public IReadOnlyList<object> Missing => [.. _found.Where(name => !name.Value).Select(name => name.Key)];

    /// <summary>The torrents that were searched, by their names.</summary>
    public HashSet<string> Torrents { get; } = [];

    /// <summary>Looks for one name in one torrent.</summary>
    /// <param name="text">The name, or a pattern of names.</param>
    /// <param name="parts">The torrent's parts.</param>
    /// <param name="namesOf">What a part is called.</param>
    public IReadOnlyList<T> Find<T>(string text, IReadOnlyCollection<T> parts, Func<T, IEnumerable<string>> namesOf)
    {
        var name = new NamePattern(text);
        IReadOnlyList<T> found = name.Find(parts, namesOf);
        Note(text, found.Count > 0 || name.HasWildcards);
        return found;
    }

    /// <summary>Notes whether something that was named has been found in a torrent.</summary>
    /// <param name="given">What the user gave.</param>
    /// <param name="isFound">Whether it has.</param>
    public void Note(object given, bool isFound) => _found[given] = isFound || _found.GetValueOrDefault(given);

    /// <summary>What the torrents are called that were searched.</summary>
    public override string ToString() => Torrents.Count == 1 ? $"'{Torrents.First()}'" : $"{Torrents.Count} torrents";
}

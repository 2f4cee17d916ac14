namespace TorrentPatron.Engine.Client;

/// <summary>
/// A name as typed by a user. It selects items with exactly that name; if there are none, it is matched as a PowerShell wildcard
/// pattern: <c>*</c>, <c>?</c>, <c>[a-z]</c>, and a backtick to escape a character. Case is ignored. Immutable.
/// </summary>
public sealed class NamePattern
{
    private readonly WildcardPattern _pattern;

    /// <summary>Creates a pattern from a name.</summary>
    /// <param name="text">A name or a name pattern; an invalid pattern is only a name.</param>
    public NamePattern(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        Text = text;
        _pattern = new WildcardPattern(text);
    }

    /// <summary>The original text.</summary>
    public string Text { get; }

    /// <summary>Whether it is a valid pattern with wildcards, which may match any number of names.</summary>
    public bool HasWildcards => _pattern is { IsValid: true, HasWildcards: true };

    /// <summary>
    /// The names by which a file can be selected: its path in the torrent, its path below the torrent's own folder, and its file
    /// name.
    /// </summary>
    /// <param name="path">The file's path in the torrent, with <c>/</c> as separator.</param>
    public static IReadOnlyList<string> NamesOfFile(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        return
        [
            path,
            path[(path.IndexOf('/', StringComparison.Ordinal) + 1)..],
            path[(path.LastIndexOf('/') + 1)..],
        ];
    }

    /// <summary>Whether a name equals the text literally.</summary>
    /// <param name="name">The name.</param>
    public bool IsName(string name) => Text.Equals(name, StringComparison.OrdinalIgnoreCase);

    /// <summary>Whether a name matches the text as a pattern.</summary>
    /// <param name="name">The name.</param>
    public bool IsMatch(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return _pattern.IsMatch(name);
    }

    /// <summary>Finds the items with exactly this name or, if there are none, those that match the pattern.</summary>
    /// <param name="things">The items to search.</param>
    /// <param name="namesOf">Returns an item's names.</param>
    public IReadOnlyList<T> Find<T>(IReadOnlyCollection<T> things, Func<T, IEnumerable<string>> namesOf)
    {
        ArgumentNullException.ThrowIfNull(things);
        ArgumentNullException.ThrowIfNull(namesOf);
        T[] called = [.. things.Where(thing => namesOf(thing).Any(IsName))];
        return called.Length > 0 ? called : [.. things.Where(thing => namesOf(thing).Any(IsMatch))];
    }

    /// <inheritdoc/>
    public override string ToString() => Text;
}

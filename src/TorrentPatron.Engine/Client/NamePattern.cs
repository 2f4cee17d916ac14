namespace TorrentPatron.Engine.Client;

/// <summary>
/// A name as a person gives it. It means what is called so, as it is written; where nothing is, what it matches as one of
/// PowerShell's wildcard patterns: <c>*</c>, <c>?</c>, <c>[a-z]</c>, and a backtick before a character that stands for itself.
/// Case is ignored. Immutable.
/// </summary>
public sealed class NamePattern
{
    private readonly WildcardPattern _pattern;

    /// <summary>Takes a name.</summary>
    /// <param name="text">A name, or a pattern of names; what is not a valid pattern is a name only.</param>
    public NamePattern(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        Text = text;
        _pattern = new WildcardPattern(text);
    }

    /// <summary>The text as it was given.</summary>
    public string Text { get; }

    /// <summary>Whether it is a valid pattern that several names may match, so that it may as well match none.</summary>
    public bool HasWildcards => _pattern is { IsValid: true, HasWildcards: true };

    /// <summary>The files' names among which a file is looked for: its path in the torrent, below the torrent's own folder, and its name alone.</summary>
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

    /// <summary>Whether a name is the text as it is written.</summary>
    /// <param name="name">The name.</param>
    public bool IsName(string name) => Text.Equals(name, StringComparison.OrdinalIgnoreCase);

    /// <summary>Whether a name matches the text as a pattern.</summary>
    /// <param name="name">The name.</param>
    public bool IsMatch(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return _pattern.IsMatch(name);
    }

    /// <summary>Finds what is meant among some things: those called so or, where there are none, those that match.</summary>
    /// <param name="things">The things.</param>
    /// <param name="namesOf">What a thing is called.</param>
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

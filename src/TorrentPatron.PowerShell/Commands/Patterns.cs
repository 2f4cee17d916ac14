using System.Management.Automation;

namespace TorrentPatron.PowerShell.Commands;

/// <summary>Some of PowerShell's wildcard patterns, of which one must match. Case does not count.</summary>
internal sealed class Patterns(IEnumerable<string> texts)
{
    private readonly WildcardPattern[] _patterns =
        [.. texts.Select(text => new WildcardPattern(text, WildcardOptions.IgnoreCase | WildcardOptions.CultureInvariant))];

    /// <summary>Whether one of them matches.</summary>
    public bool Match(string text) => Array.Exists(_patterns, pattern => pattern.IsMatch(text));

    /// <summary>Whether one of them matches one of some texts.</summary>
    public bool Match(IEnumerable<string> anyOf) => anyOf.Any(Match);
}

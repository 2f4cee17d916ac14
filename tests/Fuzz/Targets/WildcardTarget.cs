using System.Text;
using TorrentPatron.Engine.Client;
using TorrentPatron.Fuzz.Mutation;

namespace TorrentPatron.Fuzz.Targets;

/// <summary>Wildcard matching: a pattern and a name with a line break between them.</summary>
internal sealed class WildcardTarget : IFuzzTarget
{
    public string Name => "wildcard";

    public IMutator Mutator { get; } = new ByteMutator(
        [.. new[] { "*.txt\na.txt", "a?c\nabc", "[a-c]*\nbx", "[]x]\n]", "`[a`]\n[a]", "a*b*c*d*\naaaabbbbcccc", "*a*a*a*a*a*a*a*b\naaaaaaaaaaaaaaaaaaaaaaaa" }.Select(Encoding.ASCII.GetBytes)],
        [.. new[] { "*", "?", "[", "]", "-", "[a-z]", "`", "**", "\n" }.Select(Encoding.ASCII.GetBytes)]);

    public long AllowedBytes(int length) => 128 * 1024 + (8000L * length);

    public bool Run(byte[] input)
    {
        string[] parts = Encoding.Latin1.GetString(input).Split('\n', 2);
        string name = parts.Length > 1 ? parts[1] : "";
        bool isMatch = new WildcardPattern(parts[0]).IsMatch(name);
        // A backtick at the end would escape the star.
        if (!parts[0].EndsWith('`'))
            Property.Holds(new WildcardPattern("*" + parts[0] + "*").IsMatch(name) || !isMatch, "a match also matches with stars around the pattern");
        if (parts[0].IndexOfAny(['*', '?', '[', ']', '`']) < 0)
            Property.Holds(isMatch == string.Equals(parts[0], name, StringComparison.InvariantCultureIgnoreCase), "a plain pattern matches itself");
        return isMatch;
    }
}

using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace TorrentPatron.Engine.Client;

/// <summary>
/// A wildcard pattern with PowerShell's semantics (WildcardPattern with the options IgnoreCase and CultureInvariant): <c>*</c>
/// matches any characters, <c>?</c> one, <c>[a-z_]</c> one of a set, and a backtick escapes a character. Case is ignored.
/// </summary>
/// <remarks>
/// The engine cannot use PowerShell's own class. A test compares the two with a table that PowerShell wrote, including odd cases.
/// Matching takes at most pattern length times text length steps, without recursion.
/// </remarks>
internal sealed class WildcardPattern
{
    private const char Escape = '`';

    private static readonly SearchValues<char> SpecialCharacters = SearchValues.Create("*?[]`");

    private readonly List<Element> _elements = [];

    /// <summary>
    /// The text, if no character before the last is special: PowerShell compares such text by linguistic rules, not by
    /// characters.
    /// </summary>
    private readonly string? _plain;
    private readonly bool _isPrefix;

    /// <summary>Reads a pattern.</summary>
    /// <param name="pattern">The pattern, valid or not.</param>
    public WildcardPattern(string pattern)
    {
        int special = pattern.AsSpan().IndexOfAny(SpecialCharacters);
        _isPrefix = special >= 0 && special == pattern.Length - 1 && pattern[special] == '*';
        HasWildcards = _isPrefix;
        if (special < 0 || _isPrefix)
            _plain = special < 0 ? pattern : pattern[..special];
        else
            IsValid = Read(pattern);
    }

    private enum Kind
    {
        Any,
        One,
        Character,
        Set,
    }

    /// <summary>
    /// Whether the pattern is valid; PowerShell rejects patterns such as <c>[abc</c> and <c>[z-a]</c>. An invalid pattern matches
    /// nothing.
    /// </summary>
    public bool IsValid { get; } = true;

    /// <summary>Whether it may match several names: it contains an unescaped star, question mark or set.</summary>
    public bool HasWildcards { get; private set; }

    /// <summary>Whether the pattern matches a whole text.</summary>
    /// <param name="text">The text.</param>
    public bool IsMatch(string text)
    {
        if (!IsValid)
            return false;
        if (_plain is null)
            return IsMatchOfElements(text);
        return _isPrefix
            ? text.StartsWith(_plain, StringComparison.InvariantCultureIgnoreCase)
            : text.Equals(_plain, StringComparison.InvariantCultureIgnoreCase);
    }

    private bool IsMatchOfElements(string text)
    {
        int element = 0, at = 0, star = -1, starAt = 0;
        while (at < text.Length)
        {
            if (element < _elements.Count && _elements[element].Kind == Kind.Any)
            {
                (star, starAt) = (element++, at);
            }
            else if (element < _elements.Count && _elements[element].Takes(char.ToLowerInvariant(text[at])))
            {
                element++;
                at++;
            }
            else if (star >= 0)
            {
                // The last star takes one more character; earlier ones never have to.
                element = star + 1;
                at = ++starAt;
            }
            else
            {
                return false;
            }
        }

        while (element < _elements.Count && _elements[element].Kind == Kind.Any)
            element++;
        return element == _elements.Count;
    }

    /// <returns>Whether the pattern is valid.</returns>
    private bool Read(string pattern)
    {
        for (int at = 0; at < pattern.Length; at++)
        {
            switch (pattern[at])
            {
                case '*':
                    // Consecutive stars are equivalent to one.
                    if (_elements is not [.., { Kind: Kind.Any }])
                        _elements.Add(new Element(Kind.Any));
                    HasWildcards = true;
                    break;
                case '?':
                    _elements.Add(new Element(Kind.One));
                    HasWildcards = true;
                    break;
                case '[':
                    if (ReadSet(pattern, ref at) is not { } set)
                        return false;
                    _elements.Add(new Element(Kind.Set) { Set = set });
                    HasWildcards = true;
                    break;
                case Escape when at + 1 < pattern.Length:
                    _elements.Add(new Element(Kind.Character) { Character = char.ToLowerInvariant(pattern[++at]) });
                    break;
                case Escape when pattern.Length == 1:
                    break; // A lone trailing backtick is ignored; at the end of longer text it is literal.
                default:
                    _elements.Add(new Element(Kind.Character) { Character = char.ToLowerInvariant(pattern[at]) });
                    break;
            }
        }

        return true;
    }

    /// <summary>Reads a set. A literal bracket comes first or is escaped, and so is a literal hyphen.</summary>
    /// <param name="pattern">The pattern.</param>
    /// <param name="at">The index of the set's opening bracket; on return, of its closing one.</param>
    /// <returns>The set; null if it is invalid.</returns>
    private static Regex? ReadSet(string pattern, ref int at)
    {
        var characters = new List<(char Value, bool IsRange)>();
        int first = at + 1;
        for (at = first; at < pattern.Length && (pattern[at] != ']' || at == first); at++)
        {
            bool isEscaped = pattern[at] == Escape;
            if (isEscaped && ++at == pattern.Length)
                return null;
            characters.Add((pattern[at], pattern[at] == '-' && !isEscaped));
        }

        if (at == pattern.Length)
            return null;

        var expression = new StringBuilder("[");
        for (int i = 0; i < characters.Count; i++)
        {
            Append(expression, characters[i].Value);
            if (i + 2 >= characters.Count || !characters[i + 1].IsRange)
                continue;

            // It is an oddity of PowerShell that a range may not end with a bracket.
            char last = characters[i + 2].Value;
            if (characters[i].Value > last || last == '[')
                return null;
            Append(expression.Append('-'), last);
            i += 2;
        }

        // Only .NET's regular expressions agree with PowerShell about which characters differ only in case, also within ranges.
        return new Regex(
            expression.Append(']').ToString(), RegexOptions.IgnoreCase | RegexOptions.CultureInvariant | RegexOptions.Singleline);
    }

    private static void Append(StringBuilder expression, char c) => expression.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}");

    private readonly record struct Element(Kind Kind)
    {
        public char Character { get; init; }

        public Regex? Set { get; init; }

        /// <summary>Whether the element matches a lower-case character.</summary>
        public bool Takes(char c) => Kind switch
        {
            Kind.One => true,
            Kind.Character => c == Character,
            _ => Set!.IsMatch(new ReadOnlySpan<char>(in c)),
        };
    }
}

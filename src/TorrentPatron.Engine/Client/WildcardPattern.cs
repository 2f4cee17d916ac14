namespace TorrentPatron.Engine.Client;

/// <summary>
/// A pattern for names: <c>*</c> any characters, <c>?</c> one, <c>[a-z_]</c> one of a set; upper and lower case are the same. A
/// bracket that is never closed stands for itself. Matching takes at most pattern times text steps, without recursion.
/// </summary>
internal sealed class WildcardPattern
{
    /// <summary>Characters of a longer pattern are ignored: names of files are shorter than that.</summary>
    private const int MostElements = 4096;

    private readonly List<Element> _elements = [];

    /// <summary>Reads a pattern; whatever it is, it is one.</summary>
    /// <param name="pattern">The pattern.</param>
    public WildcardPattern(string pattern)
    {
        ReadOnlySpan<char> left = pattern;
        while (!left.IsEmpty && _elements.Count < MostElements)
        {
            int length = 1;
            Element element = left[0] switch
            {
                '*' => new Element(Kind.Any, ""),
                '?' => new Element(Kind.One, ""),
                '[' when SetLength(left) is int set => new Element(Kind.Set, left[1..((length = set) - 1)].ToString()),
                _ => new Element(Kind.One, left[..1].ToString()),
            };
            left = left[length..];
            // Several stars in a row say no more than one.
            if (element.Kind != Kind.Any || _elements is not [.., { Kind: Kind.Any }])
                _elements.Add(element);
        }
    }

    private enum Kind
    {
        Any,
        One,
        Set,
    }

    /// <summary>Whether the pattern matches a whole text.</summary>
    /// <param name="text">The text.</param>
    public bool IsMatch(ReadOnlySpan<char> text)
    {
        int element = 0, at = 0, star = -1, starAt = 0;
        while (at < text.Length)
        {
            if (element < _elements.Count && _elements[element].Kind == Kind.Any)
            {
                (star, starAt) = (element++, at);
            }
            else if (element < _elements.Count && _elements[element].Takes(text[at]))
            {
                element++;
                at++;
            }
            else if (star >= 0)
            {
                // The last star takes one character more; earlier ones never have to.
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

    /// <summary>Length of a set with its brackets; null where it is not closed. A bracket that comes first is one of its characters.</summary>
    private static int? SetLength(ReadOnlySpan<char> pattern)
    {
        int end = pattern.Length < 3 ? -1 : pattern[2..].IndexOf(']');
        return end < 0 ? null : end + 3;
    }

    private static char Fold(char c) => char.ToLowerInvariant(c);

    private readonly record struct Element(Kind Kind, string Characters)
    {
        public bool Takes(char c)
        {
            if (Characters.Length == 0)
                return true;
            c = Fold(c);
            if (Kind == Kind.One)
                return Fold(Characters[0]) == c;
            for (int i = 0; i < Characters.Length; i++)
            {
                if (i + 2 < Characters.Length && Characters[i + 1] == '-')
                {
                    if (Fold(Characters[i]) <= c && c <= Fold(Characters[i + 2]))
                        return true;
                    i += 2;
                }
                else if (Fold(Characters[i]) == c)
                {
                    return true;
                }
            }

            return false;
        }
    }
}

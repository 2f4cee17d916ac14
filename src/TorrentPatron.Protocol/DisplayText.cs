using System.Globalization;
using System.Text;

namespace TorrentPatron.Protocol;

/// <summary>Makes text from outside safe to show on a terminal or in a log.</summary>
public static class DisplayText
{
    /// <summary>
    /// Removes characters that could control a terminal or disguise the text: control characters (including escape), direction
    /// marks, and invisible characters (zero-width spaces, soft hyphens, invisible operators, tags). Line breaks and tabs become
    /// one space. Unpaired surrogates become U+FFFD. Joiners (U+200C, U+200D) are kept, because scripts and emoji need them.
    /// </summary>
    /// <param name="text">Any text.</param>
    /// <returns>The same instance if nothing had to be changed.</returns>
    public static string Clean(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        int safe = text.AsSpan().IndexOfAnyExceptInRange(' ', '~');
        if (safe < 0)
            return text;

        var cleaned = new StringBuilder(text.Length);
        cleaned.Append(text, 0, safe);
        bool lastWasBreak = false;
        Span<char> units = stackalloc char[2];
        foreach (Rune rune in text.AsSpan(safe).EnumerateRunes())
        {
            bool isBreak = rune.Value is '\n' or '\r' or '\t' or '\v' or '\f' or 0x85 or 0x2028 or 0x2029;
            if (isBreak && !lastWasBreak)
                cleaned.Append(' ');
            else if (!isBreak && !IsUnfit(rune))
                cleaned.Append(units[..rune.EncodeToUtf16(units)]);
            lastWasBreak = isBreak;
        }

        return cleaned.Equals(text) ? text : cleaned.ToString();
    }

    /// <summary>Whether a character is a control, direction or invisible character, or not a character at all.</summary>
    internal static bool IsUnfit(Rune rune) =>
        Rune.GetUnicodeCategory(rune) is UnicodeCategory.Control
            or UnicodeCategory.LineSeparator
            or UnicodeCategory.ParagraphSeparator
        || rune.Value is 0x061C or 0x200E or 0x200F // direction marks
            or 0x00AD or 0x200B or (>= 0x2060 and <= 0x2064) // soft hyphen, zero-width space, word joiner, invisible operators
            or (>= 0xE0000 and <= 0xE007F) // tags
            or (>= 0x202A and <= 0x202E) or (>= 0x2066 and <= 0x206F) // embeddings, overrides, isolates; deprecated marks
            or 0xFEFF or (>= 0xFFF9 and <= 0xFFFB) // byte order mark; interlinear annotation
            or (>= 0xFDD0 and <= 0xFDEF)
        || (rune.Value & 0xFFFE) == 0xFFFE; // what Unicode calls noncharacters
}

using System.Globalization;
using System.Text;

namespace TorrentPatron.Protocol.Trackers;

/// <summary>What trackers say to people, made fit to be shown.</summary>
internal static class TrackerText
{
    private const int MaxLength = 300;

    /// <summary>The sentence for a refusal.</summary>
    /// <param name="reason">The tracker's own words, as UTF-8.</param>
    public static string Refusal(ReadOnlySpan<byte> reason)
    {
        string cleaned = Clean(reason);
        return cleaned.Length == 0 ? "The tracker refused without a reason." : $"The tracker refused: {cleaned}";
    }

    /// <summary>Removes control, escape and bidi characters, and what is too long.</summary>
    /// <param name="text">The tracker's own words, as UTF-8.</param>
    public static string Clean(ReadOnlySpan<byte> text)
    {
        var cleaned = new StringBuilder();
        while (!text.IsEmpty && cleaned.Length < MaxLength)
        {
            Rune.DecodeFromUtf8(text, out Rune rune, out int consumed);
            text = text[consumed..];
            if (Rune.GetUnicodeCategory(rune) is not (UnicodeCategory.Control or UnicodeCategory.Format
                or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator))
            {
                cleaned.Append(rune.ToString());
            }
        }

        return cleaned.ToString().Trim();
    }
}

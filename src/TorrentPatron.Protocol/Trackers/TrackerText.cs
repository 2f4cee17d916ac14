using System.Text;

namespace TorrentPatron.Protocol.Trackers;

/// <summary>Makes trackers' messages safe to show.</summary>
internal static class TrackerText
{
    private const int MaxLength = 300;

    /// <summary>The sentence for a refusal.</summary>
    /// <param name="reason">The tracker's own words, as UTF-8.</param>
    public static string Refusal(ReadOnlySpan<byte> reason)
    {
        string cleaned = Clean(reason);
        return cleaned.Length == 0 ? "The tracker refused without giving a reason." : $"The tracker refused: {cleaned}";
    }

    /// <summary>Removes control, escape and bidi characters, and shortens long text.</summary>
    /// <param name="text">The tracker's own words, as UTF-8.</param>
    public static string Clean(ReadOnlySpan<byte> text) =>
        DisplayText.Clean(Encoding.UTF8.GetString(text[..Math.Min(text.Length, MaxLength)])).Trim();
}

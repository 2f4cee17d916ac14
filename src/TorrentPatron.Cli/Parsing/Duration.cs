using System.Globalization;

namespace TorrentPatron.Cli.Parsing;

/// <summary>Lengths of time as people write and read them.</summary>
internal static class Duration
{
    // What a timer can wait: some 49 days.
    private static readonly TimeSpan Longest = TimeSpan.FromDays(49);

    /// <summary>Reads a number of seconds, or a number and one of <c>s</c>, <c>m</c>, <c>h</c>, <c>d</c>.</summary>
    /// <param name="text">Such as <c>90</c> or <c>1.5h</c>.</param>
    /// <param name="duration">More than nothing, and at most 49 days.</param>
    /// <returns>Whether the text is such a length of time.</returns>
    public static bool TryParse(string text, out TimeSpan duration)
    {
        duration = default;
        double unit = text.Length == 0 ? 0 : text[^1] switch
        {
            's' => 1,
            'm' => 60,
            'h' => 3600,
            'd' => 86400,
            _ => 0,
        };
        ReadOnlySpan<char> number = unit == 0 ? text : text.AsSpan(0, text.Length - 1);
        if (!double.TryParse(number, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double count))
            return false;

        double seconds = count * Math.Max(unit, 1);
        if (seconds < 0.001 || seconds > Longest.TotalSeconds)
            return false;
        duration = TimeSpan.FromSeconds(seconds);
        return true;
    }

    /// <summary>Writes a length of time in at most two units, such as <c>1 h 5 min</c>.</summary>
    /// <param name="duration">0 or more.</param>
    public static string Format(TimeSpan duration) => duration switch
    {
        { TotalDays: >= 1 } => $"{(long)duration.TotalDays} d {duration.Hours} h",
        { TotalHours: >= 1 } => $"{duration.Hours} h {duration.Minutes} min",
        { TotalMinutes: >= 1 } => $"{duration.Minutes} min {duration.Seconds} s",
        { TotalSeconds: >= 10 } => $"{duration.TotalSeconds:0} s",
        _ => $"{duration.TotalSeconds:0.##} s",
    };
}

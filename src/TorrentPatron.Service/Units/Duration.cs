using System.Globalization;

namespace TorrentPatron.Service.Units;

/// <summary>Formats and parses durations.</summary>
public static class Duration
{
    /// <summary>The longest wait: about the limit of timers.</summary>
    public static TimeSpan LongestWait { get; } = TimeSpan.FromDays(24);

    /// <summary>Reads a number of seconds, a number and one of <c>s</c>, <c>m</c>, <c>h</c>, <c>d</c>, or <c>hh:mm:ss</c>.</summary>
    /// <param name="text">Such as <c>90</c>, <c>1.5h</c> or <c>00:05:00</c>; upper and lower case are the same.</param>
    /// <param name="duration">0 or more.</param>
    /// <returns>Whether the text is a duration.</returns>
    public static bool TryParse(string text, out TimeSpan duration)
    {
        ArgumentNullException.ThrowIfNull(text);
        ReadOnlySpan<char> time = text.AsSpan().Trim();
        double unit = time.IsEmpty ? 0 : char.ToLowerInvariant(time[^1]) switch
        {
            's' => 1,
            'm' => 60,
            'h' => 3600,
            'd' => 86400,
            _ => 0,
        };
        ReadOnlySpan<char> number = unit > 0 ? time[..^1].TrimEnd() : time;
        if (double.TryParse(number, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double count))
            return TryOfSeconds(count * Math.Max(unit, 1), out duration);
        return TimeSpan.TryParse(time, CultureInfo.InvariantCulture, out duration) && duration >= TimeSpan.Zero;
    }

    /// <summary>Converts a number of seconds.</summary>
    /// <param name="seconds">The number.</param>
    /// <param name="duration">0 or more.</param>
    /// <returns>Whether it is 0 or more, and within the range of a <see cref="TimeSpan"/>.</returns>
    public static bool TryOfSeconds(double seconds, out TimeSpan duration)
    {
        bool isDuration = seconds >= 0 && seconds < TimeSpan.MaxValue.TotalSeconds;
        duration = isDuration ? TimeSpan.FromSeconds(seconds) : default;
        return isDuration;
    }

    /// <summary>Writes a duration in its two largest units, such as <c>2h 05m</c>, rounded up to a second.</summary>
    /// <param name="duration">The duration; a negative one counts as 0.</param>
    public static string Format(TimeSpan duration)
    {
        long seconds = (long)Math.Ceiling(Math.Max(0, duration.TotalSeconds));
        return seconds switch
        {
            < 60 => string.Create(CultureInfo.InvariantCulture, $"{seconds}s"),
            < 3600 => string.Create(CultureInfo.InvariantCulture, $"{seconds / 60}m {seconds % 60:00}s"),
            < 86400 => string.Create(CultureInfo.InvariantCulture, $"{seconds / 3600}h {seconds / 60 % 60:00}m"),
            < 86400L * 1000 => string.Create(CultureInfo.InvariantCulture, $"{seconds / 86400}d {seconds / 3600 % 24:00}h"),
            _ => "> 999d",
        };
    }
}

using System.Globalization;

namespace TorrentPatron.Service.Units;

/// <summary>Lengths of time as people write and read them.</summary>
public static class Duration
{
    /// <summary>Reads a number of seconds, a number and one of <c>s</c>, <c>m</c>, <c>h</c>, <c>d</c>, or <c>hh:mm:ss</c>.</summary>
    /// <param name="text">Such as <c>90</c>, <c>1.5h</c> or <c>00:05:00</c>; the case of letters does not matter.</param>
    /// <param name="duration">0 or more.</param>
    /// <returns>Whether the text is such a length of time.</returns>
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

    /// <summary>Takes a number of seconds.</summary>
    /// <param name="seconds">The number.</param>
    /// <param name="duration">0 or more.</param>
    /// <returns>Whether it is 0 or more, and not more than a <see cref="TimeSpan"/> can be.</returns>
    public static bool TryOfSeconds(double seconds, out TimeSpan duration)
    {
        bool isDuration = seconds >= 0 && seconds < TimeSpan.MaxValue.TotalSeconds;
        duration = isDuration ? TimeSpan.FromSeconds(seconds) : default;
        return isDuration;
    }

    /// <summary>Writes a length of time in at most two units, such as <c>1 h 5 min</c>.</summary>
    /// <param name="duration">0 or more.</param>
    public static string Format(TimeSpan duration) => duration switch
    {
        { TotalDays: >= 1 } => $"{(long)duration.TotalDays} d {duration.Hours} h",
        { TotalHours: >= 1 } => $"{duration.Hours} h {duration.Minutes} min",
        { TotalMinutes: >= 1 } => $"{duration.Minutes} min {duration.Seconds} s",
        { TotalSeconds: >= 10 } => $"{duration.TotalSeconds.ToString("0", CultureInfo.InvariantCulture)} s",
        _ => $"{duration.TotalSeconds.ToString("0.##", CultureInfo.InvariantCulture)} s",
    };
}

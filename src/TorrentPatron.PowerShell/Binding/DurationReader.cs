using System.Globalization;

namespace TorrentPatron.PowerShell.Binding;

/// <summary>Reads durations from what people write: seconds, <c>90s</c>, <c>5m</c>, <c>2h</c>, <c>1d</c>, <c>00:05:00</c>.</summary>
internal static class DurationReader
{
    /// <summary>Reads a duration. A decimal is none: it may be <c>1d</c>, which PowerShell takes as the number 1 where it has no quotes.</summary>
    /// <param name="value">A duration, a number of seconds, or a text.</param>
    /// <param name="longest">The longest that is one.</param>
    /// <param name="duration">The duration, 0 or more.</param>
    /// <returns>Whether it is one.</returns>
    public static bool TryRead(object? value, TimeSpan longest, out TimeSpan duration)
    {
        duration = value switch
        {
            TimeSpan given => given,
            sbyte or byte or short or ushort or int or uint or long or ulong or float or double =>
                OfSeconds(Convert.ToDouble(value, CultureInfo.InvariantCulture)),
            string text => OfText(text.Trim()),
            _ => TimeSpan.MinValue,
        };
        return duration >= TimeSpan.Zero && duration <= longest;
    }

    private static TimeSpan OfText(string text)
    {
        double unit = text is [.., char last] ? char.ToLowerInvariant(last) switch { 's' => 1, 'm' => 60, 'h' => 3600, 'd' => 86400, _ => 0 } : 0;
        ReadOnlySpan<char> number = unit > 0 ? text.AsSpan(0, text.Length - 1) : text;
        if (double.TryParse(number, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double count))
            return OfSeconds(count * (unit > 0 ? unit : 1));
        return TimeSpan.TryParse(text, CultureInfo.InvariantCulture, out TimeSpan duration) ? duration : TimeSpan.MinValue;
    }

    private static TimeSpan OfSeconds(double seconds) =>
        seconds >= 0 && seconds < TimeSpan.MaxValue.TotalSeconds ? TimeSpan.FromSeconds(seconds) : TimeSpan.MinValue;
}

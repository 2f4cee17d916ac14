using System.Globalization;
using TorrentPatron.Service.Units;

namespace TorrentPatron.PowerShell.Binding;

/// <summary>Reads durations from what people write: seconds, <c>90s</c>, <c>5m</c>, <c>2h</c>, <c>1d</c>, <c>00:05:00</c>.</summary>
internal static class DurationReader
{
    /// <summary>Reads a duration. A decimal is refused: it may be an unquoted <c>1d</c>, which PowerShell reads as the number 1.</summary>
    /// <param name="value">A duration, a number of seconds, or a text.</param>
    /// <param name="longest">The longest duration to accept.</param>
    /// <param name="duration">The duration, 0 or more.</param>
    /// <returns>Whether the value is a duration.</returns>
    public static bool TryRead(object? value, TimeSpan longest, out TimeSpan duration)
    {
        duration = default;
        bool isRead = value switch
        {
            TimeSpan given => (duration = given) >= TimeSpan.Zero,
            sbyte or byte or short or ushort or int or uint or long or ulong or float or double =>
                Duration.TryOfSeconds(Convert.ToDouble(value, CultureInfo.InvariantCulture), out duration),
            string text => Duration.TryParse(text, out duration),
            _ => false,
        };
        return isRead && duration <= longest;
    }
}

using System.Globalization;
using TorrentPatron.Service.Units;

namespace TorrentPatron.PowerShell.Output;

/// <summary>Numbers for live tables, progress and sentences, never for the properties of objects. The views have script that shows the same.</summary>
internal static class HumanText
{
    /// <summary>A number of bytes, such as <c>1.50 GiB</c>; at most 8 characters.</summary>
    /// <param name="bytes">0 or more; a negative number counts as 0.</param>
    public static string Size(double bytes) => ByteSize.Format(bytes);

    /// <summary>A rate, such as <c>12.3 MiB/s</c>; empty for 0.</summary>
    /// <param name="bytesPerSecond">Bytes a second.</param>
    public static string Rate(double bytesPerSecond) => bytesPerSecond > 0 ? ByteSize.FormatRate(bytesPerSecond) : "";

    /// <summary>A duration, such as <c>2h 05m</c>; empty for null.</summary>
    /// <param name="duration">The duration; a negative one counts as 0.</param>
    public static string Duration(TimeSpan? duration) => duration is { } value ? Service.Units.Duration.Format(value) : "";

    /// <summary>A percentage with one decimal, rounded down: only a complete share is <c>100.0</c>.</summary>
    /// <param name="percent">0 to 100.</param>
    public static string Percent(double percent) =>
        (Math.Floor(Math.Clamp(percent, 0, 100) * 10) / 10).ToString("0.0", CultureInfo.InvariantCulture);

    /// <summary>A ratio with two decimals.</summary>
    /// <param name="ratio">0 or more.</param>
    public static string Ratio(double ratio) => Math.Max(0, ratio).ToString("0.00", CultureInfo.InvariantCulture);

    /// <summary>A number of things.</summary>
    /// <param name="count">How many.</param>
    public static string Count(int count) => count.ToString(CultureInfo.InvariantCulture);

    /// <summary>A number of peers, such as <c>1 peer</c>.</summary>
    /// <param name="count">How many.</param>
    public static string Peers(int count) => count == 1 ? "1 peer" : string.Create(CultureInfo.InvariantCulture, $"{count} peers");
}

using System.Globalization;

namespace TorrentPatron.PowerShell.Output;

/// <summary>Numbers as people read them: for live tables, progress and sentences, never for the properties of objects. Views have script that shows the same.</summary>
internal static class HumanText
{
    private static readonly string[] Units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];

    /// <summary>A number of bytes with three significant digits, such as <c>1.50 GiB</c>; at most 8 characters.</summary>
    /// <param name="bytes">0 or more; what is below counts as 0.</param>
    public static string Size(double bytes)
    {
        double value = double.IsNaN(bytes) ? 0 : Math.Max(0, bytes);
        int unit = 0;
        while (value >= 999.5 && unit < Units.Length - 1)
        {
            value /= 1024;
            unit++;
        }

        string format = unit == 0 || value >= 99.95 ? "0" : value >= 9.995 ? "0.0" : "0.00";
        return $"{value.ToString(format, CultureInfo.InvariantCulture)} {Units[unit]}";
    }

    /// <summary>A rate with three significant digits, such as <c>12.3 MiB/s</c>; empty for none.</summary>
    /// <param name="bytesPerSecond">Bytes a second.</param>
    public static string Rate(double bytesPerSecond) => bytesPerSecond > 0 ? $"{Size(bytesPerSecond)}/s" : "";

    /// <summary>A duration in its two largest units, such as <c>2h 05m</c>; empty for none.</summary>
    /// <param name="duration">The duration; a negative one counts as 0.</param>
    public static string Duration(TimeSpan? duration)
    {
        if (duration is not { } value)
            return "";

        var seconds = (long)Math.Ceiling(Math.Max(0, value.TotalSeconds));
        return seconds switch
        {
            < 60 => string.Create(CultureInfo.InvariantCulture, $"{seconds}s"),
            < 3600 => string.Create(CultureInfo.InvariantCulture, $"{seconds / 60}m {seconds % 60:00}s"),
            < 86400 => string.Create(CultureInfo.InvariantCulture, $"{seconds / 3600}h {seconds / 60 % 60:00}m"),
            < 86400L * 1000 => string.Create(CultureInfo.InvariantCulture, $"{seconds / 86400}d {seconds / 3600 % 24:00}h"),
            _ => "> 999d",
        };
    }

    /// <summary>A share with one decimal. Only what is whole is shown as <c>100.0</c>.</summary>
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

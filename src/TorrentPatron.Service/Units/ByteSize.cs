using System.Globalization;

namespace TorrentPatron.Service.Units;

/// <summary>Formats and parses numbers of bytes, and rates in bytes/s.</summary>
public static class ByteSize
{
    private static readonly string[] Names = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];

    /// <summary>
    /// Reads a size or a rate: a number and an optional unit. <c>K</c>, <c>KB</c> and <c>KiB</c> are 1024 bytes, as in PowerShell; likewise
    /// <c>M</c>, <c>G</c>, <c>T</c> and <c>P</c>. <c>/s</c> may follow. Upper and lower case are the same.
    /// </summary>
    /// <param name="text">Such as <c>256MiB</c>, <c>1.5 G</c> or <c>500 KB/s</c>.</param>
    /// <param name="bytes">The size in bytes, or the rate in bytes/s; 0 or more.</param>
    /// <returns>Whether the text is a size or a rate.</returns>
    public static bool TryParse(string text, out long bytes)
    {
        ArgumentNullException.ThrowIfNull(text);
        bytes = 0;
        ReadOnlySpan<char> size = text.AsSpan().Trim();
        if (size.EndsWith("/s", StringComparison.OrdinalIgnoreCase))
            size = size[..^2];
        int end = size.LastIndexOfAnyInRange('0', '9') + 1;
        if (!decimal.TryParse(size[..end], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out decimal number)
            || Unit(size[end..].Trim()) is not { } unit
            || number > long.MaxValue / unit)
        {
            return false;
        }

        bytes = (long)(number * unit);
        return true;
    }

    /// <summary>Writes a size with three significant digits, such as <c>1.50 GiB</c>; at most 8 characters.</summary>
    /// <param name="bytes">The size; a negative one counts as 0.</param>
    public static string Format(double bytes)
    {
        double value = double.IsNaN(bytes) ? 0 : Math.Max(0, bytes);
        int unit = 0;
        for (; value >= 999.5 && unit < Names.Length - 1; unit++)
            value /= 1024;
        string format = unit == 0 || value >= 99.95 ? "0" : value >= 9.995 ? "0.0" : "0.00";
        return $"{value.ToString(format, CultureInfo.InvariantCulture)} {Names[unit]}";
    }

    /// <summary>Writes a rate, such as <c>12.3 MiB/s</c>.</summary>
    /// <param name="bytesPerSecond">Bytes/s.</param>
    public static string FormatRate(double bytesPerSecond) => Format(bytesPerSecond) + "/s";

    private static long? Unit(ReadOnlySpan<char> name)
    {
        if (name.IsEmpty || name.Equals("B", StringComparison.OrdinalIgnoreCase))
            return 1;
        int power = "KMGTP".IndexOf(char.ToUpperInvariant(name[0]), StringComparison.Ordinal) + 1;
        bool isUnit = power > 0 && (name.Length == 1 || name[1..].Equals("B", StringComparison.OrdinalIgnoreCase)
            || name[1..].Equals("iB", StringComparison.OrdinalIgnoreCase));
        return isUnit ? 1L << (10 * power) : null;
    }
}

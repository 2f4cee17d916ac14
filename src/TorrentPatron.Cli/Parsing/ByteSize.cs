using System.Globalization;

namespace TorrentPatron.Cli.Parsing;

/// <summary>Numbers of bytes as people write and read them.</summary>
internal static class ByteSize
{
    private static readonly string[] Names = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];

    /// <summary>
    /// Reads a size: a number and, if wanted, a unit. <c>KiB</c>, <c>MiB</c> ... (or <c>K</c>, <c>M</c> ...) are powers of 1024,
    /// <c>kB</c>, <c>MB</c> ... powers of 1000; the case of letters does not matter.
    /// </summary>
    /// <param name="text">Such as <c>256MiB</c>.</param>
    /// <param name="bytes">The size, 0 or more.</param>
    /// <returns>Whether the text is a size.</returns>
    public static bool TryParse(string text, out long bytes)
    {
        bytes = 0;
        int end = text.AsSpan().LastIndexOfAnyInRange('0', '9') + 1;
        if (!decimal.TryParse(text.AsSpan(0, end), NumberStyles.AllowDecimalPoint, null, out decimal number)
            || Unit(text.AsSpan(end).Trim()) is not { } unit
            || number > long.MaxValue / unit)
        {
            return false;
        }

        bytes = (long)(number * unit);
        return true;
    }

    /// <summary>Writes a size with one digit after the point, such as <c>1.5 GiB</c>.</summary>
    /// <param name="bytes">The size.</param>
    public static string Format(double bytes)
    {
        int unit = 0;
        for (; Math.Abs(bytes) >= 1024 && unit < Names.Length - 1; unit++)
            bytes /= 1024;
        return unit == 0 ? $"{bytes:0} B" : $"{bytes:0.0} {Names[unit]}";
    }

    private static long? Unit(ReadOnlySpan<char> name)
    {
        if (name.IsEmpty || name.Equals("B", StringComparison.OrdinalIgnoreCase))
            return 1;
        int power = "KMGT".IndexOf(char.ToUpperInvariant(name[0])) + 1;
        if (power == 0)
            return null;

        ReadOnlySpan<char> rest = name[1..];
        long step = rest.IsEmpty || rest.Equals("iB", StringComparison.OrdinalIgnoreCase) ? 1024
            : rest.Equals("B", StringComparison.OrdinalIgnoreCase) ? 1000
            : 0;
        long unit = step;
        for (int i = 1; i < power; i++)
            unit *= step;
        return unit == 0 ? null : unit;
    }
}

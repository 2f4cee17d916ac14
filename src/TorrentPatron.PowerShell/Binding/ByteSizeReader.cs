using System.Globalization;
using TorrentPatron.Service.Units;

namespace TorrentPatron.PowerShell.Binding;

/// <summary>Reads sizes and rates from what people write: numbers (500KB is one in PowerShell), and texts such as <c>2M</c>, <c>1.5 MiB/s</c>.</summary>
internal static class ByteSizeReader
{
    /// <summary>Reads a size or a rate.</summary>
    /// <param name="value">A number of bytes, or a text.</param>
    /// <param name="bytes">The bytes, or bytes/s, rounded towards 0; negative if the number is.</param>
    /// <returns>Whether the value is a size.</returns>
    public static bool TryRead(object? value, out long bytes)
    {
        bytes = 0;
        switch (value)
        {
            case string text:
                return ByteSize.TryParse(text, out bytes);
            case sbyte or byte or short or ushort or int or uint or long:
                bytes = Convert.ToInt64(value, CultureInfo.InvariantCulture);
                return true;
            case ulong or float or double or decimal:
                double number = Convert.ToDouble(value, CultureInfo.InvariantCulture);
                bool fits = Math.Abs(number) < long.MaxValue;
                bytes = fits ? (long)number : 0;
                return fits;
            default:
                return false;
        }
    }
}

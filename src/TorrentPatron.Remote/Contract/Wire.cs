using System.Collections.ObjectModel;
using System.Globalization;
using System.Net;
using TorrentPatron.Protocol;
using TorrentPatron.Service.Errors;

namespace TorrentPatron.Remote.Contract;

/// <summary>The format of single values on the wire: addresses as text, durations as seconds, enumerations by their names.</summary>
/// <remarks>An invalid value is an <see cref="ContractErrors.InvalidValue"/>; an unknown name is replaced by a fallback.</remarks>
internal static class Wire
{
    public static string OfTorrent(TorrentId torrent) => torrent == default ? "" : torrent.ToString();

    /// <summary>Reads an info hash; an empty text is the default value, which means no torrent.</summary>
    public static TorrentId ToTorrent(string? text) => string.IsNullOrEmpty(text) ? default
        : TorrentId.TryParse(text, out TorrentId torrent) ? torrent
        : throw new TorrentException(ContractErrors.InvalidValue(text, "an info hash"));

    public static double? OfTime(TimeSpan? time) => time?.TotalSeconds;

    public static TimeSpan? ToTime(double? seconds) => seconds is { } given ? ToTime(given) : null;

    /// <summary>Reads a duration, to the tick; one that is too long becomes the maximum.</summary>
    public static TimeSpan ToTime(double seconds)
    {
        double ticks = Math.Round(seconds * TimeSpan.TicksPerSecond);
        return double.IsNaN(ticks) ? TimeSpan.Zero
            : ticks >= long.MaxValue ? TimeSpan.MaxValue
            : ticks <= long.MinValue ? TimeSpan.MinValue
            : new TimeSpan((long)ticks);
    }

    public static string? OfEnum<T>(T? value)
        where T : struct, Enum =>
        value?.ToString();

    /// <summary>Reads a name; a number or an unknown name becomes the fallback.</summary>
    public static T ToEnum<T>(string? text, T fallback = default)
        where T : struct, Enum =>
        text is [(>= 'A' and <= 'Z') or (>= 'a' and <= 'z'), ..] && Enum.TryParse(text, ignoreCase: true, out T value) ? value : fallback;

    /// <summary>Reads names separated by commas; ignores unknown ones.</summary>
    public static T ToFlags<T>(string? text)
        where T : struct, Enum
    {
        ulong flags = 0;
        foreach (string name in (text ?? "").Split(',', StringSplitOptions.TrimEntries))
            flags |= Convert.ToUInt64(ToEnum<T>(name), CultureInfo.InvariantCulture);
        return (T)Enum.ToObject(typeof(T), flags);
    }

    public static string? OfAddress(IPAddress? address) => address?.ToString();

    public static IPAddress? ToAddress(string? text) => text is null ? null
        : IPAddress.TryParse(text, out IPAddress? address) ? address
        : throw new TorrentException(ContractErrors.InvalidValue(text, "an address"));

    public static string OfEndPoint(IPEndPoint endPoint) => endPoint.ToString();

    public static IPEndPoint ToEndPoint(string? text) => IPEndPoint.TryParse(text ?? "", out IPEndPoint? endPoint)
        ? endPoint
        : throw new TorrentException(ContractErrors.InvalidValue(text ?? "", "an address and port"));

    /// <summary>Reads a path of limited length.</summary>
    public static string? ToPath(string? text)
    {
        const int MostChars = 32_767;
        return text is not { Length: > MostChars } && text?.Contains('\0', StringComparison.Ordinal) != true
            ? text
            : throw new TorrentException(ContractErrors.InvalidValue(text, "a path"));
    }

    public static string OfUri(Uri uri) => uri.OriginalString;

    public static Uri ToUri(string? text) => Uri.TryCreate(text, UriKind.Absolute, out Uri? uri)
        ? uri
        : throw new TorrentException(ContractErrors.InvalidValue(text ?? "", "an absolute address"));

    /// <summary>Reads an address as the user gave it; the code that uses it reports errors.</summary>
    public static Uri ToGivenUri(string? text) => Uri.TryCreate(text, UriKind.RelativeOrAbsolute, out Uri? uri)
        ? uri
        : throw new TorrentException(ContractErrors.InvalidValue(text ?? "", "an address"));

    /// <summary>Converts a list; an empty one is omitted.</summary>
    public static TWire[]? OfList<T, TWire>(IReadOnlyCollection<T>? list, Func<T, TWire> convert) =>
        list is { Count: > 0 } ? [.. list.Select(convert)] : null;

    /// <summary>Reads a list: an omitted list is empty, and null members are ignored.</summary>
    public static ReadOnlyCollection<T> ToList<TWire, T>(TWire?[]? list, Func<TWire, T> convert)
        where TWire : class =>
        list is null ? [] : [.. list.OfType<TWire>().Select(convert)];

    /// <summary>Converts ascending numbers to the first and the last number of each run.</summary>
    public static int[]? OfNumbers(IReadOnlyList<int> numbers)
    {
        var runs = new List<int>();
        foreach (int number in numbers)
        {
            if (runs.Count > 0 && runs[^1] == number - 1)
                runs[^1] = number;
            else
                runs.AddRange([number, number]);
        }

        return runs.Count == 0 ? null : [.. runs];
    }

    /// <summary>Reads the result of <see cref="OfNumbers"/>, within a limit.</summary>
    /// <param name="runs">First and last number of each run.</param>
    /// <param name="most">Maximum number of numbers.</param>
    public static ReadOnlyCollection<int> ToNumbers(int[]? runs, int most)
    {
        var numbers = new List<int>();
        for (int at = 0; at + 1 < runs?.Length; at += 2)
        {
            if (runs[at + 1] < runs[at] || runs[at + 1] - (long)runs[at] >= most - numbers.Count)
                throw new TorrentException(ContractErrors.InvalidValue(runs[at + 1].ToString(CultureInfo.InvariantCulture), "the end of a run of numbers"));
            numbers.AddRange(Enumerable.Range(runs[at], runs[at + 1] - runs[at] + 1));
        }

        return numbers.AsReadOnly();
    }
}

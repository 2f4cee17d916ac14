using System.Buffers;
using System.Text;

namespace TorrentPatron.Protocol.Metainfo;

/// <summary>
/// Makes one element of a path (the name of a file or folder) from a name that came from outside: one that stays where it
/// is put and is valid on Linux, macOS and Windows, and the same on each, so that a folder can be carried from one to another.
/// </summary>
public static class PathSanitizer
{
    /// <summary>The longest element, in bytes of UTF-8.</summary>
    public const int MaxElementBytes = 255;

    /// <summary>
    /// The longest path of a torrent's file below its destination, in bytes of UTF-8: what the shortest-winded of the usual
    /// systems (macOS, 1024 bytes in all) takes below a folder of the usual length.
    /// </summary>
    public const int MaxPathBytes = 900;

    /// <summary>What stands for a name of which nothing else is left, such as <c>..</c>.</summary>
    public const string Placeholder = "_";

    /// <summary>
    /// The extension of the hidden files in which an engine keeps bytes of files that are not wanted: no element that begins with a dot ends
    /// with it.
    /// </summary>
    public const string PartsExtension = ".patron-parts";

    // An extension is kept when a name is cut, unless it is longer than this.
    private const int MaxExtensionBytes = 32;

    private static readonly SearchValues<char> PlainCharacters = SearchValues.Create(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789 !#$%&'()+,-.;=@[]^_`{}~");

    private static readonly SearchValues<char> RefusedByWindows = SearchValues.Create("\\:*?\"<>|");

    private static readonly HashSet<string>.AlternateLookup<ReadOnlySpan<char>> DeviceNames = new HashSet<string>(
        [
            "CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$", "CLOCK$",
            .. "0123456789¹²³".SelectMany(digit => new[] { "COM" + digit, "LPT" + digit }),
        ],
        StringComparer.OrdinalIgnoreCase).GetAlternateLookup<ReadOnlySpan<char>>();

    /// <summary>Makes a safe element from a name in UTF-8; what is not UTF-8 becomes <c>_</c>.</summary>
    /// <param name="name">Any bytes.</param>
    public static string CleanElement(ReadOnlySpan<byte> name) => CleanElement(Encoding.UTF8.GetString(name));

    /// <summary>
    /// Makes a safe element from a name: separators and characters that some system refuses become <c>_</c>; control,
    /// direction and invisible characters, and dots and spaces at the end, go; Windows' device names, and the names of our own hidden files, get a
    /// <c>_</c> in front; what is longer than <see cref="MaxElementBytes"/> is cut before its extension.
    /// </summary>
    /// <param name="name">Any text.</param>
    /// <returns>Never empty, <c>.</c> or <c>..</c>. A name that is safe already comes back as it is.</returns>
    public static string CleanElement(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        string element = ReplaceUnsafe(name).TrimEnd(' ', '.');
        while (element.Length > 0)
        {
            if (IsDeviceName(element) || IsPartsName(element))
                element = "_" + element;
            if (Encoding.UTF8.GetByteCount(element) <= MaxElementBytes)
                return element;
            // What is left may be a device's name, or nothing but spaces.
            element = Shorten(element, MaxElementBytes);
        }

        return Placeholder;
    }

    /// <summary>
    /// Whether a name can be that of a file on this system as it is, and stays where it is put: without separators and control characters,
    /// and neither <c>.</c> nor <c>..</c>; on Windows, whatever that would read otherwise is excluded too.
    /// </summary>
    /// <param name="name">Any text.</param>
    internal static bool IsUsable(string name)
    {
        if (name.Length is 0 or > MaxElementBytes || name is "." or "..")
            return false;
        foreach (Rune rune in name.EnumerateRunes())
        {
            // What was not UTF-8, or is half a surrogate pair, is the name of no file.
            if (rune.Value is '/' or 0xFFFD || Rune.IsControl(rune))
                return false;
        }

        return !OperatingSystem.IsWindows()
            || (!name.AsSpan().ContainsAny(RefusedByWindows) && name[^1] is not (' ' or '.') && !IsDeviceName(name));
    }

    /// <summary>Cuts a name to a number of bytes, before its extension where it has one, and never within a character.</summary>
    internal static string Shorten(string element, int maxBytes)
    {
        int dot = ExtensionStart(element);
        ReadOnlySpan<char> extension = element.AsSpan(dot);
        int room = maxBytes - Encoding.UTF8.GetByteCount(extension);
        int length = 0;
        foreach (Rune rune in element.AsSpan(0, dot).EnumerateRunes())
        {
            room -= rune.Utf8SequenceLength;
            if (room < 0)
                break;
            length += rune.Utf16SequenceLength;
        }

        ReadOnlySpan<char> stem = element.AsSpan(0, length);
        return extension.IsEmpty ? stem.TrimEnd(" .").ToString() : string.Concat(stem, extension);
    }

    /// <summary>Where the extension begins, its dot included; the name's end, where it has none worth keeping.</summary>
    internal static int ExtensionStart(string element)
    {
        int dot = element.LastIndexOf('.');
        return dot > 0 && Encoding.UTF8.GetByteCount(element.AsSpan(dot)) <= MaxExtensionBytes ? dot : element.Length;
    }

    private static string ReplaceUnsafe(string name)
    {
        int plain = name.AsSpan().IndexOfAnyExcept(PlainCharacters);
        if (plain < 0)
            return name;

        var element = new StringBuilder(name.Length);
        element.Append(name, 0, plain);
        Span<char> units = stackalloc char[2];
        foreach (Rune rune in name.AsSpan(plain).EnumerateRunes())
        {
            if (rune.Value is '/' or '\\' or ':' or '*' or '?' or '"' or '<' or '>' or '|' or 0xFFFD)
                element.Append('_');
            else if (!DisplayText.IsUnfit(rune))
                element.Append(units[..rune.EncodeToUtf16(units)]);
        }

        return element.ToString();
    }

    // Some file systems take case for nothing, and a long s (U+017F) for an s: the last letter may be any.
    private static bool IsPartsName(string element) =>
        element[0] == '.' && element.AsSpan(0, element.Length - 1).EndsWith(PartsExtension.AsSpan(0, PartsExtension.Length - 1), StringComparison.OrdinalIgnoreCase);

    /// <summary>Whether Windows takes a name for a device's: CON, con.txt and "con .txt" all are.</summary>
    /// <param name="element">A file's or folder's name.</param>
    public static bool IsDeviceName(string element)
    {
        ArgumentNullException.ThrowIfNull(element);
        int dot = element.IndexOf('.', StringComparison.Ordinal);
        return DeviceNames.Contains(element.AsSpan(0, dot < 0 ? element.Length : dot).TrimEnd(' '));
    }
}

using System.Buffers;
using System.Text;

namespace TorrentPatron.Protocol.Metainfo;

/// <summary>
/// Makes a safe path element (a file or folder name) from a name that came from outside: one that cannot leave its folder and is
/// valid and identical on Linux, macOS and Windows, so that a folder can be carried between them.
/// </summary>
public static class PathSanitizer
{
    /// <summary>The longest element, in bytes of UTF-8.</summary>
    public const int MaxElementBytes = 255;

    /// <summary>
    /// The longest path of a torrent's file below its destination, in bytes of UTF-8: the limit of the strictest common system
    /// (macOS, 1024 bytes in all) below a folder with a path of common length.
    /// </summary>
    public const int MaxPathBytes = 900;

    /// <summary>Replaces a name of which nothing is left, such as <c>..</c>.</summary>
    public const string Placeholder = "_";

    /// <summary>
    /// The extension of the hidden files in which an engine keeps bytes of unwanted files: no safe element that begins with a dot
    /// ends with it.
    /// </summary>
    public const string PartsExtension = ".patron-parts";

    // The extension is kept when a name is cut, unless it is longer than this.
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

    /// <summary>Makes a safe element from a name in UTF-8; invalid sequences become <c>_</c>.</summary>
    /// <param name="name">Any bytes.</param>
    public static string CleanElement(ReadOnlySpan<byte> name) => CleanElement(Encoding.UTF8.GetString(name));

    /// <summary>
    /// Makes a safe element from a name: separators and characters that some system rejects become <c>_</c>; control, direction
    /// and invisible characters, and trailing dots and spaces, are removed; Windows' device names, and the names of our own
    /// hidden files, are prefixed with <c>_</c>; anything longer than <see cref="MaxElementBytes"/> is cut before its extension.
    /// </summary>
    /// <param name="name">Any text.</param>
    /// <returns>Never empty, <c>.</c> or <c>..</c>. A safe name is returned unchanged.</returns>
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
            // The rest may be a device's name, or only spaces.
            element = Shorten(element, MaxElementBytes);
        }

        return Placeholder;
    }

    /// <summary>
    /// Whether a file can have this name unchanged on this system without leaving its folder: without separators and control
    /// characters, and neither <c>.</c> nor <c>..</c>; on Windows, anything that it would interpret differently is excluded too.
    /// </summary>
    /// <param name="name">Any text.</param>
    internal static bool IsUsable(string name)
    {
        if (name.Length is 0 or > MaxElementBytes || name is "." or "..")
            return false;
        foreach (Rune rune in name.EnumerateRunes())
        {
            // Invalid UTF-8, or an unpaired surrogate, cannot be a file name.
            if (rune.Value is '/' or 0xFFFD || Rune.IsControl(rune))
                return false;
        }

        return !OperatingSystem.IsWindows()
            || (!name.AsSpan().ContainsAny(RefusedByWindows) && name[^1] is not (' ' or '.') && !IsDeviceName(name));
    }

    /// <summary>Cuts a name to a number of bytes, before its extension if it has one, and never within a character.</summary>
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

    /// <summary>The start of the extension, including its dot; the name's end if it has none worth keeping.</summary>
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

    // Some file systems ignore case, and treat a long s (U+017F) as an s: the last letter may be any.
    private static bool IsPartsName(string element) =>
        element[0] == '.' && element.AsSpan(0, element.Length - 1).EndsWith(PartsExtension.AsSpan(0, PartsExtension.Length - 1), StringComparison.OrdinalIgnoreCase);

    /// <summary>Whether Windows interprets a name as a device: CON, con.txt and "con .txt" all are.</summary>
    /// <param name="element">A file's or folder's name.</param>
    public static bool IsDeviceName(string element)
    {
        ArgumentNullException.ThrowIfNull(element);
        int dot = element.IndexOf('.', StringComparison.Ordinal);
        return DeviceNames.Contains(element.AsSpan(0, dot < 0 ? element.Length : dot).TrimEnd(' '));
    }
}

using System.Text;
using System.Text.Unicode;
using TorrentPatron.Protocol.Bencoding;

namespace TorrentPatron.Protocol.Metainfo;

/// <summary>Reads typed values from a torrent's dictionaries, with error messages about missing and invalid ones.</summary>
internal static class MetainfoFields
{
    /// <summary>A required value.</summary>
    public static BencodeElement Required(this BencodeElement dictionary, ReadOnlySpan<byte> key, BencodeKind kind)
    {
        if (!dictionary.TryGet(key, out BencodeElement value))
            throw new MetainfoException(MetainfoFault.MissingField, $"The torrent has no '{Encoding.UTF8.GetString(key)}'.");
        return value.Kind == kind
            ? value
            : throw new MetainfoException(
                MetainfoFault.InvalidField,
                $"The torrent's '{Encoding.UTF8.GetString(key)}' is {NameOf(value.Kind)} where {NameOf(kind)} belongs.");
    }

    /// <summary>A length in bytes, 0 or more.</summary>
    public static long RequiredLength(this BencodeElement dictionary)
    {
        long length = dictionary.Required("length"u8, BencodeKind.Integer).AsInteger();
        return length >= 0 ? length : throw new MetainfoException(MetainfoFault.InvalidField, "A file's length is negative.");
    }

    /// <summary>
    /// A text safe to show, or <c>null</c> if there is none. Some programs write the text in another encoding, and again in UTF-8
    /// under the key with <c>.utf-8</c>.
    /// </summary>
    public static string? OptionalText(
        this BencodeElement dictionary, ReadOnlySpan<byte> key, ReadOnlySpan<byte> utf8Key = default)
    {
        if ((utf8Key.IsEmpty || !dictionary.TryGet(utf8Key, out BencodeElement value) || !value.IsValidUtf8())
            && !dictionary.TryGet(key, out value))
        {
            return null;
        }

        string text = value.Kind == BencodeKind.String ? DisplayText.Clean(value.AsText()).Trim() : "";
        return text.Length > 0 ? text : null;
    }

    /// <summary>Whether the value is a non-empty string of valid UTF-8.</summary>
    public static bool IsValidUtf8(this BencodeElement value) =>
        value.TryGetBytes(out ReadOnlyMemory<byte> bytes) && bytes.Length > 0 && Utf8.IsValid(bytes.Span);

    private static string NameOf(BencodeKind kind) => kind switch
    {
        BencodeKind.Integer => "a number",
        BencodeKind.String => "a string",
        BencodeKind.List => "a list",
        _ => "a dictionary",
    };
}

using System.Collections.ObjectModel;
using TorrentPatron.Protocol.Bencoding;

namespace TorrentPatron.Protocol.Metainfo;

/// <summary>
/// Reads a torrent's hints about other torrents: ones that may share files with it (BEP 38), and where to get a newer one (BEP
/// 39).
/// </summary>
internal static class HintReader
{
    /// <summary>The most torrents, and the most collections, taken from a torrent.</summary>
    internal const int MaxHints = 256;

    /// <summary>The longest name of a collection, in bytes.</summary>
    internal const int MaxCollectionLength = 256;

    /// <summary>The torrents that may share files with this one.</summary>
    /// <param name="root">The whole torrent.</param>
    /// <param name="info">Its info dictionary; the entries of both are combined.</param>
    public static ReadOnlyCollection<TorrentId> ReadSimilar(BencodeElement root, BencodeElement info) =>
        Read(root, info, "similar", value => value.AsBytes().Length switch
        {
            InfoHash.Length => new TorrentId(new InfoHash(value.AsBytes())),
            InfoHashV2.Length => new TorrentId(new InfoHashV2(value.AsBytes())),
            _ => null,
        });

    /// <summary>The torrent's collections: torrents of one collection may share files. Safe to show.</summary>
    /// <inheritdoc cref="ReadSimilar" path="/param"/>
    public static ReadOnlyCollection<string> ReadCollections(BencodeElement root, BencodeElement info) =>
        Read(root, info, "collections", value => value.AsBytes().Length <= MaxCollectionLength && value.IsValidUtf8() ? CollectionOrNull(value.AsText()) : null);

    /// <summary>The http or https address of a newer torrent; null if there is none.</summary>
    /// <param name="info">The info dictionary, the only valid place.</param>
    public static Uri? ReadUpdateUrl(BencodeElement info) =>
        info.TryGet("update-url"u8, out BencodeElement value) && value.IsValidUtf8() && value.AsBytes().Length <= AddressReader.MaxLength
            ? AddressReader.WebSeedOrNull(value.AsText())
            : null;

    /// <summary>A collection's name in its comparable form; null if it has no printable character.</summary>
    internal static string? CollectionOrNull(string text) => DisplayText.Clean(text).Trim() is { Length: > 0 } name ? name : null;

    private static ReadOnlyCollection<string> Read(BencodeElement root, BencodeElement info, string key, Func<BencodeElement, string?> read) =>
        Array.AsReadOnly(Values(root, info, key).Select(read).OfType<string>().Distinct(StringComparer.Ordinal).Take(MaxHints).ToArray());

    private static ReadOnlyCollection<TorrentId> Read(BencodeElement root, BencodeElement info, string key, Func<BencodeElement, TorrentId?> read) =>
        Array.AsReadOnly(Values(root, info, key).Select(read).OfType<TorrentId>().Distinct().Take(MaxHints).ToArray());

    private static IEnumerable<BencodeElement> Values(BencodeElement root, BencodeElement info, string key)
    {
        foreach (BencodeElement dictionary in (BencodeElement[])[info, root])
        {
            if (!dictionary.TryGet(System.Text.Encoding.ASCII.GetBytes(key), out BencodeElement list) || list.Kind != BencodeKind.List)
                continue;
            foreach (BencodeElement value in list.EnumerateList())
            {
                if (value.Kind == BencodeKind.String)
                    yield return value;
            }
        }
    }
}

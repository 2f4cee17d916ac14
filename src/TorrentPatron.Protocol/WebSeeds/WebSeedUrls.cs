using System.Diagnostics.CodeAnalysis;
using System.Text;
using TorrentPatron.Protocol.Bencoding;
using TorrentPatron.Protocol.Metainfo;

namespace TorrentPatron.Protocol.WebSeeds;

/// <summary>The addresses of a torrent's files at a web seed (BEP 19).</summary>
/// <remarks>
/// For a torrent with a single file, the web seed's address is the file's; if it ends with a slash, the torrent's name is
/// appended. For a torrent with several files it is a folder's, with or without a slash: the torrent's name and the file's
/// original path are appended.
/// </remarks>
public sealed class WebSeedUrls
{
    private const string Unreserved = "-_!.~*()";

    private readonly TorrentMetainfo _metainfo;

    /// <summary>
    /// The escaped paths of files whose names were made safe; null if the path has an element that cannot be in an address.
    /// </summary>
    private readonly Dictionary<int, string?> _raw = [];

    /// <summary>Creates the addresses of a torrent's files.</summary>
    /// <param name="metainfo">The torrent.</param>
    public WebSeedUrls(TorrentMetainfo metainfo)
    {
        ArgumentNullException.ThrowIfNull(metainfo);
        _metainfo = metainfo;
        ReadPaths();
    }

    /// <summary>The address of a file.</summary>
    /// <param name="webSeed">The web seed's address.</param>
    /// <param name="file">Index of the file among <see cref="TorrentMetainfo.Files"/>.</param>
    /// <param name="address">The address.</param>
    /// <returns>
    /// False if the file has none: its path has an element, such as <c>..</c>, with another meaning in an address.
    /// </returns>
    public bool TryGetAddress(Uri webSeed, int file, [NotNullWhen(true)] out Uri? address)
    {
        ArgumentNullException.ThrowIfNull(webSeed);
        address = null;
        string seed = webSeed.OriginalString;
        bool isFolder = webSeed.OriginalString.EndsWith('/') || webSeed.PathAndQuery == "/";
        if (!_metainfo.IsMultiFile && !isFolder)
        {
            address = webSeed;
            return true;
        }

        if (PathOf(file) is not { } path)
            return false;
        // Like libtorrent: with a query too, the path is appended to the end.
        string text = seed.EndsWith('/') ? seed + path : $"{seed}/{path}";
        return Uri.TryCreate(text, UriKind.Absolute, out address);
    }

    /// <summary>Escapes one path element for an address, byte by byte.</summary>
    /// <param name="name">The name, usually in UTF-8.</param>
    /// <returns>The element; null if it would not be interpreted as a name.</returns>
    public static string? EscapeElement(ReadOnlySpan<byte> name)
    {
        if (name.IsEmpty || name.SequenceEqual("."u8) || name.SequenceEqual(".."u8))
            return null;
        var text = new StringBuilder(name.Length + 16);
        foreach (byte unit in name)
        {
            if (char.IsAsciiLetterOrDigit((char)unit) || Unreserved.Contains((char)unit, StringComparison.Ordinal))
                text.Append((char)unit);
            else
                text.Append('%').Append(unit.ToString("X2", System.Globalization.CultureInfo.InvariantCulture));
        }

        return text.ToString();
    }

    private string? PathOf(int file) => _raw.TryGetValue(file, out string? raw) ? raw : Escape(_metainfo.Files[file].Path);

    private static string? Escape(string path) => Join([.. path.Split('/').Select(element => EscapeElement(Encoding.UTF8.GetBytes(element)))]);

    private static string? Join(IReadOnlyCollection<string?> elements) =>
        elements.Contains(null) ? null : string.Join('/', elements);

    /// <summary>
    /// Reads the torrent's original names again: those in <see cref="TorrentFileEntry"/> were made safe, but the server has the
    /// original ones. Only paths that differ are stored: a torrent may have a million files.
    /// </summary>
    private void ReadPaths()
    {
        BencodeElement info = BencodeDocument.Parse(_metainfo.RawInfo).Root;
        string? root = EscapeElement(NameOf(info).Span);
        if (!_metainfo.IsMultiFile)
        {
            Note(0, root);
            return;
        }

        int file = 0;
        if (info.TryGet("files"u8, out BencodeElement files) && files.Kind == BencodeKind.List)
        {
            foreach (BencodeElement entry in files.EnumerateList())
                Note(file++, PathIn(root, entry));
        }
        else if (info.TryGet("file tree"u8, out BencodeElement tree) && tree.Kind == BencodeKind.Dictionary)
        {
            ReadTree(root, tree);
        }
    }

    private void Note(int file, string? path)
    {
        if (file < _metainfo.Files.Count && !_metainfo.Files[file].IsPadding && path != Escape(_metainfo.Files[file].Path))
            _raw[file] = path;
    }

    private static ReadOnlyMemory<byte> NameOf(BencodeElement info) =>
        info.TryGet("name.utf-8"u8, out BencodeElement utf8) && utf8.Kind == BencodeKind.String && utf8.IsValidUtf8() && utf8.AsBytes().Length > 0
            ? utf8.AsMemory()
            : info.TryGet("name"u8, out BencodeElement name) && name.Kind == BencodeKind.String ? name.AsMemory() : default;

    private static string? PathIn(string? root, BencodeElement file)
    {
        if (file.Kind != BencodeKind.Dictionary || !TryGetPath(file, "path.utf-8"u8, isUtf8: true, out BencodeElement path)
            && !TryGetPath(file, "path"u8, isUtf8: false, out path))
        {
            return null;
        }

        var elements = new List<string?> { root };
        foreach (BencodeElement element in path.EnumerateList())
            elements.Add(element.TryGetBytes(out ReadOnlyMemory<byte> name) ? EscapeElement(name.Span) : null);
        return Join(elements);
    }

    private static bool TryGetPath(BencodeElement file, ReadOnlySpan<byte> key, bool isUtf8, out BencodeElement path)
    {
        if (!file.TryGet(key, out path) || path.Kind != BencodeKind.List || path.Count == 0)
            return false;
        if (!isUtf8)
            return true;
        foreach (BencodeElement element in path.EnumerateList())
        {
            if (!element.IsValidUtf8())
                return false;
        }

        return true;
    }

    private void ReadTree(string? root, BencodeElement tree)
    {
        int file = 0;
        var elements = new List<string?> { root };
        var open = new Stack<BencodeDictionaryEnumerator>();
        open.Push(tree.EnumerateDictionary());
        while (open.TryPop(out BencodeDictionaryEnumerator folder))
        {
            if (!folder.MoveNext())
            {
                if (open.Count > 0)
                    elements.RemoveAt(elements.Count - 1);
                continue;
            }

            BencodeEntry entry = folder.Current;
            open.Push(folder);
            if (entry.Value.Kind != BencodeKind.Dictionary)
                continue;
            if (entry.Key.IsEmpty)
            {
                Note(file++, Join(elements));
                continue;
            }

            elements.Add(EscapeElement(entry.Key));
            open.Push(entry.Value.EnumerateDictionary());
        }
    }
}

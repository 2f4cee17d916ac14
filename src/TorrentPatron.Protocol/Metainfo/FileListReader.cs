using System.Globalization;
using System.Text;
using TorrentPatron.Protocol.Bencoding;

namespace TorrentPatron.Protocol.Metainfo;

/// <summary>Reads the files in a torrent's <c>info</c>: one, a list (BEP 3) or a tree (BEP 52).</summary>
internal sealed class FileListReader
{
    // Files in a tree share their folders' names, so all paths together can be far longer than the torrent.
    private const long MaxPathCharacters = 40L * 1024 * 1024;

    private readonly string? _rootFolder;
    private readonly string? _rawRootFolder;
    private readonly List<TorrentFileEntry> _files = [];
    private readonly UniquePaths _paths = new();
    private readonly List<Name> _names = [];
    private readonly List<string> _elements = [];
    private readonly LinkResolver? _links;
    private long _offset;
    private long _pathCharacters;

    /// <param name="rootFolder">The folder of the files; null means none.</param>
    /// <param name="rawRootFolder">The same, with its original name.</param>
    /// <param name="files">The source of the entries. Links are rare: their data is kept only if there are any.</param>
    private FileListReader(string? rootFolder, string? rawRootFolder, BencodeElement files)
    {
        (_rootFolder, _rawRootFolder) = (rootFolder, rawRootFolder);
        if (files.Raw.Span.IndexOf("12:symlink path"u8) >= 0)
            _links = new LinkResolver(rootFolder is null ? 0 : 1);
    }

    /// <summary>Reads the single file of a torrent without a folder.</summary>
    public static TorrentFileEntry[] ReadSingle(BencodeElement info, string name, string rawName)
    {
        const TorrentFileAttributes Senseless = TorrentFileAttributes.Padding | TorrentFileAttributes.SymbolicLink;
        return
        [
            new TorrentFileEntry
            {
                Path = name,
                OriginalPath = DisplayText.Clean(rawName) is var original && original == name ? name : original,
                RawPath = rawName != name && PathSanitizer.IsUsable(rawName) ? rawName : null,
                Length = info.RequiredLength(),
                Offset = 0,
                Attributes = ReadAttributes(info) & ~Senseless,
                LastWriteTime = ReadLastWriteTime(info),
                Sha1 = ReadSha1(info),
            },
        ];
    }

    /// <summary>Reads <c>files</c>.</summary>
    public static TorrentFileEntry[] ReadList(BencodeElement files, string rootFolder, string rawRootFolder, int pieceLength)
    {
        var reader = new FileListReader(rootFolder, rawRootFolder, files);
        foreach (BencodeElement file in files.EnumerateList())
        {
            if (file.Kind != BencodeKind.Dictionary)
                throw new MetainfoException(MetainfoFault.InvalidField, "An entry of 'files' is not a dictionary.");

            TorrentFileAttributes attributes = ReadAttributes(file);
            bool isPadding = attributes.HasFlag(TorrentFileAttributes.Padding);
            int depth = isPadding ? reader.SetPaddingPath(file) : reader.SetPath(file);
            if (!isPadding && reader.IsNamedAsPadding(depth) && reader.EndsAligned(file.RequiredLength(), pieceLength))
                attributes = TorrentFileAttributes.Padding;
            reader.Add(file, attributes, depth);
        }

        return reader.Finish();
    }

    /// <summary>Reads <c>file tree</c>, where each file with bytes starts a piece. A single file has no root folder.</summary>
    public static TorrentFileEntry[] ReadTree(BencodeElement tree, string? rootFolder, string? rawRootFolder, int pieceLength)
    {
        var reader = new FileListReader(rootFolder, rawRootFolder, tree);
        int depth = 0;
        var open = new Stack<(BencodeDictionaryEnumerator Entries, int Count, ReadOnlyMemory<byte>? Last)>();
        open.Push((tree.EnumerateDictionary(), tree.Count, null));
        while (open.TryPop(out (BencodeDictionaryEnumerator Entries, int Count, ReadOnlyMemory<byte>? Last) folder))
        {
            if (!folder.Entries.MoveNext())
            {
                depth--;
                continue;
            }

            BencodeEntry entry = folder.Entries.Current;
            // The order determines each file's position among the pieces: another reader might sort an unsorted tree.
            if (folder.Last is { } last && last.Span.SequenceCompareTo(entry.Key) >= 0)
                throw new MetainfoException(MetainfoFault.InvalidHashTree, "The torrent's 'file tree' is not sorted.");
            open.Push(folder with { Last = entry.KeyMemory });
            if (entry.Value.Kind != BencodeKind.Dictionary)
                throw new MetainfoException(MetainfoFault.InvalidField, "An entry of the 'file tree' is not a dictionary.");

            if (entry.Key.IsEmpty)
            {
                if (folder.Count > 1)
                    throw new MetainfoException(MetainfoFault.InvalidHashTree, "An entry of the torrent's 'file tree' is both a file and a folder.");
                // Files in a tree start pieces without padding; a padding mark means nothing here.
                reader.Add(entry.Value, ReadAttributes(entry.Value) & ~TorrentFileAttributes.Padding, depth, pieceLength);
            }
            else
            {
                reader.SetName(depth++, entry.KeyMemory);
                open.Push((entry.Value.EnumerateDictionary(), entry.Value.Count, null));
            }
        }

        return reader.Finish();
    }

    /// <summary>Reads a file's path.</summary>
    /// <returns>The number of its elements.</returns>
    private int SetPath(BencodeElement file)
    {
        BencodeElement path = file.TryGet("path.utf-8"u8, out BencodeElement utf8Path) && IsValidPath(utf8Path)
            ? utf8Path
            : file.Required("path"u8, BencodeKind.List);
        int depth = 0;
        foreach (BencodeElement element in path.EnumerateList())
        {
            if (!element.TryGetBytes(out ReadOnlyMemory<byte> name))
                throw new MetainfoException(MetainfoFault.InvalidField, "A file's path has a part that is not a string.");
            SetName(depth++, name);
        }

        return depth;
    }

    /// <summary>
    /// Reads a padding file's path: its own or, since it is never written and needs none, <c>.pad</c> and its length (BEP 47).
    /// </summary>
    /// <returns>The number of its elements.</returns>
    private int SetPaddingPath(BencodeElement file)
    {
        if (file.TryGet("path"u8, out BencodeElement path) && IsValidPath(path))
            return SetPath(file);
        SetName(0, ".pad"u8.ToArray());
        SetName(1, Encoding.ASCII.GetBytes(file.RequiredLength().ToString(CultureInfo.InvariantCulture)));
        return 2;
    }

    /// <summary>
    /// Whether the current path is a name used for padding before there was a mark for it: <c>_____padding_file_0_...</c>
    /// (BitComet) or <c>.____padding_file/0</c> (libtorrent, uTorrent).
    /// </summary>
    private bool IsNamedAsPadding(int depth)
    {
        if (depth == 0)
            return false;
        string last = _names[depth - 1].Text;
        return last.StartsWith("_____padding_file_", StringComparison.Ordinal)
            || (depth > 1 && _names[depth - 2].Text == ".____padding_file" && last.AsSpan().IndexOfAnyExceptInRange('0', '9') < 0);
    }

    /// <summary>
    /// Whether a file has the length of padding, and the next one starts where padding would place it. Otherwise its name is a
    /// coincidence.
    /// </summary>
    private bool EndsAligned(long length, int pieceLength) =>
        length < pieceLength && (_offset + length) % Math.Min(pieceLength, MerkleTree.BlockLength) == 0;

    /// <summary>Sets an element of the current path. A folder's name is usually the same as for the previous file.</summary>
    private void SetName(int depth, ReadOnlyMemory<byte> raw)
    {
        if (depth == _names.Count)
            _names.Add(new Name(raw));
        else if (!_names[depth].Raw.Span.SequenceEqual(raw.Span))
            _names[depth] = new Name(raw);
    }

    /// <summary>Adds a file.</summary>
    /// <param name="file">The file's entry.</param>
    /// <param name="attributes">Its attributes.</param>
    /// <param name="depth">The number of elements of its path.</param>
    /// <param name="alignment">
    /// The file starts at a multiple of this many bytes, if it has any; the space before it is a gap. 0 for a v1 torrent, where
    /// it follows the previous file directly.
    /// </param>
    private void Add(BencodeElement file, TorrentFileAttributes attributes, int depth, int alignment = 0)
    {
        if (depth == 0)
            throw new MetainfoException(MetainfoFault.InvalidField, "A file in the torrent has no path.");

        string[]? target = null;
        if (attributes.HasFlag(TorrentFileAttributes.Padding))
            attributes = TorrentFileAttributes.Padding;
        if (attributes.HasFlag(TorrentFileAttributes.SymbolicLink))
        {
            target = ReadLinkTarget(file);
            if (target is null)
                attributes &= ~TorrentFileAttributes.SymbolicLink;
        }

        long length = target is null ? file.RequiredLength() : 0;
        if (length > 0 && alignment > 0 && _offset % alignment is > 0 and var unaligned)
            Advance(alignment - unaligned);
        _elements.Clear();
        if (_rootFolder is not null)
            _elements.Add(_rootFolder);
        bool isChanged = false;
        for (int i = 0; i < depth; i++)
        {
            _elements.Add(_names[i].Element);
            isChanged |= !ReferenceEquals(_names[i].Element, _names[i].Text);
        }

        // Padding files are never written, and many of them share a name.
        bool isRenamed = false;
        string path = attributes.HasFlag(TorrentFileAttributes.Padding)
            ? string.Join('/', _elements)
            : _paths.Add(_elements, out isRenamed);
        string original = isChanged || isRenamed ? OriginalPath(depth) : DisplayText.Clean(path);
        if (original == path)
            original = path;
        string? raw = isChanged || isRenamed || _rawRootFolder != _rootFolder ? RawPath(depth) : null;
        if (raw == path || attributes.HasFlag(TorrentFileAttributes.Padding))
            raw = null;
        _pathCharacters += path.Length + (ReferenceEquals(original, path) ? 0 : original.Length) + (raw?.Length ?? 0);
        if (_pathCharacters > MaxPathCharacters)
            throw new MetainfoException(MetainfoFault.InvalidField, "The paths of the torrent's files are too long.");

        _files.Add(new TorrentFileEntry
        {
            Path = path,
            OriginalPath = original,
            RawPath = raw,
            Length = length,
            Offset = _offset,
            Attributes = attributes,
            LastWriteTime = ReadLastWriteTime(file),
            Sha1 = ReadSha1(file),
            PiecesRoot = alignment > 0 && length > 0 ? ReadRoot(file, path) : default,
        });
        Advance(length);
        _links?.Add(attributes.HasFlag(TorrentFileAttributes.Padding) ? null : _names.Take(depth).Select(name => name.Text));
        if (target is not null)
            _links?.AddLink(target);
    }

    private static ReadOnlyMemory<byte> ReadRoot(BencodeElement file, string path) =>
        file.TryGet("pieces root"u8, out BencodeElement value) && value.TryGetBytes(out ReadOnlyMemory<byte> root) && root.Length == MerkleTree.HashLength
            ? root
            : throw new MetainfoException(MetainfoFault.InvalidHashTree, $"The torrent has no root hash of {MerkleTree.HashLength} bytes for '{HashTreeReader.Short(path)}'.");

    private void Advance(long bytes)
    {
        if (bytes > long.MaxValue - _offset)
        {
            throw new MetainfoException(
                MetainfoFault.InvalidField, "The torrent's total size is too large.");
        }

        _offset += bytes;
    }

    private TorrentFileEntry[] Finish()
    {
        if (_files.Count == 0)
            throw new MetainfoException(MetainfoFault.MissingField, "The torrent has no files.");
        _links?.Resolve(_files);
        return [.. _files];
    }

    private string OriginalPath(int depth)
    {
        string path = string.Join('/', _names.Take(depth).Select(name => name.Text));
        return DisplayText.Clean(_rootFolder is null ? path : _rootFolder + "/" + path);
    }

    /// <summary>The path with the torrent's original names; <c>null</c> if no file can have it on this system.</summary>
    private string? RawPath(int depth)
    {
        IEnumerable<string> names = _names.Take(depth).Select(name => name.Text);
        if (_rawRootFolder is not null)
            names = names.Prepend(_rawRootFolder);
        return names.All(PathSanitizer.IsUsable) ? string.Join('/', names) : null;
    }

    /// <summary>
    /// The names of the target, or <c>null</c> if this is not a link after all: one without target, or with content.
    /// </summary>
    private static string[]? ReadLinkTarget(BencodeElement file)
    {
        if (!file.TryGet("symlink path"u8, out BencodeElement path) || path.Kind != BencodeKind.List || path.Count == 0
            || (file.TryGet("length"u8, out BencodeElement length) && !(length.TryGetInteger(out long bytes) && bytes == 0)))
        {
            return null;
        }

        var target = new List<string>();
        foreach (BencodeElement element in path.EnumerateList())
        {
            if (!element.TryGetBytes(out ReadOnlyMemory<byte> name))
                return null;
            target.Add(Encoding.UTF8.GetString(name.Span));
        }

        return [.. target];
    }

    private static bool IsValidPath(BencodeElement path)
    {
        if (path.Kind != BencodeKind.List || path.Count == 0)
            return false;
        foreach (BencodeElement element in path.EnumerateList())
        {
            if (!element.IsValidUtf8())
                return false;
        }

        return true;
    }

    private static DateTimeOffset? ReadLastWriteTime(BencodeElement file) =>
        file.TryGet("mtime"u8, out BencodeElement value) && value.TryGetInteger(out long seconds)
            && seconds > 0 && seconds <= DateTimeOffset.MaxValue.ToUnixTimeSeconds()
            ? DateTimeOffset.FromUnixTimeSeconds(seconds)
            : null;

    private static ReadOnlyMemory<byte> ReadSha1(BencodeElement file) =>
        file.TryGet("sha1"u8, out BencodeElement value) && value.TryGetBytes(out ReadOnlyMemory<byte> hash) && hash.Length == InfoHash.Length
            ? hash
            : default;

    private static TorrentFileAttributes ReadAttributes(BencodeElement file)
    {
        var attributes = TorrentFileAttributes.None;
        if (file.TryGet("attr"u8, out BencodeElement value) && value.TryGetBytes(out ReadOnlyMemory<byte> letters))
        {
            foreach (byte letter in letters.Span)
            {
                attributes |= letter switch
                {
                    (byte)'p' => TorrentFileAttributes.Padding,
                    (byte)'x' => TorrentFileAttributes.Executable,
                    (byte)'h' => TorrentFileAttributes.Hidden,
                    (byte)'l' => TorrentFileAttributes.SymbolicLink,
                    _ => TorrentFileAttributes.None,
                };
            }
        }

        return attributes;
    }

    /// <summary>One element of a path: original bytes, text, and safe name.</summary>
    private readonly struct Name
    {
        public Name(ReadOnlyMemory<byte> raw)
        {
            Raw = raw;
            Text = Encoding.UTF8.GetString(raw.Span);
            Element = PathSanitizer.CleanElement(Text);
        }

        public ReadOnlyMemory<byte> Raw { get; }

        public string Text { get; }

        public string Element { get; }
    }
}

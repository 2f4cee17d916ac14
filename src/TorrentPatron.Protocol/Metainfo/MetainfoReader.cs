using TorrentPatron.Protocol.Bencoding;

namespace TorrentPatron.Protocol.Metainfo;

/// <summary>Reads .torrent files (BEP 3), which may be hostile.</summary>
public static class MetainfoReader
{
    /// <summary>The largest info dictionary, in bytes, from a .torrent file or from peers (BEP 9).</summary>
    public const int MaxMetadataBytes = 30 * 1024 * 1024;

    /// <summary>
    /// The largest .torrent file, in bytes, from any source: the largest info dictionary, and room for the trackers and web seeds
    /// of a magnet link, so that metadata from peers can be saved and read again; see <see cref="ReadInfo"/>.
    /// </summary>
    public const int MaxFileBytes = MaxMetadataBytes + (2 * 1024 * 1024);

    /// <summary>The most pieces of a torrent.</summary>
    public const int MaxPieces = 2_097_152;

    /// <summary>The longest piece, in bytes.</summary>
    public const int MaxPieceLength = 512 * 1024 * 1024;

    /// <summary>The most trackers, and the most web seeds, taken from a torrent.</summary>
    public const int MaxTrackers = 100;

    /// <summary>The most DHT nodes taken from a torrent or a magnet link.</summary>
    public const int MaxDhtNodes = 32;

    /// <summary>The most unsupported trackers that are recorded.</summary>
    internal const int MaxUnsupportedTrackers = 20;

    private const int SmallestV2PieceLength = 16 * 1024;

    /// <summary>Reads a .torrent file. Its bytes are copied; anything after its end is ignored.</summary>
    /// <param name="data">The whole file, at most <see cref="MaxFileBytes"/> bytes.</param>
    /// <exception cref="MetainfoException">It is not a valid torrent; the message says why.</exception>
    public static TorrentMetainfo Read(ReadOnlyMemory<byte> data)
    {
        if (data.IsEmpty)
            throw new MetainfoException(MetainfoFault.Empty, "The torrent file is empty.");
        if (data.Length > MaxFileBytes)
        {
            throw new MetainfoException(
                MetainfoFault.TooLarge,
                $"The file is {data.Length} bytes long; the limit for a torrent file is {MaxFileBytes} bytes.");
        }

        BencodeElement root = Decode(data.ToArray());
        BencodeElement info = root.Required("info"u8, BencodeKind.Dictionary);
        if (info.Raw.Length > MaxMetadataBytes)
        {
            throw new MetainfoException(
                MetainfoFault.TooLarge,
                $"The torrent's info dictionary has {info.Raw.Length} bytes; the limit is {MaxMetadataBytes}.");
        }

        MetainfoVersion version = ReadVersion(info);
        int pieceLength = ReadPieceLength(info, version);

        BencodeElement rawName = info.TryGet("name.utf-8"u8, out BencodeElement utf8Name) && utf8Name.IsValidUtf8()
            ? utf8Name
            : info.Required("name"u8, BencodeKind.String);
        string name = PathSanitizer.CleanElement(rawName.AsBytes());

        BencodeElement tree = default;
        if (version != MetainfoVersion.V1)
            tree = info.Required("file tree"u8, BencodeKind.Dictionary);

        bool isMultiFile = version == MetainfoVersion.V2 ? !IsSingleFileTree(tree, rawName) : info.TryGet("files"u8, out _);
        TorrentFileEntry[] files = version == MetainfoVersion.V2
            ? FileListReader.ReadTree(tree, isMultiFile ? name : null, isMultiFile ? rawName.AsText() : null, pieceLength)
            : isMultiFile
                ? FileListReader.ReadList(info.Required("files"u8, BencodeKind.List), name, rawName.AsText(), pieceLength)
                : FileListReader.ReadSingle(info, name, rawName.AsText());

        long totalSize = files[^1].Offset + files[^1].Length;
        int pieceCount = CountPieces(totalSize, pieceLength);
        if (version == MetainfoVersion.Hybrid)
        {
            TorrentFileEntry[] v2Files = FileListReader.ReadTree(tree, isMultiFile ? name : null, isMultiFile ? rawName.AsText() : null, pieceLength);
            files = HashTreeReader.Join(files, v2Files);
            int v2PieceCount = CountPieces(v2Files[^1].Offset + v2Files[^1].Length, pieceLength);
            if (v2PieceCount != pieceCount)
            {
                throw new MetainfoException(
                    MetainfoFault.HybridMismatch,
                    $"The two halves of this hybrid torrent describe different files: one has {pieceCount} pieces, the other {v2PieceCount}.");
            }
        }

        ReadOnlyMemory<byte> pieceHashes = version == MetainfoVersion.V2 ? default : ReadPieceHashes(info, pieceCount);
        ReadOnlyMemory<byte>[]? layers = version == MetainfoVersion.V1 ? null : HashTreeReader.ReadLayers(root, files, pieceLength);
        root.TryGet("piece layers"u8, out BencodeElement rawLayers);
        bool isPrivate = info.TryGet("private"u8, out BencodeElement mark) && mark.TryGetInteger(out long flag) && flag != 0;

        return new TorrentMetainfo
        {
            TorrentId = new TorrentId(
                version == MetainfoVersion.V2 ? null : InfoHash.OfInfo(info.Raw.Span),
                version == MetainfoVersion.V1 ? null : InfoHashV2.OfInfo(info.Raw.Span)),
            Version = version,
            Name = name,
            IsMultiFile = isMultiFile,
            Files = Array.AsReadOnly(files),
            TotalSize = totalSize,
            ContentSize = files.Where(file => !file.IsPadding).Sum(file => file.Length),
            PieceLength = pieceLength,
            PieceCount = pieceCount,
            PieceHashes = pieceHashes,
            TrackerTiers = AddressReader.ReadTrackers(root),
            UnsupportedTrackers = AddressReader.ReadUnsupportedTrackers(root),
            WebSeeds = AddressReader.ReadWebSeeds(root),
            DhtNodes = isPrivate ? [] : DhtNodeReader.Read(root),
            IsPrivate = isPrivate,
            Comment = root.OptionalText("comment"u8, "comment.utf-8"u8),
            CreatedBy = root.OptionalText("created by"u8, "created by.utf-8"u8),
            CreationDate = ReadDate(root),
            Source = info.OptionalText("source"u8),
            Similar = HintReader.ReadSimilar(root, info),
            Collections = HintReader.ReadCollections(root, info),
            UpdateUrl = HintReader.ReadUpdateUrl(info),
            Originator = info.TryGet("originator"u8, out BencodeElement originator) && originator.TryGetBytes(out ReadOnlyMemory<byte> certificate) ? certificate : default,
            Raw = root.Raw,
            RawInfo = info.Raw,
            RawFileTree = tree.Raw,
            RawPieceLayers = rawLayers.Raw,
            Layers = layers,
            HasPieceLayers = layers is not null
                && files.Index().All(file => !HashTreeReader.NeedsLayer(file.Item, pieceLength) || !layers[file.Index].IsEmpty),
        };
    }

    /// <summary>Creates a torrent from an info dictionary that peers sent (BEP 9) and the addresses known without it.</summary>
    /// <param name="info">The whole info dictionary, bencoded.</param>
    /// <param name="trackers">Announce addresses, each in a separate tier.</param>
    /// <param name="webSeeds">Web seed addresses.</param>
    /// <param name="dhtNodes">DHT nodes; null means none.</param>
    /// <exception cref="MetainfoException">It is not a valid info dictionary; the message says why.</exception>
    public static TorrentMetainfo ReadInfo(
        ReadOnlyMemory<byte> info, IReadOnlyList<string> trackers, IReadOnlyList<string> webSeeds, IReadOnlyList<HostEndPoint>? dhtNodes = null)
    {
        ArgumentNullException.ThrowIfNull(trackers);
        ArgumentNullException.ThrowIfNull(webSeeds);
        try
        {
            if (BencodeDocument.Parse(info).Root.Kind != BencodeKind.Dictionary)
                throw new MetainfoException(MetainfoFault.NotATorrent, "The metadata is not a dictionary.");
        }
        catch (BencodeException fault)
        {
            throw new MetainfoException(MetainfoFault.NotATorrent, "The metadata does not describe a torrent. " + fault.Message, fault);
        }

        return Read(TorrentBuilder.Assemble(info.Span, trackers, webSeeds, dhtNodes ?? []));
    }

    /// <summary>Creates the torrent with its piece layers, which came from peers (BEP 52).</summary>
    /// <param name="metainfo">A v2 or hybrid torrent that lacks some or all of them. The rest is unchanged.</param>
    /// <param name="pieceLayers">All of its layers, by the roots of their files.</param>
    /// <exception cref="MetainfoException">A layer is wrong, or the torrent would exceed the size limit.</exception>
    public static TorrentMetainfo WithPieceLayers(
        TorrentMetainfo metainfo, IReadOnlyDictionary<InfoHashV2, ReadOnlyMemory<byte>> pieceLayers)
    {
        ArgumentNullException.ThrowIfNull(metainfo);
        ArgumentNullException.ThrowIfNull(pieceLayers);
        return Read(TorrentBuilder.WithLayers(metainfo.Raw, pieceLayers));
    }

    private static BencodeElement Decode(ReadOnlyMemory<byte> data)
    {
        ReadOnlySpan<byte> text = data.Span.TrimStart(" \t\r\n\uFEFF"u8);
        if (text.StartsWith("<"u8))
        {
            throw new MetainfoException(
                MetainfoFault.WebPage,
                "This is a web page, not a torrent. The site may require a login, or the address may be out of date.");
        }

        if (text.StartsWith("magnet:"u8))
            throw new MetainfoException(MetainfoFault.NotATorrent, "This file contains a magnet link; it is not a torrent file.");

        try
        {
            // Anything after it is ignored: it is not hashed, and other clients skip it too.
            BencodeElement root = BencodeDocument.ParsePrefix(data, out int consumed).Root;
            if (root.Kind == BencodeKind.Dictionary && (consumed == data.Length || root.TryGet("info"u8, out _)))
                return root;
        }
        catch (BencodeException fault) when (fault.IsTruncated && data.Span[0] == 'd')
        {
            throw new MetainfoException(
                MetainfoFault.Truncated,
                "The torrent file is truncated. Download it again.",
                fault);
        }
        catch (BencodeException fault)
        {
            throw new MetainfoException(MetainfoFault.NotATorrent, "This is not a torrent file. " + fault.Message, fault);
        }

        throw new MetainfoException(MetainfoFault.NotATorrent, "This is not a torrent file.");
    }

    private static MetainfoVersion ReadVersion(BencodeElement info)
    {
        if (!info.TryGet("meta version"u8, out BencodeElement value))
            return MetainfoVersion.V1;
        if (!value.TryGetInteger(out long version) || version is not (1 or 2))
        {
            throw new MetainfoException(
                MetainfoFault.UnsupportedVersion,
                "The torrent has an unsupported version; versions 1 and 2 are supported.");
        }

        return version == 1 ? MetainfoVersion.V1
            : info.TryGet("pieces"u8, out _) ? MetainfoVersion.Hybrid
            : MetainfoVersion.V2;
    }

    private static int ReadPieceLength(BencodeElement info, MetainfoVersion version)
    {
        long length = info.Required("piece length"u8, BencodeKind.Integer).AsInteger();
        if (length is < 1 or > MaxPieceLength)
        {
            throw new MetainfoException(
                MetainfoFault.InvalidField,
                $"The torrent's piece length is {length} bytes; it must be 1 to {MaxPieceLength}.");
        }

        if (version != MetainfoVersion.V1 && (length < SmallestV2PieceLength || !long.IsPow2(length)))
        {
            throw new MetainfoException(
                MetainfoFault.InvalidField,
                $"The torrent's piece length is {length} bytes; "
                + $"in version 2 it must be a power of two, {SmallestV2PieceLength} or more.");
        }

        return (int)length;
    }

    private static int CountPieces(long totalSize, int pieceLength)
    {
        long count = (totalSize / pieceLength) + (totalSize % pieceLength == 0 ? 0 : 1);
        return count <= MaxPieces
            ? (int)count
            : throw new MetainfoException(
                MetainfoFault.TooManyPieces, $"The torrent has {count} pieces; the limit is {MaxPieces}.");
    }

    private static ReadOnlyMemory<byte> ReadPieceHashes(BencodeElement info, int pieceCount)
    {
        ReadOnlyMemory<byte> hashes = info.Required("pieces"u8, BencodeKind.String).AsMemory();
        return hashes.Length == (long)pieceCount * InfoHash.Length
            ? hashes
            : throw new MetainfoException(
                MetainfoFault.WrongPieceCount,
                $"The torrent's files make {pieceCount} pieces, whose hashes need {(long)pieceCount * InfoHash.Length} bytes, "
                + $"but it has {hashes.Length} bytes of hashes.");
    }

    /// <summary>A tree with a single file that has the torrent's name has no folder around it (BEP 52).</summary>
    private static bool IsSingleFileTree(BencodeElement tree, BencodeElement name) =>
        tree.Count == 1
        && tree.TryGet(name.AsBytes(), out BencodeElement entry)
        && entry.TryGet(""u8, out _);

    private static DateTimeOffset? ReadDate(BencodeElement root)
    {
        return root.TryGet("creation date"u8, out BencodeElement value)
            && value.TryGetInteger(out long seconds)
            && seconds > 0 && seconds <= DateTimeOffset.MaxValue.ToUnixTimeSeconds()
            ? DateTimeOffset.FromUnixTimeSeconds(seconds)
            : null;
    }
}

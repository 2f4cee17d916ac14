using System.Buffers;
using System.Globalization;
using System.Text;
using TorrentPatron.Protocol.Bencoding;

namespace TorrentPatron.Protocol.Metainfo;

/// <summary>
/// Writes a .torrent file (BEP 3, BEP 52) from information about its files. The files' bytes are hashed elsewhere, in the order
/// of <see cref="Files"/>.
/// </summary>
public sealed class TorrentBuilder
{
    /// <summary>The name of the single file, or of the folder.</summary>
    public required string Name { get; init; }

    /// <summary>
    /// The files. Either one with a <c>null</c> path, which has the name <see cref="Name"/>; or any number with paths relative to
    /// the folder <see cref="Name"/>. For version 2 and hybrids in file-tree order: by name, comparing UTF-8 bytes.
    /// </summary>
    public required IReadOnlyList<TorrentBuilderFile> Files { get; init; }

    /// <summary>Length of each piece except the last, in bytes; see <see cref="PieceLengthChooser"/>.</summary>
    public required int PieceLength { get; init; }

    /// <summary>The format.</summary>
    public MetainfoVersion Version { get; init; } = MetainfoVersion.V1;

    /// <summary>
    /// The SHA-1 hashes of all pieces, 20 bytes each; empty for <see cref="MetainfoVersion.V2"/>. In a hybrid each file with
    /// bytes starts a piece, with zeros between files.
    /// </summary>
    public required ReadOnlyMemory<byte> PieceHashes { get; init; }

    /// <summary>The SHA-256 tree nodes of all pieces, 32 bytes each; empty for <see cref="MetainfoVersion.V1"/>.</summary>
    public ReadOnlyMemory<byte> PieceTreeHashes { get; init; }

    /// <summary>Announce addresses, in tiers (BEP 12); empty by default.</summary>
    public IReadOnlyList<IReadOnlyList<string>> TrackerTiers { get; init; } = [];

    /// <summary>Web seed addresses (BEP 19); empty by default.</summary>
    public IReadOnlyList<string> WebSeeds { get; init; } = [];

    /// <summary>Whether it is private: peers come only from its trackers (BEP 27).</summary>
    public bool IsPrivate { get; init; }

    /// <summary>A comment, if wanted.</summary>
    public string? Comment { get; init; }

    /// <summary>The program that creates the torrent.</summary>
    public string? CreatedBy { get; init; }

    /// <summary>The creation date, written in whole seconds.</summary>
    public DateTimeOffset? CreationDate { get; init; }

    /// <summary>A private tracker's source tag (<c>source</c>), if wanted. It changes the info hash.</summary>
    public string? Source { get; init; }

    /// <summary>
    /// Torrents that may share files with this one (BEP 38), outside the info dictionary: they do not change the info hash.
    /// </summary>
    public IReadOnlyList<TorrentId> Similar { get; init; } = [];

    /// <summary>The torrent's collections (BEP 38). They change the info hash.</summary>
    public IReadOnlyList<string> Collections { get; init; } = [];

    /// <summary>The http or https address of newer versions (BEP 39), if wanted. It changes the info hash.</summary>
    public string? UpdateUrl { get; init; }

    /// <summary>Writes the torrent.</summary>
    /// <returns>The bytes of the .torrent file, which <see cref="MetainfoReader"/> reads.</returns>
    /// <exception cref="ArgumentException">The properties are invalid: the number of hashes is wrong, a path is empty or leads
    /// out of the folder, there is no file, a tracker's or web seed's address is invalid, or a limit of
    /// <see cref="MetainfoReader"/> is exceeded.</exception>
    public byte[] Build()
    {
        CheckFiles();
        CheckAddresses(TrackerTiers, WebSeeds);
        CheckHints(Similar, Collections, UpdateUrl);
        FileTreeWriter? trees = Version == MetainfoVersion.V1 ? null : new FileTreeWriter(Files, Name, PieceLength, PieceTreeHashes);
        var output = new ArrayBufferWriter<byte>(PieceHashes.Length + PieceTreeHashes.Length + 1024);
        var writer = new BencodeWriter(output);
        writer.BeginDictionary();
        WriteTrackers(writer, TrackerTiers);
        WriteOptional(writer, "comment"u8, Comment);
        WriteOptional(writer, "created by"u8, CreatedBy);
        if (CreationDate is { } date)
            writer.Write("creation date"u8, date.ToUnixTimeSeconds());
        writer.WriteKey("info"u8);
        WriteInfo(writer, trees);
        trees?.WriteLayers(writer);
        WriteSimilar(writer);
        WriteWebSeeds(writer, WebSeeds);
        writer.End();

        byte[] torrent = output.WrittenSpan.ToArray();
        try
        {
            if (MetainfoReader.Read(torrent).Files.FirstOrDefault(file => file is { IsLink: true, LinkTarget: null }) is { } lost)
                throw new ArgumentException($"The link '{lost.OriginalPath}' has no target in the torrent, is circular, or points to a folder that contains it.");
        }
        catch (MetainfoException fault)
        {
            throw new ArgumentException(fault.Message, fault);
        }

        return torrent;
    }

    /// <summary>Rejects addresses that no reader would accept.</summary>
    /// <param name="trackerTiers">Addresses of trackers.</param>
    /// <param name="webSeeds">Addresses of web seeds.</param>
    /// <exception cref="ArgumentException">An address is invalid; the message says why.</exception>
    public static void CheckAddresses(IReadOnlyList<IReadOnlyList<string>> trackerTiers, IReadOnlyList<string> webSeeds)
    {
        ArgumentNullException.ThrowIfNull(trackerTiers);
        ArgumentNullException.ThrowIfNull(webSeeds);
        foreach (string tracker in trackerTiers.SelectMany(tier => tier))
        {
            if (!AddressReader.TryReadTracker(tracker, out _, out string? fault))
                throw new ArgumentException(fault);
        }

        foreach (string webSeed in webSeeds)
        {
            if (!AddressReader.TryReadWebSeed(webSeed, out _, out string? fault))
                throw new ArgumentException(fault);
        }
    }

    /// <summary>Rejects hints that no reader would accept.</summary>
    /// <param name="similar">See <see cref="Similar"/>.</param>
    /// <param name="collections">See <see cref="Collections"/>.</param>
    /// <param name="updateUrl">See <see cref="UpdateUrl"/>.</param>
    /// <exception cref="ArgumentException">A hint is invalid, or there are too many; the message says why.</exception>
    internal static void CheckHints(IReadOnlyList<TorrentId> similar, IReadOnlyList<string> collections, string? updateUrl)
    {
        if (similar.Count > HintReader.MaxHints || collections.Count > HintReader.MaxHints)
            throw new ArgumentException($"A torrent can name at most {HintReader.MaxHints} similar torrents and {HintReader.MaxHints} collections.");
        if (collections.FirstOrDefault(name => HintReader.CollectionOrNull(name) != name || Encoding.UTF8.GetByteCount(name) > HintReader.MaxCollectionLength) is { } unfit)
        {
            throw new ArgumentException(
                $"'{DisplayText.Clean(unfit)}' is not a collection name: it must have 1 to {HintReader.MaxCollectionLength} bytes of printable characters.");
        }

        if (updateUrl is not null && AddressReader.WebSeedOrNull(updateUrl) is null)
            throw new ArgumentException($"'{DisplayText.Clean(updateUrl)}' is not an update address: it must begin with http:// or https://.");
    }

    /// <summary>Writes a torrent around an existing info dictionary, unchecked.</summary>
    internal static byte[] Assemble(
        ReadOnlySpan<byte> info, IReadOnlyList<string> trackers, IReadOnlyList<string> webSeeds, IReadOnlyList<HostEndPoint> dhtNodes)
    {
        var output = new ArrayBufferWriter<byte>(info.Length + 1024);
        var writer = new BencodeWriter(output);
        writer.BeginDictionary();
        WriteTrackers(writer, [.. trackers.Select(tracker => new[] { tracker })]);
        writer.WriteKey("info"u8);
        writer.WriteRaw(info);
        WriteDhtNodes(writer, dhtNodes);
        WriteWebSeeds(writer, webSeeds);
        writer.End();
        return output.WrittenSpan.ToArray();
    }

    /// <summary>A .torrent file with its piece layers replaced, and otherwise unchanged.</summary>
    internal static byte[] WithLayers(ReadOnlyMemory<byte> torrent, IReadOnlyDictionary<InfoHashV2, ReadOnlyMemory<byte>> pieceLayers)
    {
        // In an existing file keys may be unsorted, and repeated: the first counts.
        var entries = new SortedDictionary<string, ReadOnlyMemory<byte>>(StringComparer.Ordinal);
        foreach (BencodeEntry entry in BencodeDocument.Parse(torrent).Root.EnumerateDictionary())
            entries.TryAdd(Encoding.Latin1.GetString(entry.Key), entry.Value.Raw);
        entries["piece layers"] = default;

        var output = new ArrayBufferWriter<byte>(torrent.Length + pieceLayers.Sum(layer => layer.Value.Length + (2 * MerkleTree.HashLength)));
        var writer = new BencodeWriter(output);
        writer.BeginDictionary();
        foreach ((string key, ReadOnlyMemory<byte> value) in entries)
        {
            if (value.IsEmpty)
            {
                WriteLayers(writer, pieceLayers);
                continue;
            }

            writer.WriteKey(Encoding.Latin1.GetBytes(key));
            writer.WriteRaw(value.Span);
        }

        writer.End();
        return output.WrittenSpan.ToArray();
    }

    private static void WriteLayers(BencodeWriter writer, IReadOnlyDictionary<InfoHashV2, ReadOnlyMemory<byte>> layers)
    {
        writer.WriteKey("piece layers"u8);
        writer.BeginDictionary();
        foreach ((InfoHashV2 root, ReadOnlyMemory<byte> hashes) in layers.OrderBy(layer => layer.Key.ToString(), StringComparer.Ordinal))
            writer.Write(root.ToArray(), hashes.Span);
        writer.End();
    }

    private static void WriteTrackers(BencodeWriter writer, IReadOnlyList<IReadOnlyList<string>> tiers)
    {
        var known = new HashSet<Uri>();
        List<string[]> written = [.. tiers
            .Select(tier => AddressReader.Trackers(tier).Where(known.Add).Select(tracker => tracker.OriginalString).ToArray())
            .Where(tier => tier.Length > 0)];
        if (written.Count == 0)
            return;

        writer.Write("announce"u8, written[0][0]);
        if (known.Count == 1)
            return;

        writer.WriteKey("announce-list"u8);
        writer.BeginList();
        foreach (string[] tier in written)
            WriteStrings(writer, tier);
        writer.End();
    }

    private static void WriteDhtNodes(BencodeWriter writer, IReadOnlyList<HostEndPoint> nodes)
    {
        if (nodes.Count == 0)
            return;

        writer.WriteKey("nodes"u8);
        writer.BeginList();
        foreach (HostEndPoint node in nodes)
        {
            writer.BeginList();
            writer.WriteString(node.Host);
            writer.WriteInteger(node.Port);
            writer.End();
        }

        writer.End();
    }

    private static void WriteWebSeeds(BencodeWriter writer, IReadOnlyList<string> webSeeds)
    {
        if (webSeeds.Count == 0)
            return;

        writer.WriteKey("url-list"u8);
        WriteStrings(writer, webSeeds.Select(AddressReader.WebSeedOrNull).OfType<Uri>().Distinct().Select(seed => seed.OriginalString));
    }

    private void WriteInfo(BencodeWriter writer, FileTreeWriter? trees)
    {
        writer.BeginDictionary();
        TorrentBuilderFile? single = Version != MetainfoVersion.V2 && Files[0].Path is null ? Files[0] : null;
        WriteAttributes(writer, single);
        if (Collections.Count > 0)
        {
            writer.WriteKey("collections"u8);
            WriteStrings(writer, Collections.Distinct());
        }

        trees?.WriteTree(writer);
        if (Version != MetainfoVersion.V2)
            WriteFiles(writer);
        if (Version != MetainfoVersion.V1)
            writer.Write("meta version"u8, 2);
        WriteLastWriteTime(writer, single);
        writer.Write("name"u8, Name);
        writer.Write("piece length"u8, PieceLength);
        if (Version != MetainfoVersion.V2)
            writer.Write("pieces"u8, PieceHashes.Span);
        if (IsPrivate)
            writer.Write("private"u8, 1);
        WriteOptional(writer, "source"u8, Source);
        WriteOptional(writer, "update-url"u8, UpdateUrl is null ? null : AddressReader.WebSeedOrNull(UpdateUrl)?.OriginalString);
        writer.End();
    }

    private void WriteSimilar(BencodeWriter writer)
    {
        if (Similar.Count == 0)
            return;
        writer.WriteKey("similar"u8);
        writer.BeginList();
        foreach (TorrentId torrent in Similar.Distinct())
            writer.WriteString(torrent.ToArray());
        writer.End();
    }

    private void WriteFiles(BencodeWriter writer)
    {
        if (Files[0].Path is null)
        {
            writer.Write("length"u8, Files[0].Length);
        }
        else
        {
            writer.WriteKey("files"u8);
            writer.BeginList();
            foreach (TorrentBuilderFile file in Files)
            {
                writer.BeginDictionary();
                WriteAttributes(writer, file);
                writer.Write("length"u8, file.Length);
                WriteLastWriteTime(writer, file);
                writer.WriteKey("path"u8);
                WriteStrings(writer, file.Path!.Split('/'));
                WriteLinkTarget(writer, file);
                writer.End();
                if (Version == MetainfoVersion.Hybrid && Files.Count > 1 && file.Length % PieceLength is > 0 and var over)
                    WritePadding(writer, PieceLength - over);
            }

            writer.End();
        }
    }

    /// <summary>Writes <c>attr</c> (BEP 47), with the letters in libtorrent's order.</summary>
    internal static void WriteAttributes(BencodeWriter writer, TorrentBuilderFile? file)
    {
        TorrentFileAttributes attributes = file?.Attributes ?? TorrentFileAttributes.None;
        string letters = string.Concat(
            attributes.HasFlag(TorrentFileAttributes.Hidden) ? "h" : "",
            attributes.HasFlag(TorrentFileAttributes.Executable) ? "x" : "",
            attributes.HasFlag(TorrentFileAttributes.SymbolicLink) ? "l" : "");
        WriteOptional(writer, "attr"u8, letters);
    }

    /// <summary>Writes <c>mtime</c>.</summary>
    internal static void WriteLastWriteTime(BencodeWriter writer, TorrentBuilderFile? file)
    {
        if (file?.LastWriteTime?.ToUnixTimeSeconds() is { } seconds and > 0)
            writer.Write("mtime"u8, seconds);
    }

    /// <summary>Writes <c>symlink path</c> (BEP 47), relative to the torrent's folder.</summary>
    internal static void WriteLinkTarget(BencodeWriter writer, TorrentBuilderFile file)
    {
        if (file.LinkTarget is null)
            return;
        writer.WriteKey("symlink path"u8);
        WriteStrings(writer, file.LinkTarget.Split('/'));
    }

    /// <summary>Writes a padding file (BEP 47), up to the start of the next file in the v2 half.</summary>
    private static void WritePadding(BencodeWriter writer, long length)
    {
        writer.BeginDictionary();
        writer.Write("attr"u8, "p");
        writer.Write("length"u8, length);
        writer.WriteKey("path"u8);
        WriteStrings(writer, [".pad", length.ToString(CultureInfo.InvariantCulture)]);
        writer.End();
    }

    private void CheckFiles()
    {
        if (!IsElement(Name))
            throw new ArgumentException("The name must be a file or folder name, without a path.");
        if (Files.Count == 0)
            throw new ArgumentException("A torrent needs at least one file.");

        bool isSingle = Files.Count == 1 && Files[0].Path is null;
        if (!isSingle && !Files.All(file => file.Path is not null && file.Path.Split('/').All(IsElement)))
            throw new ArgumentException("Each file needs a path within the folder: names separated by '/'.");
        foreach (TorrentBuilderFile file in Files)
        {
            if (file.Attributes.HasFlag(TorrentFileAttributes.SymbolicLink) != file.LinkTarget is not null || (file.LinkTarget is not null && (isSingle || file.Length != 0)))
                throw new ArgumentException("A link needs a target and a parent folder, and must have no bytes.");
        }
    }

    private static bool IsElement(string name) =>
        name is not ("" or "." or "..") && !name.Contains('/', StringComparison.Ordinal);

    private static void WriteOptional(BencodeWriter writer, ReadOnlySpan<byte> key, string? value)
    {
        if (!string.IsNullOrEmpty(value))
            writer.Write(key, value);
    }

    private static void WriteStrings(BencodeWriter writer, IEnumerable<string> values)
    {
        writer.BeginList();
        foreach (string value in values)
            writer.WriteString(value);
        writer.End();
    }
}

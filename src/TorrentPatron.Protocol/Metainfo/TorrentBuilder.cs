using System.Buffers;
using TorrentPatron.Protocol.Bencoding;

namespace TorrentPatron.Protocol.Metainfo;

/// <summary>
/// Writes a v1 .torrent file (BEP 3) from what is known of its files. The files' bytes are hashed elsewhere, one after the
/// other in the order of <see cref="Files"/>.
/// </summary>
public sealed class TorrentBuilder
{
    /// <summary>The name of the file, or of the folder of the files.</summary>
    public required string Name { get; init; }

    /// <summary>
    /// The files. Either one whose path is <c>null</c>, which is called <see cref="Name"/>; or any number, whose paths are
    /// relative to the folder <see cref="Name"/>.
    /// </summary>
    public required IReadOnlyList<TorrentBuilderFile> Files { get; init; }

    /// <summary>Length of each piece but the last, in bytes; see <see cref="PieceLengthChooser"/>.</summary>
    public required int PieceLength { get; init; }

    /// <summary>The SHA-1 hashes of all pieces, 20 bytes each.</summary>
    public required ReadOnlyMemory<byte> PieceHashes { get; init; }

    /// <summary>Addresses to announce to, in tiers (BEP 12); none by default.</summary>
    public IReadOnlyList<IReadOnlyList<string>> TrackerTiers { get; init; } = [];

    /// <summary>Addresses that serve the files (BEP 19); none by default.</summary>
    public IReadOnlyList<string> WebSeeds { get; init; } = [];

    /// <summary>Whether peers may come from the trackers only (BEP 27).</summary>
    public bool IsPrivate { get; init; }

    /// <summary>A comment, if wanted.</summary>
    public string? Comment { get; init; }

    /// <summary>The program that makes the torrent.</summary>
    public string? CreatedBy { get; init; }

    /// <summary>When the torrent is made; written in whole seconds.</summary>
    public DateTimeOffset? CreationDate { get; init; }

    /// <summary>The mark of a private tracker (<c>source</c>), if wanted. It changes the info hash.</summary>
    public string? Source { get; init; }

    /// <summary>Writes the torrent.</summary>
    /// <returns>The bytes of the .torrent file, which <see cref="MetainfoReader"/> reads.</returns>
    /// <exception cref="ArgumentException">
    /// What was given makes no torrent: the hashes are not as many as the pieces, a path is empty or leads out of the
    /// folder, there is no file, a tracker's or web seed's address is not one, or a bound of <see cref="MetainfoReader"/> is exceeded.
    /// </exception>
    public byte[] Build()
    {
        CheckFiles();
        CheckAddresses(TrackerTiers, WebSeeds);
        var output = new ArrayBufferWriter<byte>(PieceHashes.Length + 1024);
        var writer = new BencodeWriter(output);
        writer.BeginDictionary();
        WriteTrackers(writer, TrackerTiers);
        WriteOptional(writer, "comment"u8, Comment);
        WriteOptional(writer, "created by"u8, CreatedBy);
        if (CreationDate is { } date)
            writer.Write("creation date"u8, date.ToUnixTimeSeconds());
        writer.WriteKey("info"u8);
        WriteInfo(writer);
        WriteWebSeeds(writer, WebSeeds);
        writer.End();

        byte[] torrent = output.WrittenSpan.ToArray();
        try
        {
            MetainfoReader.Read(torrent);
        }
        catch (MetainfoException fault)
        {
            throw new ArgumentException(fault.Message, fault);
        }

        return torrent;
    }

    /// <summary>Refuses addresses that no reader would take.</summary>
    /// <param name="trackerTiers">Addresses of trackers.</param>
    /// <param name="webSeeds">Addresses of web seeds.</param>
    /// <exception cref="ArgumentException">One of them is not such an address; the message says why.</exception>
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

    /// <summary>Writes a torrent around an info dictionary that is there already, unchecked.</summary>
    internal static byte[] Assemble(ReadOnlySpan<byte> info, IReadOnlyList<string> trackers, IReadOnlyList<string> webSeeds, IReadOnlyList<HostEndPoint> dhtNodes)
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

    private void WriteInfo(BencodeWriter writer)
    {
        writer.BeginDictionary();
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
                writer.Write("length"u8, file.Length);
                writer.WriteKey("path"u8);
                WriteStrings(writer, file.Path!.Split('/'));
                writer.End();
            }

            writer.End();
        }

        writer.Write("name"u8, Name);
        writer.Write("piece length"u8, PieceLength);
        writer.Write("pieces"u8, PieceHashes.Span);
        if (IsPrivate)
            writer.Write("private"u8, 1);
        WriteOptional(writer, "source"u8, Source);
        writer.End();
    }

    private void CheckFiles()
    {
        if (!IsElement(Name))
            throw new ArgumentException("The name must be that of a file or folder, without a path.");
        if (Files.Count == 0)
            throw new ArgumentException("A torrent needs a file.");

        bool isSingle = Files.Count == 1 && Files[0].Path is null;
        if (!isSingle && !Files.All(file => file.Path is not null && file.Path.Split('/').All(IsElement)))
            throw new ArgumentException("Each file needs a path within the folder, of names with '/' between them.");
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

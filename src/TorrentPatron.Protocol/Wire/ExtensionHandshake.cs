using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Net;
using TorrentPatron.Protocol.Bencoding;
using TorrentPatron.Protocol.Metainfo;
using TorrentPatron.Protocol.Trackers;

namespace TorrentPatron.Protocol.Wire;

/// <summary>A peer's extension handshake: extended message 0 (BEP 10).</summary>
public sealed record ExtensionHandshake
{
    private const int MaxExtensions = 64;
    private const int MaxNameBytes = 64;

    /// <summary>The largest request queue that a peer is credited with.</summary>
    private const int MaxBelievedQueue = 2000;

    private static readonly BencodeLimits Limits = new() { MaxDepth = 10, MaxTokens = 1000 };

    /// <summary>The sender's number for each extension; 0 means off.</summary>
    public IReadOnlyDictionary<string, byte> Extensions { get; init; } = new Dictionary<string, byte>();

    /// <summary>Name and version of the client, safe to print; empty if not included.</summary>
    public string Client { get; init; } = "";

    /// <summary>The sender's request queue, 1 to 2000; null if not included.</summary>
    public int? RequestQueue { get; init; }

    /// <summary>The sender's TCP listen port; null if not included.</summary>
    public int? ListenPort { get; init; }

    /// <summary>Whether the sender is upload-only (BEP 21).</summary>
    public bool IsUploadOnly { get; init; }

    /// <summary>
    /// Size of the info dictionary in bytes (BEP 9), 1 to <see cref="MetainfoReader.MaxMetadataBytes"/>; null if not included.
    /// </summary>
    public int? MetadataSize { get; init; }

    /// <summary>The receiver's address as the sender sees it (<c>yourip</c>); null if not included.</summary>
    public IPAddress? YourAddress { get; init; }

    /// <summary>Reads the payload of extended message 0. Invalid entries are ignored.</summary>
    /// <param name="payload">What follows the extended message's number.</param>
    /// <param name="handshake">The handshake, where the payload is one.</param>
    /// <returns>False if the payload is not a dictionary.</returns>
    public static bool TryRead(ReadOnlyMemory<byte> payload, [NotNullWhen(true)] out ExtensionHandshake? handshake)
    {
        handshake = null;
        BencodeElement root;
        try
        {
            root = BencodeDocument.ParsePrefix(payload, out _, Limits).Root;
        }
        catch (BencodeException)
        {
            return false;
        }

        if (root.Kind != BencodeKind.Dictionary)
            return false;

        handshake = new ExtensionHandshake
        {
            Extensions = ReadExtensions(root),
            Client = root.TryGet("v"u8, out BencodeElement v) && v.Kind == BencodeKind.String && v.AsBytes().Length <= 200
                ? DisplayText.Clean(v.AsText())
                : "",
            RequestQueue = ReadNumber(root, "reqq"u8, 1, long.MaxValue) is long queue ? (int)Math.Min(queue, MaxBelievedQueue) : null,
            ListenPort = (int?)ReadNumber(root, "p"u8, 1, 65535),
            IsUploadOnly = ReadNumber(root, "upload_only"u8, 1, long.MaxValue) is not null,
            MetadataSize = (int?)ReadNumber(root, "metadata_size"u8, 1, MetainfoReader.MaxMetadataBytes),
            YourAddress = root.TryGet("yourip"u8, out BencodeElement yours) ? CompactPeers.ReadAddress(yours) : null,
        };
        return true;
    }

    /// <summary>Merges this handshake into an earlier one: a later handshake may contain only changes (BEP 10).</summary>
    /// <param name="earlier">The earlier handshake.</param>
    public ExtensionHandshake After(ExtensionHandshake earlier)
    {
        ArgumentNullException.ThrowIfNull(earlier);
        var extensions = new Dictionary<string, byte>(earlier.Extensions);
        foreach ((string name, byte number) in Extensions)
        {
            if (extensions.Count < MaxExtensions || extensions.ContainsKey(name))
                extensions[name] = number;
        }

        return this with
        {
            Extensions = extensions,
            Client = Client.Length > 0 ? Client : earlier.Client,
            RequestQueue = RequestQueue ?? earlier.RequestQueue,
            ListenPort = ListenPort ?? earlier.ListenPort,
            IsUploadOnly = IsUploadOnly || earlier.IsUploadOnly,
            MetadataSize = MetadataSize ?? earlier.MetadataSize,
            YourAddress = YourAddress ?? earlier.YourAddress,
        };
    }

    /// <summary>Writes the payload of extended message 0.</summary>
    public byte[] ToBytes()
    {
        var buffer = new ArrayBufferWriter<byte>();
        var writer = new BencodeWriter(buffer);
        writer.BeginDictionary();
        writer.WriteKey("m"u8);
        writer.BeginDictionary();
        string[] names = [.. Extensions.Keys];
        Array.Sort(names, StringComparer.Ordinal);
        foreach (string name in names)
            writer.Write(System.Text.Encoding.ASCII.GetBytes(name), Extensions[name]);
        writer.End();
        if (MetadataSize is int size)
            writer.Write("metadata_size"u8, size);
        if (ListenPort is int port)
            writer.Write("p"u8, port);
        if (RequestQueue is int queue)
            writer.Write("reqq"u8, queue);
        if (IsUploadOnly)
            writer.Write("upload_only"u8, 1);
        if (Client.Length > 0)
            writer.Write("v"u8, Client);
        if (YourAddress is { } yours)
            writer.Write("yourip"u8, (yours.IsIPv4MappedToIPv6 ? yours.MapToIPv4() : yours).GetAddressBytes());
        writer.End();
        return buffer.WrittenSpan.ToArray();
    }

    private static Dictionary<string, byte> ReadExtensions(BencodeElement root)
    {
        var extensions = new Dictionary<string, byte>();
        if (!root.TryGet("m"u8, out BencodeElement m) || m.Kind != BencodeKind.Dictionary)
            return extensions;

        foreach (BencodeEntry entry in m.EnumerateDictionary())
        {
            if (extensions.Count < MaxExtensions && entry.Key.Length <= MaxNameBytes && entry.Value.TryGetInteger(out long number) && number is >= 0 and <= 255)
                extensions[entry.KeyText] = (byte)number;
        }

        return extensions;
    }

    private static long? ReadNumber(BencodeElement root, ReadOnlySpan<byte> key, long least, long most) =>
        root.TryGet(key, out BencodeElement element) && element.TryGetInteger(out long value) && value >= least && value <= most
            ? value
            : null;
}

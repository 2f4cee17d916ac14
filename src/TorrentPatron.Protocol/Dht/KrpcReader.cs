using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;
using System.Text;
using TorrentPatron.Protocol.Bencoding;
using TorrentPatron.Protocol.Trackers;

namespace TorrentPatron.Protocol.Dht;

/// <summary>Reads the datagrams of DHT nodes (BEP 5, 32, 33, 42, 43, 51).</summary>
public static class KrpcReader
{
    /// <summary>The longest datagram that is read, bytes.</summary>
    public const int MaxLength = 4_096;

    /// <summary>The longest token that is accepted, bytes.</summary>
    public const int MaxTokenLength = 100;

    private const int MaxTransactionIdLength = 32;
    private const int MaxReasonLength = 100;
    private const int MaxSampleInterval = 21_600;

    private static readonly BencodeLimits Limits = new() { MaxDepth = 8, MaxTokens = 500 };

    /// <summary>Reads a datagram.</summary>
    /// <param name="datagram">The datagram; the message refers to its bytes.</param>
    /// <param name="message">The message, if valid; an invalid query is an <see cref="InvalidQuery"/>.</param>
    /// <returns>False if the datagram is not a message, so that it cannot be answered.</returns>
    public static bool TryRead(ReadOnlyMemory<byte> datagram, [NotNullWhen(true)] out KrpcMessage? message)
    {
        message = null;
        if (datagram.Length > MaxLength)
            return false;

        BencodeElement root;
        try
        {
            root = BencodeDocument.ParsePrefix(datagram, out _, Limits).Root;
        }
        catch (BencodeException)
        {
            return false;
        }

        ReadOnlyMemory<byte> transactionId = Bytes(root, "t"u8);
        if (transactionId.IsEmpty || transactionId.Length > MaxTransactionIdLength)
            return false;
        ReadOnlySpan<byte> kind = Bytes(root, "y"u8).Span;
        if (kind.SequenceEqual("q"u8))
            message = ReadQuery(root, transactionId);
        else if (kind.SequenceEqual("r"u8))
            message = ReadResponse(root, transactionId);
        else if (kind.SequenceEqual("e"u8))
            message = ReadError(root, transactionId);
        return message is not null;
    }

    private static KrpcMessage ReadQuery(BencodeElement root, ReadOnlyMemory<byte> transactionId)
    {
        if (!root.TryGet("a"u8, out BencodeElement arguments) || !TryId(arguments, "id"u8, out NodeId sender))
            return Unfit(transactionId, KrpcError.Protocol, "The id is missing.");

        bool isReadOnly = Number(root, "ro"u8) == 1;
        ReadOnlySpan<byte> method = Bytes(root, "q"u8).Span;
        if (method.SequenceEqual("ping"u8))
            return new PingQuery { TransactionId = transactionId, Sender = sender, IsReadOnly = isReadOnly };
        if (method.SequenceEqual("find_node"u8) && TryId(arguments, "target"u8, out NodeId target))
        {
            return new FindNodeQuery
            {
                TransactionId = transactionId, Sender = sender, IsReadOnly = isReadOnly, Target = target, Want = ReadWant(arguments),
            };
        }

        if (method.SequenceEqual("sample_infohashes"u8) && TryId(arguments, "target"u8, out target))
        {
            return new SampleInfoHashesQuery
            {
                TransactionId = transactionId, Sender = sender, IsReadOnly = isReadOnly, Target = target, Want = ReadWant(arguments),
            };
        }

        if (method.SequenceEqual("get_peers"u8) && TryInfoHash(arguments, out InfoHash torrent))
        {
            return new GetPeersQuery
            {
                TransactionId = transactionId,
                Sender = sender,
                IsReadOnly = isReadOnly,
                InfoHash = torrent,
                Want = ReadWant(arguments),
                NoSeeds = Number(arguments, "noseed"u8) == 1,
                WantsScrape = Number(arguments, "scrape"u8) == 1,
            };
        }

        if (method.SequenceEqual("announce_peer"u8) && TryInfoHash(arguments, out torrent))
            return ReadAnnounce(arguments, transactionId, sender, isReadOnly, torrent);

        bool isKnown = method.SequenceEqual("find_node"u8) || method.SequenceEqual("get_peers"u8)
            || method.SequenceEqual("announce_peer"u8) || method.SequenceEqual("sample_infohashes"u8);
        return isKnown
            ? Unfit(transactionId, KrpcError.Protocol, "The target is missing.")
            : Unfit(transactionId, KrpcError.MethodUnknown, "Method Unknown");
    }

    private static KrpcMessage ReadAnnounce(
        BencodeElement arguments, ReadOnlyMemory<byte> transactionId, NodeId sender, bool isReadOnly, InfoHash torrent)
    {
        bool isImplied = Number(arguments, "implied_port"u8) is not (null or 0);
        long? port = Number(arguments, "port"u8);
        ReadOnlyMemory<byte> token = Bytes(arguments, "token"u8);
        if (!isImplied && port is not (> IPEndPoint.MinPort and <= IPEndPoint.MaxPort))
            return Unfit(transactionId, KrpcError.Protocol, "The port is missing.");
        if (token.IsEmpty || token.Length > MaxTokenLength)
            return Unfit(transactionId, KrpcError.Protocol, "The token is missing.");
        return new AnnouncePeerQuery
        {
            TransactionId = transactionId,
            Sender = sender,
            IsReadOnly = isReadOnly,
            InfoHash = torrent,
            Port = isImplied ? (ushort)0 : (ushort)port!.Value,
            IsPortImplied = isImplied,
            IsSeed = Number(arguments, "seed"u8) == 1,
            Token = token,
        };
    }

    private static KrpcResponse? ReadResponse(BencodeElement root, ReadOnlyMemory<byte> transactionId)
    {
        if (!root.TryGet("r"u8, out BencodeElement values) || !TryId(values, "id"u8, out NodeId sender))
            return null;

        ReadOnlyMemory<byte> token = Bytes(values, "token"u8);
        return new KrpcResponse
        {
            TransactionId = transactionId,
            Sender = sender,
            Requester = ReadRequester(Bytes(root, "ip"u8).Span),
            Nodes = ReadNodes(values),
            Peers = ReadPeers(values),
            Token = token.Length <= MaxTokenLength ? token : default,
            SeedFilter = ReadFilter(Bytes(values, "BFsd"u8).Span),
            PeerFilter = ReadFilter(Bytes(values, "BFpe"u8).Span),
            Samples = ReadSamples(values),
            TorrentCount = (int)Math.Clamp(Number(values, "num"u8) ?? 0, 0, int.MaxValue),
            SampleInterval = (int)Math.Clamp(Number(values, "interval"u8) ?? 0, 0, MaxSampleInterval),
        };
    }

    private static KrpcError ReadError(BencodeElement root, ReadOnlyMemory<byte> transactionId)
    {
        long code = KrpcError.Generic;
        string reason = "";
        if (root.TryGet("e"u8, out BencodeElement list) && list.Kind == BencodeKind.List)
        {
            foreach (BencodeElement part in list.EnumerateList())
            {
                if (part.TryGetInteger(out long number))
                    code = number;
                else if (part.TryGetBytes(out ReadOnlyMemory<byte> text))
                    reason = DisplayText.Clean(Encoding.UTF8.GetString(text.Span[..Math.Min(text.Length, MaxReasonLength)]));
            }
        }

        return new KrpcError { TransactionId = transactionId, Code = (int)Math.Clamp(code, 0, int.MaxValue), Reason = reason };
    }

    private static List<NodeContact>? ReadNodes(BencodeElement values)
    {
        bool hasIPv4 = values.TryGet("nodes"u8, out BencodeElement nodes);
        bool hasIPv6 = values.TryGet("nodes6"u8, out BencodeElement nodes6);
        if (!hasIPv4 && !hasIPv6)
            return null;

        var contacts = new List<NodeContact>();
        if (nodes.TryGetBytes(out ReadOnlyMemory<byte> packed))
            CompactNodes.Read(packed.Span, AddressFamily.InterNetwork, contacts, KrpcResponse.MaxNodes);
        if (nodes6.TryGetBytes(out packed))
            CompactNodes.Read(packed.Span, AddressFamily.InterNetworkV6, contacts, contacts.Count + KrpcResponse.MaxNodes);
        return contacts;
    }

    private static List<IPEndPoint>? ReadPeers(BencodeElement values)
    {
        if (!values.TryGet("values"u8, out BencodeElement list) || list.Kind != BencodeKind.List)
            return null;

        var peers = new List<IPEndPoint>();
        foreach (BencodeElement value in list.EnumerateList())
        {
            ReadOnlySpan<byte> packed = value.TryGetBytes(out ReadOnlyMemory<byte> bytes) ? bytes.Span : [];
            if (packed.Length == CompactPeers.IPv4Length)
                CompactPeers.Read(packed, AddressFamily.InterNetwork, peers, KrpcResponse.MaxPeers);
            else if (packed.Length == CompactPeers.IPv6Length)
                CompactPeers.Read(packed, AddressFamily.InterNetworkV6, peers, KrpcResponse.MaxPeers);
        }

        return peers;
    }

    private static List<InfoHash>? ReadSamples(BencodeElement values)
    {
        if (!values.TryGet("samples"u8, out BencodeElement element) || !element.TryGetBytes(out ReadOnlyMemory<byte> packed))
            return null;

        var samples = new List<InfoHash>(packed.Length / InfoHash.Length);
        for (; packed.Length >= InfoHash.Length; packed = packed[InfoHash.Length..])
            samples.Add(new InfoHash(packed.Span[..InfoHash.Length]));
        return samples;
    }

    // Older clients send only the address.
    private static IPEndPoint? ReadRequester(ReadOnlySpan<byte> packed) => packed.Length switch
    {
        4 or 16 => new IPEndPoint(new IPAddress(packed), 0),
        CompactPeers.IPv4Length or CompactPeers.IPv6Length =>
            new IPEndPoint(new IPAddress(packed[..^2]), packed[^2] << 8 | packed[^1]),
        _ => null,
    };

    private static ScrapeFilter? ReadFilter(ReadOnlySpan<byte> bytes) =>
        bytes.Length == ScrapeFilter.Length ? new ScrapeFilter(bytes) : null;

    private static NodeFamilies ReadWant(BencodeElement arguments)
    {
        var want = NodeFamilies.None;
        if (!arguments.TryGet("want"u8, out BencodeElement list) || list.Kind != BencodeKind.List)
            return want;

        foreach (BencodeElement element in list.EnumerateList())
        {
            ReadOnlySpan<byte> name = element.TryGetBytes(out ReadOnlyMemory<byte> bytes) ? bytes.Span : [];
            if (name.SequenceEqual("n4"u8))
                want |= NodeFamilies.IPv4;
            else if (name.SequenceEqual("n6"u8))
                want |= NodeFamilies.IPv6;
        }

        return want;
    }

    private static bool TryId(BencodeElement values, ReadOnlySpan<byte> key, out NodeId id)
    {
        ReadOnlySpan<byte> bytes = Bytes(values, key).Span;
        bool isId = bytes.Length == NodeId.Length;
        id = isId ? new NodeId(bytes) : default;
        return isId;
    }

    private static bool TryInfoHash(BencodeElement values, out InfoHash torrent)
    {
        ReadOnlySpan<byte> bytes = Bytes(values, "info_hash"u8).Span;
        bool isHash = bytes.Length == InfoHash.Length;
        torrent = isHash ? new InfoHash(bytes) : default;
        return isHash;
    }

    private static ReadOnlyMemory<byte> Bytes(BencodeElement values, ReadOnlySpan<byte> key) =>
        values.TryGet(key, out BencodeElement element) && element.TryGetBytes(out ReadOnlyMemory<byte> bytes) ? bytes : default;

    private static long? Number(BencodeElement values, ReadOnlySpan<byte> key) =>
        values.TryGet(key, out BencodeElement element) && element.TryGetInteger(out long number) ? number : null;

    private static InvalidQuery Unfit(ReadOnlyMemory<byte> transactionId, int code, string reason) =>
        new() { TransactionId = transactionId, ErrorCode = code, Reason = reason };
}

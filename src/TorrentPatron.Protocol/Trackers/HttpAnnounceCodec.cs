using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using TorrentPatron.Protocol.Bencoding;

namespace TorrentPatron.Protocol.Trackers;

/// <summary>The requests and answers of HTTP trackers (BEP 3, 7, 21, 23, 24, 48).</summary>
public static class HttpAnnounceCodec
{
    /// <summary>The longest answer, bytes after decompression.</summary>
    public const int MaxAnswerLength = 2 * 1024 * 1024;

    private const int MaxTrackerIdLength = 256;
    private const int MaxAddressTextLength = 45;

    /// <summary>The bit of <c>crypto_flags</c> for peers that require encryption.</summary>
    private const byte RequiresEncryption = 1;

    private static readonly BencodeLimits Limits = new() { MaxDepth = 10, MaxTokens = 50_000 };

    /// <summary>Creates the address of an announce request.</summary>
    /// <param name="announce">The tracker's announce URL; an existing query is kept, a fragment is not.</param>
    /// <param name="request">The announce.</param>
    public static Uri BuildUri(Uri announce, AnnounceRequest request)
    {
        ArgumentNullException.ThrowIfNull(announce);
        ArgumentNullException.ThrowIfNull(request);
        Span<byte> name = stackalloc byte[InfoHash.Length];
        var uri = new StringBuilder(announce.GetLeftPart(UriPartial.Query));
        uri.Append(announce.Query.Length == 0 ? '?' : '&');
        request.InfoHash.CopyTo(name);
        AppendEscaped(uri.Append("info_hash="), name);
        request.PeerId.CopyTo(name);
        AppendEscaped(uri.Append("&peer_id="), name);
        uri.Append(CultureInfo.InvariantCulture, $"&port={request.Port}&uploaded={request.Uploaded}");
        uri.Append(CultureInfo.InvariantCulture, $"&downloaded={request.Downloaded}&left={request.Left}");
        uri.Append(CultureInfo.InvariantCulture, $"&compact=1&no_peer_id=1&key={request.Key:X8}");
        if (request.NumWant >= 0)
            uri.Append(CultureInfo.InvariantCulture, $"&numwant={request.NumWant}");
        if (NameOf(request) is { } eventName)
            uri.Append("&event=").Append(eventName);
        if (request.TrackerId is { } trackerId)
            AppendEscaped(uri.Append("&trackerid="), Encoding.Latin1.GetBytes(trackerId));
        // Like libtorrent and Vuze.
        if (request.SupportsEncryption || request.RequiresEncryption)
            uri.Append("&supportcrypto=1");
        if (request.RequiresEncryption)
            uri.Append("&requirecrypto=1");
        if (request.Address is { } own)
            AppendEscaped(uri.Append("&ip="), Encoding.ASCII.GetBytes(new IPAddress(own.GetAddressBytes()).ToString()));
        if (request.IPv6 is { AddressFamily: AddressFamily.InterNetworkV6 } address)
            AppendEscaped(uri.Append("&ipv6="), Encoding.ASCII.GetBytes(new IPAddress(address.GetAddressBytes()).ToString()));

        // Unchanged: the usual canonicalisation would alter escapes that happen to look like UTF-8.
        return new Uri(uri.ToString(), new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true });
    }

    /// <summary>Creates the address of a scrape request (BEP 48).</summary>
    /// <param name="announce">The tracker's announce URL.</param>
    /// <param name="torrent">The swarm.</param>
    /// <returns>
    /// The address; null if the last part of the announce URL's path does not begin with <c>announce</c>: such a tracker cannot
    /// be scraped.
    /// </returns>
    public static Uri? BuildScrapeUri(Uri announce, InfoHash torrent)
    {
        ArgumentNullException.ThrowIfNull(announce);
        const string Announce = "announce";
        string path = announce.GetLeftPart(UriPartial.Path);
        int last = path.LastIndexOf('/') + 1;
        if (!path.AsSpan(last).StartsWith(Announce, StringComparison.Ordinal) || last <= announce.GetLeftPart(UriPartial.Authority).Length)
            return null;
        var uri = new StringBuilder(path[..last]).Append("scrape").Append(path.AsSpan(last + Announce.Length)).Append(announce.Query);
        uri.Append(announce.Query.Length == 0 ? '?' : '&');
        Span<byte> name = stackalloc byte[InfoHash.Length];
        torrent.CopyTo(name);
        AppendEscaped(uri.Append("info_hash="), name);
        return new Uri(uri.ToString(), new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true });
    }

    /// <summary>Reads a scrape answer (BEP 48).</summary>
    /// <param name="answer">The body of the HTTP response, decompressed.</param>
    /// <param name="torrent">The swarm.</param>
    /// <returns>The counts; null if the tracker does not know the swarm.</returns>
    /// <exception cref="TrackerFailureException">The tracker refused, or this is not a tracker's answer.</exception>
    public static ScrapeResponse? ParseScrape(ReadOnlyMemory<byte> answer, InfoHash torrent)
    {
        if (answer.Length > MaxAnswerLength)
            throw new TrackerFailureException($"The tracker's answer is longer than {MaxAnswerLength} bytes.");
        BencodeElement root = Decode(answer);
        if (root.TryGet("failure reason"u8, out BencodeElement failure))
            throw new TrackerFailureException(TrackerText.Refusal(BytesOf(failure).Span));
        Span<byte> name = stackalloc byte[InfoHash.Length];
        torrent.CopyTo(name);
        if (!root.TryGet("files"u8, out BencodeElement files) || files.Kind != BencodeKind.Dictionary
            || !files.TryGet(name, out BencodeElement file) || file.Kind != BencodeKind.Dictionary
            || ReadCount(file, "complete"u8) is not { } seeders || ReadCount(file, "incomplete"u8) is not { } leechers)
            return null;
        return new ScrapeResponse(seeders, leechers, ReadCount(file, "downloaded"u8));
    }

    /// <summary>Reads the answer.</summary>
    /// <param name="answer">The body of the HTTP response, decompressed.</param>
    /// <exception cref="TrackerFailureException">The tracker refused, or this is not a tracker's answer.</exception>
    public static AnnounceResponse Parse(ReadOnlyMemory<byte> answer)
    {
        if (answer.Length > MaxAnswerLength)
            throw new TrackerFailureException($"The tracker's answer is longer than {MaxAnswerLength} bytes.");

        BencodeElement root = Decode(answer);
        if (root.TryGet("failure reason"u8, out BencodeElement failure))
            throw new TrackerFailureException(TrackerText.Refusal(BytesOf(failure).Span));

        var peers = new List<IPEndPoint>();
        if (root.TryGet("peers"u8, out BencodeElement peersV4))
            ReadPeers(peersV4, AddressFamily.InterNetwork, peers);
        if (root.TryGet("peers6"u8, out BencodeElement peersV6))
            ReadPeers(peersV6, AddressFamily.InterNetworkV6, peers);

        return new AnnounceResponse
        {
            Interval = ReadInterval(root, "interval"u8) ?? AnnounceResponse.DefaultInterval,
            MinInterval = ReadInterval(root, "min interval"u8),
            Seeders = ReadCount(root, "complete"u8),
            Leechers = ReadCount(root, "incomplete"u8),
            Peers = peers,
            EncryptedPeers = ReadEncrypted(root),
            ExternalAddress = root.TryGet("external ip"u8, out BencodeElement external) ? CompactPeers.ReadAddress(external) : null,
            TrackerId = ReadTrackerId(root),
            Warning = ReadWarning(root),
        };
    }

    private static BencodeElement Decode(ReadOnlyMemory<byte> answer)
    {
        BencodeElement root;
        try
        {
            // Some trackers end their answer with a line break, so anything after the value is ignored.
            root = BencodeDocument.ParsePrefix(answer, out _, Limits).Root;
        }
        catch (BencodeException exception)
        {
            throw new TrackerFailureException("The answer is not from a tracker: it is not bencoded.", exception);
        }

        return root.Kind == BencodeKind.Dictionary
            ? root
            : throw new TrackerFailureException("The answer is not from a tracker: it is not a dictionary.");
    }

    private static void ReadPeers(BencodeElement element, AddressFamily family, List<IPEndPoint> peers)
    {
        if (element.TryGetBytes(out ReadOnlyMemory<byte> compact))
            CompactPeers.Read(compact.Span, family, peers, AnnounceResponse.MaxPeers);
        else if (element.Kind == BencodeKind.List)
            ReadPeerList(element, peers);
    }

    /// <summary>
    /// Reads which of the IPv4 peers accept only encrypted connections, from trackers that support Vuze's extension: a byte for
    /// each.
    /// </summary>
    private static List<IPEndPoint> ReadEncrypted(BencodeElement root)
    {
        var encrypted = new List<IPEndPoint>();
        if (!root.TryGet("crypto_flags"u8, out BencodeElement element) || !root.TryGet("peers"u8, out BencodeElement peers)
            || BytesOf(element).Span is not { IsEmpty: false } flags || BytesOf(peers).Span is var packed && packed.Length != flags.Length * CompactPeers.IPv4Length)
            return encrypted;
        for (int i = 0; i < Math.Min(flags.Length, AnnounceResponse.MaxPeers); i++)
        {
            if ((flags[i] & RequiresEncryption) != 0)
                CompactPeers.Read(packed.Slice(i * CompactPeers.IPv4Length, CompactPeers.IPv4Length), AddressFamily.InterNetwork, encrypted, AnnounceResponse.MaxPeers);
        }

        return encrypted;
    }

    // The form of BEP 3: a list of dictionaries. Host names instead of addresses are not resolved: a tracker could otherwise make
    // this machine resolve any name it likes.
    private static void ReadPeerList(BencodeElement list, List<IPEndPoint> peers)
    {
        foreach (BencodeElement peer in list.EnumerateList())
        {
            if (peers.Count >= AnnounceResponse.MaxPeers)
                return;

            if (peer.TryGet("ip"u8, out BencodeElement ip)
                && BytesOf(ip) is { Length: > 0 and <= MaxAddressTextLength } text
                && IPAddress.TryParse(Encoding.Latin1.GetString(text.Span), out IPAddress? address)
                && peer.TryGet("port"u8, out BencodeElement port)
                && port.TryGetInteger(out long number)
                && number is > IPEndPoint.MinPort and <= IPEndPoint.MaxPort)
            {
                peers.Add(new IPEndPoint(address, (int)number));
            }
        }
    }

    private static TimeSpan? ReadInterval(BencodeElement root, ReadOnlySpan<byte> key) =>
        root.TryGet(key, out BencodeElement element) && element.TryGetInteger(out long seconds)
            ? AnnounceResponse.ClampInterval(seconds)
            : null;

    private static int? ReadCount(BencodeElement root, ReadOnlySpan<byte> key) =>
        root.TryGet(key, out BencodeElement element) && element.TryGetInteger(out long count)
            ? (int)Math.Clamp(count, 0, int.MaxValue)
            : null;

    private static string? ReadTrackerId(BencodeElement root) =>
        root.TryGet("tracker id"u8, out BencodeElement element)
        && BytesOf(element) is { Length: > 0 and <= MaxTrackerIdLength } id
            ? Encoding.Latin1.GetString(id.Span)
            : null;

    private static string? ReadWarning(BencodeElement root) =>
        root.TryGet("warning message"u8, out BencodeElement element)
        && TrackerText.Clean(BytesOf(element).Span) is { Length: > 0 } text
            ? text
            : null;

    private static ReadOnlyMemory<byte> BytesOf(BencodeElement element) =>
        element.TryGetBytes(out ReadOnlyMemory<byte> bytes) ? bytes : default;

    private static string? NameOf(AnnounceRequest request) => request.Event switch
    {
        AnnounceEvent.Started => "started",
        AnnounceEvent.Completed => "completed",
        AnnounceEvent.Stopped => "stopped",
        _ => request.IsPartialSeed ? "paused" : null,
    };

    private static void AppendEscaped(StringBuilder uri, ReadOnlySpan<byte> bytes)
    {
        foreach (byte value in bytes)
        {
            if (char.IsAsciiLetterOrDigit((char)value) || (char)value is '-' or '.' or '_' or '~')
                uri.Append((char)value);
            else
                uri.Append(CultureInfo.InvariantCulture, $"%{value:X2}");
        }
    }
}

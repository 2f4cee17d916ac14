using System.Globalization;
using TorrentPatron.Protocol.Metainfo;

namespace TorrentPatron.Protocol.Magnets;

/// <summary>Parses a magnet link, one parameter after another.</summary>
internal sealed class MagnetReader
{
    private const string V1 = "urn:btih:";
    private const string V2 = "urn:btmh:";

    /// <summary>The multihash prefix of a SHA-256: function and length.</summary>
    private const string Sha256 = "1220";

    private readonly List<Uri> _trackers = [];
    private readonly List<string> _unsupportedTrackers = [];
    private readonly List<Uri> _webSeeds = [];
    private readonly List<HostEndPoint> _peers = [];
    private readonly List<HostEndPoint> _dhtNodes = [];
    private readonly List<FileIndexRange> _files = [];
    private InfoHash? _v1;
    private InfoHashV2? _v2;
    private string? _name;
    private string? _otherTopic;

    private MagnetReader()
    {
    }

    /// <summary>Parses a link.</summary>
    /// <returns>Why it is invalid; null if it is valid.</returns>
    public static string? Read(string text, out MagnetLink? link)
    {
        link = null;
        text = text.Trim();
        if (text.Length > MagnetLink.MaxLength)
            return $"The magnet link has {text.Length} characters; the limit is {MagnetLink.MaxLength}.";
        if (!MagnetLink.IsMagnet(text))
            return "This is not a magnet link: it does not begin with 'magnet:?'.";

        ReadOnlySpan<char> query = text.AsSpan(MagnetLink.Prefix.Length).TrimStart("?/");
        int count = 0;
        var reader = new MagnetReader();
        foreach (Range range in query.Split('&'))
        {
            if (++count > MagnetLink.MaxParameters)
                return $"The magnet link has more than {MagnetLink.MaxParameters} parameters.";
            if (reader.ReadParameter(query[range]) is { } fault)
                return fault;
        }

        if (reader._v1 is null && reader._v2 is null)
        {
            return reader._otherTopic is null
                ? "The magnet link names no torrent: it has no 'xt=urn:btih:' followed by a hash."
                : $"The magnet link is not for a torrent: '{reader._otherTopic}'.";
        }

        link = reader.ToLink();
        return null;
    }

    private MagnetLink ToLink() => new()
    {
        InfoHash = _v1,
        InfoHashV2 = _v2,
        Name = _name,
        UnsupportedTrackers = _unsupportedTrackers.AsReadOnly(),
        Trackers = _trackers.ConvertAll(tracker => tracker.OriginalString).AsReadOnly(),
        WebSeeds = _webSeeds.ConvertAll(seed => seed.OriginalString).AsReadOnly(),
        Peers = _peers.AsReadOnly(),
        DhtNodes = _dhtNodes.AsReadOnly(),
        SelectedFiles = _files.AsReadOnly(),
    };

    private string? ReadParameter(ReadOnlySpan<char> parameter)
    {
        // Links copied from a web page's source still contain its escapes.
        if (parameter.StartsWith("amp;", StringComparison.Ordinal))
            parameter = parameter["amp;".Length..];
        int equals = parameter.IndexOf('=');
        if (equals < 0)
            return null;

        string value = Unescape(parameter[(equals + 1)..]);
        switch (KeyOf(parameter[..equals]))
        {
            case "xt":
                return ReadTopic(value);
            case "dn":
                _name ??= CleanName(value);
                return null;
            case "tr":
                Add(_trackers, AddressReader.TrackerOrNull(value));
                AddressReader.AddUnsupported(_unsupportedTrackers, value);
                return null;
            case "ws":
                Add(_webSeeds, AddressReader.WebSeedOrNull(value));
                return null;
            case "x.pe":
                Add(_peers, HostEndPoint.TryParse(value, out HostEndPoint? peer) ? peer : null);
                return null;
            case "dht":
                if (_dhtNodes.Count < MetainfoReader.MaxDhtNodes)
                    Add(_dhtNodes, HostEndPoint.TryParse(value, out HostEndPoint? node) ? node : null);
                return null;
            case "so":
                return ReadFiles(value);
            default:
                return null;
        }
    }

    /// <summary>The key in lower case, without the number that distinguishes several of one kind (<c>tr.1</c>).</summary>
    private static string KeyOf(ReadOnlySpan<char> key)
    {
        int dot = key.LastIndexOf('.');
        if (dot > 0 && dot < key.Length - 1 && !key[(dot + 1)..].ContainsAnyExceptInRange('0', '9'))
            key = key[..dot];
        return key.Length > 16 ? "" : key.ToString().ToLowerInvariant();
    }

    /// <summary>Like in an HTML form, where a plus is a space.</summary>
    private static string Unescape(ReadOnlySpan<char> value) => Uri.UnescapeDataString(value.ToString().Replace('+', ' '));

    private static string? CleanName(string value)
    {
        string name = DisplayText.Clean(value).Trim();
        if (name.Length > MagnetLink.MaxNameLength)
            name = name[..(char.IsHighSurrogate(name[MagnetLink.MaxNameLength - 1]) ? MagnetLink.MaxNameLength - 1 : MagnetLink.MaxNameLength)];
        name = name.TrimEnd();
        return name.Length == 0 ? null : name;
    }

    private static void Add<T>(List<T> list, T? value)
        where T : class
    {
        if (value is not null && list.Count < MagnetLink.MaxAddresses && !list.Contains(value))
            list.Add(value);
    }

    private string? ReadTopic(string topic)
    {
        if (topic.StartsWith(V1, StringComparison.OrdinalIgnoreCase))
        {
            if (!TryReadV1(topic[V1.Length..], out InfoHash hash))
                return "The magnet link's info hash must be 40 hexadecimal or 32 base32 digits.";
            if (_v1 is { } known && known != hash)
                return "The magnet link names more than one torrent; use one link for each.";
            _v1 = hash;
        }
        else if (topic.StartsWith(V2, StringComparison.OrdinalIgnoreCase))
        {
            if (!TryReadV2(topic[V2.Length..], out InfoHashV2 hash))
                return "The magnet link's v2 hash must be '1220' and 64 hexadecimal digits, a SHA-256.";
            if (_v2 is { } known && known != hash)
                return "The magnet link names more than one torrent; use one link for each.";
            _v2 = hash;
        }
        else
        {
            _otherTopic = DisplayText.Clean(topic.Length > 40 ? topic[..40] + "..." : topic);
        }

        return null;
    }

    private static bool TryReadV1(string digits, out InfoHash hash)
    {
        if (InfoHash.TryParse(digits, out hash))
            return true;
        Span<byte> bytes = stackalloc byte[InfoHash.Length];
        if (!TryReadBase32(digits, bytes))
            return false;
        hash = new InfoHash(bytes);
        return true;
    }

    private static bool TryReadV2(string digits, out InfoHashV2 hash)
    {
        hash = default;
        return digits.StartsWith(Sha256, StringComparison.Ordinal) && InfoHashV2.TryParse(digits[Sha256.Length..], out hash);
    }

    /// <summary>Parses base32 digits (RFC 4648), in either case, that fill the bytes exactly.</summary>
    private static bool TryReadBase32(string digits, Span<byte> bytes)
    {
        if (digits.Length * 5 != bytes.Length * 8)
            return false;

        (int bits, int bitCount, int at) = (0, 0, 0);
        foreach (char digit in digits)
        {
            int value = char.ToUpperInvariant(digit) switch
            {
                >= 'A' and <= 'Z' and var letter => letter - 'A',
                >= '2' and <= '7' and var number => number - '2' + 26,
                _ => -1,
            };
            if (value < 0)
                return false;
            bits = ((bits << 5) | value) & 0xFFF;
            bitCount += 5;
            if (bitCount < 8)
                continue;
            bitCount -= 8;
            bytes[at++] = (byte)(bits >> bitCount);
        }

        return true;
    }

    private string? ReadFiles(string list)
    {
        foreach (Range range in list.AsSpan().Split(','))
        {
            ReadOnlySpan<char> item = list.AsSpan(range).Trim();
            if (item.IsEmpty)
                continue;
            int dash = item.IndexOf('-');
            bool isRange = int.TryParse(dash < 0 ? item : item[..dash], NumberStyles.None, CultureInfo.InvariantCulture, out int first)
                & int.TryParse(dash < 0 ? item : item[(dash + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out int last);
            if (!isRange || last < first)
                return "The magnet link's file selection ('so') must be indices and ranges, such as 0,2,6-8.";
            if (_files.Count == MagnetLink.MaxParameters)
                return $"The magnet link's file selection ('so') has more than {MagnetLink.MaxParameters} parts.";
            _files.Add(new FileIndexRange(first, last));
        }

        return null;
    }
}

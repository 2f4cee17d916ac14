using System.CommandLine.Parsing;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;
using TorrentPatron.Engine.Client;
using TorrentPatron.Protocol;
using TorrentPatron.Protocol.Metainfo;
using TorrentPatron.Service;
using TorrentPatron.Service.Units;

namespace TorrentPatron.Cli.Parsing;

/// <summary>Parses the values of options; an error says in one line what was expected.</summary>
internal static class OptionReader
{
    private const int MostPeers = 100_000;
    private const int MostCodePoint = 63;

    /// <summary>A size or a rate.</summary>
    public static long Size(ArgumentResult result) =>
        ByteSize.TryParse(Text(result), out long bytes) ? bytes : Refuse<long>(result, "a size, such as 512K or 256MiB");

    /// <summary>A size within bounds.</summary>
    public static long SizeWithin(ArgumentResult result, long smallest, long largest) =>
        ByteSize.TryParse(Text(result), out long bytes) && bytes >= smallest && bytes <= largest
            ? bytes
            : Refuse<long>(result, $"a size from {ByteSize.Format(smallest)} to {ByteSize.Format(largest)}");

    /// <summary>A duration.</summary>
    public static TimeSpan? Time(ArgumentResult result) =>
        Duration.TryParse(Text(result), out TimeSpan time) && time > TimeSpan.Zero && time <= Duration.LongestWait ? time : Refuse<TimeSpan?>(result, "a time, such as 90s, 10m or 2h");

    /// <summary>A port to listen on.</summary>
    public static int Port(ArgumentResult result) =>
        ushort.TryParse(Text(result), out ushort port) ? port : Refuse<int>(result, "a port, 0 to 65535");

    /// <summary>A differentiated services code point.</summary>
    public static int CodePoint(ArgumentResult result) =>
        byte.TryParse(Text(result), NumberStyles.None, CultureInfo.InvariantCulture, out byte number) && number <= MostCodePoint
            ? number
            : Refuse<int>(result, $"a code point, 0 to {MostCodePoint}");

    /// <summary>A number of peers.</summary>
    public static int PeerCount(ArgumentResult result) =>
        int.TryParse(Text(result), NumberStyles.None, CultureInfo.InvariantCulture, out int count) && count is >= 1 and <= MostPeers
            ? count
            : Refuse<int>(result, $"a number of peers, 1 to {MostPeers}");

    /// <summary>A number of torrents; 0 means no limit.</summary>
    public static int TorrentCount(ArgumentResult result) => int.TryParse(Text(result), NumberStyles.None, CultureInfo.InvariantCulture, out int count)
        ? count
        : Refuse<int>(result, "a number of torrents, or 0 for no limit");

    /// <summary>An IP address.</summary>
    public static IPAddress? Address(ArgumentResult result) =>
        IPAddress.TryParse(Text(result), out IPAddress? address) ? address : Refuse<IPAddress?>(result, "an IP address, such as 192.0.2.1 or 2001:db8::1");

    /// <summary>An encryption policy by name; numbers are refused.</summary>
    public static EncryptionPolicy Encryption(ArgumentResult result) =>
        Enum.GetNames<EncryptionPolicy>().Contains(Text(result), StringComparer.OrdinalIgnoreCase)
            ? Enum.Parse<EncryptionPolicy>(Text(result), ignoreCase: true)
            : Refuse<EncryptionPolicy>(result, "prefer, require or off");

    /// <summary>The format of a new torrent.</summary>
    public static MetainfoVersion TorrentVersion(ArgumentResult result) => Text(result).ToUpperInvariant() switch
    {
        "1" => MetainfoVersion.V1,
        "2" => MetainfoVersion.V2,
        "HYBRID" => MetainfoVersion.Hybrid,
        _ => Refuse<MetainfoVersion>(result, "1, 2 or hybrid"),
    };

    /// <summary>A transport policy by name; numbers are refused.</summary>
    public static TransportPolicy Transport(ArgumentResult result) =>
        Enum.GetNames<TransportPolicy>().Contains(Text(result), StringComparer.OrdinalIgnoreCase)
            ? Enum.Parse<TransportPolicy>(Text(result), ignoreCase: true)
            : Refuse<TransportPolicy>(result, "any, tcp or utp");

    /// <summary>The scope of a service.</summary>
    public static ServiceScope Scope(ArgumentResult result) =>
        Enum.GetNames<ServiceScope>().Contains(Text(result), StringComparer.OrdinalIgnoreCase)
            ? Enum.Parse<ServiceScope>(Text(result), ignoreCase: true)
            : Refuse<ServiceScope>(result, "user or machine");

    /// <summary>A proxy. A user and password in the text are refused, and not repeated in the error.</summary>
    public static ProxySettings? Proxy(ArgumentResult result)
    {
        if (!ProxySettings.TryParse(Text(result), out ProxySettings? proxy, out TorrentError? error))
            result.AddError($"{NameOf(result)}: {error}");
        return proxy;
    }

    /// <summary>The traffic that goes through a proxy.</summary>
    public static ProxyUses ProxyUses(ArgumentResult result)
    {
        ProxyUses uses = default;
        foreach (string name in Text(result).Split(',', StringSplitOptions.TrimEntries))
        {
            if (!Enum.GetNames<ProxyUses>().Contains(name, StringComparer.OrdinalIgnoreCase) || Enum.Parse<ProxyUses>(name, ignoreCase: true) is var use && use == default)
                return Refuse<ProxyUses>(result, "peers, trackers or web, or several of them separated by commas");
            uses |= use;
        }

        return uses;
    }

    /// <summary>Peers, each <c>host:port</c>.</summary>
    public static PeerAddress[] Peers(ArgumentResult result) => Each<PeerAddress>(
        result, PeerAddress.TryParse, (text, fault) => $"'{DisplayText.Clean(text)}' is not a valid peer: {fault}");

    /// <summary>Addresses of trackers.</summary>
    public static Uri[] Trackers(ArgumentResult result) => Each<Uri>(result, AddressReader.TryReadTracker, (_, fault) => fault);

    /// <summary>Addresses of web seeds.</summary>
    public static Uri[] WebSeeds(ArgumentResult result) => Each<Uri>(result, AddressReader.TryReadWebSeed, (_, fault) => fault);

    /// <summary>Info hashes.</summary>
    public static TorrentId[] TorrentIds(ArgumentResult result) => Each<TorrentId>(result, TryReadId, (text, fault) => $"'{DisplayText.Clean(text)}' is not an info hash: {fault}");

    /// <summary>Tags for torrents; an empty text is ignored.</summary>
    public static string[] Tags(ArgumentResult result)
    {
        const int Longest = 100;
        string[] tags = [.. result.Tokens.Select(token => DisplayText.Clean(token.Value)).Where(tag => tag.Length > 0).Distinct(StringComparer.OrdinalIgnoreCase)];
        return Array.Find(tags, tag => tag.Length > Longest) is { } tooLong ? Refuse<string[]>(result, $"a tag of 1 to {Longest} characters", tooLong)! : tags;
    }

    private static bool TryReadId(string text, out TorrentId id, [NotNullWhen(false)] out string? fault)
    {
        bool isRead = TorrentId.TryParse(text, out id);
        fault = isRead ? null : "expected 40 or 64 hexadecimal digits.";
        return isRead;
    }

    private static T[] Each<T>(ArgumentResult result, Reader<T> tryRead, Func<string, string, string> describe)
    {
        var values = new List<T>();
        foreach (Token token in result.Tokens)
        {
            if (tryRead(token.Value, out T? value, out string? fault))
                values.Add(value);
            else
                result.AddError($"{NameOf(result)}: {describe(token.Value, fault)}");
        }

        return [.. values];
    }

    private static string NameOf(ArgumentResult result) =>
        result.Parent is OptionResult { Option.Name: { } name } ? name : "The value";

    private static string Text(ArgumentResult result) => result.Tokens.Count == 0 ? "" : result.Tokens[^1].Value;

    private static T? Refuse<T>(ArgumentResult result, string expected, string? text = null)
    {
        result.AddError($"{NameOf(result)}: '{DisplayText.Clean(text ?? Text(result))}' is not {expected}.");
        return default;
    }

    private delegate bool Reader<T>(string text, [NotNullWhen(true)] out T? value, [NotNullWhen(false)] out string? fault);
}

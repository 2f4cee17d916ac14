using System.Collections.ObjectModel;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using TorrentPatron.Protocol.Bencoding;

namespace TorrentPatron.Protocol.Metainfo;

/// <summary>
/// Parses the addresses of trackers (BEP 3, BEP 12) and web seeds (BEP 19) from any source: a .torrent, a magnet link, a user, or
/// saved state.
/// </summary>
/// <remarks>
/// Everything that can be escaped is, so that an address is ASCII, and parsing it again gives the same result. Addresses that
/// differ only in spelling (case of the host, escapes, the default port) are equal as <see cref="Uri"/>.
/// </remarks>
public static class AddressReader
{
    /// <summary>The longest address, in characters including escapes.</summary>
    public const int MaxLength = 2048;

    private static readonly string[] TrackerSchemes = ["http", "https", "udp"];
    private static readonly string[] UnsupportedSchemes = ["wss", "ws"];
    private static readonly string[] WebSeedSchemes = ["http", "https"];

    /// <summary>Parses a tracker's announce address.</summary>
    /// <param name="text">The text; surrounding white space is ignored.</param>
    /// <param name="address">The address, absolute and escaped.</param>
    /// <param name="fault">Why the text is invalid: a sentence, safe to print, that says what is accepted.</param>
    public static bool TryReadTracker(string text, [NotNullWhen(true)] out Uri? address, [NotNullWhen(false)] out string? fault)
    {
        string? why = TryRead(text, TrackerSchemes, out address);
        if (address is { Scheme: "udp", Port: < 1 })
            (address, why) = (null, "a UDP tracker needs a port, as in udp://tracker.example:6969");
        fault = why is null ? null : $"'{Shown(text)}' is not a tracker's address: {why}.";
        return address is not null;
    }

    /// <summary>Parses a web seed's address.</summary>
    /// <inheritdoc cref="TryReadTracker" path="/param"/>
    public static bool TryReadWebSeed(string text, [NotNullWhen(true)] out Uri? address, [NotNullWhen(false)] out string? fault)
    {
        string? why = TryRead(text, WebSeedSchemes, out address);
        fault = why is null ? null : $"'{Shown(text)}' is not a web seed's address: {why}.";
        return address is not null;
    }

    /// <summary>The valid tracker addresses among some texts, in order.</summary>
    /// <param name="texts">The texts; invalid ones are ignored.</param>
    public static IEnumerable<Uri> Trackers(IEnumerable<string> texts)
    {
        ArgumentNullException.ThrowIfNull(texts);
        foreach (string text in texts)
        {
            if (TryReadTracker(text, out Uri? address, out _))
                yield return address;
        }
    }

    /// <summary>The valid web seed addresses among some texts, in order.</summary>
    /// <param name="texts">The texts; invalid ones are ignored.</param>
    public static IEnumerable<Uri> WebSeeds(IEnumerable<string> texts)
    {
        ArgumentNullException.ThrowIfNull(texts);
        foreach (string text in texts)
        {
            if (TryReadWebSeed(text, out Uri? address, out _))
                yield return address;
        }
    }

    internal static ReadOnlyCollection<ReadOnlyCollection<string>> ReadTrackers(BencodeElement root)
    {
        var tiers = new List<ReadOnlyCollection<string>>();
        var known = new HashSet<Uri>();
        if (root.TryGet("announce-list"u8, out BencodeElement list) && list.Kind == BencodeKind.List)
        {
            foreach (BencodeElement item in list.EnumerateList())
            {
                var tier = new List<string>();
                foreach (BencodeElement address in OneOrMany(item))
                    AddAddress(address, tier, known, TrackerOrNull);
                if (tier.Count > 0)
                    tiers.Add(tier.AsReadOnly());
            }
        }

        if (tiers.Count == 0 && root.TryGet("announce"u8, out BencodeElement announce))
        {
            var tier = new List<string>();
            AddAddress(announce, tier, known, TrackerOrNull);
            if (tier.Count > 0)
                tiers.Add(tier.AsReadOnly());
        }

        return [.. tiers];
    }

    /// <summary>Trackers with unsupported protocols: web sockets, used by browsers (WebTorrent). The first few.</summary>
    internal static ReadOnlyCollection<string> ReadUnsupportedTrackers(BencodeElement root)
    {
        var found = new List<string>();
        if (root.TryGet("announce-list"u8, out BencodeElement list))
        {
            foreach (BencodeElement tier in OneOrMany(list))
            {
                foreach (BencodeElement address in OneOrMany(tier))
                    AddUnsupported(found, address);
            }
        }

        if (root.TryGet("announce"u8, out BencodeElement announce))
            AddUnsupported(found, announce);
        return [.. found];
    }

    /// <summary>Adds an address to the result of <see cref="ReadUnsupportedTrackers"/>, if it is one.</summary>
    internal static void AddUnsupported(List<string> found, string text)
    {
        if (found.Count < MetainfoReader.MaxUnsupportedTrackers && text.Length <= MaxLength && TryRead(text, UnsupportedSchemes, out Uri? address) is null
            && address is not null && !found.Contains(address.OriginalString))
            found.Add(address.OriginalString);
    }

    private static void AddUnsupported(List<string> found, BencodeElement value)
    {
        if (value.Kind == BencodeKind.String && value.IsValidUtf8() && value.AsBytes().Length <= MaxLength)
            AddUnsupported(found, value.AsText());
    }

    internal static ReadOnlyCollection<string> ReadWebSeeds(BencodeElement root)
    {
        var seeds = new List<string>();
        var known = new HashSet<Uri>();
        if (root.TryGet("url-list"u8, out BencodeElement list))
        {
            foreach (BencodeElement address in OneOrMany(list))
                AddAddress(address, seeds, known, WebSeedOrNull);
        }

        return [.. seeds];
    }

    internal static Uri? TrackerOrNull(string text) => TryReadTracker(text, out Uri? address, out _) ? address : null;

    internal static Uri? WebSeedOrNull(string text) => TryReadWebSeed(text, out Uri? address, out _) ? address : null;

    // Some programs write a string instead of a list with one.
    private static IEnumerable<BencodeElement> OneOrMany(BencodeElement value)
    {
        if (value.Kind != BencodeKind.List)
        {
            yield return value;
            yield break;
        }

        foreach (BencodeElement item in value.EnumerateList())
            yield return item;
    }

    private static void AddAddress(BencodeElement value, List<string> addresses, HashSet<Uri> known, Func<string, Uri?> read)
    {
        if (known.Count >= MetainfoReader.MaxTrackers || !value.IsValidUtf8() || value.AsBytes().Length > MaxLength)
            return;
        if (read(value.AsText()) is { } address && known.Add(address))
            addresses.Add(address.OriginalString);
    }

    /// <returns>Why the address is invalid; null if it is valid.</returns>
    private static string? TryRead(string text, string[] schemes, out Uri? address)
    {
        ArgumentNullException.ThrowIfNull(text);
        address = null;
        text = text.Trim();
        if (!schemes.Any(scheme => text.StartsWith(scheme + "://", StringComparison.OrdinalIgnoreCase)))
            return $"it must begin with {string.Join(", ", schemes[..^1].Select(scheme => scheme + "://"))} or {schemes[^1]}://";
        // Checked before .NET's parser, which fails on some texts with direction marks.
        if (!ReferenceEquals(DisplayText.Clean(text), text))
            return "it contains control or invisible characters";

        try
        {
            if (Uri.TryCreate(text, UriKind.Absolute, out Uri? uri) && uri is { Host.Length: > 0, Port: not 0 })
                address = Escape(uri);
        }
        catch (UriFormatException)
        {
            // A host name without an ASCII form.
        }

        if (address is null)
            return "its host name or its port is not valid";
        if (address.OriginalString.Length <= MaxLength)
            return null;
        address = null;
        return $"it has more than {MaxLength} characters";
    }

    private static Uri Escape(Uri uri)
    {
        // As it was written, if valid: users know it in that form.
        if (Ascii.IsValid(uri.OriginalString) && uri.Fragment.Length == 0 && uri.IsWellFormedOriginalString())
            return uri;
        string user = uri.UserInfo.Length == 0 ? "" : $"{uri.GetComponents(UriComponents.UserInfo, UriFormat.UriEscaped)}@";
        string host = uri.HostNameType == UriHostNameType.IPv6 ? uri.Host : uri.IdnHost;
        string port = uri.IsDefaultPort ? "" : $":{uri.Port}";
        return new Uri($"{uri.Scheme}://{user}{host}{port}{uri.PathAndQuery}", UriKind.Absolute);
    }

    private static string Shown(string text)
    {
        const int Longest = 200;
        string shown = DisplayText.Clean(text.Length > Longest ? text[..Longest] : text).Trim();
        return text.Length > Longest ? shown + "..." : shown;
    }
}

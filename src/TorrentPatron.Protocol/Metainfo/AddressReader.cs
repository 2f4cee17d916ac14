using TorrentPatron.Protocol.Bencoding;

namespace TorrentPatron.Protocol.Metainfo;

/// <summary>Reads a torrent's trackers (BEP 3, BEP 12) and web seeds (BEP 19); what is no address is left out.</summary>
internal static class AddressReader
{
    private const int MaxAddressBytes = 2048;

    /// <summary>The schemes of trackers.</summary>
    public static IReadOnlyList<string> TrackerSchemes { get; } = ["http", "https", "udp"];

    /// <summary>The schemes of web seeds.</summary>
    public static IReadOnlyList<string> WebSeedSchemes { get; } = ["http", "https"];

    public static IReadOnlyList<IReadOnlyList<string>> ReadTrackers(BencodeElement root)
    {
        var tiers = new List<IReadOnlyList<string>>();
        var known = new HashSet<string>(StringComparer.Ordinal);
        if (root.TryGet("announce-list"u8, out BencodeElement list) && list.Kind == BencodeKind.List)
        {
            foreach (BencodeElement item in list.EnumerateList())
            {
                var tier = new List<string>();
                foreach (BencodeElement address in OneOrMany(item))
                    AddAddress(address, tier, known, TrackerSchemes);
                if (tier.Count > 0)
                    tiers.Add(tier.AsReadOnly());
            }
        }

        if (tiers.Count == 0 && root.TryGet("announce"u8, out BencodeElement announce))
        {
            var tier = new List<string>();
            AddAddress(announce, tier, known, TrackerSchemes);
            if (tier.Count > 0)
                tiers.Add(tier.AsReadOnly());
        }

        return tiers.AsReadOnly();
    }

    public static IReadOnlyList<string> ReadWebSeeds(BencodeElement root)
    {
        var seeds = new List<string>();
        var known = new HashSet<string>(StringComparer.Ordinal);
        if (root.TryGet("url-list"u8, out BencodeElement list))
        {
            foreach (BencodeElement address in OneOrMany(list))
                AddAddress(address, seeds, known, WebSeedSchemes);
        }

        return seeds.AsReadOnly();
    }

    // Some makers write a string where a list of one belongs.
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

    /// <summary>The address as it is used and shown; null where it is none, or could disguise itself.</summary>
    /// <param name="text">What is meant to be an address.</param>
    /// <param name="schemes">The schemes that it may have.</param>
    public static string? Read(string text, IReadOnlyList<string> schemes)
    {
        // Looked at before .NET's own reader is: that one breaks on some texts with direction marks, which are none of ours.
        string address = text.Trim();
        return address.Length <= MaxAddressBytes
            && schemes.Any(scheme => address.StartsWith(scheme + "://", StringComparison.OrdinalIgnoreCase))
            && ReferenceEquals(DisplayText.Clean(address), address)
            && Uri.TryCreate(address, UriKind.Absolute, out Uri? uri)
            && schemes.Contains(uri.Scheme)
            && uri.Host.Length > 0
            ? address
            : null;
    }

    private static void AddAddress(BencodeElement value, List<string> addresses, HashSet<string> known, IReadOnlyList<string> schemes)
    {
        if (known.Count >= MetainfoReader.MaxTrackers || !value.IsValidUtf8() || value.AsBytes().Length > MaxAddressBytes)
            return;
        if (Read(value.AsText(), schemes) is { } address && known.Add(address))
            addresses.Add(address);
    }
}

using TorrentPatron.Protocol.Bencoding;

namespace TorrentPatron.Protocol.Metainfo;

/// <summary>Reads a torrent's trackers (BEP 3, BEP 12) and web seeds (BEP 19); what is no address is left out.</summary>
internal static class AddressReader
{
    private const int MaxAddressBytes = 2048;

    private static readonly string[] TrackerSchemes = ["http", "https", "udp"];
    private static readonly string[] WebSeedSchemes = ["http", "https"];

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

    private static void AddAddress(BencodeElement value, List<string> addresses, HashSet<string> known, string[] schemes)
    {
        if (known.Count >= MetainfoReader.MaxTrackers || !value.IsValidUtf8() || value.AsBytes().Length > MaxAddressBytes)
            return;

        string address = value.AsText().Trim();
        if (Uri.TryCreate(address, UriKind.Absolute, out Uri? uri)
            && schemes.Contains(uri.Scheme)
            && uri.Host.Length > 0
            && ReferenceEquals(DisplayText.Clean(address), address)
            && known.Add(address))
        {
            addresses.Add(address);
        }
    }
}

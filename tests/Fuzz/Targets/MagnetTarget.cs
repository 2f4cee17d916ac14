using System.Text;
using TorrentPatron.Fuzz.Mutation;
using TorrentPatron.Protocol.Magnets;

namespace TorrentPatron.Fuzz.Targets;

/// <summary>Magnet links.</summary>
internal sealed class MagnetTarget : IFuzzTarget
{
    private const string Hash = "2e473d41fff585d1096332d3e0ee1360741717a1";

    public string Name => "magnet";

    public IMutator Mutator { get; } = new LinkMutator();

    public long AllowedBytes(int length) => 512 * 1024 + (400L * length);

    public bool Run(byte[] input)
    {
        if (!MagnetLink.TryParse(Encoding.UTF8.GetString(input), out MagnetLink? link, out string? fault))
        {
            Property.IsHarmless(fault, "the error message");
            Property.Holds(fault.Length is > 0 and < 500, "an error message is a sentence");
            return false;
        }

        Property.Holds(link.InfoHash is not null || link.InfoHashV2 is not null, "a link has a hash");
        Property.IsHarmless(link.Name, "the name");
        Property.Holds(link.Name is null or { Length: > 0 and <= MagnetLink.MaxNameLength }, "the name is short");
        Property.Holds(
            link.Trackers.Count <= MagnetLink.MaxAddresses && link.WebSeeds.Count <= MagnetLink.MaxAddresses
            && link.Peers.Count <= MagnetLink.MaxAddresses && link.SelectedFiles.Count <= MagnetLink.MaxParameters,
            "addresses and files are bounded");
        foreach (string address in link.Trackers.Concat(link.WebSeeds))
        {
            Property.IsHarmless(address, "an address");
            Property.Holds(new Uri(address).Scheme is "http" or "https" or "udp", "an address is of a known kind");
        }

        Property.Holds(link.Peers.All(peer => peer.Port is > 0 and <= 65535), "peers have ports");
        Property.Holds(link.SelectedFiles.All(range => range.First >= 0 && range.Last >= range.First), "files are in order");
        string text = link.ToString();
        Property.IsHarmless(text, "the written link");
        Property.Holds(text.All(char.IsAscii), "the written link is ASCII");
        if (text.Length <= MagnetLink.MaxLength)
        {
            Property.Holds(MagnetLink.TryParse(text, out MagnetLink? again, out _), "a written value can be read again");
            Property.Holds(again!.ToString() == text && again.TorrentId == link.TorrentId, "the value read again is the same");
        }

        return true;
    }

    private sealed class LinkMutator : IMutator
    {
        private static readonly string[] Keys = ["xt", "dn", "tr", "ws", "x.pe", "so", "tr.1", "xl", "as", "kt", "XT", "amp;tr", "", "dn.", "."];

        private static readonly string[] Values =
        [
            "urn:btih:" + Hash, "urn:btih:YNCKHTQCWBTRNJIV4WNAE52SJUQCZO5C", "urn:btmh:1220" + Hash + Hash[..24], "urn:sha1:abc",
            "http://t.example/announce", "udp%3A%2F%2Ft.example%3A80", "https://s.example/", "127.0.0.1:6881", "[::1]:1", "host.example:65535",
            "0,2,6-8", "8-6", "99999999999", "-1", "%", "%zz", "%00", "%1B%5B31m", "%E2%80%AE", "%ED%A0%80", "+", "%F0%9F%91%8D",
        ];

        private static readonly ByteMutator Bytes = new([Encoding.ASCII.GetBytes($"magnet:?xt=urn:btih:{Hash}&dn=a+name&tr=http://t.example/")]);

        public byte[] Make(Random random)
        {
            if (random.Next(5) == 0)
                return Bytes.Make(random);
            var link = new List<byte>(random.Next(20) == 0 ? "Magnet:"u8.ToArray() : "magnet:?"u8.ToArray());
            if (random.Next(4) > 0)
                link.AddRange(Encoding.ASCII.GetBytes($"xt=urn:btih:{Hash}"));
            for (int i = random.Next(random.Next(20) == 0 ? 2000 : 8); i > 0; i--)
            {
                link.AddRange(Encoding.ASCII.GetBytes($"&{Keys[random.Next(Keys.Length)]}="));
                link.AddRange(random.Next(3) == 0 ? HostileText.Make(random) : Encoding.ASCII.GetBytes(Values[random.Next(Values.Length)]));
            }

            return random.Next(5) == 0 ? Bytes.Change([.. link], random, random.Next(1, 4)) : [.. link];
        }
    }
}

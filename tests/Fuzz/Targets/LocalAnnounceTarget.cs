using TorrentPatron.Fuzz.Mutation;
using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Fuzz.Targets;

/// <summary>Local announces (BEP 14).</summary>
internal sealed class LocalAnnounceTarget : IFuzzTarget
{
    private const string Hash = "2e473d41fff585d1096332d3e0ee1360741717a1";

    public string Name => "local-announce";

    public IMutator Mutator { get; } = new ByteMutator(
        [
            System.Text.Encoding.ASCII.GetBytes(
                $"BT-SEARCH * HTTP/1.1\r\nHost: 239.192.152.143:6771\r\nPort: 6881\r\nInfohash: {Hash}\r\ncookie: name\r\n\r\n\r\n"),
        ],
        [.. new[] { "\r\n", "Port: 0", "Port: 99999", $"Infohash: {Hash}\r\n", "cookie: \u001B[31m\r\n", ":" }.Select(System.Text.Encoding.ASCII.GetBytes)]);

    public long AllowedBytes(int length) => 64 * 1024 + (64L * length);

    public bool Run(byte[] input)
    {
        if (!LocalAnnounce.TryRead(input, out LocalAnnounce? announce))
            return false;
        Property.Holds(announce.Port is > 0 and <= 65535, "the port is valid");
        Property.Holds(announce.InfoHashes.Count is > 0 and <= LocalAnnounce.MaxTorrents, "torrents are bounded");
        Property.Holds(announce.Cookie.Length <= 64, "the cookie is short");
        return true;
    }
}

using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;
using System.Text;

namespace TorrentPatron.Protocol.Wire;

/// <summary>A peer's announce in the local network: its torrents and its listen port (BEP 14).</summary>
public sealed record LocalAnnounce
{
    /// <summary>The most torrents named in one announce: more would make it longer than 1400 bytes.</summary>
    public const int MaxTorrents = 20;

    private const int MaxLength = 1_500;
    private const int MaxCookieLength = 64;
    private const string Start = "BT-SEARCH * HTTP/1.1";

    /// <summary>The destination of announces over IPv4, an organisation-local group.</summary>
    public static IPEndPoint IPv4Group { get; } = new(IPAddress.Parse("239.192.152.143"), 6771);

    /// <summary>The destination of announces over IPv6, a site-local group.</summary>
    public static IPEndPoint IPv6Group { get; } = new(IPAddress.Parse("ff15::efc0:988f"), 6771);

    /// <summary>The sender's TCP listen port, 1 to 65535.</summary>
    public required int Port { get; init; }

    /// <summary>The torrents, at most <see cref="MaxTorrents"/>.</summary>
    public required IReadOnlyList<InfoHash> InfoHashes { get; init; }

    /// <summary>Identifies the sender's own announces; empty if not included.</summary>
    public string Cookie { get; init; } = "";

    /// <summary>Reads an announce. Unknown headers and invalid torrents are ignored.</summary>
    /// <param name="datagram">The datagram.</param>
    /// <param name="announce">The announce, where it is one.</param>
    /// <returns>False if the datagram is not an announce, or has no port or no torrent.</returns>
    public static bool TryRead(ReadOnlySpan<byte> datagram, [NotNullWhen(true)] out LocalAnnounce? announce)
    {
        announce = null;
        if (datagram.Length > MaxLength)
            return false;

        string[] lines = Encoding.Latin1.GetString(datagram).Split('\n');
        if (!lines[0].TrimEnd('\r').Equals(Start, StringComparison.OrdinalIgnoreCase))
            return false;

        int port = 0;
        string cookie = "";
        var torrents = new List<InfoHash>();
        foreach (string line in lines.Skip(1))
        {
            int colon = line.IndexOf(':', StringComparison.Ordinal);
            if (colon < 0)
                continue;
            string value = line[(colon + 1)..].Trim();
            switch (line[..colon].Trim().ToUpperInvariant())
            {
                case "PORT" when int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out int number):
                    port = number;
                    break;
                case "INFOHASH" when torrents.Count < MaxTorrents && InfoHash.TryParse(value, out InfoHash torrent):
                    torrents.Add(torrent);
                    break;
                case "COOKIE" when value.Length <= MaxCookieLength:
                    cookie = value;
                    break;
            }
        }

        if (port is < 1 or > IPEndPoint.MaxPort || torrents.Count == 0)
            return false;
        announce = new LocalAnnounce { Port = port, InfoHashes = torrents, Cookie = cookie };
        return true;
    }

    /// <summary>Writes the announce.</summary>
    /// <param name="group">The group that it is sent to.</param>
    /// <exception cref="InvalidOperationException">More than <see cref="MaxTorrents"/> torrents are named.</exception>
    public byte[] ToBytes(IPEndPoint group)
    {
        ArgumentNullException.ThrowIfNull(group);
        if (InfoHashes.Count > MaxTorrents)
            throw new InvalidOperationException($"An announce can name at most {MaxTorrents} torrents.");

        var text = new StringBuilder(Start).Append("\r\n");
        text.Append(CultureInfo.InvariantCulture, $"Host: {group}\r\nPort: {Port}\r\n");
        foreach (InfoHash torrent in InfoHashes)
            text.Append(CultureInfo.InvariantCulture, $"Infohash: {torrent}\r\n");
        if (Cookie.Length > 0)
            text.Append(CultureInfo.InvariantCulture, $"cookie: {Cookie}\r\n");
        return Encoding.Latin1.GetBytes(text.Append("\r\n\r\n").ToString());
    }
}

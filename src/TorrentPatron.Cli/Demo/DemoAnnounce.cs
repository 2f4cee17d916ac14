using System.Globalization;
using TorrentPatron.Protocol;

namespace TorrentPatron.Cli.Demo;

/// <summary>An announce to the demo's tracker (BEP 3).</summary>
/// <param name="Torrent">Which torrent.</param>
/// <param name="Port">The port on which the peer listens, 1 to 65535.</param>
/// <param name="IsSeed">Whether the peer has everything.</param>
/// <param name="IsLeaving">Whether the peer is leaving the swarm.</param>
internal sealed record DemoAnnounce(InfoHash Torrent, int Port, bool IsSeed, bool IsLeaving)
{
    private const string Start = "GET /announce?";

    /// <summary>Reads the head of an HTTP request.</summary>
    /// <param name="request">The head, one character per byte.</param>
    /// <returns>The announce; null if it is not one.</returns>
    public static DemoAnnounce? TryParse(string request)
    {
        int end = request.IndexOf(" HTTP/1.", StringComparison.Ordinal);
        if (end < 0 || !request.StartsWith(Start, StringComparison.Ordinal) || end < Start.Length)
            return null;

        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (string pair in request[Start.Length..end].Split('&'))
        {
            int equals = pair.IndexOf('=', StringComparison.Ordinal);
            if (equals > 0)
                values[pair[..equals]] = pair[(equals + 1)..];
        }

        byte[] name = Unescape(values.GetValueOrDefault("info_hash", ""));
        bool isAnnounce = name.Length == InfoHash.Length
            & ushort.TryParse(values.GetValueOrDefault("port"), NumberStyles.None, CultureInfo.InvariantCulture, out ushort port)
            && port != 0;
        return isAnnounce
            ? new DemoAnnounce(
                new InfoHash(name), port,
                IsSeed: values.GetValueOrDefault("left") == "0",
                IsLeaving: values.GetValueOrDefault("event") == "stopped")
            : null;
    }

    // The bytes are a hash, not text: decoding them as UTF-8 would damage them.
    private static byte[] Unescape(string text)
    {
        var bytes = new List<byte>(InfoHash.Length);
        for (int i = 0; i < text.Length; i++)
        {
            if (text[i] == '%'
                && byte.TryParse(text.AsSpan(i + 1, Math.Min(2, text.Length - i - 1)), NumberStyles.AllowHexSpecifier,
                    CultureInfo.InvariantCulture, out byte escaped))
            {
                bytes.Add(escaped);
                i += 2;
            }
            else
            {
                bytes.Add((byte)text[i]);
            }
        }

        return [.. bytes];
    }
}

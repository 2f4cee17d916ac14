using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;
using System.Text;

namespace TorrentPatron.Protocol.Magnets;

/// <summary>A peer that a magnet link names (<c>x.pe</c>, BEP 9).</summary>
/// <param name="Host">A host's name, or an IPv4 or IPv6 address without brackets.</param>
/// <param name="Port">1 to 65535.</param>
public sealed record MagnetPeer(string Host, int Port)
{
    /// <summary>The peer's address; null where the host is a name that must be looked up first.</summary>
    public IPEndPoint? EndPoint => IPAddress.TryParse(Host, out IPAddress? address) ? new IPEndPoint(address, Port) : null;

    /// <summary>Reads <c>host:port</c>, where an IPv6 address stands in brackets.</summary>
    /// <param name="text">The text.</param>
    /// <param name="peer">The peer, where the text is one.</param>
    public static bool TryParse(string text, [NotNullWhen(true)] out MagnetPeer? peer)
    {
        ArgumentNullException.ThrowIfNull(text);
        peer = null;
        int colon = text.LastIndexOf(':');
        if (colon < 1
            || !int.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out int port)
            || port is 0 or > IPEndPoint.MaxPort)
        {
            return false;
        }

        string host = text[..colon];
        bool isBracketed = host is ['[', .., ']'];
        if (isBracketed)
            host = host[1..^1];
        // Names in other letters have a form in ASCII, in which they are written in links.
        UriHostNameType kind = Ascii.IsValid(host) ? Uri.CheckHostName(host) : UriHostNameType.Unknown;
        if (kind == UriHostNameType.Unknown || kind == UriHostNameType.IPv6 != isBracketed)
            return false;
        peer = new MagnetPeer(host, port);
        return true;
    }

    /// <summary>The peer as in a link: <c>host:port</c> or <c>[v6]:port</c>.</summary>
    public override string ToString() => Host.Contains(':', StringComparison.Ordinal)
        ? string.Create(CultureInfo.InvariantCulture, $"[{Host}]:{Port}")
        : string.Create(CultureInfo.InvariantCulture, $"{Host}:{Port}");
}

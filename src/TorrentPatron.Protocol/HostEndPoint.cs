using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;
using System.Text;

namespace TorrentPatron.Protocol;

/// <summary>A host and a port, in the form of peers in magnet links (BEP 9) and DHT nodes in .torrents (BEP 5).</summary>
/// <param name="Host">A host's name, or an IPv4 or IPv6 address without brackets.</param>
/// <param name="Port">1 to 65535.</param>
public sealed record HostEndPoint(string Host, int Port)
{
    /// <summary>The address; null if the host is a name that must be resolved first.</summary>
    public IPEndPoint? EndPoint => IPAddress.TryParse(Host, out IPAddress? address) ? new IPEndPoint(address, Port) : null;

    /// <summary>Parses <c>host:port</c>, with IPv6 addresses in brackets.</summary>
    /// <param name="text">The text.</param>
    /// <param name="endPoint">The host and port, where the text is one.</param>
    public static bool TryParse(string text, [NotNullWhen(true)] out HostEndPoint? endPoint)
    {
        ArgumentNullException.ThrowIfNull(text);
        endPoint = null;
        int colon = text.LastIndexOf(':');
        if (colon < 1 || !int.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out int port))
            return false;

        string host = text[..colon];
        bool isBracketed = host is ['[', .., ']'];
        if (isBracketed)
            host = host[1..^1];
        return isBracketed == host.Contains(':', StringComparison.Ordinal) && TryCreate(host, port, out endPoint);
    }

    /// <summary>Creates an end point from a host and a port.</summary>
    /// <param name="host">A host's name or address; an IPv6 address without brackets.</param>
    /// <param name="port">The port.</param>
    /// <param name="endPoint">The host and port, if valid.</param>
    public static bool TryCreate(string host, long port, [NotNullWhen(true)] out HostEndPoint? endPoint)
    {
        ArgumentNullException.ThrowIfNull(host);
        // International names have an ASCII form, which links and torrents use.
        bool isHost = Ascii.IsValid(host) && !host.StartsWith('[') && Uri.CheckHostName(host) != UriHostNameType.Unknown;
        endPoint = isHost && port is > 0 and <= IPEndPoint.MaxPort ? new HostEndPoint(host, (int)port) : null;
        return endPoint is not null;
    }

    /// <summary>In the form of links: <c>host:port</c> or <c>[v6]:port</c>.</summary>
    public override string ToString() => Host.Contains(':', StringComparison.Ordinal)
        ? string.Create(CultureInfo.InvariantCulture, $"[{Host}]:{Port}")
        : string.Create(CultureInfo.InvariantCulture, $"{Host}:{Port}");
}

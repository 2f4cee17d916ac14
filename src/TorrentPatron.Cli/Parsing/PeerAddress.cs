using System.Globalization;
using System.Net;
using System.Net.Sockets;
using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Network;
using TorrentPatron.Protocol;
using TorrentPatron.Service;

namespace TorrentPatron.Cli.Parsing;

/// <summary>
/// A peer given by hand: <c>host:port</c>, where the host is a name, an IPv4 address or an IPv6 address in brackets.
/// </summary>
/// <param name="Host">The host, without brackets.</param>
/// <param name="Port">1 to 65535.</param>
internal sealed record PeerAddress(string Host, int Port)
{
    /// <summary>Reads such an address.</summary>
    /// <param name="text">The text.</param>
    /// <returns>The address; null where the text is none.</returns>
    public static PeerAddress? TryParse(string text)
    {
        int colon = text.LastIndexOf(':');
        if (colon < 1
            || !int.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out int port)
            || port is 0 or > IPEndPoint.MaxPort)
        {
            return null;
        }

        string host = text[..colon];
        if (host[0] == '[' && host[^1] == ']')
            host = host[1..^1];
        else if (host.Contains(':', StringComparison.Ordinal))
            return null;
        return Uri.CheckHostName(host) == UriHostNameType.Unknown ? null : new PeerAddress(host, port);
    }

    /// <summary>The addresses behind it: several where a name has several.</summary>
    /// <param name="network">Looks the name up.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="TorrentException"><see cref="TorrentErrorId.UnsupportedSource"/>: the name is unknown.</exception>
    public async Task<IEnumerable<IPEndPoint>> ResolveAsync(INetwork network, CancellationToken cancellationToken)
    {
        try
        {
            IPAddress[] addresses = await network.ResolveAsync(Host, cancellationToken).ConfigureAwait(false);
            return addresses.Select(address => new IPEndPoint(address, Port));
        }
        catch (SocketException fault)
        {
            throw new TorrentException(
                new TorrentError(
                    TorrentErrorId.UnsupportedSource,
                    $"The peer's host '{DisplayText.Clean(Host)}' cannot be found: {DisplayText.Clean(fault.Message)}.",
                    "Check the name, or give its address."),
                fault);
        }
    }
}

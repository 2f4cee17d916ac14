using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Network;
using TorrentPatron.Protocol;
using TorrentPatron.Service.Errors;

namespace TorrentPatron.Service.Units;

/// <summary>A peer from the user: <c>host:port</c>, where the host is a name, an IPv4 address or an IPv6 address in brackets.</summary>
/// <param name="Host">The host, without brackets.</param>
/// <param name="Port">1 to 65535.</param>
public sealed record PeerAddress(string Host, int Port)
{
    /// <summary>Reads an address.</summary>
    /// <param name="text">The text.</param>
    /// <param name="address">The address.</param>
    /// <param name="fault">Why the text is invalid, as the end of a sentence.</param>
    /// <returns>Whether the text is a peer's address.</returns>
    public static bool TryParse(string text, [NotNullWhen(true)] out PeerAddress? address, [NotNullWhen(false)] out string? fault)
    {
        ArgumentNullException.ThrowIfNull(text);
        (address, fault) = (null, null);
        int colon = text.LastIndexOf(':');
        string host = colon > 0 ? text[..colon] : "";
        bool isBracketed = host is ['[', .., ']'];
        if (isBracketed)
            host = host[1..^1];
        bool isV6 = host.Contains(':', StringComparison.Ordinal);
        if (host.Length == 0 || isV6 != isBracketed)
            fault = "expected a host and a port with a colon between them.";
        else if (!int.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out int port) || port is 0 or > IPEndPoint.MaxPort)
            fault = "the port must be a number from 1 to 65535.";
        else if (Uri.CheckHostName(host) == UriHostNameType.Unknown)
            fault = $"'{DisplayText.Clean(host)}' is not a host.";
        else
            address = new PeerAddress(host, port);
        return fault is null;
    }

    /// <summary>Reads peers; a host name is resolved and gives a peer for each of its addresses.</summary>
    /// <param name="texts">The peers' texts.</param>
    /// <param name="network">Resolves names.</param>
    /// <param name="cancellationToken">Cancels the look-ups.</param>
    /// <exception cref="TorrentException"><see cref="TorrentErrorId.InvalidArgument"/>, for the first invalid peer.</exception>
    public static async Task<IReadOnlyList<IPEndPoint>> ReadAsync(IEnumerable<string> texts, INetwork network, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(texts);
        var peers = new List<IPEndPoint>();
        foreach (string text in texts)
        {
            PeerAddress peer = TryParse(text, out PeerAddress? read, out string? fault) ? read : throw Unusable(text, fault);
            peers.AddRange(await peer.ResolveAsync(network, cancellationToken).ConfigureAwait(false));
        }

        return peers;
    }

    /// <summary>Its IP addresses: several if the host name has several.</summary>
    /// <param name="network">Resolves the name.</param>
    /// <param name="cancellationToken">Cancels the look-up.</param>
    /// <exception cref="TorrentException"><see cref="TorrentErrorId.InvalidArgument"/>: the name is unknown.</exception>
    public async Task<IReadOnlyList<IPEndPoint>> ResolveAsync(INetwork network, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(network);
        try
        {
            IPAddress[] addresses = await network.ResolveAsync(Host, NetworkUse.Peers, cancellationToken).ConfigureAwait(false);
            return [.. addresses.Select(address => new IPEndPoint(address, Port))];
        }
        catch (SocketException fault)
        {
            throw Unusable($"{Host}:{Port}", $"the host name cannot be resolved ({DisplayText.Clean(fault.Message)}).", fault);
        }
    }

    private static TorrentException Unusable(string text, string why, Exception? cause = null) => new(ServiceErrors.BadPeer(text, why), cause);
}

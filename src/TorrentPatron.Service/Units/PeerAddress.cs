using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Network;
using TorrentPatron.Protocol;
using TorrentPatron.Service.Errors;

namespace TorrentPatron.Service.Units;

/// <summary>A peer given by hand: <c>host:port</c>, where the host is a name, an IPv4 address or an IPv6 address in brackets.</summary>
/// <param name="Host">The host, without brackets.</param>
/// <param name="Port">1 to 65535.</param>
public sealed record PeerAddress(string Host, int Port)
{
    /// <summary>Reads such an address.</summary>
    /// <param name="text">The text.</param>
    /// <param name="address">The address.</param>
    /// <param name="fault">What is wrong with the text, as the end of a sentence.</param>
    /// <returns>Whether the text is one.</returns>
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
            fault = "host and port, with a colon between them, are needed.";
        else if (!int.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out int port) || port is 0 or > IPEndPoint.MaxPort)
            fault = "the port must be a number from 1 to 65535.";
        else if (Uri.CheckHostName(host) == UriHostNameType.Unknown)
            fault = $"'{DisplayText.Clean(host)}' is not a host.";
        else
            address = new PeerAddress(host, port);
        return fault is null;
    }

    /// <summary>Reads peers; a name is looked up, and gives a peer for each of its addresses.</summary>
    /// <param name="texts">The peers as they were given.</param>
    /// <param name="network">Looks names up.</param>
    /// <param name="cancellationToken">Gives up looking up names.</param>
    /// <exception cref="TorrentException"><see cref="TorrentErrorId.InvalidArgument"/>, for the first that is not a peer.</exception>
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

    /// <summary>The addresses behind it: several where a name has several.</summary>
    /// <param name="network">Looks the name up.</param>
    /// <param name="cancellationToken">Gives up.</param>
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
            throw Unusable($"{Host}:{Port}", $"the name cannot be looked up ({DisplayText.Clean(fault.Message)}).", fault);
        }
    }

    private static TorrentException Unusable(string text, string why, Exception? cause = null) => new(ServiceErrors.BadPeer(text, why), cause);
}

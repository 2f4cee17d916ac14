using System.Globalization;
using System.Net;
using System.Net.Sockets;
using TorrentPatron.Engine.Network;
using TorrentPatron.PowerShell.Output;
using TorrentPatron.Protocol;
using TorrentPatron.Service;

namespace TorrentPatron.PowerShell.Binding;

/// <summary>Reads peers given by hand: <c>host:port</c> and <c>[v6]:port</c>.</summary>
internal static class PeerReader
{
    /// <summary>Reads peers; a name is looked up and gives a peer for each of its addresses.</summary>
    /// <param name="texts">The peers as they were given.</param>
    /// <param name="network">Looks names up.</param>
    /// <param name="cancellationToken">Gives up looking up names.</param>
    /// <exception cref="TorrentException"><see cref="CommandErrors.InvalidArgument"/>, for the first that is no peer.</exception>
    public static async Task<IReadOnlyList<IPEndPoint>> ReadAsync(IEnumerable<string> texts, INetwork network, CancellationToken cancellationToken)
    {
        var peers = new List<IPEndPoint>();
        foreach (string text in texts)
        {
            (string host, int port) = Split(text);
            if (IPAddress.TryParse(host, out IPAddress? address))
            {
                peers.Add(new IPEndPoint(address, port));
                continue;
            }

            try
            {
                IPAddress[] addresses = await network.ResolveAsync(host, cancellationToken).ConfigureAwait(false);
                peers.AddRange(addresses.Select(found => new IPEndPoint(found, port)));
            }
            catch (SocketException fault)
            {
                throw Unusable(text, $"the name cannot be looked up ({DisplayText.Clean(fault.Message)}).", fault);
            }
        }

        return peers;
    }

    private static (string Host, int Port) Split(string text)
    {
        int colon = text.LastIndexOf(':');
        string host = colon > 0 ? text[..colon] : "";
        bool isBracketed = host is ['[', .., ']'];
        if (isBracketed)
            host = host[1..^1];
        bool isV6 = host.Contains(':', StringComparison.Ordinal);
        if (host.Length == 0 || isV6 != isBracketed)
            throw Unusable(text, "host and port, with a colon between them, are needed.");
        if (!int.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out int port)
            || port is < 1 or > IPEndPoint.MaxPort)
        {
            throw Unusable(text, "the port must be a number from 1 to 65535.");
        }

        return (host, port);
    }

    private static TorrentException Unusable(string text, string why, Exception? cause = null) =>
        new(CommandErrors.BadPeer(text, why), cause);
}

using System.Net;
using System.Net.Sockets;
using TorrentPatron.Engine.Network;
using TorrentPatron.Protocol;
using TorrentPatron.Protocol.Magnets;

namespace TorrentPatron.Service.Sources;

/// <summary>Resolves the host names of peers in a magnet link: only a few, and not for long.</summary>
internal sealed class PeerResolver(INetwork network, TimeProvider time)
{
    private const int MostNames = 10;
    private const int MostAddresses = 5;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <summary>Resolves all names at once; ignores names that cannot be resolved.</summary>
    /// <param name="magnet">The link.</param>
    /// <param name="cancellationToken">Cancels the look-ups.</param>
    /// <returns>The addresses of the link's peers that are given by name; not those that the link gives by address.</returns>
    public async Task<IReadOnlyList<IPEndPoint>> ResolveAsync(MagnetLink magnet, CancellationToken cancellationToken)
    {
        HostEndPoint[] named = [.. magnet.Peers.Where(peer => peer.EndPoint is null).Take(MostNames)];
        if (named.Length == 0)
            return [];
        using var timeout = new CancellationTokenSource(Patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timeout.Token);
        IPEndPoint[][] found = await Task.WhenAll(named.Select(peer => ResolveAsync(peer, either.Token))).ConfigureAwait(false);
        cancellationToken.ThrowIfCancellationRequested();
        return [.. found.SelectMany(addresses => addresses)];
    }

    private async Task<IPEndPoint[]> ResolveAsync(HostEndPoint peer, CancellationToken cancellationToken)
    {
        try
        {
            IPAddress[] addresses = await network.ResolveAsync(peer.Host, NetworkUse.Peers, cancellationToken).ConfigureAwait(false);
            return [.. addresses.Take(MostAddresses).Select(address => new IPEndPoint(address, peer.Port))];
        }
        catch (Exception fault) when (fault is SocketException or OperationCanceledException or ArgumentException)
        {
            return [];
        }
    }
}

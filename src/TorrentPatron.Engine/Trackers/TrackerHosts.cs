using System.Net;
using System.Net.Sockets;
using TorrentPatron.Engine.Network;
using TorrentPatron.Protocol;
using TorrentPatron.Protocol.Trackers;

namespace TorrentPatron.Engine.Trackers;

/// <summary>Finds the addresses of trackers' hosts, and knows which did not answer lately.</summary>
/// <param name="resolve">Finds the addresses of hosts.</param>
/// <param name="connector">Tries the addresses of hosts.</param>
internal sealed class TrackerHosts(HostResolver resolve, HostConnector connector)
{
    /// <summary>Tries the addresses of hosts.</summary>
    public HostConnector Connector => connector;

    /// <summary>Finds the addresses at which a host is to be asked.</summary>
    /// <param name="host">The host's name, or its address in writing.</param>
    /// <param name="family">The IP version; <see cref="AddressFamily.Unspecified"/>: both.</param>
    /// <param name="cancellationToken">Ends the search.</param>
    /// <returns>The addresses; null: the host has some, but none of this IP version.</returns>
    /// <exception cref="SocketException">There is no such host.</exception>
    /// <exception cref="TrackerFailureException">
    /// It does not answer over this IP version, and does over the other: a machine whose IPv6 leads nowhere would else wait for each of
    /// its trackers.
    /// </exception>
    public async Task<IPAddress[]?> FindAsync(string host, AddressFamily family, CancellationToken cancellationToken)
    {
        IPAddress[] addresses = await resolve(host, cancellationToken).ConfigureAwait(false);
        if (addresses.Length == 0)
            throw new SocketException((int)SocketError.HostNotFound);
        IPAddress[] wanted = [.. OfFamily(addresses, family)];
        if (wanted.Length == 0)
            return null;
        if (Array.TrueForAll(wanted, connector.IsSilent) && Array.Exists(addresses, address => !connector.IsSilent(address)))
            throw new TrackerFailureException($"The tracker did not answer over {Name(family)}; the next attempt is in a few minutes.");
        return wanted;
    }

    /// <summary>Finds the addresses of a host that are of one reach, and of one IP version or both.</summary>
    /// <exception cref="SocketException">There is no such host, or no such address.</exception>
    public async Task<IPAddress[]> FindAsync(string host, AddressReach reach, AddressFamily family, CancellationToken cancellationToken)
    {
        IPAddress[] addresses = await resolve(host, cancellationToken).ConfigureAwait(false);
        IPAddress[] allowed = [.. OfFamily(addresses, family).Where(address => AddressReaches.Of(address) == reach)];
        return allowed.Length > 0 ? allowed : throw new SocketException((int)SocketError.HostUnreachable);
    }

    /// <summary>
    /// What a tracker answered, without the peers that are nearer than the tracker itself: one on the internet must not make us talk to this
    /// machine or its network.
    /// </summary>
    /// <param name="response">The answer.</param>
    /// <param name="from">How near the tracker is.</param>
    public static AnnounceResponse WithoutNearer(AnnounceResponse response, AddressReach from) =>
        response with { Peers = [.. response.Peers.Where(peer => AddressReaches.Of(peer.Address) >= from)] };

    private static IEnumerable<IPAddress> OfFamily(IEnumerable<IPAddress> addresses, AddressFamily family) =>
        family == AddressFamily.Unspecified ? addresses : addresses.Where(address => address.AddressFamily == family);

    private static string Name(AddressFamily family) => family == AddressFamily.InterNetworkV6 ? "IPv6" : "IPv4";
}

using System.Net;
using System.Net.Sockets;
using TorrentPatron.Engine.Network;
using TorrentPatron.Protocol;
using TorrentPatron.Protocol.Trackers;

namespace TorrentPatron.Engine.Trackers;

/// <summary>Resolves trackers' hosts, and knows which addresses recently failed to answer.</summary>
/// <param name="resolve">Resolves names.</param>
/// <param name="connector">Chooses among the addresses of a host.</param>
internal sealed class TrackerHosts(HostResolver resolve, HostConnector connector)
{
    /// <summary>Chooses among the addresses of a host.</summary>
    public HostConnector Connector => connector;

    /// <summary>Finds the addresses for contacting a host.</summary>
    /// <param name="host">The host's name, or its address in text form.</param>
    /// <param name="family">The IP version; <see cref="AddressFamily.Unspecified"/> means both.</param>
    /// <param name="cancellationToken">Ends the search.</param>
    /// <returns>The addresses; null if the host has some, but none of this IP version.</returns>
    /// <exception cref="SocketException">The host does not exist.</exception>
    /// <exception cref="TrackerFailureException">
    /// The host does not answer over this IP version, but does over the other: without this, a machine with broken IPv6 would
    /// wait for each of its trackers.
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

    /// <summary>Finds the addresses of a host with the given reach, and of one IP version or both.</summary>
    /// <exception cref="SocketException">The host does not exist, or has no such address.</exception>
    public async Task<IPAddress[]> FindAsync(string host, AddressReach reach, AddressFamily family, CancellationToken cancellationToken)
    {
        IPAddress[] addresses = await resolve(host, cancellationToken).ConfigureAwait(false);
        IPAddress[] allowed = [.. OfFamily(addresses, family).Where(address => AddressReaches.Of(address) == reach)];
        return allowed.Length > 0 ? allowed : throw new SocketException((int)SocketError.HostUnreachable);
    }

    /// <summary>
    /// Removes the peers from an answer that are nearer than the tracker itself: a tracker on the internet must not make us
    /// contact this machine or its network.
    /// </summary>
    /// <param name="response">The answer.</param>
    /// <param name="from">The tracker's reach.</param>
    public static AnnounceResponse WithoutNearer(AnnounceResponse response, AddressReach from) =>
        response with { Peers = [.. response.Peers.Where(peer => AddressReaches.Of(peer.Address) >= from)] };

    private static IEnumerable<IPAddress> OfFamily(IEnumerable<IPAddress> addresses, AddressFamily family) =>
        family == AddressFamily.Unspecified ? addresses : addresses.Where(address => address.AddressFamily == family);

    private static string Name(AddressFamily family) => family == AddressFamily.InterNetworkV6 ? "IPv6" : "IPv4";
}

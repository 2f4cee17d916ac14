using System.Collections.ObjectModel;
using System.Net;
using System.Net.Sockets;
using TorrentPatron.Engine.Client;

namespace TorrentPatron.Engine.Network;

/// <summary>
/// The only way out to the network and in from it: streams, datagrams and name look-ups. Whatever policy there is about addresses to
/// use is kept here. Thread-safe.
/// </summary>
public interface INetwork
{
    /// <summary>The addresses to listen on, one of each IP version at most: the bind address, or "any" of both versions.</summary>
    ReadOnlyCollection<IPAddress> LocalAddresses { get; }

    /// <summary>The addresses of interfaces over which multicast groups can be joined, one of each interface and IP version.</summary>
    ReadOnlyCollection<IPAddress> GroupAddresses { get; }

    /// <summary>The routers that this machine sends through, as far as is known; none where that is nobody's business.</summary>
    ReadOnlyCollection<NetworkGateway> Gateways => [];

    /// <summary>Why the network does not carry what it should; null: it does, as far as is known. A network before another one tells of that too.</summary>
    TorrentError? Warning => null;

    /// <summary>Looks up a host.</summary>
    /// <param name="host">The host's name, or its address in writing.</param>
    /// <param name="use">What the addresses are used for.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>
    /// The addresses that may be used, the best first; none where all are of an IP version that may not. Where a proxy looks names up, the
    /// name itself as a <see cref="HostAddress"/>.
    /// </returns>
    /// <exception cref="SocketException">There is no such host.</exception>
    Task<IPAddress[]> ResolveAsync(string host, NetworkUse use, CancellationToken cancellationToken);

    /// <summary>Dials a host.</summary>
    /// <param name="remote">The host; its address may be a <see cref="HostAddress"/> of this network's.</param>
    /// <param name="use">What the connection is for.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="IOException">The host does not answer, or the network refuses.</exception>
    Task<IConnection> ConnectAsync(IPEndPoint remote, NetworkUse use, CancellationToken cancellationToken);

    /// <summary>Listens for connections.</summary>
    /// <param name="local">Where; port 0: any free one.</param>
    /// <exception cref="IOException">The address cannot be had.</exception>
    IListener Listen(IPEndPoint local);

    /// <summary>Opens a socket for datagrams of the address's IP version.</summary>
    /// <param name="local">Where it receives; port 0: any free one.</param>
    /// <param name="use">What it is for.</param>
    /// <exception cref="IOException">The address cannot be had, or datagrams may not leave for this use.</exception>
    IDatagramSocket OpenDatagrams(IPEndPoint local, NetworkUse use);

    /// <summary>Joins a multicast group: the socket sends to it and receives what is sent to it, on one interface.</summary>
    /// <param name="group">The group and its port, which is shared with other programs.</param>
    /// <param name="local">The interface: one of <see cref="GroupAddresses"/>.</param>
    /// <exception cref="IOException">The group cannot be joined there.</exception>
    IDatagramSocket JoinGroup(IPEndPoint group, IPAddress local);
}

using System.Collections.ObjectModel;
using System.Net;
using System.Net.Sockets;
using TorrentPatron.Engine.Client;

namespace TorrentPatron.Engine.Network;

/// <summary>
/// The only access to the network: streams, datagrams and name resolution. All policy about addresses is applied here.
/// Thread-safe.
/// </summary>
public interface INetwork
{
    /// <summary>
    /// The addresses to listen on, at most one of each IP version: the bind address, or "any" of both versions.
    /// </summary>
    ReadOnlyCollection<IPAddress> LocalAddresses { get; }

    /// <summary>The addresses of interfaces over which multicast groups can be joined, one of each interface and IP version.</summary>
    ReadOnlyCollection<IPAddress> GroupAddresses { get; }

    /// <summary>The routers that this machine sends through, as far as known; empty if the network hides them.</summary>
    ReadOnlyCollection<NetworkGateway> Gateways => [];

    /// <summary>
    /// Why the network does not work; null if it does, as far as known. A network in front of another reports the other's problem
    /// too.
    /// </summary>
    TorrentError? Warning => null;

    /// <summary>Resolves a host.</summary>
    /// <param name="host">The host's name, or its address in text form.</param>
    /// <param name="use">The purpose of the addresses.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>
    /// The usable addresses, best first; empty if all are of an IP version that may not be used. If a proxy resolves names, the
    /// name itself as a <see cref="HostAddress"/>.
    /// </returns>
    /// <exception cref="SocketException">The host does not exist.</exception>
    Task<IPAddress[]> ResolveAsync(string host, NetworkUse use, CancellationToken cancellationToken);

    /// <summary>Dials a host.</summary>
    /// <param name="remote">The host; its address may be a <see cref="HostAddress"/> from this network.</param>
    /// <param name="use">The purpose of the connection.</param>
    /// <param name="cancellationToken">Cancels the dial.</param>
    /// <exception cref="IOException">The host does not answer, or the network refuses.</exception>
    Task<IConnection> ConnectAsync(IPEndPoint remote, NetworkUse use, CancellationToken cancellationToken);

    /// <summary>Listens for connections.</summary>
    /// <param name="local">The address and port; port 0 means any free one.</param>
    /// <exception cref="IOException">The address or port is not available.</exception>
    IListener Listen(IPEndPoint local);

    /// <summary>Opens a socket for datagrams of the address's IP version.</summary>
    /// <param name="local">The address and port; port 0 means any free one.</param>
    /// <param name="use">The purpose of the socket.</param>
    /// <exception cref="IOException">
    /// The address or port is not available, or datagrams may not be sent for this purpose.
    /// </exception>
    IDatagramSocket OpenDatagrams(IPEndPoint local, NetworkUse use);

    /// <summary>Joins a multicast group on one interface, to send to it and to receive from it.</summary>
    /// <param name="group">The group and its port, which is shared with other programs.</param>
    /// <param name="local">The interface: one of <see cref="GroupAddresses"/>.</param>
    /// <exception cref="IOException">The group cannot be joined there.</exception>
    IDatagramSocket JoinGroup(IPEndPoint group, IPAddress local);
}

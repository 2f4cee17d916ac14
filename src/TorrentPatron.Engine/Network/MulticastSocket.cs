using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;

namespace TorrentPatron.Engine.Network;

/// <summary>Sends to and hears a multicast group, on one network interface.</summary>
internal sealed class MulticastSocket : IDatagramSocket
{
    private readonly UdpDatagramSocket _inner;

    /// <summary>Joins a group.</summary>
    /// <param name="group">The group and its port, which is shared with other programs.</param>
    /// <param name="local">The address of the interface.</param>
    /// <exception cref="IOException">The group cannot be joined there.</exception>
    public MulticastSocket(IPEndPoint group, IPAddress local)
    {
        _inner = new UdpDatagramSocket(new IPEndPoint(AnyOf(group.AddressFamily), group.Port), socket =>
        {
            socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
            if (group.AddressFamily == AddressFamily.InterNetwork)
            {
                socket.SetSocketOption(SocketOptionLevel.IP, SocketOptionName.MulticastInterface, local.GetAddressBytes());
                socket.SetSocketOption(SocketOptionLevel.IP, SocketOptionName.MulticastTimeToLive, 1);
                socket.SetSocketOption(SocketOptionLevel.IP, SocketOptionName.AddMembership, new MulticastOption(group.Address, local));
            }
            else
            {
                int index = IndexOf(local);
                socket.SetSocketOption(SocketOptionLevel.IPv6, SocketOptionName.MulticastInterface, index);
                socket.SetSocketOption(SocketOptionLevel.IPv6, SocketOptionName.MulticastTimeToLive, 1);
                socket.SetSocketOption(SocketOptionLevel.IPv6, SocketOptionName.AddMembership, new IPv6MulticastOption(group.Address, index));
            }
        });
    }

    /// <inheritdoc/>
    public IPEndPoint LocalEndPoint => _inner.LocalEndPoint;

    /// <summary>The addresses of this machine's interfaces over which others can be called, one of each interface and IP version.</summary>
    public static IReadOnlyList<IPAddress> Interfaces()
    {
        var addresses = new List<IPAddress>();
        foreach (NetworkInterface network in NetworkInterface.GetAllNetworkInterfaces())
        {
            if (network.OperationalStatus != OperationalStatus.Up || !network.SupportsMulticast
                || network.NetworkInterfaceType is NetworkInterfaceType.Loopback or NetworkInterfaceType.Tunnel or NetworkInterfaceType.Ppp)
                continue;
            addresses.AddRange(network.GetIPProperties().UnicastAddresses
                .Select(unicast => unicast.Address)
                .Where(address => address.AddressFamily is AddressFamily.InterNetwork or AddressFamily.InterNetworkV6)
                .DistinctBy(address => address.AddressFamily));
        }

        return addresses;
    }

    /// <inheritdoc/>
    public ValueTask SendAsync(ReadOnlyMemory<byte> datagram, IPEndPoint remote, CancellationToken cancellationToken) =>
        _inner.SendAsync(datagram, remote, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<(int Length, IPEndPoint Remote)> ReceiveAsync(Memory<byte> buffer, CancellationToken cancellationToken) =>
        _inner.ReceiveAsync(buffer, cancellationToken);

    /// <inheritdoc/>
    public void Dispose() => _inner.Dispose();

    private static IPAddress AnyOf(AddressFamily family) => family == AddressFamily.InterNetwork ? IPAddress.Any : IPAddress.IPv6Any;

    private static int IndexOf(IPAddress local)
    {
        foreach (NetworkInterface network in NetworkInterface.GetAllNetworkInterfaces())
        {
            IPInterfaceProperties properties = network.GetIPProperties();
            if (properties.UnicastAddresses.Any(unicast => unicast.Address.Equals(local)))
                return properties.GetIPv6Properties().Index;
        }

        throw new IOException($"No network interface has the address {local}.");
    }
}

using System.Collections.ObjectModel;
using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;

namespace TorrentPatron.Engine.Network;

#pragma warning disable RS0030 // Here is where sockets are made and names looked up.

/// <summary>
/// The operating system's network. With a bind address everything leaves from it and comes in by it, and the other IP version is not used.
/// </summary>
/// <param name="bindAddress">Gives the bind address, which may change; null: any address.</param>
/// <remarks>The one exception is names: the operating system looks them up, and asks its DNS servers by the way that it is set up for.</remarks>
public sealed class SocketNetwork(Func<IPAddress?> bindAddress) : INetwork
{
    /// <summary>Makes a network without a bind address.</summary>
    public SocketNetwork()
        : this(static () => null)
    {
    }

    /// <summary>Makes a network that keeps to one address.</summary>
    /// <param name="bindAddress">The address; null: any.</param>
    public SocketNetwork(IPAddress? bindAddress)
        : this(() => bindAddress)
    {
    }

    /// <inheritdoc/>
    public ReadOnlyCollection<IPAddress> LocalAddresses => bindAddress() is { } bound ? [bound] : [IPAddress.Any, IPAddress.IPv6Any];

    /// <inheritdoc/>
    public ReadOnlyCollection<IPAddress> GroupAddresses => bindAddress() is { } bound
        ? [bound]
        :
        [
            .. NetworkInterface.GetAllNetworkInterfaces().Where(CanMulticast).SelectMany(network => network.GetIPProperties().UnicastAddresses
                .Select(unicast => unicast.Address)
                .Where(address => address.AddressFamily is AddressFamily.InterNetwork or AddressFamily.InterNetworkV6)
                .DistinctBy(address => address.AddressFamily)),
        ];

    /// <inheritdoc/>
    public async Task<IPAddress[]> ResolveAsync(string host, NetworkUse use, CancellationToken cancellationToken)
    {
        AddressFamily family = bindAddress()?.AddressFamily ?? AddressFamily.Unspecified;
        if (IPAddress.TryParse(host, out IPAddress? address))
            return family == AddressFamily.Unspecified || family == address.AddressFamily ? [address] : [];
        try
        {
            return await Dns.GetHostAddressesAsync(host, family, cancellationToken).WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (ArgumentException)
        {
            // What cannot be a host name at all, such as one that is too long.
            throw new SocketException((int)SocketError.HostNotFound);
        }
    }

    /// <inheritdoc/>
    public async Task<IConnection> ConnectAsync(IPEndPoint remote, NetworkUse use, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(remote);
        IPAddress? local = bindAddress();
        // Who binds to one address (a VPN's, say) means it: the other family must not go around it.
        if (local is not null && local.AddressFamily != remote.AddressFamily)
            throw new IOException("The address to dial from is of the other IP version.");
        Socket? socket = null;
        try
        {
            // Even this may fail: without IPv6 on the machine, or with every file descriptor taken.
            socket = new Socket(remote.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            if (local is not null)
                socket.Bind(new IPEndPoint(local, 0));
            await socket.ConnectAsync(remote, cancellationToken).ConfigureAwait(false);
            return new TcpConnection(socket, remote);
        }
        catch (SocketException e)
        {
            socket?.Dispose();
            throw new IOException(e.Message, e);
        }
        catch
        {
            socket?.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public IListener Listen(IPEndPoint local)
    {
        ArgumentNullException.ThrowIfNull(local);
        Socket? socket = null;
        try
        {
            socket = new Socket(local.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            // Each family has a listener of its own: a dual-mode socket would take the IPv4 port of another program.
            if (local.AddressFamily == AddressFamily.InterNetworkV6)
                socket.DualMode = false;
            // No ReuseAddress: .NET lets a restart have its port back as it is (SO_REUSEADDR); the option would add
            // SO_REUSEPORT, and two engines would share a port without knowing.
            KeepToOneself(socket);
            socket.Bind(local);
            socket.Listen(128);
            return new TcpListener(socket);
        }
        catch (SocketException e)
        {
            socket?.Dispose();
            throw new IOException(e.Message, e);
        }
    }

    /// <inheritdoc/>
    public IDatagramSocket OpenDatagrams(IPEndPoint local, NetworkUse use) => new UdpDatagramSocket(local, isShared: true, KeepToOneself);

    /// <inheritdoc/>
    public IDatagramSocket JoinGroup(IPEndPoint group, IPAddress local)
    {
        ArgumentNullException.ThrowIfNull(group);
        ArgumentNullException.ThrowIfNull(local);
        bool isIPv4 = group.AddressFamily == AddressFamily.InterNetwork;
        // Bound to the group it gets only what was sent to the group: that is not routed, while to our own addresses anybody on the internet
        // may send. Elsewhere a socket cannot be bound so, or could not send then.
        IPAddress bound = OperatingSystem.IsLinux() ? group.Address : isIPv4 ? IPAddress.Any : IPAddress.IPv6Any;
        return new UdpDatagramSocket(new IPEndPoint(bound, group.Port), isShared: false, socket =>
        {
            socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
            if (isIPv4)
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

    /// <summary>On Windows any program could take over the port that another one has, unless that says otherwise.</summary>
    private static void KeepToOneself(Socket socket)
    {
        if (OperatingSystem.IsWindows())
            socket.ExclusiveAddressUse = true;
    }

    private static bool CanMulticast(NetworkInterface network) => network.OperationalStatus == OperationalStatus.Up && network.SupportsMulticast
        && network.NetworkInterfaceType is not (NetworkInterfaceType.Loopback or NetworkInterfaceType.Tunnel or NetworkInterfaceType.Ppp);

    private static int IndexOf(IPAddress local) => NetworkInterface.GetAllNetworkInterfaces().Select(network => network.GetIPProperties())
        .FirstOrDefault(properties => properties.UnicastAddresses.Any(unicast => unicast.Address.Equals(local)))?.GetIPv6Properties().Index
        ?? throw new IOException($"No network interface has the address {local}.");

    private sealed class TcpListener(Socket socket) : IListener
    {
        public IPEndPoint LocalEndPoint { get; } = (IPEndPoint)socket.LocalEndPoint!;

        public async Task<IConnection> AcceptAsync(CancellationToken cancellationToken)
        {
            while (true)
            {
                Socket? accepted = null;
                try
                {
                    accepted = await socket.AcceptAsync(cancellationToken).ConfigureAwait(false);
                    accepted.NoDelay = true;
                    return new TcpConnection(accepted, (IPEndPoint)accepted.RemoteEndPoint!);
                }
                catch (SocketException) when (accepted is not null)
                {
                    // The peer has gone before we could look at it.
                    accepted.Dispose();
                }
                catch (Exception e) when (e is SocketException or ObjectDisposedException)
                {
                    throw new IOException("The listener is closed.", e);
                }
            }
        }

        public void Dispose() => socket.Dispose();
    }
}

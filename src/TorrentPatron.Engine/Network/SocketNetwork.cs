using System.Collections.ObjectModel;
using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using TorrentPatron.Engine.Client;

namespace TorrentPatron.Engine.Network;

#pragma warning disable RS0030 // Here is where sockets are made and names looked up.

/// <summary>
/// The operating system's network. If it is bound to an interface or an address, all traffic uses that, and an IP version without
/// an address there is not used. When the binding goes down, sockets are closed, and nothing is dialled, opened or resolved until
/// it is back.
/// </summary>
/// <remarks>
/// The one exception is name resolution: the operating system does it, and contacts its DNS servers by its own routes.
/// </remarks>
public sealed class SocketNetwork : INetwork
{
    private readonly NetworkBinding _binding;
    private readonly OpenSockets _open = new();

    /// <summary>Creates a network without a binding.</summary>
    public SocketNetwork()
        : this(BindTarget.None)
    {
    }

    /// <summary>Creates a network bound to one address.</summary>
    /// <param name="bindAddress">The address; null means any.</param>
    public SocketNetwork(IPAddress? bindAddress)
        : this(new BindTarget(null, bindAddress))
    {
    }

    /// <summary>Creates a network bound to one interface or address.</summary>
    /// <param name="target">The interface or address.</param>
    public SocketNetwork(BindTarget target)
        : this(() => target)
    {
    }

    /// <summary>Creates a network bound to one interface or address.</summary>
    /// <param name="target">Returns the current interface or address.</param>
    public SocketNetwork(Func<BindTarget> target)
        : this(new NetworkBinding(target, SystemInterfaces.Instance, TimeProvider.System))
    {
    }

    /// <summary>Creates a network with a binding.</summary>
    internal SocketNetwork(NetworkBinding binding)
    {
        _binding = binding;
        binding.Changed += () => _open.CloseAllBut(binding.Latest);
    }

    /// <summary>The differentiated services code point of packets to peers and of UDP packets, 0 to 63; 0 means none.</summary>
    internal int CodePoint { get; init; }

    /// <inheritdoc/>
    public ReadOnlyCollection<IPAddress> LocalAddresses => _binding.Current.Addresses;

    /// <inheritdoc/>
    public ReadOnlyCollection<IPAddress> GroupAddresses => _binding.Current is { IsBound: true } bound
        ? bound.Addresses
        :
        [
            .. NetworkInterface.GetAllNetworkInterfaces().Where(CanMulticast).SelectMany(network => network.GetIPProperties().UnicastAddresses
                .Select(unicast => unicast.Address)
                .Where(address => address.AddressFamily is AddressFamily.InterNetwork or AddressFamily.InterNetworkV6)
                .DistinctBy(address => address.AddressFamily)),
        ];

    /// <summary>
    /// The names of the machine's network interfaces, in the form that a binding uses; empty if the system cannot list them.
    /// </summary>
    public static ReadOnlyCollection<string> InterfaceNames => [.. (SystemInterfaces.Instance.Find() ?? []).Select(network => network.Name)];

    /// <summary>The number of open sockets.</summary>
    internal int OpenCount => _open.Count;

    /// <inheritdoc/>
    public ReadOnlyCollection<NetworkGateway> Gateways => _binding.Current.IsBound ? [] : SystemGateways.Find();

    /// <inheritdoc/>
    public async Task<IPAddress[]> ResolveAsync(string host, NetworkUse use, CancellationToken cancellationToken)
    {
        // Checked now, because the query does not go through a bound socket.
        BoundAddresses bound = _binding.Check();
        if (bound.Down is not null)
            throw new SocketException((int)SocketError.NetworkDown);
        AddressFamily family = bound.Addresses is [{ } only] ? only.AddressFamily : AddressFamily.Unspecified;
        if (IPAddress.TryParse(host, out IPAddress? address))
            return family == AddressFamily.Unspecified || family == address.AddressFamily ? [address] : [];
        try
        {
            return await Dns.GetHostAddressesAsync(host, family, cancellationToken).WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (ArgumentException)
        {
            // Not a valid host name, for example too long.
            throw new SocketException((int)SocketError.HostNotFound);
        }
    }

    /// <inheritdoc/>
    public async Task<IConnection> ConnectAsync(IPEndPoint remote, NetworkUse use, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(remote);
        Socket? socket = null;
        try
        {
            socket = await DialAsync(remote, cancellationToken, use == NetworkUse.Peers ? CodePoint : 0).ConfigureAwait(false);
            return new TcpConnection(socket, remote, _open);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            Close(socket);
            throw new IOException(_binding.Latest.Down?.Message ?? e.Message, e);
        }
        catch
        {
            Close(socket);
            throw;
        }
    }

    /// <inheritdoc/>
    public IListener Listen(IPEndPoint local)
    {
        ArgumentNullException.ThrowIfNull(local);
        BoundAddresses bound = Allow(local.Address);
        Socket? socket = null;
        try
        {
            socket = new Socket(local.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            // Each family has a separate listener: a dual-mode socket would take the IPv4 port of another program.
            if (local.AddressFamily == AddressFamily.InterNetworkV6)
                socket.DualMode = false;
            // No ReuseAddress: .NET already lets a restarted program reuse its port (SO_REUSEADDR); the option would add
            // SO_REUSEPORT, and two engines could share a port unknowingly.
            KeepToOneself(socket);
            // Accepted sockets inherit it.
            TrafficClass.Set(socket, CodePoint);
            _binding.BindToInterface(socket, bound);
            socket.Bind(local);
            socket.Listen(128);
            var listener = new TcpListener(socket, this);
            Keep(listener, local.Address);
            return listener;
        }
        catch (SocketException e)
        {
            socket?.Dispose();
            throw new IOException(e.Message, e);
        }
    }

    /// <inheritdoc/>
    public IDatagramSocket OpenDatagrams(IPEndPoint local, NetworkUse use)
    {
        ArgumentNullException.ThrowIfNull(local);
        BoundAddresses bound = Allow(local.Address);
        return Keep(
            new UdpDatagramSocket(
                local, isShared: true, socket =>
                {
                    KeepToOneself(socket);
                    TrafficClass.Set(socket, CodePoint);
                    _binding.BindToInterface(socket, bound);
                },
                _open.Remove),
            local.Address);
    }

    /// <inheritdoc/>
    public IDatagramSocket JoinGroup(IPEndPoint group, IPAddress local)
    {
        ArgumentNullException.ThrowIfNull(group);
        ArgumentNullException.ThrowIfNull(local);
        BoundAddresses bound = _binding.Current;
        if (bound.IsBound && !bound.Has(local))
            throw Refusal(bound, local);
        bool isIPv4 = group.AddressFamily == AddressFamily.InterNetwork;
        // Bound to the group, the socket receives only packets sent to the group; those are not routed, while anyone on the
        // internet may send to our own addresses. Other systems cannot bind a socket like this, or could not send with it.
        IPAddress at = OperatingSystem.IsLinux() ? group.Address : isIPv4 ? IPAddress.Any : IPAddress.IPv6Any;
        var joined = new UdpDatagramSocket(
            new IPEndPoint(at, group.Port), isShared: false, socket =>
            {
                socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
                _binding.BindToInterface(socket, bound);
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
            },
            _open.Remove);
        return Keep(joined, bound.IsBound ? local : isIPv4 ? IPAddress.Any : IPAddress.IPv6Any);
    }

    /// <summary>Dials a host over TCP. The caller must report the socket's end.</summary>
    /// <exception cref="SocketException">The host does not answer, or the network refuses.</exception>
    /// <exception cref="ObjectDisposedException">The binding has gone down.</exception>
    internal async Task<Socket> DialAsync(IPEndPoint remote, CancellationToken cancellationToken, int codePoint = 0)
    {
        BoundAddresses bound = _binding.Current;
        // A user who binds to one address, such as a VPN's, does not want the other family to bypass it.
        if (bound.Of(remote.AddressFamily) is not { } local)
            throw new SocketException((int)(bound.Down is null ? SocketError.AddressFamilyNotSupported : SocketError.NetworkDown));
        Socket? socket = null;
        try
        {
            // Even this may fail, if the machine has no IPv6, or every file descriptor is in use.
            socket = new Socket(remote.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            TrafficClass.Set(socket, codePoint);
            if (bound.IsBound)
            {
                _binding.BindToInterface(socket, bound);
                socket.Bind(new IPEndPoint(local, 0));
            }

            Keep(socket, local);
            await socket.ConnectAsync(remote, cancellationToken).ConfigureAwait(false);
            return socket;
        }
        catch
        {
            Close(socket);
            throw;
        }
    }

    /// <summary>Closes a socket from <see cref="DialAsync"/>.</summary>
    internal void Close(Socket? socket)
    {
        if (socket is null)
            return;
        _open.Remove(socket);
        socket.Dispose();
    }

    /// <summary>Prevents other programs on Windows from taking over the port, which it allows by default.</summary>
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

    private static IOException Refusal(BoundAddresses bound, IPAddress local) => new(
        bound.Down?.Message ?? $"Traffic is bound to a different address than {local}.",
        new SocketException((int)(bound.Down is null ? SocketError.AddressNotAvailable : SocketError.NetworkDown)));

    /// <summary>The binding for a socket that receives at an address.</summary>
    /// <exception cref="IOException">The address may not be used.</exception>
    private BoundAddresses Allow(IPAddress local)
    {
        BoundAddresses bound = _binding.Current;
        return !bound.IsBound || bound.Has(local) ? bound : throw Refusal(bound, local);
    }

    /// <summary>Registers an open socket, whose binding may have gone down while it was being opened.</summary>
    private T Keep<T>(T socket, IPAddress local)
        where T : IDisposable
    {
        BoundAddresses bound = _binding.Latest;
        // An unbound socket may have any address.
        _open.Add(socket, bound.IsBound ? local : local.AddressFamily == AddressFamily.InterNetwork ? IPAddress.Any : IPAddress.IPv6Any);
        _open.CloseIfGone(socket, _binding.Latest);
        return socket;
    }

    private sealed class TcpListener(Socket socket, SocketNetwork network) : IListener
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
                    var remote = (IPEndPoint)accepted.RemoteEndPoint!;
                    return new TcpConnection(network.Keep(accepted, ((IPEndPoint)accepted.LocalEndPoint!).Address), remote, network._open);
                }
                catch (Exception e) when (accepted is not null && e is (SocketException or ObjectDisposedException))
                {
                    // The peer disconnected before the socket could be examined.
                    network.Close(accepted);
                }
                catch (Exception e) when (e is SocketException or ObjectDisposedException)
                {
                    throw new IOException("The listener is closed.", e);
                }
            }
        }

        public void Dispose()
        {
            network._open.Remove(this);
            socket.Dispose();
        }
    }
}

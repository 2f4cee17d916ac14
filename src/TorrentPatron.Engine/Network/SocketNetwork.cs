using System.Collections.ObjectModel;
using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using TorrentPatron.Engine.Client;

namespace TorrentPatron.Engine.Network;

#pragma warning disable RS0030 // Here is where sockets are made and names looked up.

/// <summary>
/// The operating system's network. Where it is bound to an interface or an address, everything leaves and comes in by that, and an IP version
/// without an address there is not used. When it goes, sockets are closed, and nothing is dialled, opened or looked up until it is back.
/// </summary>
/// <remarks>The one exception is names: the operating system looks them up, and asks its DNS servers by the way that it is set up for.</remarks>
public sealed class SocketNetwork : INetwork
{
    private readonly NetworkBinding _binding;
    private readonly OpenSockets _open = new();

    /// <summary>Makes a network that is bound to nothing.</summary>
    public SocketNetwork()
        : this(BindTarget.None)
    {
    }

    /// <summary>Makes a network that keeps to one address.</summary>
    /// <param name="bindAddress">The address; null: any.</param>
    public SocketNetwork(IPAddress? bindAddress)
        : this(new BindTarget(null, bindAddress))
    {
    }

    /// <summary>Makes a network that keeps to one interface or address.</summary>
    /// <param name="target">The interface or address.</param>
    public SocketNetwork(BindTarget target)
        : this(() => target)
    {
    }

    /// <summary>Makes a network that keeps to one interface or address.</summary>
    /// <param name="target">Gives the interface or address, which may change.</param>
    public SocketNetwork(Func<BindTarget> target)
        : this(new NetworkBinding(target, SystemInterfaces.Instance, TimeProvider.System))
    {
    }

    /// <summary>Makes a network that goes by a binding.</summary>
    internal SocketNetwork(NetworkBinding binding)
    {
        _binding = binding;
        binding.Changed += () => _open.CloseAllBut(binding.Latest);
    }

    /// <summary>The differentiated services code point of what is sent to peers and by UDP, 0 to 63; 0 means none.</summary>
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

    /// <summary>The names of the machine's network interfaces, as they can be bound to; empty where the system does not tell.</summary>
    public static ReadOnlyCollection<string> InterfaceNames => [.. (SystemInterfaces.Instance.Find() ?? []).Select(network => network.Name)];

    /// <summary>Sockets that are open.</summary>
    internal int OpenCount => _open.Count;

    /// <inheritdoc/>
    public ReadOnlyCollection<NetworkGateway> Gateways => _binding.Current.IsBound ? [] : SystemGateways.Find();

    /// <inheritdoc/>
    public async Task<IPAddress[]> ResolveAsync(string host, NetworkUse use, CancellationToken cancellationToken)
    {
        // Looked at now: no socket of ours keeps the question from leaving by another way.
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
            // What cannot be a host name at all, such as one that is too long.
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
            // Each family has a listener of its own: a dual-mode socket would take the IPv4 port of another program.
            if (local.AddressFamily == AddressFamily.InterNetworkV6)
                socket.DualMode = false;
            // No ReuseAddress: .NET lets a restart have its port back as it is (SO_REUSEADDR); the option would add
            // SO_REUSEPORT, and two engines would share a port without knowing.
            KeepToOneself(socket);
            // What is accepted has it from here.
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
        // Bound to the group it gets only what was sent to the group: that is not routed, while to our own addresses anybody on the internet
        // may send. Elsewhere a socket cannot be bound so, or could not send then.
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

    /// <summary>Dials a host by TCP. Whoever has the socket says when it is closed.</summary>
    /// <exception cref="SocketException">The host does not answer, or the network refuses.</exception>
    /// <exception cref="ObjectDisposedException">What it is bound to has gone.</exception>
    internal async Task<Socket> DialAsync(IPEndPoint remote, CancellationToken cancellationToken, int codePoint = 0)
    {
        BoundAddresses bound = _binding.Current;
        // Whoever binds to one address (a VPN's, say) means it: the other family must not go around it.
        if (bound.Of(remote.AddressFamily) is not { } local)
            throw new SocketException((int)(bound.Down is null ? SocketError.AddressFamilyNotSupported : SocketError.NetworkDown));
        Socket? socket = null;
        try
        {
            // Even this may fail: without IPv6 on the machine, or with every file descriptor taken.
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

    /// <summary>Closes a socket of <see cref="DialAsync"/>.</summary>
    internal void Close(Socket? socket)
    {
        if (socket is null)
            return;
        _open.Remove(socket);
        socket.Dispose();
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

    private static IOException Refusal(BoundAddresses bound, IPAddress local) => new(
        bound.Down?.Message ?? $"Traffic is bound to a different address than {local}.",
        new SocketException((int)(bound.Down is null ? SocketError.AddressNotAvailable : SocketError.NetworkDown)));

    /// <summary>What a socket that receives at an address is bound to.</summary>
    /// <exception cref="IOException">Nothing may be received there.</exception>
    private BoundAddresses Allow(IPAddress local)
    {
        BoundAddresses bound = _binding.Current;
        return !bound.IsBound || bound.Has(local) ? bound : throw Refusal(bound, local);
    }

    /// <summary>Takes note of an open socket. What it is bound to may have gone while it was being opened.</summary>
    private T Keep<T>(T socket, IPAddress local)
        where T : IDisposable
    {
        BoundAddresses bound = _binding.Latest;
        // What is bound to nothing may be at any address.
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
                    // The peer has gone before we could look at it.
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

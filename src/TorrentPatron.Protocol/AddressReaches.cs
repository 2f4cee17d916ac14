using System.Net;
using System.Net.Sockets;

namespace TorrentPatron.Protocol;

/// <summary>Tells addresses of this machine and its network from those of the internet.</summary>
public static class AddressReaches
{
    private static readonly IPNetwork[] Loopback =
    [
        // To connect to the unspecified address is to connect to this machine.
        IPNetwork.Parse("0.0.0.0/8"), IPNetwork.Parse("127.0.0.0/8"), IPNetwork.Parse("::/127"),
    ];

    private static readonly IPNetwork[] Private =
    [
        IPNetwork.Parse("10.0.0.0/8"), IPNetwork.Parse("100.64.0.0/10"), IPNetwork.Parse("169.254.0.0/16"),
        IPNetwork.Parse("172.16.0.0/12"), IPNetwork.Parse("192.168.0.0/16"), IPNetwork.Parse("224.0.0.0/3"),
        IPNetwork.Parse("fc00::/7"), IPNetwork.Parse("fe80::/10"), IPNetwork.Parse("fec0::/10"), IPNetwork.Parse("ff00::/8"),
    ];

    private static readonly IPNetwork[] OfNoHost =
    [
        IPNetwork.Parse("0.0.0.0/8"), IPNetwork.Parse("224.0.0.0/3"), IPNetwork.Parse("::/128"), IPNetwork.Parse("ff00::/8"),
    ];

    /// <summary>The reach of one address.</summary>
    public static AddressReach Of(IPAddress address)
    {
        ArgumentNullException.ThrowIfNull(address);
        if (address.IsIPv4MappedToIPv6)
            address = address.MapToIPv4();
        if (Array.Exists(Loopback, network => network.Contains(address)))
            return AddressReach.Loopback;
        return Array.Exists(Private, network => network.Contains(address)) ? AddressReach.Private : AddressReach.Global;
    }

    /// <summary>The nearest reach among the addresses of a host.</summary>
    /// <exception cref="SocketException">There is no address.</exception>
    public static AddressReach Of(IReadOnlyCollection<IPAddress> addresses)
    {
        ArgumentNullException.ThrowIfNull(addresses);
        return addresses.Count > 0 ? addresses.Min(Of) : throw new SocketException((int)SocketError.HostNotFound);
    }

    /// <summary>Whether an address is one that a host can have: not "any", no group, no broadcast.</summary>
    public static bool IsOfHost(IPAddress address)
    {
        ArgumentNullException.ThrowIfNull(address);
        if (address.IsIPv4MappedToIPv6)
            address = address.MapToIPv4();
        return !Array.Exists(OfNoHost, network => network.Contains(address));
    }

    /// <summary>
    /// Whether somebody may name an address to us: one of a host, and no nearer than the address of who names it. Who is on
    /// the internet must not make us talk to this machine or its network.
    /// </summary>
    /// <param name="address">The address that was named.</param>
    /// <param name="namedBy">The address of who named it.</param>
    public static bool MayBeNamed(IPAddress address, IPAddress namedBy)
    {
        ArgumentNullException.ThrowIfNull(address);
        return IsOfHost(address) && Of(address) >= Of(namedBy);
    }
}

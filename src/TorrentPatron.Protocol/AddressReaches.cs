using System.Net;
using System.Net.Sockets;
using TorrentPatron.Protocol.Filters;

namespace TorrentPatron.Protocol;

/// <summary>Tells addresses of this machine and its network from those of the internet.</summary>
public static class AddressReaches
{
    // To connect to the unspecified address is to connect to this machine.
    private static readonly AddressRanges Loopback = AddressRanges.Parse("0.0.0.0/8", "127.0.0.0/8", "::/127");

    private static readonly AddressRanges Private = AddressRanges.Parse(
        "10.0.0.0/8", "100.64.0.0/10", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16", "224.0.0.0/3", "fc00::/7", "fe80::/10", "fec0::/10", "ff00::/8");

    private static readonly AddressRanges OfNoHost = AddressRanges.Parse("0.0.0.0/8", "224.0.0.0/3", "::/128", "ff00::/8");

    /// <summary>The reach of one address.</summary>
    public static AddressReach Of(IPAddress address)
    {
        ArgumentNullException.ThrowIfNull(address);
        return Loopback.Contains(address) ? AddressReach.Loopback : Private.Contains(address) ? AddressReach.Private : AddressReach.Global;
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
        return !OfNoHost.Contains(address);
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

using System.Net;
using System.Net.Sockets;
using TorrentPatron.Protocol.Filters;

namespace TorrentPatron.Protocol;

/// <summary>Distinguishes addresses of this machine and its network from those on the internet.</summary>
public static class AddressReaches
{
    // Connecting to the unspecified address connects to this machine.
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

    /// <summary>Whether a host can have this address: it is not "any", a multicast group or broadcast.</summary>
    public static bool IsOfHost(IPAddress address)
    {
        ArgumentNullException.ThrowIfNull(address);
        return !OfNoHost.Contains(address);
    }

    /// <summary>
    /// Whether someone may name an address to us: it must be a host's, and no nearer than the address of the one who names it. A
    /// source on the internet must not make us contact this machine or its network.
    /// </summary>
    /// <param name="address">The address that was named.</param>
    /// <param name="namedBy">The address of the source.</param>
    public static bool MayBeNamed(IPAddress address, IPAddress namedBy)
    {
        ArgumentNullException.ThrowIfNull(address);
        return IsOfHost(address) && Of(address) >= Of(namedBy);
    }
}

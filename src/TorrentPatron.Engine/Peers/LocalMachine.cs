using System.Net;

namespace TorrentPatron.Engine.Peers;

/// <summary>
/// The address by which programs of this machine reach each other, all of them the same one: what is bounded for each host is not
/// bounded for it, or is less. The other addresses of 127.0.0.0/8 are hosts like any.
/// </summary>
internal static class LocalMachine
{
    /// <summary>Whether an address is 127.0.0.1 or ::1.</summary>
    /// <param name="address">The address; one of IPv4 may be written as one of IPv6.</param>
    public static bool Is(IPAddress address) =>
        address.Equals(IPAddress.Loopback) || address.Equals(IPAddress.IPv6Loopback)
        || (address.IsIPv4MappedToIPv6 && address.MapToIPv4().Equals(IPAddress.Loopback));
}

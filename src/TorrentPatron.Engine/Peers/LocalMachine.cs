using System.Net;

namespace TorrentPatron.Engine.Peers;

/// <summary>
/// The loopback address that programs on this machine share. Limits per host do not apply to it, or are higher. Other addresses
/// in 127.0.0.0/8 count as ordinary hosts.
/// </summary>
internal static class LocalMachine
{
    /// <summary>Whether an address is 127.0.0.1 or ::1.</summary>
    /// <param name="address">The address; IPv4 may be mapped to IPv6.</param>
    public static bool Is(IPAddress address) =>
        address.Equals(IPAddress.Loopback) || address.Equals(IPAddress.IPv6Loopback)
        || (address.IsIPv4MappedToIPv6 && address.MapToIPv4().Equals(IPAddress.Loopback));
}

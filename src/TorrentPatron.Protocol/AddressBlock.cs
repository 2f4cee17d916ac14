using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace TorrentPatron.Protocol;

/// <summary>
/// The addresses that one host or customer has for itself: one of IPv4, a /64 of IPv6. What is bounded for each address is bounded for
/// each of these, since who has one address of a /64 has them all. On this machine and its network each address is a host.
/// </summary>
public readonly record struct AddressBlock
{
    private readonly ulong _prefix;
    private readonly ulong _rest;
    private readonly bool _isIPv6;

    private AddressBlock(ulong prefix, ulong rest, bool isIPv6) => (_prefix, _rest, _isIPv6) = (prefix, rest, isIPv6);

    /// <summary>The block of an address. An IPv4 address that is written as one of IPv6 has the block of the IPv4 address.</summary>
    /// <param name="address">The address.</param>
    public static AddressBlock Of(IPAddress address)
    {
        ArgumentNullException.ThrowIfNull(address);
        Span<byte> bytes = stackalloc byte[16];
        address.TryWriteBytes(bytes, out _);
        if (address.AddressFamily == AddressFamily.InterNetwork)
            return new AddressBlock(BinaryPrimitives.ReadUInt32BigEndian(bytes), 0, isIPv6: false);
        if (address.IsIPv4MappedToIPv6)
            return new AddressBlock(BinaryPrimitives.ReadUInt32BigEndian(bytes[12..]), 0, isIPv6: false);
        bool isCustomers = AddressReaches.Of(address) == AddressReach.Global;
        return new AddressBlock(
            BinaryPrimitives.ReadUInt64BigEndian(bytes), isCustomers ? 0 : BinaryPrimitives.ReadUInt64BigEndian(bytes[8..]), isIPv6: true);
    }
}

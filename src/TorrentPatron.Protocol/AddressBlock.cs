using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace TorrentPatron.Protocol;

/// <summary>
/// The addresses that one host or customer controls: a single IPv4 address, or an IPv6 /64. Limits per address apply to these
/// blocks, because the owner of one address in a /64 has all of them. On this machine and its network each address is a separate
/// host.
/// </summary>
public readonly record struct AddressBlock
{
    private readonly ulong _prefix;
    private readonly ulong _rest;
    private readonly bool _isIPv6;

    private AddressBlock(ulong prefix, ulong rest, bool isIPv6) => (_prefix, _rest, _isIPv6) = (prefix, rest, isIPv6);

    /// <summary>The block of an address. An IPv4-mapped IPv6 address has the block of the IPv4 address.</summary>
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

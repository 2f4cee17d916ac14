using System.Net;
using System.Net.Sockets;

namespace TorrentPatron.Protocol.Dht;

/// <summary>Ties a node's id to its address (BEP 42), so that nobody with few addresses can choose ids near a torrent.</summary>
public static class SecureNodeId
{
    private const byte ChanceMask = 0x07;
    private const int LastByte = NodeId.Length - 1;

    private static ReadOnlySpan<byte> IPv4Mask => [0x03, 0x0F, 0x3F, 0xFF];

    private static ReadOnlySpan<byte> IPv6Mask => [0x01, 0x03, 0x07, 0x0F, 0x1F, 0x3F, 0x7F, 0xFF];

    /// <summary>Makes an id for an address.</summary>
    /// <param name="address">The node's address as others see it.</param>
    /// <param name="random">Source of the bits that the address does not determine.</param>
    public static NodeId Create(IPAddress address, Random random)
    {
        ArgumentNullException.ThrowIfNull(address);
        Span<byte> id = stackalloc byte[NodeId.Length];
        NodeId.Create(random).CopyTo(id);
        uint prefix = Prefix(address, id[LastByte]);
        id[0] = (byte)(prefix >> 24);
        id[1] = (byte)(prefix >> 16);
        id[2] = (byte)(((prefix >> 8) & ~(uint)ChanceMask) | (id[2] & (uint)ChanceMask));
        return new NodeId(id);
    }

    /// <summary>Whether a node at an address may have an id. On one machine or private network any id is valid.</summary>
    /// <param name="id">The id.</param>
    /// <param name="address">The node's address.</param>
    public static bool IsValid(NodeId id, IPAddress address)
    {
        ArgumentNullException.ThrowIfNull(address);
        if (AddressReaches.Of(address) != AddressReach.Global)
            return true;

        Span<byte> bytes = stackalloc byte[NodeId.Length];
        id.CopyTo(bytes);
        uint prefix = Prefix(address, bytes[LastByte]);
        return bytes[0] == (byte)(prefix >> 24)
            && bytes[1] == (byte)(prefix >> 16)
            && ((bytes[2] ^ (prefix >> 8)) & ~(uint)ChanceMask & byte.MaxValue) == 0;
    }

    private static uint Prefix(IPAddress address, byte chance)
    {
        if (address.IsIPv4MappedToIPv6)
            address = address.MapToIPv4();
        ReadOnlySpan<byte> mask = address.AddressFamily == AddressFamily.InterNetwork ? IPv4Mask : IPv6Mask;
        Span<byte> bytes = stackalloc byte[16];
        address.TryWriteBytes(bytes, out _);
        for (int i = 0; i < mask.Length; i++)
            bytes[i] &= mask[i];
        bytes[0] |= (byte)((chance & ChanceMask) << 5);
        return Crc32C.Compute(bytes[..mask.Length]);
    }
}

using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace TorrentPatron.Protocol.Wire;

/// <summary>
/// The canonical peer priority (BEP 40): a number that both peers compute, to rank each other. It spreads a swarm's connections
/// over the peers' networks, and gives newcomers and attackers no advantage.
/// </summary>
public static class PeerPriority
{
    private const byte HalfMask = 0x55;
    private const int IPv4Prefix = 2;
    private const int IPv6Prefix = 6;

    /// <summary>Computes the priority; it is the same from both sides.</summary>
    /// <param name="left">One peer, as the other sees it.</param>
    /// <param name="right">The other peer.</param>
    /// <returns>Greater is better; 0 for one IPv4 and one IPv6 address.</returns>
    public static uint Compute(IPEndPoint left, IPEndPoint right)
    {
        ArgumentNullException.ThrowIfNull(left);
        ArgumentNullException.ThrowIfNull(right);
        IPAddress leftAddress = Unmapped(left.Address), rightAddress = Unmapped(right.Address);
        if (leftAddress.AddressFamily != rightAddress.AddressFamily)
            return 0;

        Span<byte> buffer = stackalloc byte[32];
        leftAddress.TryWriteBytes(buffer, out int length);
        Span<byte> first = buffer[..length];
        Span<byte> second = buffer.Slice(length, length);
        rightAddress.TryWriteBytes(second, out _);
        int common = first.CommonPrefixLength(second);
        if (common == length)
            return OfPorts((ushort)left.Port, (ushort)right.Port);

        // The nearer the two are, the more of their addresses counts.
        int whole = Math.Max(leftAddress.AddressFamily == AddressFamily.InterNetwork ? IPv4Prefix : IPv6Prefix, common + 1);
        for (int i = whole; i < length; i++)
        {
            first[i] &= HalfMask;
            second[i] &= HalfMask;
        }

        return OfOrdered(first, second, buffer[..(2 * length)]);
    }

    private static uint OfPorts(ushort left, ushort right)
    {
        Span<byte> buffer = stackalloc byte[4];
        BinaryPrimitives.WriteUInt16BigEndian(buffer, Math.Min(left, right));
        BinaryPrimitives.WriteUInt16BigEndian(buffer[2..], Math.Max(left, right));
        return Crc32C.Compute(buffer);
    }

    private static uint OfOrdered(Span<byte> first, Span<byte> second, Span<byte> both)
    {
        if (first.SequenceCompareTo(second) > 0)
        {
            for (int i = 0; i < first.Length; i++)
                (first[i], second[i]) = (second[i], first[i]);
        }

        return Crc32C.Compute(both);
    }

    private static IPAddress Unmapped(IPAddress address) => address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
}

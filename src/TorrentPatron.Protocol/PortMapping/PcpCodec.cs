using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace TorrentPatron.Protocol.PortMapping;

/// <summary>The datagrams of the Port Control Protocol (RFC 6887): MAP and ANNOUNCE.</summary>
internal static class PcpCodec
{
    /// <summary>The port of PCP servers.</summary>
    public const int ServerPort = 5351;

    /// <summary>
    /// The port on which clients receive, through 224.0.0.1, routers' notices that they have lost their mappings.
    /// </summary>
    public const int ClientPort = 5350;

    /// <summary>The length of the longest datagram, bytes.</summary>
    public const int LongestDatagram = 1_100;

    private const byte Version = 2;
    private const byte Announce = 0, Map = 1, IsAnswer = 0x80;
    private const int HeaderLength = 24;
    private const int MapLength = HeaderLength + 36;
    private const int NonceLength = 12;

    /// <summary>Makes a MAP request.</summary>
    public static byte[] Write(PcpMapRequest request)
    {
        var datagram = new byte[MapLength];
        Span<byte> span = datagram;
        span[0] = Version;
        span[1] = Map;
        BinaryPrimitives.WriteUInt32BigEndian(span[4..], request.Lifetime);
        WriteAddress(span[8..], request.Client);
        Span<byte> map = span[HeaderLength..];
        WriteNonce(map, request.Nonce);
        map[12] = (byte)request.Protocol;
        BinaryPrimitives.WriteUInt16BigEndian(map[16..], request.InternalPort);
        BinaryPrimitives.WriteUInt16BigEndian(map[18..], request.ExternalPort);
        WriteAddress(map[20..], request.ExternalAddress ?? (request.Client.AddressFamily == AddressFamily.InterNetwork ? IPAddress.Any : IPAddress.IPv6Any));
        return datagram;
    }

    /// <summary>Reads the answer to a MAP request.</summary>
    /// <returns>The answer; null if it is something else.</returns>
    public static PcpMapAnswer? ReadMap(ReadOnlySpan<byte> datagram)
    {
        if (datagram.Length is < MapLength or > LongestDatagram || datagram[0] != Version || datagram[1] != (Map | IsAnswer))
            return null;
        ReadOnlySpan<byte> map = datagram[HeaderLength..];
        var protocol = (ProtocolType)map[12];
        if (protocol is not (ProtocolType.Tcp or ProtocolType.Udp))
            return null;
        return new PcpMapAnswer(
            (PcpResult)datagram[3], BinaryPrimitives.ReadUInt32BigEndian(datagram[4..]), BinaryPrimitives.ReadUInt32BigEndian(datagram[8..]), ReadNonce(map), protocol,
            BinaryPrimitives.ReadUInt16BigEndian(map[16..]), BinaryPrimitives.ReadUInt16BigEndian(map[18..]), ReadAddress(map[20..]));
    }

    /// <summary>Reads a router's multicast notice that it has lost its mappings.</summary>
    /// <returns>Its epoch; null if it is something else.</returns>
    public static uint? ReadAnnounce(ReadOnlySpan<byte> datagram) =>
        datagram.Length is >= HeaderLength and <= LongestDatagram && datagram[0] == Version && datagram[1] == (Announce | IsAnswer)
            ? BinaryPrimitives.ReadUInt32BigEndian(datagram[8..])
            : null;

    /// <summary>Whether a server answers that it does not support this version, like one that supports only NAT-PMP.</summary>
    public static bool IsOtherVersion(ReadOnlySpan<byte> datagram) => datagram.Length is >= 8 and <= LongestDatagram
        && ((datagram[0] == 0 && (datagram[1] & IsAnswer) != 0 && BinaryPrimitives.ReadUInt16BigEndian(datagram[2..]) == (ushort)PcpResult.UnsupportedVersion)
            || (datagram[0] != 0 && (datagram[1] & IsAnswer) != 0 && datagram[3] == (byte)PcpResult.UnsupportedVersion));

    private static void WriteAddress(Span<byte> to, IPAddress address) => address.MapToIPv6().TryWriteBytes(to, out _);

    private static IPAddress ReadAddress(ReadOnlySpan<byte> from)
    {
        var address = new IPAddress(from[..16]);
        return address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
    }

    private static void WriteNonce(Span<byte> to, UInt128 nonce)
    {
        BinaryPrimitives.WriteUInt32BigEndian(to, (uint)(nonce >> 64));
        BinaryPrimitives.WriteUInt64BigEndian(to[sizeof(uint)..NonceLength], (ulong)nonce);
    }

    private static UInt128 ReadNonce(ReadOnlySpan<byte> from) =>
        new(BinaryPrimitives.ReadUInt32BigEndian(from), BinaryPrimitives.ReadUInt64BigEndian(from[sizeof(uint)..NonceLength]));
}

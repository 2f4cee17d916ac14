using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace TorrentPatron.Protocol.PortMapping;

/// <summary>The datagrams of the NAT Port Mapping Protocol (RFC 6886), which uses the ports of <see cref="PcpCodec"/>.</summary>
internal static class NatPmpCodec
{
    private const byte Version = 0;
    private const byte AddressOperation = 0, MapUdp = 1, MapTcp = 2, IsAnswer = 0x80;
    private const int ErrorLength = 8, AddressLength = 12, MappingLength = 16;

    /// <summary>Creates a request for the external address.</summary>
    public static byte[] WriteAddressRequest() => [Version, AddressOperation];

    /// <summary>Creates a request for a mapping, its renewal or, with lifetime 0, its removal.</summary>
    /// <param name="protocol">TCP or UDP.</param>
    /// <param name="internalPort">Our port.</param>
    /// <param name="externalPort">The preferred external port; 0 means any.</param>
    /// <param name="lifetime">The lifetime, seconds; 0 removes the mapping.</param>
    public static byte[] WriteMapRequest(ProtocolType protocol, ushort internalPort, ushort externalPort, uint lifetime)
    {
        var datagram = new byte[12];
        datagram[1] = protocol == ProtocolType.Udp ? MapUdp : MapTcp;
        BinaryPrimitives.WriteUInt16BigEndian(datagram.AsSpan(4), internalPort);
        BinaryPrimitives.WriteUInt16BigEndian(datagram.AsSpan(6), externalPort);
        BinaryPrimitives.WriteUInt32BigEndian(datagram.AsSpan(8), lifetime);
        return datagram;
    }

    /// <summary>Reads an answer.</summary>
    /// <returns>The answer; null if it is invalid.</returns>
    public static NatPmpAnswer? Read(ReadOnlySpan<byte> datagram)
    {
        if (datagram.Length is < ErrorLength or > PcpCodec.LongestDatagram || datagram[0] != Version)
            return null;
        var result = (NatPmpResult)BinaryPrimitives.ReadUInt16BigEndian(datagram[2..]);
        uint epoch = BinaryPrimitives.ReadUInt32BigEndian(datagram[4..]);
        bool isSuccess = result == NatPmpResult.Success;
        return datagram[1] switch
        {
            AddressOperation | IsAnswer when datagram.Length >= AddressLength && isSuccess => new NatPmpAddress(result, epoch, new IPAddress(datagram.Slice(8, 4))),
            AddressOperation | IsAnswer when !isSuccess => new NatPmpAddress(result, epoch, null),
            (MapUdp | IsAnswer) or (MapTcp | IsAnswer) when datagram.Length >= MappingLength => new NatPmpMapping(
                result, epoch, Protocol(datagram[1]), BinaryPrimitives.ReadUInt16BigEndian(datagram[8..]), BinaryPrimitives.ReadUInt16BigEndian(datagram[10..]),
                BinaryPrimitives.ReadUInt32BigEndian(datagram[12..])),
            (MapUdp | IsAnswer) or (MapTcp | IsAnswer) when !isSuccess => new NatPmpMapping(result, epoch, Protocol(datagram[1]), 0, 0, 0),
            _ => null,
        };
    }

    private static ProtocolType Protocol(byte operation) => operation == (MapUdp | IsAnswer) ? ProtocolType.Udp : ProtocolType.Tcp;
}

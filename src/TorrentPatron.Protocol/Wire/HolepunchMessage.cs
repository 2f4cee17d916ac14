using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace TorrentPatron.Protocol.Wire;

/// <summary>A message of the holepunch extension (BEP 55, <c>ut_holepunch</c>).</summary>
/// <param name="Kind">The kind.</param>
/// <param name="EndPoint">The other peer, unchecked.</param>
/// <param name="Error">The error, only with <see cref="HolepunchKind.Error"/>.</param>
internal readonly record struct HolepunchMessage(HolepunchKind Kind, IPEndPoint EndPoint, HolepunchError Error = HolepunchError.None)
{
    /// <summary>The extension's name in the handshake (BEP 10).</summary>
    public const string ExtensionName = "ut_holepunch";

    /// <summary>Bytes of the longest message.</summary>
    public const int MostBytes = Head + 16 + sizeof(ushort) + sizeof(int);

    private const int Head = 2;
    private const byte IPv4 = 0, IPv6 = 1;

    /// <summary>Reads the payload. The error code may be missing if there is no error.</summary>
    /// <param name="payload">What follows the extended message's number.</param>
    /// <param name="message">The message, where the payload is one.</param>
    public static bool TryRead(ReadOnlySpan<byte> payload, out HolepunchMessage message)
    {
        message = default;
        if (payload.Length < Head || payload[0] > (byte)HolepunchKind.Error || payload[1] > IPv6)
            return false;
        int length = payload[1] == IPv4 ? 4 : 16;
        ReadOnlySpan<byte> rest = payload[Head..];
        if (rest.Length < length + sizeof(ushort))
            return false;
        var kind = (HolepunchKind)payload[0];
        var endPoint = new IPEndPoint(new IPAddress(rest[..length]), BinaryPrimitives.ReadUInt16BigEndian(rest[length..]));
        rest = rest[(length + sizeof(ushort))..];
        if (kind == HolepunchKind.Error && rest.Length < sizeof(int))
            return false;
        message = new HolepunchMessage(
            kind, endPoint, kind == HolepunchKind.Error ? (HolepunchError)BinaryPrimitives.ReadInt32BigEndian(rest) : HolepunchError.None);
        return true;
    }

    /// <summary>Writes the payload.</summary>
    /// <param name="destination">At least <see cref="MostBytes"/> long.</param>
    /// <returns>The bytes written.</returns>
    public int Write(Span<byte> destination)
    {
        destination[0] = (byte)Kind;
        destination[1] = EndPoint.AddressFamily == AddressFamily.InterNetworkV6 ? IPv6 : IPv4;
        EndPoint.Address.TryWriteBytes(destination[Head..], out int length);
        BinaryPrimitives.WriteUInt16BigEndian(destination[(Head + length)..], (ushort)EndPoint.Port);
        BinaryPrimitives.WriteInt32BigEndian(destination[(Head + length + sizeof(ushort))..], (int)Error);
        return Head + length + sizeof(ushort) + sizeof(int);
    }
}

using System.Buffers.Binary;

namespace TorrentPatron.Protocol.Utp;

/// <summary>The header of a uTP packet (BEP 29), version 1.</summary>
/// <param name="Type">The packet's type.</param>
/// <param name="ConnectionId">The connection id of the packet's receiver; in a SYN, of its sender.</param>
/// <param name="Timestamp">When it was sent, microseconds on the sender's clock.</param>
/// <param name="TimestampDifference">
/// The one-way time of the last packet from the other side, by both clocks, microseconds; 0 if there was none.
/// </param>
/// <param name="WindowSize">Bytes that the packet's sender can receive.</param>
/// <param name="SequenceNumber">The packet's number.</param>
/// <param name="AcknowledgementNumber">The last packet received in order from the other side.</param>
internal readonly record struct UtpHeader(
    UtpPacketType Type, ushort ConnectionId, uint Timestamp, uint TimestampDifference, uint WindowSize, ushort SequenceNumber, ushort AcknowledgementNumber)
{
    /// <summary>Bytes of a header without extensions.</summary>
    public const int Length = 20;

    /// <summary>Bytes of an extension before its content: the next extension's id, and its length.</summary>
    public const int ExtensionHead = 2;

    /// <summary>No further extension.</summary>
    public const byte NoExtension = 0;

    /// <summary>The extension for packets received out of order.</summary>
    public const byte SelectiveAck = 1;

    /// <summary>Our own extension that makes a packet longer. Others skip unknown extensions.</summary>
    public const byte Padding = 0x70;

    private const int Version = 1;
    private const int MostExtensions = 32;

    /// <summary>Whether a datagram begins like a uTP packet. No message of the DHT or of a UDP tracker does.</summary>
    public static bool IsUtp(ReadOnlySpan<byte> datagram) =>
        datagram.Length >= Length && (datagram[0] & 0xF) == Version && datagram[0] >> 4 <= (int)UtpPacketType.Syn;

    /// <summary>Reads a packet.</summary>
    /// <param name="datagram">The packet.</param>
    /// <param name="header">Its header.</param>
    /// <param name="selectiveAck">
    /// The bits of received packets, starting two after the last one in order; empty if not included.
    /// </param>
    /// <param name="payload">The payload.</param>
    /// <returns>Whether it is a uTP packet with valid extensions.</returns>
    public static bool TryRead(ReadOnlySpan<byte> datagram, out UtpHeader header, out ReadOnlySpan<byte> selectiveAck, out ReadOnlySpan<byte> payload)
    {
        header = default;
        selectiveAck = payload = default;
        if (!IsUtp(datagram))
            return false;
        byte extension = datagram[1];
        ReadOnlySpan<byte> rest = datagram[Length..];
        for (int count = 0; extension != NoExtension; count++)
        {
            if (count == MostExtensions || rest.Length < ExtensionHead || rest.Length < ExtensionHead + rest[1])
                return false;
            if (extension == SelectiveAck)
                selectiveAck = rest.Slice(ExtensionHead, rest[1]);
            extension = rest[0];
            rest = rest[(ExtensionHead + rest[1])..];
        }

        payload = rest;
        header = new UtpHeader(
            (UtpPacketType)(datagram[0] >> 4),
            BinaryPrimitives.ReadUInt16BigEndian(datagram[2..]),
            BinaryPrimitives.ReadUInt32BigEndian(datagram[4..]),
            BinaryPrimitives.ReadUInt32BigEndian(datagram[8..]),
            BinaryPrimitives.ReadUInt32BigEndian(datagram[12..]),
            BinaryPrimitives.ReadUInt16BigEndian(datagram[16..]),
            BinaryPrimitives.ReadUInt16BigEndian(datagram[18..]));
        return true;
    }

    /// <summary>Writes the header.</summary>
    /// <param name="destination">The destination; <see cref="Length"/> bytes or more.</param>
    /// <param name="extension">The first extension, which follows the header.</param>
    public void Write(Span<byte> destination, byte extension = NoExtension)
    {
        BinaryPrimitives.WriteUInt16BigEndian(destination[18..], AcknowledgementNumber);
        destination[0] = (byte)(((int)Type << 4) | Version);
        destination[1] = extension;
        BinaryPrimitives.WriteUInt16BigEndian(destination[2..], ConnectionId);
        BinaryPrimitives.WriteUInt32BigEndian(destination[4..], Timestamp);
        BinaryPrimitives.WriteUInt32BigEndian(destination[8..], TimestampDifference);
        BinaryPrimitives.WriteUInt32BigEndian(destination[12..], WindowSize);
        BinaryPrimitives.WriteUInt16BigEndian(destination[16..], SequenceNumber);
    }

    /// <summary>Writes padding extensions.</summary>
    /// <param name="destination">
    /// The destination, after the header with <see cref="Padding"/>; 2 bytes or more, all of which are filled.
    /// </param>
    public static void WritePadding(Span<byte> destination)
    {
        destination.Clear();
        while (destination.Length > 0)
        {
            int length = Math.Min(destination.Length - ExtensionHead, byte.MaxValue);
            // A single byte is too short for an extension.
            if (destination.Length - ExtensionHead - length == 1)
                length--;
            bool isLast = destination.Length == ExtensionHead + length;
            (destination[0], destination[1]) = (isLast ? NoExtension : Padding, (byte)length);
            destination = destination[(ExtensionHead + length)..];
        }
    }
}

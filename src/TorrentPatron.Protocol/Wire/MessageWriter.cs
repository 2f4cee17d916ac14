using System.Buffers.Binary;

namespace TorrentPatron.Protocol.Wire;

/// <summary>Writes peer messages (BEP 3, 6, 10). Each method returns the number of bytes written.</summary>
public static class MessageWriter
{
    /// <summary>Length of a message that has no body.</summary>
    public const int EmptyLength = 5;

    /// <summary>Length of a message that names a piece.</summary>
    public const int PieceIndexLength = 9;

    /// <summary>Length of a message that names a range.</summary>
    public const int RangeLength = 17;

    /// <summary>Writes a keep-alive.</summary>
    /// <param name="destination">At least 4 bytes.</param>
    public static int WriteKeepAlive(Span<byte> destination)
    {
        BinaryPrimitives.WriteInt32BigEndian(destination, 0);
        return 4;
    }

    /// <summary>Writes a message without a body: choke, unchoke, interested, not interested, have all, have none.</summary>
    /// <param name="destination">At least <see cref="EmptyLength"/> bytes.</param>
    /// <param name="id">The kind.</param>
    public static int WriteEmpty(Span<byte> destination, MessageId id)
    {
        WriteHead(destination, 1, id);
        return EmptyLength;
    }

    /// <summary>Writes a message that names a piece: have, suggest, allowed fast.</summary>
    /// <param name="destination">At least <see cref="PieceIndexLength"/> bytes.</param>
    /// <param name="id">The kind.</param>
    /// <param name="piece">Index of the piece.</param>
    public static int WritePieceIndex(Span<byte> destination, MessageId id, int piece)
    {
        WriteHead(destination, 5, id);
        BinaryPrimitives.WriteInt32BigEndian(destination[5..], piece);
        return PieceIndexLength;
    }

    /// <summary>Writes a message that names a range: request, cancel, reject.</summary>
    /// <param name="destination">At least <see cref="RangeLength"/> bytes.</param>
    /// <param name="id">The kind.</param>
    /// <param name="range">The range.</param>
    public static int WriteRange(Span<byte> destination, MessageId id, in BlockRequest range)
    {
        WriteHead(destination, 13, id);
        BinaryPrimitives.WriteInt32BigEndian(destination[5..], range.Piece);
        BinaryPrimitives.WriteInt32BigEndian(destination[9..], range.Begin);
        BinaryPrimitives.WriteInt32BigEndian(destination[13..], range.Length);
        return RangeLength;
    }

    /// <summary>Writes the header of a piece message, before the block.</summary>
    /// <param name="destination">At least <see cref="PeerMessage.PieceHeaderLength"/> bytes.</param>
    /// <param name="block">The block that follows.</param>
    public static int WritePieceHeader(Span<byte> destination, in BlockRequest block)
    {
        WriteHead(destination, 9 + block.Length, MessageId.Piece);
        BinaryPrimitives.WriteInt32BigEndian(destination[5..], block.Piece);
        BinaryPrimitives.WriteInt32BigEndian(destination[9..], block.Begin);
        return PeerMessage.PieceHeaderLength;
    }

    /// <summary>Writes a message with a body of any length: bitfield.</summary>
    /// <param name="destination">At least 5 bytes and the body.</param>
    /// <param name="id">The kind.</param>
    /// <param name="body">The body after the id.</param>
    public static int WriteBody(Span<byte> destination, MessageId id, ReadOnlySpan<byte> body)
    {
        WriteHead(destination, 1 + body.Length, id);
        body.CopyTo(destination[5..]);
        return EmptyLength + body.Length;
    }

    /// <summary>Writes an extended message (BEP 10).</summary>
    /// <param name="destination">At least 6 bytes and the payload.</param>
    /// <param name="extensionId">0 for the extension handshake; else the receiver's number for the extension.</param>
    /// <param name="payload">The payload after the number.</param>
    public static int WriteExtended(Span<byte> destination, byte extensionId, ReadOnlySpan<byte> payload)
    {
        WriteHead(destination, 2 + payload.Length, MessageId.Extended);
        destination[5] = extensionId;
        payload.CopyTo(destination[6..]);
        return 6 + payload.Length;
    }

    private static void WriteHead(Span<byte> destination, int length, MessageId id)
    {
        BinaryPrimitives.WriteInt32BigEndian(destination, length);
        destination[4] = (byte)id;
    }
}

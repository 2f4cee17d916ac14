using System.Buffers.Binary;
using TorrentPatron.Protocol.Metainfo;

namespace TorrentPatron.Protocol.Wire;

/// <summary>One message in a receive buffer, not copied (BEP 3).</summary>
public readonly ref struct PeerMessage
{
    private PeerMessage(MessageId id, ReadOnlySpan<byte> body, bool isKeepAlive)
    {
        Id = id;
        Body = body;
        IsKeepAlive = isKeepAlive;
    }

    /// <summary>Length of a piece message before its block: length prefix, id, piece and begin.</summary>
    public const int PieceHeaderLength = 13;

    /// <summary>The kind, which may be an unknown one; undefined for a keep-alive.</summary>
    public MessageId Id { get; }

    /// <summary>The body after the id.</summary>
    public ReadOnlySpan<byte> Body { get; }

    /// <summary>Whether the message is a keep-alive: only a length of zero.</summary>
    public bool IsKeepAlive { get; }

    /// <summary>The piece of a have, suggest, allowed-fast or piece message.</summary>
    public int Piece => BinaryPrimitives.ReadInt32BigEndian(Body);

    /// <summary>The offset of a piece message's block in its piece.</summary>
    public int Begin => BinaryPrimitives.ReadInt32BigEndian(Body[4..]);

    /// <summary>The block of a piece message.</summary>
    public ReadOnlySpan<byte> Block => Body[8..];

    /// <summary>The range of a request, cancel or reject message.</summary>
    public BlockRequest Range => new(Piece, Begin, BinaryPrimitives.ReadInt32BigEndian(Body[8..]));

    /// <summary>Reads the next message from a buffer.</summary>
    /// <param name="buffer">Received bytes that have not been consumed.</param>
    /// <param name="maxLength">Longest message allowed, without the length prefix.</param>
    /// <param name="message">The message, if it is complete.</param>
    /// <param name="size">
    /// Bytes of the message in the buffer, including the prefix; known once four bytes have arrived, 0 before.
    /// </param>
    /// <returns>Whether the message is complete, incomplete, or invalid.</returns>
    public static ReadResult TryRead(ReadOnlySpan<byte> buffer, int maxLength, out PeerMessage message, out int size)
    {
        message = default;
        size = 0;
        if (buffer.Length < 4)
            return ReadResult.Incomplete;

        uint length = BinaryPrimitives.ReadUInt32BigEndian(buffer);
        if (length > (uint)maxLength)
            return ReadResult.Invalid;

        size = 4 + (int)length;
        if (length == 0)
        {
            message = new PeerMessage(default, default, isKeepAlive: true);
            return ReadResult.Complete;
        }

        if (buffer.Length >= 5 && !HasValidLength((MessageId)buffer[4], (int)length - 1))
            return ReadResult.Invalid;
        if (buffer.Length < size)
            return ReadResult.Incomplete;

        message = new PeerMessage((MessageId)buffer[4], buffer[5..size], isKeepAlive: false);
        return ReadResult.Complete;
    }

    private static bool HasValidLength(MessageId id, int bodyLength) => id switch
    {
        MessageId.Choke or MessageId.Unchoke or MessageId.Interested or MessageId.NotInterested => bodyLength == 0,
        MessageId.HaveAll or MessageId.HaveNone => bodyLength == 0,
        MessageId.Have or MessageId.SuggestPiece or MessageId.AllowedFast => bodyLength == 4,
        MessageId.Request or MessageId.Cancel or MessageId.RejectRequest => bodyLength == 12,
        MessageId.Piece => bodyLength is > 8 and <= 8 + BlockRequest.BlockLength,
        MessageId.Port => bodyLength == 2,
        MessageId.Extended => bodyLength >= 1,
        MessageId.HashRequest or MessageId.HashReject => bodyLength == HashRequest.BodyLength,
        MessageId.Hashes => bodyLength > HashRequest.BodyLength && bodyLength <= HashRequest.MaxHashesBodyLength
            && (bodyLength - HashRequest.BodyLength) % MerkleTree.HashLength == 0,
        _ => true,
    };
}

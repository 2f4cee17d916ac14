using System.Buffers.Binary;
using TorrentPatron.Protocol.Metainfo;

namespace TorrentPatron.Protocol.Wire;

/// <summary>One message as it stands in a receive buffer; nothing is copied (BEP 3).</summary>
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

    /// <summary>The kind; of no meaning for a keep-alive. May be a value that the enumeration does not name.</summary>
    public MessageId Id { get; }

    /// <summary>What follows the id.</summary>
    public ReadOnlySpan<byte> Body { get; }

    /// <summary>Whether the message is a keep-alive: a length of zero and nothing else.</summary>
    public bool IsKeepAlive { get; }

    /// <summary>The piece of a have, suggest, allowed-fast or piece message.</summary>
    public int Piece => BinaryPrimitives.ReadInt32BigEndian(Body);

    /// <summary>Where the block of a piece message begins in its piece.</summary>
    public int Begin => BinaryPrimitives.ReadInt32BigEndian(Body[4..]);

    /// <summary>The block of a piece message.</summary>
    public ReadOnlySpan<byte> Block => Body[8..];

    /// <summary>The range of a request, cancel or reject message.</summary>
    public BlockRequest Range => new(Piece, Begin, BinaryPrimitives.ReadInt32BigEndian(Body[8..]));

    /// <summary>Takes the next message from a buffer.</summary>
    /// <param name="buffer">What has been received and not been taken yet.</param>
    /// <param name="maxLength">Longest message allowed, length prefix not counted.</param>
    /// <param name="message">The message, where it is there whole.</param>
    /// <param name="size">
    /// Bytes that the message takes in the buffer, prefix included; known as soon as four bytes are there, 0 before.
    /// </param>
    /// <returns>Whether the message is whole, unfinished, or not allowed.</returns>
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

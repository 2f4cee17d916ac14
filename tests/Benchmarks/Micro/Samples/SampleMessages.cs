using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Benchmarks.Micro.Samples;

/// <summary>Receive buffers of 256 KiB, full of messages of one kind.</summary>
internal static class SampleMessages
{
    /// <summary>Size of a buffer, bytes.</summary>
    public const int BufferLength = 256 * 1024;

    /// <summary>Whole block messages in a buffer.</summary>
    public const int BlockCount = BufferLength / (PeerMessage.PieceHeaderLength + BlockRequest.BlockLength);

    /// <summary>Whole have messages in a buffer.</summary>
    public const int HaveCount = BufferLength / MessageWriter.PieceIndexLength;

    /// <summary>Whole request messages in a buffer.</summary>
    public const int RequestCount = BufferLength / MessageWriter.RangeLength;

    public static byte[] Blocks()
    {
        byte[] buffer = new byte[BufferLength];
        for (int i = 0, at = 0; i < BlockCount; i++)
            at += MessageWriter.WritePieceHeader(buffer.AsSpan(at), RangeOf(i)) + BlockRequest.BlockLength;
        return buffer[..(BlockCount * (PeerMessage.PieceHeaderLength + BlockRequest.BlockLength))];
    }

    public static byte[] Haves()
    {
        byte[] buffer = new byte[BufferLength];
        for (int i = 0, at = 0; i < HaveCount; i++)
            at += MessageWriter.WritePieceIndex(buffer.AsSpan(at), MessageId.Have, i);
        return buffer[..(HaveCount * MessageWriter.PieceIndexLength)];
    }

    public static byte[] Requests()
    {
        byte[] buffer = new byte[BufferLength];
        for (int i = 0, at = 0; i < RequestCount; i++)
            at += MessageWriter.WriteRange(buffer.AsSpan(at), MessageId.Request, RangeOf(i));
        return buffer[..(RequestCount * MessageWriter.RangeLength)];
    }

    private static BlockRequest RangeOf(int block) =>
        new(block / 16, block % 16 * BlockRequest.BlockLength, BlockRequest.BlockLength);
}

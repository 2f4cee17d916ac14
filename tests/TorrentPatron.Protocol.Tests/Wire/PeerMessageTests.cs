using System.Buffers.Binary;
using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Protocol.Tests.Wire;

public sealed class PeerMessageTests
{
    private const int MaxLength = 128 * 1024;

    [Theory]
    [InlineData(MessageId.Choke, "0000000100")]
    [InlineData(MessageId.Unchoke, "0000000101")]
    [InlineData(MessageId.Interested, "0000000102")]
    [InlineData(MessageId.NotInterested, "0000000103")]
    [InlineData(MessageId.HaveAll, "000000010e")]
    [InlineData(MessageId.HaveNone, "000000010f")]
    public void A_message_without_a_body_is_written_and_read(MessageId id, string hex)
    {
        var bytes = new byte[MessageWriter.EmptyLength];
        Assert.Equal(bytes.Length, MessageWriter.WriteEmpty(bytes, id));

        Assert.Equal(hex, Convert.ToHexStringLower(bytes));
        PeerMessage message = Read(bytes);
        Assert.Equal(id, message.Id);
        Assert.True(message.Body.IsEmpty);
    }

    [Theory]
    [InlineData(MessageId.Have, "000000050400010203")]
    [InlineData(MessageId.SuggestPiece, "000000050d00010203")]
    [InlineData(MessageId.AllowedFast, "000000051100010203")]
    public void A_message_that_names_a_piece_is_written_and_read(MessageId id, string hex)
    {
        var bytes = new byte[MessageWriter.PieceIndexLength];
        Assert.Equal(bytes.Length, MessageWriter.WritePieceIndex(bytes, id, 0x010203));

        Assert.Equal(hex, Convert.ToHexStringLower(bytes));
        PeerMessage message = Read(bytes);
        Assert.Equal(id, message.Id);
        Assert.Equal(0x010203, message.Piece);
    }

    [Theory]
    [InlineData(MessageId.Request, "0000000d06000000010000400000004000")]
    [InlineData(MessageId.Cancel, "0000000d08000000010000400000004000")]
    [InlineData(MessageId.RejectRequest, "0000000d10000000010000400000004000")]
    public void A_message_that_names_a_range_is_written_and_read(MessageId id, string hex)
    {
        var range = new BlockRequest(1, 0x4000, 0x4000);
        var bytes = new byte[MessageWriter.RangeLength];
        Assert.Equal(bytes.Length, MessageWriter.WriteRange(bytes, id, range));

        Assert.Equal(hex, Convert.ToHexStringLower(bytes));
        PeerMessage message = Read(bytes);
        Assert.Equal(id, message.Id);
        Assert.Equal(range, message.Range);
    }

    [Fact]
    public void A_block_a_bitfield_an_extended_message_and_a_keep_alive_are_written_and_read()
    {
        var block = new byte[PeerMessage.PieceHeaderLength + 3];
        MessageWriter.WritePieceHeader(block, new BlockRequest(2, 16, 3));
        "abc"u8.CopyTo(block.AsSpan(PeerMessage.PieceHeaderLength));
        Assert.Equal("0000000c070000000200000010616263", Convert.ToHexStringLower(block));
        PeerMessage message = Read(block);
        Assert.Equal((2, 16), (message.Piece, message.Begin));
        Assert.True(message.Block.SequenceEqual("abc"u8));

        var field = new byte[7];
        Assert.Equal(7, MessageWriter.WriteBody(field, MessageId.Bitfield, [0x80, 0x01]));
        Assert.Equal("00000003058001", Convert.ToHexStringLower(field));
        Assert.True(Read(field).Body.SequenceEqual(new byte[] { 0x80, 0x01 }));

        var extended = new byte[8];
        Assert.Equal(8, MessageWriter.WriteExtended(extended, 0, "de"u8));
        Assert.Equal("0000000414006465", Convert.ToHexStringLower(extended));
        Assert.True(Read(extended).Body[1..].SequenceEqual("de"u8));

        var keepAlive = new byte[4];
        Assert.Equal(4, MessageWriter.WriteKeepAlive(keepAlive));
        Assert.True(Read(keepAlive).IsKeepAlive);
    }

    [Theory]
    [InlineData("0000000200ff")]
    [InlineData("0000000403000000")]
    [InlineData("000000040400")]
    [InlineData("0000000604")]
    [InlineData("0000000c06")]
    [InlineData("0000000e08")]
    [InlineData("0000000910")]
    [InlineData("0000000907")]
    [InlineData("0000400a07")]
    [InlineData("000000020e")]
    [InlineData("0000000209")]
    [InlineData("0000000114")]
    [InlineData("00020001")]
    [InlineData("80000000")]
    [InlineData("ffffffff")]
    public void An_impossible_length_is_refused_before_the_body_arrives(string hex)
    {
        Assert.Equal(ReadResult.Invalid, PeerMessage.TryRead(Convert.FromHexString(hex), MaxLength, out _, out _));
    }

    [Fact]
    public void Unknown_kinds_are_read_so_that_they_can_be_skipped()
    {
        PeerMessage message = Read([0, 0, 0, 3, 99, 1, 2]);
        Assert.Equal(99, (byte)message.Id);
        Assert.Equal(2, message.Body.Length);
    }

    [Fact]
    public void The_size_is_known_from_the_fourth_byte_on()
    {
        var bytes = new byte[MessageWriter.RangeLength];
        MessageWriter.WriteRange(bytes, MessageId.Request, new BlockRequest(1, 2, 3));
        for (int length = 0; length < bytes.Length; length++)
        {
            Assert.Equal(ReadResult.Incomplete, PeerMessage.TryRead(bytes.AsSpan(0, length), MaxLength, out _, out int size));
            Assert.Equal(length < 4 ? 0 : bytes.Length, size);
        }
    }

    [Fact]
    public void Messages_are_the_same_byte_by_byte_as_at_once()
    {
        var random = new Random(3);
        byte[] stream = [.. Enumerable.Range(0, 200).SelectMany(_ => RandomMessage(random))];
        var atOnce = new List<string>();
        ReadOnlySpan<byte> rest = stream;
        while (PeerMessage.TryRead(rest, MaxLength, out PeerMessage message, out int size) == ReadResult.Complete)
        {
            atOnce.Add(Describe(message));
            rest = rest[size..];
        }

        var oneByOne = new List<string>();
        for (int start = 0, end = 0; end <= stream.Length; end++)
        {
            ReadResult result = PeerMessage.TryRead(stream.AsSpan(start, end - start), MaxLength, out PeerMessage message, out int size);
            Assert.NotEqual(ReadResult.Invalid, result);
            if (result != ReadResult.Complete)
                continue;
            oneByOne.Add(Describe(message));
            start += size;
        }

        Assert.Equal(200, atOnce.Count);
        Assert.Equal(atOnce, oneByOne);
    }

    [Fact]
    public void Random_bytes_never_throw()
    {
        var random = new Random(4);
        var bytes = new byte[64];
        for (int round = 0; round < 10_000; round++)
        {
            random.NextBytes(bytes);
            // Random lengths are mostly absurd: make every other one fit.
            if (round % 2 == 0)
                BinaryPrimitives.WriteInt32BigEndian(bytes, random.Next(60));
            if (PeerMessage.TryRead(bytes.AsSpan(0, random.Next(65)), MaxLength, out PeerMessage message, out _) == ReadResult.Complete)
                Describe(message);
            Handshake.TryRead(bytes, out _);
            Bitfield.TryRead(bytes, random.Next(-1, 600), out _);
        }
    }

    private static byte[] RandomMessage(Random random)
    {
        var bytes = new byte[100];
        int length = random.Next(6) switch
        {
            0 => MessageWriter.WriteKeepAlive(bytes),
            1 => MessageWriter.WriteEmpty(bytes, (MessageId)random.Next(4)),
            2 => MessageWriter.WritePieceIndex(bytes, MessageId.Have, random.Next()),
            3 => MessageWriter.WriteRange(bytes, MessageId.Request, new BlockRequest(random.Next(), random.Next(), random.Next())),
            4 => MessageWriter.WriteBody(bytes, MessageId.Bitfield, new byte[random.Next(50)]),
            _ => MessageWriter.WriteExtended(bytes, (byte)random.Next(256), new byte[random.Next(50)]),
        };
        return bytes[..length];
    }

    /// <summary>Reads all fields of the message's kind.</summary>
    private static string Describe(in PeerMessage message) => message.IsKeepAlive ? "keep-alive" : message.Id switch
    {
        MessageId.Have or MessageId.SuggestPiece or MessageId.AllowedFast => $"{message.Id} {message.Piece}",
        MessageId.Request or MessageId.Cancel or MessageId.RejectRequest => $"{message.Id} {message.Range}",
        MessageId.Piece => $"{message.Piece} {message.Begin} {message.Block.Length}",
        _ => $"{message.Id} {Convert.ToHexString(message.Body)}",
    };

    private static PeerMessage Read(ReadOnlySpan<byte> bytes)
    {
        Assert.Equal(ReadResult.Complete, PeerMessage.TryRead(bytes, MaxLength, out PeerMessage message, out int size));
        Assert.Equal(bytes.Length, size);
        return message;
    }
}

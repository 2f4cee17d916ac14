using System.Text;
using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Protocol.Tests.Wire;

public sealed class MetadataMessageTests
{
    [Fact]
    public void The_examples_of_BEP_9_are_written()
    {
        byte[] metadata = new byte[MetadataMessage.PieceLength + 3];
        metadata[^1] = (byte)'x';

        Assert.Equal("d8:msg_typei0e5:piecei0ee", Encoding.ASCII.GetString(MetadataMessage.WriteRequest(0)));
        Assert.Equal("d8:msg_typei2e5:piecei7ee", Encoding.ASCII.GetString(MetadataMessage.WriteReject(7)));
        Assert.Equal("d8:msg_typei1e5:piecei1e10:total_sizei16387ee\0\0x", Encoding.ASCII.GetString(MetadataMessage.WriteData(1, metadata)));
    }

    [Fact]
    public void A_piece_is_read_with_what_follows_its_dictionary()
    {
        Assert.True(MetadataMessage.TryRead("d8:msg_typei1e5:piecei1e10:total_sizei16387eeabc"u8, out MetadataMessage message));

        Assert.Equal(MetadataMessageKind.Data, message.Kind);
        Assert.Equal(1, message.Piece);
        Assert.Equal(16387, message.TotalSize);
        Assert.Equal("abc", Encoding.ASCII.GetString(message.Data));
    }

    [Theory]
    [InlineData("d8:msg_typei0e5:piecei3ee", MetadataMessageKind.Request)]
    [InlineData("d5:extra4:abcd8:msg_typei2e5:piecei3e10:total_sizei5eetrailing", MetadataMessageKind.Reject)]
    [InlineData("d8:msg_typei9e5:piecei3ee", (MetadataMessageKind)9)]
    public void Other_messages_carry_no_data(string text, MetadataMessageKind kind)
    {
        Assert.True(MetadataMessage.TryRead(Encoding.ASCII.GetBytes(text), out MetadataMessage message));

        Assert.Equal(kind, message.Kind);
        Assert.Equal(3, message.Piece);
        Assert.Null(message.TotalSize);
        Assert.True(message.Data.IsEmpty);
    }

    [Theory]
    [InlineData("")]
    [InlineData("i0e")]
    [InlineData("d8:msg_typei0ee")]
    [InlineData("d5:piecei0ee")]
    [InlineData("d8:msg_type1:05:piecei0ee")]
    [InlineData("d8:msg_typei-1e5:piecei0ee")]
    [InlineData("d8:msg_typei256e5:piecei0ee")]
    [InlineData("d8:msg_typei0e5:piecei-1ee")]
    [InlineData("d8:msg_typei0e5:piecei1921ee")]
    [InlineData("d8:msg_typei0e5:piecei9223372036854775807ee")]
    [InlineData("d8:msg_typei0e5:piecei0e")]
    [InlineData("d8:msg_typei0e5:piecei0e1:zlllllleeeeeee")]
    public void An_invalid_message_is_refused(string text) =>
        Assert.False(MetadataMessage.TryRead(Encoding.ASCII.GetBytes(text), out _));

    [Theory]
    [InlineData(1, 1, 1)]
    [InlineData(16384, 1, 16384)]
    [InlineData(16385, 2, 1)]
    [InlineData(30 * 1024 * 1024, 1920, 16384)]
    public void Pieces_cover_the_metadata(int size, int count, int lastLength)
    {
        Assert.Equal(count, MetadataMessage.CountPieces(size));
        Assert.Equal(lastLength, MetadataMessage.LengthOf(count - 1, size));
    }
}

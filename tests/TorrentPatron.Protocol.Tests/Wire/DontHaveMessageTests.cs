using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Protocol.Tests.Wire;

public sealed class DontHaveMessageTests
{
    [Fact]
    public void Written_messages_can_be_read()
    {
        var bytes = new byte[DontHaveMessage.Length];
        new DontHaveMessage(0x01020304).Write(bytes);
        Assert.Equal([1, 2, 3, 4], bytes);
        Assert.True(DontHaveMessage.TryRead(bytes, out DontHaveMessage read));
        Assert.Equal(0x01020304, read.Piece);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    [InlineData(5)]
    public void A_different_length_is_refused(int length) => Assert.False(DontHaveMessage.TryRead(new byte[length], out _));
}

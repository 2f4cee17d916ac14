using System.Net;
using TorrentPatron.Protocol.Wire;
using Xunit;

namespace TorrentPatron.Protocol.Tests.Wire;

public sealed class HolepunchMessageTests
{
    [Theory]
    [InlineData("203.0.113.7", "00" + "00" + "CB007107" + "1AE1" + "00000000")]
    [InlineData("2001:db8::7", "00" + "01" + "20010DB8000000000000000000000007" + "1AE1" + "00000000")]
    public void A_message_is_written_as_in_BEP_55_and_read_again(string address, string bytes)
    {
        var message = new HolepunchMessage(HolepunchKind.Rendezvous, new IPEndPoint(IPAddress.Parse(address), 6881));
        byte[] buffer = new byte[HolepunchMessage.MostBytes];
        int length = message.Write(buffer);
        Assert.Equal(bytes, Convert.ToHexString(buffer.AsSpan(0, length)));
        Assert.True(HolepunchMessage.TryRead(buffer.AsSpan(0, length), out HolepunchMessage read));
        Assert.Equal(message, read);
    }

    [Fact]
    public void An_error_has_a_code_which_other_messages_may_omit()
    {
        Assert.True(HolepunchMessage.TryRead([2, 0, 1, 2, 3, 4, 0x1A, 0xE1, 0, 0, 0, 3], out HolepunchMessage message));
        Assert.Equal((HolepunchKind.Error, HolepunchError.NoSupport), (message.Kind, message.Error));
        Assert.True(HolepunchMessage.TryRead([1, 0, 1, 2, 3, 4, 0x1A, 0xE1], out message));
        Assert.Equal((HolepunchKind.Connect, 6881), (message.Kind, message.EndPoint.Port));
    }

    [Theory]
    [InlineData(new byte[] { })]
    [InlineData(new byte[] { 1, 0, 1, 2, 3, 4, 5 })]
    [InlineData(new byte[] { 1, 1, 1, 2, 3, 4, 5, 6 })]
    [InlineData(new byte[] { 1, 2, 1, 2, 3, 4, 5, 6 })]
    [InlineData(new byte[] { 3, 0, 1, 2, 3, 4, 5, 6 })]
    [InlineData(new byte[] { 2, 0, 1, 2, 3, 4, 5, 6 })]
    public void A_truncated_or_unknown_message_is_refused(byte[] payload) => Assert.False(HolepunchMessage.TryRead(payload, out _));
}

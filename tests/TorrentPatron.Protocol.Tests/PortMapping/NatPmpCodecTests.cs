using System.Net;
using System.Net.Sockets;
using TorrentPatron.Protocol.PortMapping;

namespace TorrentPatron.Protocol.Tests.PortMapping;

public sealed class NatPmpCodecTests
{
    [Fact]
    public void Requests_have_the_layout_of_RFC_6886()
    {
        Assert.Equal("0000", Convert.ToHexString(NatPmpCodec.WriteAddressRequest()));
        Assert.Equal("000200001AE1C8D500001C20", Convert.ToHexString(NatPmpCodec.WriteMapRequest(ProtocolType.Tcp, 6881, 51413, 7200)));
        Assert.Equal("000100001AE1000000000000", Convert.ToHexString(NatPmpCodec.WriteMapRequest(ProtocolType.Udp, 6881, 0, 0)));
    }

    [Fact]
    public void Answers_are_read()
    {
        Assert.Equal(
            new NatPmpAddress(NatPmpResult.Success, 42, IPAddress.Parse("203.0.113.7")), NatPmpCodec.Read(Convert.FromHexString("008000000000002ACB007107")));
        Assert.Equal(
            new NatPmpMapping(NatPmpResult.Success, 42, ProtocolType.Tcp, 6881, 51413, 3600),
            NatPmpCodec.Read(Convert.FromHexString("008200000000002A1AE1C8D500000E10")));
        Assert.Equal(
            new NatPmpMapping(NatPmpResult.NotAuthorized, 42, ProtocolType.Udp, 6881, 0, 0),
            NatPmpCodec.Read(Convert.FromHexString("008100020000002A1AE1000000000000")));
    }

    [Fact]
    public void Short_errors_are_read()
    {
        Assert.Equal(new NatPmpAddress(NatPmpResult.NetworkFailure, 1, null), NatPmpCodec.Read(Convert.FromHexString("0080000300000001")));
        Assert.Equal(
            new NatPmpMapping(NatPmpResult.UnsupportedVersion, 1, ProtocolType.Tcp, 0, 0, 0), NatPmpCodec.Read(Convert.FromHexString("0082000100000001")));
    }

    [Theory]
    [InlineData("")]
    [InlineData("0000")]
    [InlineData("0080000000000001")]
    [InlineData("0081000000000001")]
    [InlineData("018000000000002ACB007107")]
    [InlineData("008300000000002ACB007107")]
    [InlineData("000200001AE1C8D500001C20")]
    public void Other_datagrams_are_not_answers(string hex) => Assert.Null(NatPmpCodec.Read(Convert.FromHexString(hex)));
}

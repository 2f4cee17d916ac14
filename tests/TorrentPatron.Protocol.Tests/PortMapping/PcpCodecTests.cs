using System.Net;
using System.Net.Sockets;
using TorrentPatron.Protocol.PortMapping;

namespace TorrentPatron.Protocol.Tests.PortMapping;

public sealed class PcpCodecTests
{
    private const string Nonce = "000102030405060708090A0B";

    [Fact]
    public void A_request_has_the_layout_of_RFC_6887()
    {
        var request = new PcpMapRequest(new UInt128(0x00010203, 0x0405060708090A0B), ProtocolType.Tcp, 6881, IPAddress.Parse("192.168.1.5"), 51413, null, 7200);

        Assert.Equal(
            "02010000" + "00001C20" + "00000000000000000000FFFFC0A80105" + Nonce + "06000000" + "1AE1" + "C8D5" + "00000000000000000000FFFF00000000",
            Convert.ToHexString(PcpCodec.Write(request)));
    }

    [Fact]
    public void An_answer_contains_the_external_port_and_address()
    {
        byte[] datagram = Convert.FromHexString(
            "02810000" + "00000E10" + "0000002A" + "000000000000000000000000" + Nonce + "11000000" + "1AE1" + "C8D5" + "00000000000000000000FFFFCB007107");

        PcpMapAnswer? answer = PcpCodec.ReadMap(datagram);

        Assert.Equal(
            new PcpMapAnswer(
                PcpResult.Success, 3600, 42, new UInt128(0x00010203, 0x0405060708090A0B), ProtocolType.Udp, 6881, 51413, IPAddress.Parse("203.0.113.7")), answer);
    }

    [Theory]
    [InlineData("")]
    [InlineData("0281")]
    [InlineData("028100000000000000000000000000000000000000000000")]
    public void Short_datagrams_are_not_answers(string hex) => Assert.Null(PcpCodec.ReadMap(Convert.FromHexString(hex)));

    [Fact]
    public void A_request_is_not_an_answer_and_protocols_other_than_TCP_and_UDP_are_rejected()
    {
        byte[] datagram = PcpCodec.Write(new PcpMapRequest(1, ProtocolType.Udp, 1, IPAddress.Loopback, 1, null, 1));
        Assert.Null(PcpCodec.ReadMap(datagram));
        datagram[1] |= 0x80;
        Assert.NotNull(PcpCodec.ReadMap(datagram));
        datagram[36] = 132;
        Assert.Null(PcpCodec.ReadMap(datagram));
        Assert.Null(PcpCodec.ReadMap(new byte[1_101]));
    }

    [Theory]
    [InlineData("0080000100000000", true)]
    [InlineData("0081000100000005", true)]
    [InlineData("0181000100000000000000000000000000000000000000", true)]
    [InlineData("0280000000000000", false)]
    [InlineData("0080000200000000", false)]
    [InlineData("00010001", false)]
    public void Routers_with_another_version_are_recognised(string hex, bool isOther) =>
        Assert.Equal(isOther, PcpCodec.IsOtherVersion(Convert.FromHexString(hex)));

    [Fact]
    public void A_router_that_has_lost_its_mappings_announces_its_epoch()
    {
        Assert.Equal(7u, PcpCodec.ReadAnnounce(Convert.FromHexString("028000000000000000000007" + "000000000000000000000000")));
        Assert.Null(PcpCodec.ReadAnnounce(Convert.FromHexString("028100000000000000000007" + "000000000000000000000000")));
    }
}

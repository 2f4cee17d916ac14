using System.Net;
using TorrentPatron.Protocol.Proxies;
using Xunit;

namespace TorrentPatron.Protocol.Tests.Proxies;

public sealed class Socks5HandshakeTests
{
    private static readonly ProxyCredential Fred = new("fred", "secret");

    [Fact] // RFC 1928, 3, 4 and 6.
    public void Without_a_credential_the_request_follows_the_method()
    {
        var side = new Socks5Handshake(Socks5Command.Connect, new HostEndPoint("192.0.2.7", 0x1AE1), null);
        Assert.Equal("050100", Sent(side));
        Assert.Equal(ProxyHandshakeState.Open, Receive(side, "0500"));
        Assert.Equal("05010001C00002071AE1", Sent(side));
        Assert.Equal(ProxyHandshakeState.Done, Receive(side, "05000001CB0071050438" + "485454"));
        Assert.Equal(new IPEndPoint(IPAddress.Parse("203.0.113.5"), 0x0438), side.Bound);
        Assert.Equal("HTT"u8.ToArray(), side.Received.ToArray());
    }

    [Fact] // RFC 1929, 2.
    public void The_user_and_password_are_sent_if_the_proxy_requires_them()
    {
        var side = new Socks5Handshake(Socks5Command.Connect, new HostEndPoint("tracker.example", 80), Fred);
        Assert.Equal("05020002", Sent(side));
        Receive(side, "0502");
        Assert.Equal("0104" + "66726564" + "06" + "736563726574", Sent(side));
        Receive(side, "0100");
        Assert.Equal("050100" + "030F" + Convert.ToHexString("tracker.example"u8) + "0050", Sent(side));
        Assert.Equal(ProxyHandshakeState.Done, Receive(side, "050000" + "0309" + Convert.ToHexString("localhost"u8) + "0050"));
        Assert.Null(side.Bound);
    }

    [Fact]
    public void An_IPv6_host_and_datagrams_can_be_requested()
    {
        var side = new Socks5Handshake(Socks5Command.UdpAssociate, new HostEndPoint("2001:db8::1", 1), null);
        Sent(side);
        Receive(side, "0500");
        Assert.Equal("05030004" + "20010DB8000000000000000000000001" + "0001", Sent(side));
        Assert.Equal(ProxyHandshakeState.Done, Receive(side, "05000004" + "20010DB8000000000000000000000002" + "1F90"));
        Assert.Equal(new IPEndPoint(IPAddress.Parse("2001:db8::2"), 8080), side.Bound);
    }

    [Theory]
    [InlineData("04", ProxyFailure.NotAProxy)]
    [InlineData("485454502F312E31", ProxyFailure.NotAProxy)]
    [InlineData("0502", ProxyFailure.NotAProxy)] // Not offered.
    [InlineData("05FF", ProxyFailure.CredentialRequired)]
    [InlineData("050004", ProxyFailure.NotAProxy)]
    [InlineData("05000501", ProxyFailure.General)]
    [InlineData("05000502", ProxyFailure.Forbidden)]
    [InlineData("05000503", ProxyFailure.NetworkUnreachable)]
    [InlineData("05000504", ProxyFailure.HostUnreachable)]
    [InlineData("05000505", ProxyFailure.ConnectionRefused)]
    [InlineData("05000506", ProxyFailure.TimedOut)]
    [InlineData("05000507", ProxyFailure.CommandUnsupported)]
    [InlineData("05000508", ProxyFailure.AddressUnsupported)]
    [InlineData("050005FE", ProxyFailure.General)]
    [InlineData("05000500000200", ProxyFailure.NotAProxy)] // No such kind of address.
    [InlineData("05000500000300", ProxyFailure.NotAProxy)] // A name of no byte.
    public void Another_answer_fails(string answer, ProxyFailure failure)
    {
        var side = new Socks5Handshake(Socks5Command.Connect, new HostEndPoint("192.0.2.7", 80), null);
        Assert.Equal(ProxyHandshakeState.Failed, Receive(side, answer));
        Assert.Equal(failure, side.Failure);
        Assert.Throws<InvalidOperationException>(() => Receive(side, "00"));
    }

    [Theory]
    [InlineData("05FF")]
    [InlineData("05020101")]
    public void A_rejected_credential_is_distinguished_from_a_missing_one(string answer)
    {
        var side = new Socks5Handshake(Socks5Command.Connect, new HostEndPoint("192.0.2.7", 80), Fred);
        Assert.Equal(ProxyHandshakeState.Failed, Receive(side, answer));
        Assert.Equal(ProxyFailure.CredentialRefused, side.Failure);
    }

    [Fact]
    public void Values_that_cannot_be_encoded_are_refused_before_anything_is_sent()
    {
        Assert.Throws<ArgumentException>(() => new Socks5Handshake(Socks5Command.Connect, new HostEndPoint(new string('a', 256), 80), null));
        Assert.Throws<ArgumentException>(() => new Socks5Handshake(Socks5Command.Connect, new HostEndPoint("a", 80), new ProxyCredential("", "x")));
        Assert.Throws<ArgumentException>(() => new Socks5Handshake(Socks5Command.Connect, new HostEndPoint("a", 80), new ProxyCredential(new string('ü', 128), "x")));
    }

    [Fact] // RFC 1928, 7.
    public void The_header_of_a_datagram_has_its_destination_and_source()
    {
        byte[] header = new byte[Socks5Datagram.MostHeaderBytes];
        var host = new IPEndPoint(IPAddress.Parse("192.0.2.7"), 6881);
        Assert.Equal("00000001C00002071AE1", Convert.ToHexString(header[..Socks5Datagram.WriteHeader(header, host)]));
        Assert.Equal("00000001C00002071AE1", Convert.ToHexString(header[..Socks5Datagram.WriteHeader(header, new HostEndPoint("192.0.2.7", 6881))]));
        Assert.Equal(
            "00000003" + "09" + Convert.ToHexString("localhost"u8) + "1AE1",
            Convert.ToHexString(header[..Socks5Datagram.WriteHeader(header, new HostEndPoint("localhost", 6881))]));
        byte[] longest = new byte[Socks5Datagram.MostHeaderBytes];
        Assert.Equal(longest.Length, Socks5Datagram.WriteHeader(longest, new HostEndPoint(new string('a', 255), 65535)));

        byte[] datagram = Convert.FromHexString("00000001C00002071AE1" + "6869");
        Assert.True(Socks5Datagram.TryRead(datagram, out ReadOnlySpan<byte> address, out ReadOnlySpan<byte> data));
        Assert.Equal(host, Socks5Datagram.ReadAddress(address));
        Assert.True(data.SequenceEqual("hi"u8));
    }

    [Theory]
    [InlineData("")]
    [InlineData("0000")]
    [InlineData("00000101C00002071AE16869")] // A fragment.
    [InlineData("00000001C00002071A")]
    [InlineData("00000002C00002071AE1")]
    [InlineData("000000030161" + "1AE1")] // From a name: nobody can be answered there.
    public void Other_datagrams_are_rejected(string datagram) =>
        Assert.False(Socks5Datagram.TryRead(Convert.FromHexString(datagram), out _, out _));

    [Fact]
    public void A_credential_is_not_shown_as_text()
    {
        Assert.Equal("credential", Fred.ToString());
        Assert.Empty(typeof(ProxyCredential).GetProperties());
        Assert.Equal(new ProxyCredential("fred", "secret"), Fred);
        Assert.NotEqual(new ProxyCredential("fred", "other"), Fred);
    }

    private static string Sent(ProxyHandshake side) => Convert.ToHexString(side.TakeToSend());

    private static ProxyHandshakeState Receive(ProxyHandshake side, string bytes) => side.Receive(Convert.FromHexString(bytes));
}

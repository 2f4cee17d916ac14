using TorrentPatron.Protocol.Proxies;
using Xunit;

namespace TorrentPatron.Protocol.Tests.Proxies;

public sealed class Socks4HandshakeTests
{
    [Fact] // The example of the SOCKS4 description: 66.102.7.99, port 80, user Fred.
    public void An_address_is_written_as_it_is()
    {
        var side = new Socks4Handshake(new HostEndPoint("66.102.7.99", 80), knowsNames: false, new ProxyCredential("Fred", ""));
        Assert.Equal("04010050426607634672656400", Convert.ToHexString(side.TakeToSend()));
        Assert.Equal(ProxyHandshakeState.Done, side.Receive(Convert.FromHexString("005A000000000000" + "01")));
        Assert.Equal([1], side.Received.ToArray());
    }

    [Fact] // SOCKS4a: 0.0.0.x, and the name behind the user.
    public void A_name_follows_the_user()
    {
        var side = new Socks4Handshake(new HostEndPoint("a.example", 80), knowsNames: true, null);
        Assert.Equal("0401005000000001" + "00" + Convert.ToHexString("a.example"u8) + "00", Convert.ToHexString(side.TakeToSend()));
    }

    [Theory]
    [InlineData("a.example", false)]
    [InlineData("2001:db8::1", true)]
    public void Other_hosts_fail_before_anything_is_sent(string host, bool knowsNames)
    {
        var side = new Socks4Handshake(new HostEndPoint(host, 80), knowsNames, null);
        Assert.Equal((ProxyHandshakeState.Failed, ProxyFailure.AddressUnsupported), (side.State, side.Failure));
        Assert.Empty(side.TakeToSend());
    }

    [Theory]
    [InlineData("005B000000000000", ProxyFailure.General)]
    [InlineData("005C", ProxyFailure.CredentialRefused)]
    [InlineData("005D", ProxyFailure.CredentialRefused)]
    [InlineData("0400", ProxyFailure.NotAProxy)]
    [InlineData("0000", ProxyFailure.NotAProxy)]
    public void Another_answer_fails(string answer, ProxyFailure failure)
    {
        var side = new Socks4Handshake(new HostEndPoint("192.0.2.1", 80), knowsNames: false, null);
        Assert.Equal(ProxyHandshakeState.Failed, side.Receive(Convert.FromHexString(answer)));
        Assert.Equal(failure, side.Failure);
    }
}

using System.Net;
using TorrentPatron.Engine.Network;
using TorrentPatron.Cli.Parsing;

namespace TorrentPatron.Cli.Tests.Parsing;

public sealed class PeerAddressTests
{
    [Theory]
    [InlineData("127.0.0.1:6881", "127.0.0.1", 6881)]
    [InlineData("[::1]:80", "::1", 80)]
    [InlineData("peer.example:65535", "peer.example", 65535)]
    public void A_peer_is_a_host_and_a_port(string text, string host, int port) =>
        Assert.Equal(new PeerAddress(host, port), PeerAddress.TryParse(text));

    [Theory]
    [InlineData("")]
    [InlineData("127.0.0.1")]
    [InlineData(":80")]
    [InlineData("host:0")]
    [InlineData("host:65536")]
    [InlineData("host:-1")]
    [InlineData("::1:80")]
    [InlineData("a b:80")]
    public void What_lacks_one_of_them_is_refused(string text) => Assert.Null(PeerAddress.TryParse(text));

    [Fact]
    public async Task An_address_is_taken_as_it_is()
    {
        IEnumerable<IPEndPoint> peers = await new PeerAddress("::1", 80).ResolveAsync(new SocketNetwork(), TestContext.Current.CancellationToken);

        Assert.Equal([new IPEndPoint(IPAddress.IPv6Loopback, 80)], peers);
    }
}

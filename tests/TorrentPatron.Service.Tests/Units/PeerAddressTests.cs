using System.Net;
using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Network;
using TorrentPatron.Service.Errors;
using TorrentPatron.Service.Units;

namespace TorrentPatron.Service.Tests.Units;

public sealed class PeerAddressTests
{
    [Theory]
    [InlineData("127.0.0.1:6881", "127.0.0.1", 6881)]
    [InlineData("[::1]:80", "::1", 80)]
    [InlineData("peer.example:65535", "peer.example", 65535)]
    public void A_peer_is_a_host_and_a_port(string text, string host, int port)
    {
        Assert.True(PeerAddress.TryParse(text, out PeerAddress? address, out _));
        Assert.Equal(new PeerAddress(host, port), address);
    }

    [Theory]
    [InlineData("", "with a colon")]
    [InlineData("127.0.0.1", "with a colon")]
    [InlineData(":80", "with a colon")]
    [InlineData("[]:80", "with a colon")]
    [InlineData("::1:80", "with a colon")]
    [InlineData("[127.0.0.1]:80", "with a colon")]
    [InlineData("host:", "1 to 65535")]
    [InlineData("host:0", "1 to 65535")]
    [InlineData("host:65536", "1 to 65535")]
    [InlineData("host:-1", "1 to 65535")]
    [InlineData("host:+80", "1 to 65535")]
    [InlineData("a b:80", "'a b' is not a host")]
    public async Task An_invalid_peer_is_refused_with_the_reason(string text, string why)
    {
        Assert.False(PeerAddress.TryParse(text, out _, out string? fault));
        Assert.Contains(why, fault, StringComparison.Ordinal);
        TorrentException refused = await Assert.ThrowsAsync<TorrentException>(
            () => PeerAddress.ReadAsync([text], new SocketNetwork(), TestContext.Current.CancellationToken));
        Assert.Equal((TorrentErrorId.InvalidArgument, $"'{text}' is not a valid peer: {fault}"), (refused.Error.Id, refused.Error.Message));
    }

    [Fact]
    public async Task Addresses_are_used_directly_and_host_names_are_resolved()
    {
        IReadOnlyList<IPEndPoint> peers = await PeerAddress.ReadAsync(
            ["127.0.0.1:6881", "[::1]:80", "localhost:6881"], new SocketNetwork(), TestContext.Current.CancellationToken);

        Assert.Equal([new IPEndPoint(IPAddress.Loopback, 6881), new IPEndPoint(IPAddress.IPv6Loopback, 80)], peers.Take(2));
        Assert.True(peers.Count > 2);
        Assert.All(peers.Skip(2), peer => Assert.True(IPAddress.IsLoopback(peer.Address)));
    }
}

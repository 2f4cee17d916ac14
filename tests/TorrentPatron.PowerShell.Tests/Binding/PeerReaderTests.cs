using System.Net;
using TorrentPatron.Engine.Network;
using TorrentPatron.PowerShell.Binding;
using TorrentPatron.PowerShell.Output;
using TorrentPatron.Service;

namespace TorrentPatron.PowerShell.Tests.Binding;

public sealed class PeerReaderTests
{
    [Fact]
    public async Task Addresses_of_both_families_are_read()
    {
        IReadOnlyList<IPEndPoint> peers = await PeerReader.ReadAsync(
            ["127.0.0.1:6881", "[::1]:65535"], new SocketNetwork(), TestContext.Current.CancellationToken);

        Assert.Equal([new IPEndPoint(IPAddress.Loopback, 6881), new IPEndPoint(IPAddress.IPv6Loopback, 65535)], peers);
    }

    [Fact]
    public async Task A_name_is_looked_up()
    {
        IReadOnlyList<IPEndPoint> peers = await PeerReader.ReadAsync(["localhost:6881"], new SocketNetwork(), TestContext.Current.CancellationToken);

        Assert.NotEmpty(peers);
        Assert.All(peers, peer => Assert.True(IPAddress.IsLoopback(peer.Address)));
    }

    [Theory]
    [InlineData("")]
    [InlineData("127.0.0.1")]
    [InlineData(":6881")]
    [InlineData("127.0.0.1:")]
    [InlineData("127.0.0.1:0")]
    [InlineData("127.0.0.1:65536")]
    [InlineData("127.0.0.1:+80")]
    [InlineData("::1:6881")]
    [InlineData("[127.0.0.1]:6881")]
    [InlineData("[]:6881")]
    public async Task What_is_no_peer_is_refused(string text)
    {
        var fault = await Assert.ThrowsAsync<TorrentException>(
            () => PeerReader.ReadAsync([text], new SocketNetwork(), TestContext.Current.CancellationToken));
        Assert.Equal(CommandErrors.InvalidArgument, fault.Error.Id);
    }
}

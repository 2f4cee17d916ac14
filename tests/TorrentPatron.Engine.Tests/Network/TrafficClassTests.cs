using System.Net;
using System.Net.Sockets;
using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Network;

namespace TorrentPatron.Engine.Tests.Network;

public sealed class TrafficClassTests
{
    [Theory]
    [InlineData(AddressFamily.InterNetwork)]
    [InlineData(AddressFamily.InterNetworkV6)]
    public void A_socket_is_marked_with_its_code_point(AddressFamily family)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows marks packets only if its policies say so.");
        Assert.SkipUnless(family == AddressFamily.InterNetwork || Socket.OSSupportsIPv6, "This machine has no IPv6.");
        using var socket = new Socket(family, SocketType.Stream, ProtocolType.Tcp);
        TrafficClass.Set(socket, 0);
        Assert.Equal(0, TrafficClass.Of(socket));
        TrafficClass.Set(socket, 1);
        Assert.Equal(1, TrafficClass.Of(socket));
        TrafficClass.Set(socket, 63);
        Assert.Equal(63, TrafficClass.Of(socket));
    }

    [Fact]
    public async Task Only_peer_connections_are_marked_as_lower_effort()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows marks packets only if its policies say so.");
        Assert.Equal(1, new ClientSettings().CodePoint);
        var network = new SocketNetwork { CodePoint = 1 };
        using IListener listener = network.Listen(new IPEndPoint(IPAddress.Loopback, 0));
        using Socket peer = await network.DialAsync(listener.LocalEndPoint, TestContext.Current.CancellationToken, network.CodePoint);
        Assert.Equal(1, TrafficClass.Of(peer));
        using Socket web = await network.DialAsync(listener.LocalEndPoint, TestContext.Current.CancellationToken);
        Assert.Equal(0, TrafficClass.Of(web));
        network.Close(peer);
        network.Close(web);
    }
}

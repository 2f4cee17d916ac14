using System.Net;
using System.Net.Sockets;
using TorrentPatron.Engine.Network;
using TorrentPatron.Engine.Trackers;
using TorrentPatron.Protocol;
using TorrentPatron.Protocol.Trackers;

namespace TorrentPatron.Engine.Tests.Trackers;

public sealed class TrackerClientsTests
{
    [Theory]
    [InlineData("wss://tracker.example/announce")]
    [InlineData("ftp://tracker.example/announce")]
    public async Task An_unsupported_kind_of_tracker_is_a_clear_failure(string announce)
    {
        await using var port = new SharedDatagramPort(TimeProvider.System);
        using var clients = TrackerClients.Create(new SocketNetwork(), port, TimeProvider.System);

        var failure = await Assert.ThrowsAsync<TrackerFailureException>(() => clients.AnnounceAsync(
            new Uri(announce), AnnounceRequests.Plain, AddressFamily.Unspecified, TestContext.Current.CancellationToken));

        Assert.Contains("not supported", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_bound_client_announces_from_its_address()
    {
        byte[] answer = "d8:intervali900ee"u8.ToArray();
        await using var tracker = new StubHttpTracker(answer);
        await using var port = new SharedDatagramPort(TimeProvider.System);
        using var clients = TrackerClients.Create(new SocketNetwork(IPAddress.Loopback), port, TimeProvider.System);

        AnnounceResponse? response = await clients.AnnounceAsync(
            new Uri($"http://localhost:{tracker.Port}/announce"), AnnounceRequests.Plain, AddressFamily.Unspecified, TestContext.Current.CancellationToken);

        Assert.Equal(TimeSpan.FromMinutes(15), response?.Interval);
    }

    [Theory]
    [InlineData("127.0.0.1", AddressReach.Loopback)]
    [InlineData("127.255.0.1", AddressReach.Loopback)]
    [InlineData("0.0.0.0", AddressReach.Loopback)]
    [InlineData("::1", AddressReach.Loopback)]
    [InlineData("::", AddressReach.Loopback)]
    [InlineData("::ffff:127.0.0.1", AddressReach.Loopback)]
    [InlineData("10.0.0.1", AddressReach.Private)]
    [InlineData("172.31.255.255", AddressReach.Private)]
    [InlineData("192.168.0.1", AddressReach.Private)]
    [InlineData("169.254.169.254", AddressReach.Private)]
    [InlineData("100.64.0.1", AddressReach.Private)]
    [InlineData("::ffff:192.168.0.1", AddressReach.Private)]
    [InlineData("fe80::1%1", AddressReach.Private)]
    [InlineData("fd00::1", AddressReach.Private)]
    [InlineData("172.32.0.1", AddressReach.Global)]
    [InlineData("192.0.2.1", AddressReach.Global)]
    [InlineData("2001:db8::1", AddressReach.Global)]
    internal void Addresses_are_distinguished_by_their_reach(string address, AddressReach reach) =>
        Assert.Equal(reach, AddressReaches.Of(IPAddress.Parse(address)));
}

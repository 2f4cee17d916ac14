using System.Net;
using System.Net.Sockets;
using TorrentPatron.Engine.Network;
using TorrentPatron.Engine.Tests.Trackers;
using TorrentPatron.Engine.Trackers;

namespace TorrentPatron.Engine.Tests.Network;

/// <summary>A network bound to 127.0.0.2, as others on this machine see it.</summary>
public sealed class SocketNetworkTests
{
    private static readonly IPAddress Bound = IPAddress.Parse("127.0.0.2");

    private readonly SocketNetwork _network = new(Bound);

    public SocketNetworkTests() => Assert.SkipWhen(OperatingSystem.IsMacOS(), "macOS has only 127.0.0.1.");

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_connection_leaves_from_the_bind_address()
    {
        using IListener listener = new SocketNetwork().Listen(new IPEndPoint(IPAddress.Loopback, 0));
        using IConnection dialled = await _network.ConnectAsync(listener.LocalEndPoint, NetworkUse.Peers, Cancel);
        using IConnection accepted = await listener.AcceptAsync(Cancel);

        Assert.Equal(Bound, accepted.RemoteEndPoint.Address);
        Assert.Equal([Bound], _network.LocalAddresses);
        Assert.Equal([Bound], _network.GroupAddresses);
    }

    [Fact]
    public async Task The_other_IP_version_is_neither_dialled_nor_looked_up()
    {
        await Assert.ThrowsAsync<IOException>(() => _network.ConnectAsync(new IPEndPoint(IPAddress.IPv6Loopback, 1), NetworkUse.Peers, Cancel));
        Assert.Empty(await _network.ResolveAsync("::1", NetworkUse.Peers, Cancel));
        Assert.All(await _network.ResolveAsync("localhost", NetworkUse.Peers, Cancel), address => Assert.Equal(AddressFamily.InterNetwork, address.AddressFamily));
    }

    [Fact]
    public async Task A_missing_bind_address_lets_nothing_out()
    {
        using IListener listener = new SocketNetwork().Listen(new IPEndPoint(IPAddress.Loopback, 0));
        var gone = new SocketNetwork(IPAddress.Parse("192.0.2.1"));

        await Assert.ThrowsAsync<IOException>(() => gone.ConnectAsync(listener.LocalEndPoint, NetworkUse.Peers, Cancel));
        await Assert.ThrowsAsync<SocketException>(() => ConnectionStream.ConnectAsync(gone, listener.LocalEndPoint, NetworkUse.Web, Cancel));
        Assert.Throws<IOException>(() => gone.OpenDatagrams(new IPEndPoint(IPAddress.Parse("192.0.2.1"), 0), NetworkUse.Peers));
        Assert.Throws<IOException>(() => gone.Listen(new IPEndPoint(IPAddress.Parse("192.0.2.1"), 0)));
    }

    [Fact]
    public async Task An_invalid_name_is_not_found() => Assert.Equal(
        SocketError.HostNotFound,
        (await Assert.ThrowsAsync<SocketException>(() => _network.ResolveAsync(new string('x', 300), NetworkUse.Peers, Cancel))).SocketErrorCode);

    [Fact]
    public async Task Trackers_see_the_bind_address_over_HTTP_and_UDP()
    {
        await using var port = new SharedDatagramPort(TimeProvider.System);
        port.Open(_network, _ => 0);
        using var clients = TrackerClients.Create(_network, port, TimeProvider.System);
        using var http = new TcpListener(IPAddress.Loopback, 0);
        http.Start();
        using var udp = new UdpClient(new IPEndPoint(IPAddress.Loopback, 0));
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        Task[] announces =
        [
            .. ((string[])[$"http://{http.LocalEndpoint}/announce", $"udp://{udp.Client.LocalEndPoint}"]).Select(uri =>
                clients.AnnounceAsync(new Uri(uri), AnnounceRequests.Plain, AddressFamily.Unspecified, stop.Token)),
        ];

        using TcpClient asked = await http.AcceptTcpClientAsync(Cancel);
        Assert.Equal(Bound, ((IPEndPoint)asked.Client.RemoteEndPoint!).Address);
        UdpReceiveResult question = await udp.ReceiveAsync(Cancel);
        Assert.Equal(new IPEndPoint(Bound, port.EndPoints[0].Port), question.RemoteEndPoint);

        await stop.CancelAsync();
        await Task.WhenAll(announces).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
    }

    [Fact]
    public async Task A_read_that_is_cancelled_ends_at_once()
    {
        using IListener listener = new SocketNetwork().Listen(new IPEndPoint(IPAddress.Loopback, 0));
        await using Stream stream = await ConnectionStream.ConnectAsync(_network, listener.LocalEndPoint, NetworkUse.Web, Cancel);
        using var cancel = new CancellationTokenSource();
        Task reading = stream.ReadAsync(new byte[1], cancel.Token).AsTask();
        await cancel.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => reading.WaitAsync(TimeSpan.FromSeconds(30), Cancel));
    }
}

using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Time.Testing;
using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Network;
using TorrentPatron.Engine.Tests.Trackers;
using TorrentPatron.Engine.Trackers;
using TorrentPatron.Protocol;
using TorrentPatron.Protocol.Proxies;
using TorrentPatron.Protocol.Trackers;

namespace TorrentPatron.Engine.Tests.Network;

public sealed class ProxyNetworkTests : IAsyncLifetime
{
    private readonly TestProxy _proxy = new();
    private readonly WatchedNetwork _wire = new();
    private readonly ProxyNetwork _network;
    private ProxySettings? _settings;

    public ProxyNetworkTests()
    {
        _settings = _proxy.Settings;
        _network = new ProxyNetwork(_wire, () => _settings, TimeProvider.System);
    }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public ValueTask DisposeAsync() => _proxy.DisposeAsync();

    [Fact]
    public async Task A_name_is_sent_to_the_proxy_only()
    {
        using IListener server = new SocketNetwork().Listen(new IPEndPoint(IPAddress.Loopback, 0));
        _proxy.Names["peer.example"] = IPAddress.Loopback;
        IPAddress[] addresses = await _network.ResolveAsync("Peer.example", NetworkUse.Peers, Cancel);
        var remote = new IPEndPoint(Assert.Single(addresses), server.LocalEndPoint.Port);

        using IConnection dialled = await _network.ConnectAsync(remote, NetworkUse.Peers, Cancel);
        using IConnection accepted = await server.AcceptAsync(Cancel);
        await dialled.SendAsync("hello"u8.ToArray());
        byte[] buffer = new byte[5];
        Assert.Equal(5, await accepted.ReceiveAsync(buffer));

        Assert.Equal("hello"u8.ToArray(), buffer);
        Assert.Equal(remote, dialled.RemoteEndPoint);
        Assert.Equal([$"connect peer.example:{remote.Port}"], _proxy.Asked);
        Assert.Equal([$"connect {_proxy.EndPoint}"], _wire.Seen);
    }

    [Fact]
    public async Task An_excluded_use_bypasses_the_proxy()
    {
        using IListener server = new SocketNetwork().Listen(new IPEndPoint(IPAddress.Loopback, 0));
        _settings = _settings! with { Uses = ProxyUses.Trackers };

        using (await _network.ConnectAsync(server.LocalEndPoint, NetworkUse.Peers, Cancel))
            Assert.Empty(_proxy.Asked);
        using (await _network.ConnectAsync(server.LocalEndPoint, NetworkUse.Trackers, Cancel))
            Assert.Equal([$"connect {server.LocalEndPoint}"], _proxy.Asked);
        using IListener listener = _network.Listen(new IPEndPoint(IPAddress.Loopback, 0));
        Assert.NotEmpty(_network.GroupAddresses);
    }

    [Fact]
    public async Task A_name_found_while_a_proxy_was_set_is_resolved_after_the_proxy_is_removed()
    {
        using IListener server = new SocketNetwork().Listen(new IPEndPoint(IPAddress.Loopback, 0));
        IPAddress[] addresses = await _network.ResolveAsync("localhost", NetworkUse.Peers, Cancel);
        Assert.IsType<HostAddress>(addresses[0]);
        _settings = null;

        using IConnection dialled = await _network.ConnectAsync(new IPEndPoint(addresses[0], server.LocalEndPoint.Port), NetworkUse.Peers, Cancel);

        Assert.Contains("resolve localhost", _wire.Seen);
        Assert.Equal(server.LocalEndPoint, dialled.RemoteEndPoint);
    }

    [Theory]
    [InlineData(2, TorrentErrorId.ProxyRefused)]
    [InlineData(3, TorrentErrorId.ProxyHostUnreachable)]
    [InlineData(5, TorrentErrorId.ProxyHostUnreachable)]
    [InlineData(7, TorrentErrorId.ProxyRefused)]
    [InlineData(8, TorrentErrorId.ProxyRefused)]
    public async Task A_refusal_is_reported_with_the_proxys_address(byte reply, string id)
    {
        _proxy.Reply = reply;
        ProxyException fault = await FailAsync();
        Assert.Equal(id, fault.Error.Id);
        Assert.Contains($"socks5://127.0.0.1:{_proxy.EndPoint.Port}", fault.Error.Message, StringComparison.Ordinal);
        Assert.NotEmpty(fault.Error.Remedy);
        // The proxy works.
        Assert.Null(_network.Warning);
    }

    [Fact]
    public async Task The_credential_is_sent_and_never_displayed()
    {
        _proxy.Credential = "fred:top-secret";
        Assert.Equal(TorrentErrorId.ProxyCredentialRefused, (await FailAsync()).Error.Id);
        Assert.Equal(TorrentErrorId.ProxyCredentialRefused, _network.Warning?.Id);

        _settings = _settings! with { Credential = new ProxyCredential("fred", "wrong-secret") };
        ProxyException fault = await FailAsync();
        Assert.Equal(TorrentErrorId.ProxyCredentialRefused, fault.Error.Id);
        Assert.DoesNotContain("secret", fault.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("fred", fault.ToString(), StringComparison.Ordinal);

        _settings = _settings with { Credential = new ProxyCredential("fred", "top-secret") };
        Assert.DoesNotContain("secret", _settings.ToString(), StringComparison.Ordinal);
        using IListener server = new SocketNetwork().Listen(new IPEndPoint(IPAddress.Loopback, 0));
        using IConnection dialled = await _network.ConnectAsync(server.LocalEndPoint, NetworkUse.Web, Cancel);
        Assert.Null(_network.Warning);
    }

    [Theory]
    [InlineData("HTTP/1.1 400 Bad Request\r\n\r\n")]
    [InlineData("")]
    public async Task A_server_that_is_not_a_proxy_is_reported(string answer)
    {
        _proxy.Noise = System.Text.Encoding.ASCII.GetBytes(answer);
        Assert.Equal(TorrentErrorId.ProxyUnreachable, (await FailAsync()).Error.Id);
    }

    [Fact]
    public async Task A_silent_proxy_times_out()
    {
        _proxy.IsSilent = true;
        var time = new FakeTimeProvider();
        var network = new ProxyNetwork(_wire, () => _settings, time);
        Task<IConnection> dialling = network.ConnectAsync(new IPEndPoint(IPAddress.Parse("192.0.2.1"), 80), NetworkUse.Peers, Cancel);
        while (!dialling.IsCompleted)
        {
            time.Advance(TimeSpan.FromSeconds(1));
            await Task.Delay(1, Cancel);
        }

        ProxyException fault = await Assert.ThrowsAsync<ProxyException>(() => dialling);
        Assert.Equal(TorrentErrorId.ProxyUnreachable, fault.Error.Id);
        Assert.Equal(fault.Error, network.Warning);
    }

    [Fact]
    public async Task A_dial_that_is_cancelled_ends()
    {
        _proxy.IsSilent = true;
        using var cancel = new CancellationTokenSource();
        Task<IConnection> dialling = _network.ConnectAsync(new IPEndPoint(IPAddress.Parse("192.0.2.1"), 80), NetworkUse.Peers, cancel.Token);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => dialling);
    }

    [Theory]
    [InlineData("a host")]
    [InlineData("")]
    public async Task An_invalid_name_is_unknown(string host) =>
        await Assert.ThrowsAsync<SocketException>(() => _network.ResolveAsync(host, NetworkUse.Web, Cancel));

    [Fact]
    public void With_a_proxy_for_peers_nothing_listens_and_no_group_is_joined()
    {
        Assert.Throws<IOException>(() => _network.Listen(new IPEndPoint(IPAddress.Loopback, 0)));
        Assert.Throws<IOException>(() => _network.JoinGroup(new IPEndPoint(IPAddress.Parse("239.192.152.143"), 6771), IPAddress.Loopback));
        Assert.Empty(_network.GroupAddresses);
        Assert.Empty(_wire.Seen);
    }

    [Theory]
    [InlineData(ProxyKind.Http)]
    [InlineData(ProxyKind.Socks4)]
    [InlineData(ProxyKind.Socks4a)]
    public void If_the_proxy_cannot_relay_datagrams_none_is_sent(ProxyKind kind)
    {
        _settings = _settings! with { Kind = kind };
        ProxyException fault = Assert.Throws<ProxyException>(() => _network.OpenDatagrams(new IPEndPoint(IPAddress.Loopback, 0), NetworkUse.Peers));
        Assert.Equal(TorrentErrorId.ProxyRefused, fault.Error.Id);
        Assert.Empty(_wire.Seen);
    }

    [Fact]
    public async Task Datagrams_are_sent_and_received_through_the_proxy()
    {
        using IDatagramSocket peer = new SocketNetwork().OpenDatagrams(new IPEndPoint(IPAddress.Loopback, 0), NetworkUse.Peers);
        using IDatagramSocket socket = _network.OpenDatagrams(new IPEndPoint(IPAddress.Any, 6881), NetworkUse.Peers);
        var batch = new DatagramBatch(4, 1500);
        Assert.True(batch.TryAdd("one"u8, peer.LocalEndPoint));
        Assert.True(batch.TryAdd("two"u8, peer.LocalEndPoint));

        Assert.Equal(6, await socket.SendAsync(batch, Cancel));
        var received = new DatagramBatch(4, 1500);
        var texts = new List<string>();
        IPEndPoint? relay = null;
        while (texts.Count < 2)
        {
            await peer.ReceiveAsync(received, Cancel);
            for (int i = 0; i < received.Count; i++)
            {
                texts.Add(System.Text.Encoding.ASCII.GetString(received[i].Span));
                relay = received.Remote(i);
            }
        }

        Assert.Equal(["one", "two"], texts);
        await peer.SendAsync("answer"u8.ToArray(), relay!, Cancel);
        await socket.ReceiveAsync(received, Cancel);
        Assert.Equal("answer"u8.ToArray(), received[0].ToArray());
        Assert.Equal(peer.LocalEndPoint, received.Remote(0));
        Assert.DoesNotContain($"send {peer.LocalEndPoint}", _wire.Seen);
    }

    [Fact]
    public async Task A_datagram_that_is_not_from_the_proxy_is_ignored()
    {
        using IDatagramSocket stranger = new SocketNetwork().OpenDatagrams(new IPEndPoint(IPAddress.Loopback, 0), NetworkUse.Peers);
        using IDatagramSocket peer = new SocketNetwork().OpenDatagrams(new IPEndPoint(IPAddress.Loopback, 0), NetworkUse.Peers);
        IDatagramSocket? ours = null;
        var network = new ProxyNetwork(new SpyNetwork(opened => ours = opened), () => _settings, TimeProvider.System);
        using IDatagramSocket socket = network.OpenDatagrams(new IPEndPoint(IPAddress.Any, 0), NetworkUse.Peers);
        await socket.SendAsync("x"u8.ToArray(), peer.LocalEndPoint, Cancel);
        var received = new DatagramBatch(4, 1500);
        await peer.ReceiveAsync(received, Cancel);
        IPEndPoint relay = received.Remote(0);

        await stranger.SendAsync(Convert.FromHexString("00000001C00002071AE1" + "6869"), new IPEndPoint(IPAddress.Loopback, ours!.LocalEndPoint.Port), Cancel);
        await peer.SendAsync("answer"u8.ToArray(), relay, Cancel);
        await socket.ReceiveAsync(received, Cancel);

        Assert.Equal("answer"u8.ToArray(), received[0].ToArray());
    }

    [Fact]
    public async Task Another_association_is_made_when_the_proxy_ends_one()
    {
        using IDatagramSocket peer = new SocketNetwork().OpenDatagrams(new IPEndPoint(IPAddress.Loopback, 0), NetworkUse.Peers);
        using IDatagramSocket socket = _network.OpenDatagrams(new IPEndPoint(IPAddress.Any, 0), NetworkUse.Peers);
        await socket.SendAsync("one"u8.ToArray(), peer.LocalEndPoint, Cancel);
        while (!_proxy.Asked.Contains("associate"))
            await Task.Delay(10, Cancel);
        _proxy.EndAssociations();
        while (_proxy.Asked.Count(asked => asked == "associate") < 2)
            await Task.Delay(10, Cancel);

        var received = new DatagramBatch(4, 1500);
        string last = "";
        Task hearing = Task.Run(
            async () =>
            {
                while (last != "two")
                {
                    await peer.ReceiveAsync(received, Cancel);
                    last = System.Text.Encoding.ASCII.GetString(received[received.Count - 1].Span);
                }
            },
            Cancel);
        while (!hearing.IsCompleted)
        {
            try
            {
                await socket.SendAsync("two"u8.ToArray(), peer.LocalEndPoint, Cancel);
            }
            catch (IOException)
            {
                // Through the old proxy.
            }

            await Task.Delay(20, Cancel);
        }

        await hearing;
    }

    [Fact]
    public async Task A_proxy_that_rejects_datagrams_is_reported_and_nothing_is_sent_without_it()
    {
        _proxy.CarriesDatagrams = false;
        using IDatagramSocket socket = _network.OpenDatagrams(new IPEndPoint(IPAddress.Any, 0), NetworkUse.Peers);
        ProxyException fault = await Assert.ThrowsAsync<ProxyException>(
            () => socket.SendAsync("x"u8.ToArray(), new IPEndPoint(IPAddress.Loopback, 9), Cancel).AsTask());
        Assert.Equal(TorrentErrorId.ProxyRefused, fault.Error.Id);
        Assert.Contains("UDP", fault.Error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("datagrams", _wire.Seen);
    }

    [Fact]
    public async Task A_pending_receive_ends_with_the_socket()
    {
        IDatagramSocket socket = _network.OpenDatagrams(new IPEndPoint(IPAddress.Any, 0), NetworkUse.Peers);
        Task receiving = socket.ReceiveAsync(new DatagramBatch(4, 1500), Cancel).AsTask();
        while (!_proxy.Asked.Contains("associate"))
            await Task.Delay(10, Cancel);
        socket.Dispose();
        await Assert.ThrowsAnyAsync<IOException>(() => receiving);
        await Assert.ThrowsAnyAsync<IOException>(() => socket.SendAsync("x"u8.ToArray(), new IPEndPoint(IPAddress.Loopback, 9), Cancel).AsTask());
    }

    [Fact]
    public async Task Trackers_of_both_kinds_are_asked_by_name_through_the_proxy()
    {
        await using var http = new StubHttpTracker("d8:intervali900ee"u8.ToArray());
        using IDatagramSocket udp = new SocketNetwork().OpenDatagrams(new IPEndPoint(IPAddress.Loopback, 0), NetworkUse.Trackers);
        _proxy.Names["tracker.example"] = IPAddress.Loopback;
        await using var port = new SharedDatagramPort(TimeProvider.System);
        port.Open(_network, _ => 0);
        using var clients = TrackerClients.Create(_network, port, TimeProvider.System);

        AnnounceResponse? byHttp = await clients.AnnounceAsync(
            new Uri($"http://tracker.example:{http.Port}/announce"), AnnounceRequests.Plain, AddressFamily.Unspecified, Cancel);
        Assert.Equal(TimeSpan.FromMinutes(15), byHttp?.Interval);

        Task<AnnounceResponse?> asking = clients.AnnounceAsync(
            new Uri($"udp://tracker.example:{udp.LocalEndPoint.Port}"), AnnounceRequests.Plain, AddressFamily.InterNetwork, Cancel);
        var received = new DatagramBatch(4, 1500);
        for (int answered = 0; answered < 2;)
        {
            await udp.ReceiveAsync(received, Cancel);
            for (int i = 0; i < received.Count; i++, answered++)
            {
                byte[] question = received[i].ToArray();
                byte[] answer = answered == 0
                    ? [0, 0, 0, 0, .. question[12..16], 1, 2, 3, 4, 5, 6, 7, 8]
                    : [0, 0, 0, 1, .. question[12..16], 0, 0, 7, 8, 0, 0, 0, 0, 0, 0, 0, 1, 192, 0, 2, 7, 0x1A, 0xE1];
                await udp.SendAsync(answer, received.Remote(i), Cancel);
            }
        }

        Assert.Equal(new IPEndPoint(IPAddress.Parse("192.0.2.7"), 6881), Assert.Single((await asking)!.Peers));
        Assert.Null(await clients.AnnounceAsync(
            new Uri($"udp://tracker.example:{udp.LocalEndPoint.Port}"), AnnounceRequests.Plain, AddressFamily.InterNetworkV6, Cancel));
        Assert.Contains($"datagram tracker.example:{udp.LocalEndPoint.Port}", _proxy.Asked);
        Assert.DoesNotContain(_wire.Seen, seen => seen.StartsWith("resolve", StringComparison.Ordinal));
        Assert.All(_wire.Seen.Where(seen => seen.StartsWith("connect", StringComparison.Ordinal)), seen => Assert.Equal($"connect {_proxy.EndPoint}", seen));
    }

    [Fact]
    public async Task A_trackers_failure_behind_a_proxy_names_the_proxy()
    {
        _settings = _settings! with { Kind = ProxyKind.Http };
        _proxy.Noise = "HTTP/1.1 403 Filtered\r\n\r\n"u8.ToArray();
        await using var port = new SharedDatagramPort(TimeProvider.System);
        port.Open(_network, _ => 0);
        using var clients = TrackerClients.Create(_network, port, TimeProvider.System);
        TrackerFailureException udp = await Assert.ThrowsAsync<TrackerFailureException>(
            () => clients.AnnounceAsync(new Uri("udp://192.0.2.1:80"), AnnounceRequests.Plain, AddressFamily.Unspecified, Cancel));
        Assert.Contains($"http://127.0.0.1:{_proxy.EndPoint.Port}", udp.Message, StringComparison.Ordinal);
        TrackerFailureException http = await Assert.ThrowsAsync<TrackerFailureException>(
            () => clients.AnnounceAsync(new Uri("http://tracker.example/announce"), AnnounceRequests.Plain, AddressFamily.Unspecified, Cancel));
        Assert.Contains($"http://127.0.0.1:{_proxy.EndPoint.Port}", http.Message, StringComparison.Ordinal);
    }

    private Task<ProxyException> FailAsync() => Assert.ThrowsAsync<ProxyException>(
        () => _network.ConnectAsync(new IPEndPoint(IPAddress.Parse("192.0.2.1"), 80), NetworkUse.Peers, Cancel));

    /// <summary>Records the opened datagram sockets.</summary>
    private sealed class SpyNetwork(Action<IDatagramSocket> opened) : INetwork
    {
        private readonly SocketNetwork _inner = new(IPAddress.Loopback);

        public System.Collections.ObjectModel.ReadOnlyCollection<IPAddress> LocalAddresses => _inner.LocalAddresses;

        public System.Collections.ObjectModel.ReadOnlyCollection<IPAddress> GroupAddresses => _inner.GroupAddresses;

        public Task<IPAddress[]> ResolveAsync(string host, NetworkUse use, CancellationToken cancellationToken) => _inner.ResolveAsync(host, use, cancellationToken);

        public Task<IConnection> ConnectAsync(IPEndPoint remote, NetworkUse use, CancellationToken cancellationToken) =>
            _inner.ConnectAsync(remote, use, cancellationToken);

        public IListener Listen(IPEndPoint local) => _inner.Listen(local);

        public IDatagramSocket OpenDatagrams(IPEndPoint local, NetworkUse use)
        {
            IDatagramSocket socket = _inner.OpenDatagrams(local, use);
            opened(socket);
            return socket;
        }

        public IDatagramSocket JoinGroup(IPEndPoint group, IPAddress local) => _inner.JoinGroup(group, local);
    }
}

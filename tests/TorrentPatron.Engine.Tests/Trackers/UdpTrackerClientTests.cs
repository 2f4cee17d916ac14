using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Time.Testing;
using TorrentPatron.Engine.Network;
using TorrentPatron.Engine.Tests.Network;
using TorrentPatron.Engine.Trackers;
using TorrentPatron.Protocol.Trackers;

namespace TorrentPatron.Engine.Tests.Trackers;

public sealed class UdpTrackerClientTests : IDisposable
{
    private static readonly IPEndPoint Tracker = IPEndPoint.Parse("192.0.2.1:6969");
    private static readonly Uri Announce = new("udp://192.0.2.1:6969/announce");

    private readonly FakeTimeProvider _time = new();
    private readonly FakeDatagramPort _port = new();
    private readonly UdpTrackerClient _client;

    public UdpTrackerClientTests() => _client = ClientOf((host, cancel) => new SocketNetwork().ResolveAsync(host, NetworkUse.Trackers, cancel));

    [Fact]
    public async Task It_connects_and_then_announces()
    {
        Task<AnnounceResponse> announce = AnnounceAsync();

        byte[] connect = await _port.SentAsync();
        Assert.Equal(UdpTrackerCodec.ConnectRequestLength, connect.Length);
        Deliver([0, 0, 0, 0, .. connect[12..16], .. "conn-id1"u8]);
        byte[] question = await _port.SentAsync();
        Assert.Equal("conn-id1"u8.ToArray(), question[..8]);
        Deliver(AnnounceAnswer(question));

        Assert.Equal([IPEndPoint.Parse("192.0.2.7:6881")], (await announce).Peers);
    }

    [Fact]
    public async Task Peers_nearer_than_a_tracker_on_the_internet_are_not_believed()
    {
        Task<AnnounceResponse> announce = AnnounceAsync();
        Deliver(ConnectAnswer(await _port.SentAsync()));
        Deliver([.. AnnounceAnswer(await _port.SentAsync()), 127, 0, 0, 1, 0x1F, 0x90, 192, 168, 1, 1, 0x1F, 0x90, 192, 0, 2, 8, 0x1A, 0xE1]);

        Assert.Equal(["192.0.2.7:6881", "192.0.2.8:6881"], (await announce).Peers.Select(peer => peer.ToString()));
    }

    [Fact]
    public async Task A_silent_tracker_is_asked_again_and_then_times_out()
    {
        Task<AnnounceResponse> announce = AnnounceAsync();
        byte[] first = await _port.SentAsync();

        _time.Advance(TimeSpan.FromSeconds(14));
        Assert.True(_port.IsSilent);
        _time.Advance(TimeSpan.FromSeconds(1));
        byte[] second = await _port.SentAsync();
        _time.Advance(TimeSpan.FromSeconds(30));

        Assert.Equal(first, second);
        var failure = await Assert.ThrowsAsync<TrackerFailureException>(() => announce);
        Assert.Equal("The tracker did not answer in time.", failure.Message);
        Assert.True(_port.IsSilent);
    }

    [Fact]
    public async Task An_answer_to_a_repeated_question_counts()
    {
        Task<AnnounceResponse> announce = AnnounceAsync();
        await _port.SentAsync();
        _time.Advance(UdpExchange.FirstWait);

        Deliver(ConnectAnswer(await _port.SentAsync()));
        Deliver(AnnounceAnswer(await _port.SentAsync()));

        await announce;
    }

    [Fact]
    public async Task A_wrong_transaction_id_or_sender_and_garbage_are_ignored()
    {
        Task<AnnounceResponse> announce = AnnounceAsync();
        byte[] connect = await _port.SentAsync();
        byte[] wrong = ConnectAnswer(connect);
        wrong[7] ^= 1;

        Deliver(wrong);
        Deliver([]);
        Deliver([1, 2, 3]);
        _port.Deliver([0, 0, 0, 3, .. connect[12..16], .. "spoofed"u8], IPEndPoint.Parse("192.0.2.66:6969"));
        Deliver(ConnectAnswer(connect));
        Deliver(AnnounceAnswer(await _port.SentAsync()));

        Assert.Single((await announce).Peers);
    }

    [Fact]
    public async Task An_error_is_a_failure_with_the_trackers_message()
    {
        Task<AnnounceResponse> announce = AnnounceAsync();
        byte[] connect = await _port.SentAsync();

        Deliver([0, 0, 0, 3, .. connect[12..16], .. "go away"u8]);

        Assert.Equal("The tracker refused: go away", (await Assert.ThrowsAsync<TrackerFailureException>(() => announce)).Message);
    }

    [Fact]
    public async Task A_connection_id_is_used_again_for_a_minute()
    {
        await AnnounceFullyAsync();
        _time.Advance(TimeSpan.FromSeconds(59));

        Task<AnnounceResponse> second = AnnounceAsync();
        byte[] question = await _port.SentAsync();
        Assert.Equal(1, BinaryPrimitives.ReadInt32BigEndian(question.AsSpan(8)));
        Deliver(AnnounceAnswer(question));
        await second;

        _time.Advance(TimeSpan.FromSeconds(2));
        await AnnounceFullyAsync();
    }

    [Fact]
    public async Task A_known_connection_id_that_is_refused_is_renewed()
    {
        await AnnounceFullyAsync();

        Task<AnnounceResponse> second = AnnounceAsync();
        byte[] question = await _port.SentAsync();
        Deliver([0, 0, 0, 3, .. question[12..16], .. "unknown connection id"u8]);
        Deliver(ConnectAnswer(await _port.SentAsync()));
        Deliver(AnnounceAnswer(await _port.SentAsync()));

        Assert.Single((await second).Peers);
    }

    [Fact]
    public async Task A_network_that_refuses_to_send_is_a_failure_that_says_why_and_the_next_announce_is_sent()
    {
        _port.Refusal = SocketError.NetworkUnreachable;
        Assert.Equal(
            "The tracker cannot be reached: NetworkUnreachable.", (await Assert.ThrowsAsync<TrackerFailureException>(AnnounceAsync)).Message);

        _port.Refusal = null;
        await AnnounceFullyAsync();
    }

    [Fact]
    public async Task Datagrams_of_other_protocols_on_the_port_are_left_to_them()
    {
        Task<AnnounceResponse> announce = AnnounceAsync();
        byte[] connect = await _port.SentAsync();

        Assert.False(_port.Deliver("d1:ad2:id20:aaaaaaaaaaaaaaaaaaaae1:q4:ping1:t2:aa1:y1:qe"u8.ToArray(), Tracker));
        Assert.True(_port.Deliver(ConnectAnswer(connect), Tracker));
        Deliver(AnnounceAnswer(await _port.SentAsync()));

        await announce;
    }

    [Fact]
    public async Task Disposing_fails_a_pending_announce()
    {
        Task<AnnounceResponse> announce = AnnounceAsync();
        await _port.SentAsync();

        _client.Dispose();

        await Assert.ThrowsAsync<TrackerFailureException>(() => announce);
    }

    [Fact]
    public async Task A_cancelled_announce_is_a_cancellation()
    {
        using var cancel = new CancellationTokenSource();
        Task<AnnounceResponse?> announce = _client.AnnounceAsync(Announce, AnnounceRequests.Plain, AddressFamily.Unspecified, cancel.Token);
        await _port.SentAsync();

        await cancel.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => announce);
    }

    [Fact]
    public async Task The_second_address_of_a_tracker_is_asked_when_the_first_does_not_answer_and_the_first_gets_no_announce()
    {
        using UdpTrackerClient client = ClientOf("192.0.2.9", "192.0.2.1");
        Task<AnnounceResponse?> announce = AnnounceAsync(client, AddressFamily.InterNetwork);
        await _port.SentAsync();
        _time.Advance(HostConnector.Stagger);
        Deliver(ConnectAnswer(await _port.SentAsync()));
        Deliver(AnnounceAnswer(await _port.SentAsync()));

        Assert.Single((await announce)!.Peers);
        Assert.True(_port.IsSilent);

        announce = AnnounceAsync(client, AddressFamily.InterNetwork);
        Deliver(AnnounceAnswer(await _port.SentAsync()));
        Assert.Single((await announce)!.Peers);
    }

    [Fact]
    public async Task A_tracker_without_an_address_of_the_ip_version_is_not_asked()
    {
        using UdpTrackerClient client = ClientOf("192.0.2.1");

        Assert.Null(await AnnounceAsync(client, AddressFamily.InterNetworkV6));
        Assert.True(_port.IsSilent);
    }

    [Fact]
    public async Task An_ip_version_over_which_nothing_answered_fails_at_once_for_ten_minutes_while_the_other_one_answers()
    {
        using UdpTrackerClient client = ClientOf("2001:db8::1", "192.0.2.1");
        Task<AnnounceResponse?> announce = AnnounceAsync(client, AddressFamily.InterNetworkV6);
        await _port.SentAsync();
        _time.Advance(UdpExchange.FirstWait);
        await _port.SentAsync();
        _time.Advance(UdpExchange.FirstWait * 2);
        await Assert.ThrowsAsync<TrackerFailureException>(() => announce);

        Assert.Contains(
            "over IPv6",
            (await Assert.ThrowsAsync<TrackerFailureException>(() => AnnounceAsync(client, AddressFamily.InterNetworkV6))).Message,
            StringComparison.Ordinal);
        Assert.True(_port.IsSilent);
        _time.Advance(HostConnector.Memory);

        announce = AnnounceAsync(client, AddressFamily.InterNetworkV6);
        _port.Deliver(ConnectAnswer(await _port.SentAsync()), IPEndPoint.Parse("[2001:db8::1]:6969"));
        await _port.SentAsync();
        client.Dispose();
        await Assert.ThrowsAsync<TrackerFailureException>(() => announce);
    }

    [Fact]
    public async Task An_address_without_a_port_is_a_failure() => await Assert.ThrowsAsync<TrackerFailureException>(
        () => _client.AnnounceAsync(new Uri("udp://192.0.2.1/"), AnnounceRequests.Plain, AddressFamily.Unspecified, TestContext.Current.CancellationToken));

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("::1")]
    public async Task Over_a_real_socket_a_tracker_on_loopback_answers(string host)
    {
        IPAddress address = IPAddress.Parse(host);
        Assert.SkipWhen(address.AddressFamily == AddressFamily.InterNetworkV6 && !Socket6IsUsable(), "This machine has no IPv6.");
        using var server = new UdpClient(new IPEndPoint(address, 0));
        await using var port = new SharedDatagramPort(TimeProvider.System);
        port.Open(new SocketNetwork(), _ => 0);
        using var clients = TrackerClients.Create(new SocketNetwork(), port, TimeProvider.System);
        var uri = new Uri($"udp://{server.Client.LocalEndPoint}/announce?key=1");

        Task<AnnounceResponse?> announce =
            clients.AnnounceAsync(uri, AnnounceRequests.Plain, AddressFamily.Unspecified, TestContext.Current.CancellationToken);
        UdpReceiveResult connect = await server.ReceiveAsync(TestContext.Current.CancellationToken);
        await server.SendAsync(ConnectAnswer(connect.Buffer), connect.RemoteEndPoint, TestContext.Current.CancellationToken);
        UdpReceiveResult question = await server.ReceiveAsync(TestContext.Current.CancellationToken);
        byte[] self = CompactPeers.Write([question.RemoteEndPoint], address.AddressFamily);
        byte[] answer = [.. AnnounceAnswer(question.Buffer)[..20], .. self];
        await server.SendAsync(answer, question.RemoteEndPoint, TestContext.Current.CancellationToken);

        Assert.Equal([question.RemoteEndPoint], (await announce)!.Peers);
        byte[] urlData = [2, 15, .. "/announce?key=1"u8];
        Assert.Equal(urlData, question.Buffer[98..]);
    }

    public void Dispose() => _client.Dispose();

    private static bool Socket6IsUsable()
    {
        try
        {
            using var socket = new SocketNetwork().OpenDatagrams(new IPEndPoint(IPAddress.IPv6Loopback, 0), NetworkUse.Trackers);
            return true;
        }
        catch (IOException)
        {
            return false;
        }
    }

    private static byte[] ConnectAnswer(byte[] connect) => [0, 0, 0, 0, .. connect[12..16], 1, 2, 3, 4, 5, 6, 7, 8];

    private static byte[] AnnounceAnswer(byte[] question) =>
        [0, 0, 0, 1, .. question[12..16], 0, 0, 7, 8, 0, 0, 0, 1, 0, 0, 0, 2, 192, 0, 2, 7, 0x1A, 0xE1];

    private async Task AnnounceFullyAsync()
    {
        Task<AnnounceResponse> announce = AnnounceAsync();
        byte[] connect = await _port.SentAsync();
        Assert.Equal(UdpTrackerCodec.ConnectRequestLength, connect.Length);
        Deliver(ConnectAnswer(connect));
        Deliver(AnnounceAnswer(await _port.SentAsync()));
        await announce;
    }

    private async Task<AnnounceResponse> AnnounceAsync() => (await _client.AnnounceAsync(
        Announce, AnnounceRequests.Plain, AddressFamily.Unspecified, TestContext.Current.CancellationToken))!;

    private static Task<AnnounceResponse?> AnnounceAsync(UdpTrackerClient client, AddressFamily family) => client.AnnounceAsync(
        new Uri("udp://tracker.example:6969"), AnnounceRequests.Plain, family, TestContext.Current.CancellationToken);

    private UdpTrackerClient ClientOf(params string[] addresses) =>
        ClientOf((_, _) => Task.FromResult(Array.ConvertAll(addresses, IPAddress.Parse)));

    private UdpTrackerClient ClientOf(HostResolver resolve)
    {
        var exchange = new UdpExchange(_port, _time);
        _port.Attach(exchange);
        return new UdpTrackerClient(new TrackerHosts(resolve, new HostConnector(_time)), exchange, _time);
    }

    private void Deliver(byte[] datagram) => _port.Deliver(datagram, Tracker);
}

using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;
using Microsoft.Extensions.Time.Testing;
using TorrentPatron.Engine.Discovery;
using TorrentPatron.Engine.Network;
using TorrentPatron.Engine.Tests.Network;
using TorrentPatron.Engine.Tests.Trackers;
using TorrentPatron.Protocol;
using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Engine.Tests.Discovery;

public sealed class LocalDiscoveryTests : IAsyncDisposable
{
    private static readonly IPEndPoint Other = IPEndPoint.Parse("192.168.1.7:6771");

    private readonly FakeTimeProvider _time = new();
    private readonly FakeDatagramSocket _socket = new();
    private readonly LocalDiscovery _discovery;
    private readonly List<Exception> _faults = [];
    private ushort _port = 6881;
    private Exception? _fault;

    public LocalDiscoveryTests() => _discovery = new LocalDiscovery(
        [(_socket, LocalAnnounce.IPv4Group)], _ => _fault is null ? _port : throw _fault, _time, new Random(1), _faults.Add);

    [Fact]
    public async Task A_fault_in_a_call_is_reported_and_later_calls_are_made()
    {
        _discovery.Find(Torrent(1), _ => { });
        _fault = new InvalidOperationException("A mistake.");
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Same(_fault, Assert.Single(_faults));

        _fault = null;
        Assert.Equal(Torrent(1), Assert.Single((await AnnouncedAsync(TimeSpan.FromMinutes(2))).InfoHashes));
    }

    [Fact]
    public async Task A_torrent_is_announced_at_once_and_then_every_five_minutes_until_it_is_removed()
    {
        LocalTorrent torrent = _discovery.Find(Torrent(1), _ => { });
        LocalAnnounce announce = await AnnouncedAsync(TimeSpan.FromSeconds(1));
        Assert.Equal((6881, Torrent(1)), (announce.Port, Assert.Single(announce.InfoHashes)));

        _time.Advance(TimeSpan.FromMinutes(4));
        Assert.True(_socket.IsSilent);
        await AnnouncedAsync(TimeSpan.FromSeconds(61));
        torrent.Dispose();
        _time.Advance(TimeSpan.FromMinutes(20));
        Assert.True(_socket.IsSilent);
    }

    [Fact]
    public async Task Torrents_started_together_are_announced_together_and_later_ones_a_minute_later()
    {
        for (int i = 0; i < 25; i++)
            _discovery.Find(Torrent(i), _ => { });
        Assert.Equal(LocalAnnounce.MaxTorrents, (await AnnouncedAsync(TimeSpan.FromSeconds(1))).InfoHashes.Count);
        _discovery.Find(Torrent(100), _ => { });
        _time.Advance(TimeSpan.FromSeconds(58));
        Assert.True(_socket.IsSilent);
        Assert.Equal(6, (await AnnouncedAsync(TimeSpan.FromSeconds(3))).InfoHashes.Count);
    }

    [Fact]
    public async Task An_engine_that_does_not_listen_sends_no_local_announces()
    {
        _port = 0;
        _discovery.Find(Torrent(1), _ => { });
        _time.Advance(TimeSpan.FromMinutes(10));
        Assert.True(_socket.IsSilent);
        _port = 6881;
        await AnnouncedAsync(TimeSpan.FromMinutes(2));
    }

    [Fact]
    public async Task Peers_of_known_torrents_are_accepted_and_own_calls_are_ignored()
    {
        var found = Channel.CreateUnbounded<IReadOnlyList<IPEndPoint>>();
        _discovery.Find(Torrent(1), peers => found.Writer.TryWrite(peers));
        LocalAnnounce own = await AnnouncedAsync(TimeSpan.FromSeconds(1));

        _socket.Deliver(own.ToBytes(LocalAnnounce.IPv4Group), Other);
        _socket.Deliver("garbage"u8.ToArray(), Other);
        _socket.Deliver(new LocalAnnounce { Port = 1, InfoHashes = [Torrent(2)] }.ToBytes(LocalAnnounce.IPv4Group), Other);
        _socket.Deliver(new LocalAnnounce { Port = 7000, InfoHashes = [Torrent(2), Torrent(1)], Cookie = "x" }.ToBytes(LocalAnnounce.IPv4Group), Other);

        IReadOnlyList<IPEndPoint> peers = await NextAsync(found);
        Assert.Equal([new IPEndPoint(Other.Address, 7000)], peers);
        Assert.False(found.Reader.TryRead(out _));
    }

    [Fact]
    public async Task Some_calls_of_a_flood_are_ignored()
    {
        var found = Channel.CreateUnbounded<IReadOnlyList<IPEndPoint>>();
        _discovery.Find(Torrent(1), peers => found.Writer.TryWrite(peers));
        for (int port = 1; port <= 1000; port++)
            _socket.Deliver(new LocalAnnounce { Port = port, InfoHashes = [Torrent(1)] }.ToBytes(LocalAnnounce.IPv4Group), Other);
        int heard = 0;
        for (; heard < 100; heard++)
            await NextAsync(found);

        // In the next second calls of others are processed again; the rest of the flood may use some of the quota.
        for (bool isOver = false; !isOver; heard++)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            _socket.Deliver(new LocalAnnounce { Port = 5000, InfoHashes = [Torrent(1)] }.ToBytes(LocalAnnounce.IPv4Group), Other);
            isOver = (await NextAsync(found))[0].Port == 5000;
        }
    }

    [Fact]
    public async Task Two_engines_on_this_machine_find_each_other_over_real_sockets()
    {
        // Not over IPv6: a loopback interface cannot reach a group there.
        IPAddress local = IPAddress.Loopback;
        await using LocalDiscovery? first = LocalDiscovery.Open(new SocketNetwork(local), _ => 1111, TimeProvider.System, new Random(1), _faults.Add);
        await using LocalDiscovery? second = LocalDiscovery.Open(new SocketNetwork(local), _ => 2222, TimeProvider.System, new Random(2), _faults.Add);
        Assert.SkipWhen(first is null || second is null, "This machine has no multicast on loopback.");
        var found = Channel.CreateUnbounded<IPEndPoint>();
        first.Find(Torrent(1), peers => found.Writer.TryWrite(peers[0]));
        second.Find(Torrent(1), peers => found.Writer.TryWrite(peers[0]));

        IPEndPoint peer = await NextAsync(found);
        Assert.Contains(peer.Port, (int[])[1111, 2222]);
    }

    [Fact]
    public async Task Over_real_sockets_only_datagrams_to_the_group_are_received()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Other systems do not distinguish this from unicast.");
        var network = new SocketNetwork(IPAddress.Loopback);
        await using LocalDiscovery? first = LocalDiscovery.Open(network, _ => 1111, TimeProvider.System, new Random(1), _faults.Add);
        await using LocalDiscovery? second = LocalDiscovery.Open(network, _ => 2222, TimeProvider.System, new Random(2), _faults.Add);
        Assert.SkipWhen(first is null || second is null, "This machine has no multicast on loopback.");
        var found = Channel.CreateUnbounded<IPEndPoint>();
        first.Find(Torrent(3), peers => found.Writer.TryWrite(peers[0]));
        using var stranger = new UdpClient(new IPEndPoint(IPAddress.Loopback, 0));
        byte[] announce = new LocalAnnounce { Port = 3333, InfoHashes = [Torrent(3)] }.ToBytes(LocalAnnounce.IPv4Group);
        await stranger.SendAsync(announce, new IPEndPoint(IPAddress.Loopback, LocalAnnounce.IPv4Group.Port), TestContext.Current.CancellationToken);
        second.Find(Torrent(3), _ => { });

        Assert.Equal(2222, (await NextAsync(found)).Port);
    }

    public ValueTask DisposeAsync() => _discovery.DisposeAsync();

    private static InfoHash Torrent(int i) => InfoHash.OfInfo(BitConverter.GetBytes(i));

    private static Task<T> NextAsync<T>(Channel<T> found) => found.Reader.ReadAsync(TestContext.Current.CancellationToken).AsTask()
        .WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);

    private async Task<LocalAnnounce> AnnouncedAsync(TimeSpan within)
    {
        _time.Advance(within);
        Assert.True(LocalAnnounce.TryRead(await _socket.SentAsync(), out LocalAnnounce? announce));
        return announce;
    }
}

using System.Net;
using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Network;
using TorrentPatron.Engine.Tests.Network;
using TorrentPatron.Engine.Tests.Storage;
using TorrentPatron.Protocol.Magnets;

namespace TorrentPatron.Engine.Tests.Swarms;

/// <summary>Engines over real sockets on loopback, one of which uses a SOCKS5 proxy.</summary>
public sealed class ProxiedSwarmTests : IAsyncDisposable
{
    private const int Piece = 32 * 1024;

    private readonly TestProxy _proxy = new();
    private readonly WatchedNetwork _wire = new();
    private readonly List<(TorrentClient Client, TempFolder Folder)> _engines = [];
    private long _lastId;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_peers_of_a_magnet_link_are_found_by_the_DHT_alone_through_the_proxy(bool byName)
    {
        var torrent = new SwarmTorrent(1, Piece, 20 * Piece);
        TorrentClient other = Start(settings => settings with { Dht = new DhtSettings { IsEnabled = true } });
        IPEndPoint node = other.GetClientStatus().Dht!.EndPoints[0];
        TorrentClient seed = Start(settings => settings with { Dht = new DhtSettings { IsEnabled = true, BootstrapNodes = [node.ToString()] } });
        await SeedAsync(seed, torrent);
        await TestEngine.UntilAsync(() => other.GetClientStatus().Dht!.StoredPeers > 0);
        _proxy.Names["localhost"] = IPAddress.Loopback;

        string bootstrap = byName ? $"localhost:{node.Port}" : node.ToString();
        TorrentClient leecher = StartProxied(settings => settings with { Dht = new DhtSettings { IsEnabled = true, BootstrapNodes = [bootstrap] } });
        await LeechAsync(leecher, torrent);

        Assert.All(_wire.Seen.Where(seen => seen.StartsWith("connect", StringComparison.Ordinal)), seen => Assert.Equal($"connect {_proxy.EndPoint}", seen));
        Assert.DoesNotContain(_wire.Seen, seen => seen.StartsWith("resolve", StringComparison.Ordinal));
        Assert.DoesNotContain($"send {node}", _wire.Seen);
    }

    [Fact]
    public async Task A_torrent_is_downloaded_by_uTP_through_the_proxy()
    {
        var torrent = new SwarmTorrent(2, Piece, 100 * Piece);
        TorrentClient seed = Start(settings => settings with { Transport = TransportPolicy.Utp });
        await SeedAsync(seed, torrent);
        IPEndPoint peer = seed.Resources.Datagrams.EndPoints[0];

        TorrentClient leecher = StartProxied(settings => settings with { Transport = TransportPolicy.Utp });
        await LeechAsync(leecher, torrent, peer);

        Assert.Contains($"datagram {peer}", _proxy.Asked);
        // The only connection is the one that keeps the association.
        Assert.DoesNotContain(_proxy.Asked, asked => asked.StartsWith("connect", StringComparison.Ordinal));
        Assert.Equal([$"connect {_proxy.EndPoint}"], _wire.Seen.Where(seen => seen.StartsWith("connect", StringComparison.Ordinal)).Distinct());
        Assert.DoesNotContain($"send {peer}", _wire.Seen);
    }

    [Theory]
    [InlineData(TransportPolicy.Tcp)]
    [InlineData(TransportPolicy.Utp)]
    public async Task When_the_proxy_changes_connections_are_reopened_through_the_new_one(TransportPolicy transport)
    {
        await using var second = new TestProxy();
        var torrent = new SwarmTorrent(3, Piece, 400 * Piece);
        TorrentClient seed = Start(settings => settings with { Transport = transport, Limits = new RateLimits(0, 2 * Piece), Dht = new DhtSettings { IsEnabled = true } });
        await SeedAsync(seed, torrent);
        IPEndPoint node = seed.GetClientStatus().Dht!.EndPoints[0];
        IPEndPoint peer = transport == TransportPolicy.Utp ? node : seed.GetClientStatus().ListenEndPoints[0];
        var dht = new DhtSettings { IsEnabled = true, BootstrapNodes = [node.ToString()] };
        TorrentClient leecher = Keep(new TorrentClient(
            Plain with { Transport = transport, Dht = dht }, _wire, trackers: null, TimeProvider.System, new Random(1)));
        leecher.Post(new CreateNewTorrent(++_lastId, torrent.Metainfo, FolderOf(leecher)) { ResumeStore = new MemoryResumeStore(), Peers = [peer] });
        await UntilReceivingAsync();
        Assert.NotEmpty(leecher.GetClientStatus().ListenEndPoints);
        Assert.Equal(transport == TransportPolicy.Tcp, _wire.Seen.Contains($"connect {peer}"));
        Assert.Contains($"send {node}", _wire.Seen);

        // Through the first proxy, then the second, then directly.
        await ChangeAsync(_proxy.Settings);
        Assert.Empty(leecher.GetClientStatus().ListenEndPoints);
        await UntilReceivingAsync();
        await AssertAllByAsync(_proxy);

        await ChangeAsync(second.Settings);
        await UntilReceivingAsync();
        await AssertAllByAsync(second);
        int asked = _proxy.Asked.Count;
        await UntilReceivingAsync();
        Assert.Equal(asked, _proxy.Asked.Count);

        await ChangeAsync(null);
        Assert.NotEmpty(leecher.GetClientStatus().ListenEndPoints);
        await UntilReceivingAsync();
        Assert.Contains(transport == TransportPolicy.Utp ? $"send {peer}" : $"connect {peer}", _wire.Seen);
        asked = second.Asked.Count;
        _wire.Seen.Clear();
        await UntilReceivingAsync();
        Assert.Equal(asked, second.Asked.Count);
        Assert.DoesNotContain(_wire.Seen, seen => seen == $"connect {_proxy.EndPoint}" || seen == $"connect {second.EndPoint}");

        await seed.ApplyAsync(seed.Settings with { Limits = RateLimits.None }, TestContext.Current.CancellationToken);
        await UntilSeedingAsync(leecher, torrent);

        async Task ChangeAsync(ProxySettings? proxy)
        {
            PeerSnapshot[] before = [.. leecher.GetPeers(torrent.Metainfo.TorrentId)];
            _wire.Seen.Clear();
            Assert.Equal([], await leecher.ApplyAsync(leecher.Settings with { Proxy = proxy }, TestContext.Current.CancellationToken));
            // Packets sent before the change may have taken the old route.
            if (proxy is not null)
                _wire.Seen.Clear();
            Assert.NotEmpty(before);
            IReadOnlyList<ClosedPeer> closed = leecher.GetClosedPeers(torrent.Metainfo.TorrentId);
            Assert.Contains(closed, gone => gone.EndPoint.Equals(before[0].EndPoint) && gone.Reason == "The proxy has been changed.");
        }

        async Task UntilReceivingAsync()
        {
            long before = leecher.GetStatus(torrent.Metainfo.TorrentId)?.BytesReceived ?? 0;
            await TestEngine.UntilAsync(() => leecher.GetStatus(torrent.Metainfo.TorrentId) is { } status && status.BytesReceived > before + Piece);
        }

        async Task AssertAllByAsync(TestProxy proxy)
        {
            await TestEngine.UntilAsync(() => proxy.Asked.Contains(transport == TransportPolicy.Utp ? $"datagram {peer}" : $"connect {peer}"));
            // The DHT too.
            await TestEngine.UntilAsync(() => proxy.Asked.Contains($"datagram {node}"));
            Assert.DoesNotContain($"send {node}", _wire.Seen);
            Assert.All(_wire.Seen.Where(seen => seen.StartsWith("connect", StringComparison.Ordinal)), seen => Assert.Equal($"connect {proxy.EndPoint}", seen));
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach ((TorrentClient client, TempFolder folder) in _engines)
        {
            await client.DisposeAsync();
            folder.Dispose();
        }

        await _proxy.DisposeAsync();
    }

    private static ClientSettings Plain => new() { BindAddress = IPAddress.Loopback, DiskThreads = 1, StatusInterval = TimeSpan.FromSeconds(1) };

    private TorrentClient Start(Func<ClientSettings, ClientSettings>? with = null) => Keep(new TorrentClient(with?.Invoke(Plain) ?? Plain));

    private TorrentClient StartProxied(Func<ClientSettings, ClientSettings>? with = null)
    {
        ClientSettings settings = Plain with { Proxy = _proxy.Settings };
        return Keep(new TorrentClient(with?.Invoke(settings) ?? settings, _wire, trackers: null, TimeProvider.System, new Random(1)));
    }

    private TorrentClient Keep(TorrentClient client)
    {
        _engines.Add((client, new TempFolder()));
        return client;
    }

    private string FolderOf(TorrentClient client) => _engines.Find(engine => engine.Client == client).Folder.Path;

    private async Task SeedAsync(TorrentClient client, SwarmTorrent torrent)
    {
        torrent.WriteTo(FolderOf(client));
        client.Post(new CreateNewTorrent(++_lastId, torrent.Metainfo, FolderOf(client)) { ResumeStore = new MemoryResumeStore() });
        await UntilSeedingAsync(client, torrent);
    }

    private async Task LeechAsync(TorrentClient client, SwarmTorrent torrent, params IReadOnlyList<IPEndPoint> peers)
    {
        client.Post(new CreateNewTorrent(++_lastId, new MagnetLink { InfoHash = torrent.Metainfo.InfoHash }, FolderOf(client))
        {
            ResumeStore = new MemoryResumeStore(), Peers = peers,
        });
        await UntilSeedingAsync(client, torrent);
    }

    private static Task UntilSeedingAsync(TorrentClient client, SwarmTorrent torrent) =>
        TestEngine.UntilAsync(() => client.GetStatus(torrent.Metainfo.TorrentId) is { State: TorrentState.Seeding });
}

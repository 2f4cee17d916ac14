using System.Net;
using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Network;
using TorrentPatron.Engine.Tests.Network;
using TorrentPatron.Engine.Tests.Storage;
using TorrentPatron.Protocol.Magnets;

namespace TorrentPatron.Engine.Tests.Swarms;

/// <summary>Whole engines, over real sockets on loopback, of which one goes by a SOCKS5 proxy.</summary>
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
    public async Task By_the_DHT_alone_the_peers_of_a_magnet_link_are_found_through_the_proxy(bool byName)
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

using System.Collections.ObjectModel;
using System.Net;
using Microsoft.Extensions.Time.Testing;
using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Tests.Storage;
using TorrentPatron.Engine.Tests.Swarms;
using TorrentPatron.Protocol;
using TorrentPatron.Protocol.Dht;
using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Engine.Tests.Discovery;

/// <summary>Engines that find each other without a tracker, over real sockets on loopback.</summary>
public sealed class TrackerlessSwarmTests : IAsyncDisposable
{
    private const int Piece = 32 * 1024;

    private readonly List<(TorrentClient Client, TempFolder Folder)> _engines = [];
    private long _lastId;

    [Fact]
    public async Task A_torrent_is_found_and_downloaded_by_the_DHT_alone()
    {
        var torrent = new SwarmTorrent(1, Piece, 20 * Piece);
        TorrentClient seed = Start(settings => settings with { Dht = new DhtSettings { IsEnabled = true } });
        await AddAsync(seed, torrent, isSeed: true);
        IPEndPoint node = seed.GetClientStatus().Dht!.EndPoints[0];
        var store = new MemoryDhtStore();
        TorrentClient leecher = Start(settings => settings with { Dht = new DhtSettings { IsEnabled = true, BootstrapNodes = [node.ToString()], Store = store } });
        await AddAsync(leecher, torrent, isSeed: false);

        await TestEngine.UntilAsync(() => leecher.GetStatus(torrent.Metainfo.TorrentId) is { State: TorrentState.Seeding });

        DhtStatus status = leecher.GetClientStatus().Dht!;
        Assert.Equal((1, 1), (status.NodesIPv4, status.Torrents));
        Assert.True(status.IsReady);
        Assert.InRange(status.BytesSent, 1, 100_000);
        await leecher.DisposeAsync();
        Assert.True(DhtState.TryRead(store.Saved!, out DhtState? saved));
        Assert.Equal([node], saved.Nodes.Select(known => known.EndPoint));
    }

    [Fact]
    public async Task The_saved_nodes_suffice_for_the_next_run()
    {
        var torrent = new SwarmTorrent(2, Piece, 4 * Piece);
        TorrentClient seed = Start(settings => settings with { Dht = new DhtSettings { IsEnabled = true } });
        await AddAsync(seed, torrent, isSeed: true);
        var contact = new NodeContact(NodeId.Create(new Random(1)), seed.GetClientStatus().Dht!.EndPoints[0]);
        var store = new MemoryDhtStore { Saved = new DhtState { Nodes = [contact] }.ToBytes() };
        TorrentClient leecher = Start(settings => settings with { Dht = new DhtSettings { IsEnabled = true, Store = store } });
        await AddAsync(leecher, torrent, isSeed: false);
        await TestEngine.UntilAsync(() => leecher.GetStatus(torrent.Metainfo.TorrentId) is { State: TorrentState.Seeding });
    }

    [Fact]
    public async Task The_nodes_are_saved_soon_because_a_kill_saves_nothing()
    {
        TorrentClient first = Start(settings => settings with { Dht = new DhtSettings { IsEnabled = true } });
        IPEndPoint node = first.GetClientStatus().Dht!.EndPoints[0];
        var store = new MemoryDhtStore();
        var time = new FakeTimeProvider();
        TorrentClient second = Start(
            settings => settings with { Dht = new DhtSettings { IsEnabled = true, BootstrapNodes = [node.ToString()], Store = store } }, time);
        await TestEngine.UntilAsync(() => second.GetClientStatus().Dht!.IsReady);

        await TestEngine.UntilAsync(() =>
        {
            time.Advance(TimeSpan.FromMinutes(1));
            return store.Saved is not null;
        });

        Assert.True(DhtState.TryRead(store.Saved!, out DhtState? saved));
        Assert.Equal([node], saved.Nodes.Select(known => known.EndPoint));
    }

    [Fact]
    public async Task A_node_that_lies_and_floods_does_not_hide_a_torrent()
    {
        var torrent = new SwarmTorrent(7, Piece, 20 * Piece);
        TorrentClient seed = Start(settings => settings with { Dht = new DhtSettings { IsEnabled = true } });
        await AddAsync(seed, torrent, isSeed: true);
        using var hostile = new HostileNode();
        ReadOnlyCollection<string> nodes = [hostile.EndPoint.ToString(), seed.GetClientStatus().Dht!.EndPoints[0].ToString()];
        TorrentClient leecher = Start(settings => settings with { Dht = new DhtSettings { IsEnabled = true, BootstrapNodes = nodes } });
        await AddAsync(leecher, torrent, isSeed: false);

        await TestEngine.UntilAsync(() => leecher.GetStatus(torrent.Metainfo.TorrentId) is { State: TorrentState.Seeding });

        Assert.InRange(hostile.Lies, 1, int.MaxValue);
        DhtStatus status = leecher.GetClientStatus().Dht!;
        Assert.InRange(status.NodesIPv4, 1, 2);
        Assert.InRange(status.BytesSent, 1, 100_000);
        Assert.Null(status.ExternalAddress);
    }

    [Fact]
    public async Task A_peer_from_another_source_contributes_its_DHT_node()
    {
        var torrent = new SwarmTorrent(3, Piece, 4 * Piece);
        TorrentClient seed = Start(settings => settings with { Dht = new DhtSettings { IsEnabled = true } });
        await AddAsync(seed, torrent, isSeed: true);
        TorrentClient leecher = Start(settings => settings with { Dht = new DhtSettings { IsEnabled = true } });
        await AddAsync(leecher, torrent, isSeed: false, seed.GetClientStatus().ListenEndPoints[0]);
        await TestEngine.UntilAsync(() => leecher.GetClientStatus().Dht!.IsReady && seed.GetClientStatus().Dht!.IsReady);
    }

    [Fact]
    public async Task A_torrents_DHT_nodes_suffice_and_those_of_a_private_one_are_not_queried()
    {
        TorrentClient seed = Start(settings => settings with { Dht = new DhtSettings { IsEnabled = true } });
        TorrentClient leecher = Start(settings => settings with { Dht = new DhtSettings { IsEnabled = true } });
        IPEndPoint node = seed.GetClientStatus().Dht!.EndPoints[0];
        HostEndPoint[] nodes = [new(node.Address.ToString(), node.Port)];

        await AddAsync(leecher, new SwarmTorrent(9, Piece, isPrivate: true, 4 * Piece), isSeed: false, nodes);
        Assert.Equal(0, leecher.GetClientStatus().Dht!.BytesSent);

        var torrent = new SwarmTorrent(10, Piece, 4 * Piece);
        await AddAsync(seed, torrent, isSeed: true);
        await AddAsync(leecher, torrent, isSeed: false, nodes);
        await TestEngine.UntilAsync(() => leecher.GetStatus(torrent.Metainfo.TorrentId) is { State: TorrentState.Seeding });
    }

    [Fact]
    public async Task A_torrent_is_found_and_downloaded_in_the_local_network()
    {
        var torrent = new SwarmTorrent(4, Piece, 20 * Piece);
        TorrentClient seed = Start(settings => settings with { LocalDiscovery = true });
        TorrentClient leecher = Start(settings => settings with { LocalDiscovery = true });
        await AddAsync(leecher, torrent, isSeed: false);
        await AddAsync(seed, torrent, isSeed: true);
        await TestEngine.UntilAsync(() => leecher.GetStatus(torrent.Metainfo.TorrentId) is { State: TorrentState.Seeding });
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Saved_peers_are_dialled_except_for_a_private_torrent_which_saves_none(bool isPrivate)
    {
        var torrent = new SwarmTorrent(8, Piece, isPrivate, 20 * Piece);
        TorrentClient seed = Start(settings => settings);
        await AddAsync(seed, torrent, isSeed: true);
        IPEndPoint peer = seed.GetClientStatus().ListenEndPoints[0];
        var store = new MemoryResumeStore();
        TorrentClient first = Start(settings => settings);
        await AddAsync(first, torrent, isSeed: false, store, peer);
        await TestEngine.UntilAsync(() => first.GetStatus(torrent.Metainfo.TorrentId) is { State: TorrentState.Seeding });
        await first.DisposeAsync();
        Assert.Equal(isPrivate ? [] : [peer], store.Data!.Peers);
        if (isPrivate)
            return;

        TorrentClient second = Start(settings => settings);
        store = new MemoryResumeStore { Data = store.Data with { Verified = new Bitfield(torrent.Metainfo.PieceCount), ClosedInOrder = false } };
        await AddAsync(second, torrent, isSeed: false, store);
        await TestEngine.UntilAsync(() => second.GetStatus(torrent.Metainfo.TorrentId) is { State: TorrentState.Seeding });
    }

    [Fact]
    public async Task A_private_torrent_is_neither_announced_nor_searched_for()
    {
        var torrent = new SwarmTorrent(5, Piece, isPrivate: true, 4 * Piece);
        TorrentClient seed = Start(settings => settings with { Dht = new DhtSettings { IsEnabled = true }, LocalDiscovery = true });
        await AddAsync(seed, torrent, isSeed: true);
        IPEndPoint node = seed.GetClientStatus().Dht!.EndPoints[0];
        TorrentClient leecher = Start(settings =>
            settings with { Dht = new DhtSettings { IsEnabled = true, BootstrapNodes = [node.ToString()] }, LocalDiscovery = true });
        await AddAsync(leecher, torrent, isSeed: false);
        // A public torrent is found meanwhile, so there was enough time.
        var other = new SwarmTorrent(6, Piece, 4 * Piece);
        await AddAsync(seed, other, isSeed: true);
        await AddAsync(leecher, other, isSeed: false);
        await TestEngine.UntilAsync(() => leecher.GetStatus(other.Metainfo.TorrentId) is { State: TorrentState.Seeding });

        Assert.Equal(0, leecher.GetStatus(torrent.Metainfo.TorrentId)!.KnownPeers);
        Assert.Equal(0, seed.GetStatus(torrent.Metainfo.TorrentId)!.KnownPeers);
        Assert.Equal((1, 1), (leecher.GetClientStatus().Dht!.Torrents, seed.GetClientStatus().Dht!.Torrents));
    }

    [Fact]
    public void The_DHT_node_exists_only_if_requested() => Assert.Null(Start(settings => settings).GetClientStatus().Dht);

    public async ValueTask DisposeAsync()
    {
        foreach ((TorrentClient client, TempFolder folder) in _engines)
        {
            await client.DisposeAsync();
            folder.Dispose();
        }
    }

    private TorrentClient Start(Func<ClientSettings, ClientSettings> with, TimeProvider? time = null)
    {
        ClientSettings settings = with(new ClientSettings { BindAddress = IPAddress.Loopback, DiskThreads = 1, StatusInterval = TimeSpan.FromSeconds(1) });
        var client = new TorrentClient(settings, time ?? TimeProvider.System);
        _engines.Add((client, new TempFolder()));
        return client;
    }

    private Task AddAsync(TorrentClient client, SwarmTorrent torrent, bool isSeed, params IReadOnlyList<IPEndPoint> peers) =>
        AddAsync(client, torrent, isSeed, new MemoryResumeStore(), peers);

    private Task AddAsync(TorrentClient client, SwarmTorrent torrent, bool isSeed, HostEndPoint[] dhtNodes) =>
        AddAsync(client, torrent, isSeed, command => command with { DhtNodes = dhtNodes });

    private Task AddAsync(
        TorrentClient client, SwarmTorrent torrent, bool isSeed, MemoryResumeStore store, params IReadOnlyList<IPEndPoint> peers) =>
        AddAsync(client, torrent, isSeed, command => command with { ResumeStore = store, Peers = peers });

    private async Task AddAsync(TorrentClient client, SwarmTorrent torrent, bool isSeed, Func<CreateNewTorrent, CreateNewTorrent> with)
    {
        string folder = _engines.Find(engine => engine.Client == client).Folder.Path;
        if (isSeed)
            torrent.WriteTo(folder);
        client.Post(with(new CreateNewTorrent(++_lastId, torrent.Metainfo, folder) { ResumeStore = new MemoryResumeStore() }));
        TorrentState[] goals = isSeed ? [TorrentState.Seeding] : [TorrentState.Downloading, TorrentState.Seeding];
        await TestEngine.UntilAsync(() => client.GetStatus(torrent.Metainfo.TorrentId) is { } status && goals.Contains(status.State));
    }

    private sealed class MemoryDhtStore : IDhtStore
    {
        public byte[]? Saved { get; set; }

        public byte[]? Load() => Saved;

        public void Save(byte[] state) => Saved = state;
    }
}

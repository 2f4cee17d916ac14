using System.Net;
using System.Net.Sockets;
using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Network;
using TorrentPatron.Engine.Tests.Network;
using TorrentPatron.Engine.Tests.Storage;
using TorrentPatron.Engine.Tests.Trackers;
using TorrentPatron.Engine.Trackers;
using TorrentPatron.Protocol.Filters;

namespace TorrentPatron.Engine.Tests.Swarms;

/// <summary>The IP filter over real sockets on loopback addresses, some of which are blocked.</summary>
public sealed class FilterTests : IAsyncDisposable
{
    private const int Piece = 32 * 1024;

    private readonly TempFolder _seedFolder = new(), _folder = new();
    private readonly SwarmTorrent _torrent = new(150, Piece, 20 * Piece);
    private readonly List<TorrentClient> _clients = [];

    public FilterTests() => Assert.SkipWhen(OperatingSystem.IsMacOS(), "macOS has only 127.0.0.1.");

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_filtered_peer_is_not_dialled_and_another_is()
    {
        TorrentClient bad = await SeedAsync("127.0.0.2"), good = await SeedAsync("127.0.0.3");
        TorrentClient leecher = Start("127.0.0.1", Blocks("127.0.0.2"));
        Add(leecher, _folder.Path, bad.GetClientStatus().ListenEndPoints[0], good.GetClientStatus().ListenEndPoints[0]);

        await TestEngine.UntilAsync(() => Status(leecher) is { State: TorrentState.Seeding });

        Assert.Equal(0, Status(bad)!.BytesSent);
        Assert.True(leecher.GetClientStatus().FilteredConnections > 0);
    }

    [Fact]
    public async Task A_filtered_peer_that_dials_is_refused()
    {
        TorrentClient seed = await SeedAsync("127.0.0.1", new AddressFilter(null, Ranges("127.0.0.3")));
        IPEndPoint at = seed.GetClientStatus().ListenEndPoints[0];
        TorrentClient stranger = Start("127.0.0.2"), friend = Start("127.0.0.3");
        using TempFolder other = new();
        Add(stranger, other.Path, at);
        Add(friend, _folder.Path, at);

        await TestEngine.UntilAsync(() => Status(friend) is { State: TorrentState.Seeding });
        await TestEngine.UntilAsync(() => seed.GetClientStatus().FilteredConnections > 0);

        Assert.Equal(0, Status(stranger)!.CompletedSize);
    }

    [Fact]
    public async Task A_newly_blocked_peer_is_disconnected()
    {
        TorrentClient seed = await SeedAsync("127.0.0.3");
        TorrentClient leecher = Start("127.0.0.1", download: 64 * 1024);
        Add(leecher, _folder.Path, seed.GetClientStatus().ListenEndPoints[0]);
        await TestEngine.UntilAsync(() => Status(leecher) is { ConnectedPeers: 1 });

        Assert.Empty(await leecher.ApplyAsync(leecher.Settings with { Filter = Blocks("127.0.0.0/30") }, Cancel));

        await TestEngine.UntilAsync(() => Status(leecher) is { ConnectedPeers: 0 });
        Assert.Contains("IP filter", leecher.GetClosedPeers(_torrent.Metainfo.TorrentId)[0].Reason, StringComparison.Ordinal);
        Assert.Empty(await leecher.ApplyAsync(leecher.Settings with { Filter = null }, Cancel));
    }

    [Fact]
    public async Task A_filtered_tracker_is_asked_neither_by_TCP_nor_by_UDP_and_its_datagrams_are_ignored()
    {
        var settings = new ClientSettings { Filter = Blocks("127.0.0.2") };
        var network = new FilteredNetwork(new SocketNetwork(IPAddress.Loopback), () => settings);
        await using var port = new SharedDatagramPort(TimeProvider.System) { Allows = network.Allows };
        port.Open(network, _ => 0);
        var heard = new RecordingDatagrams();
        port.Attach(heard);
        using var clients = TrackerClients.Create(network, port, TimeProvider.System);
        using var http = new TcpListener(IPAddress.Parse("127.0.0.2"), 0);
        http.Start();
        using UdpClient udp = new(new IPEndPoint(IPAddress.Parse("127.0.0.2"), 0)), allowed = new(new IPEndPoint(IPAddress.Parse("127.0.0.3"), 0));

        await Assert.ThrowsAnyAsync<Exception>(() => clients.AnnounceAsync(
            new Uri($"http://{http.LocalEndpoint}/announce"), AnnounceRequests.Plain, AddressFamily.Unspecified, Cancel));
        await Assert.ThrowsAnyAsync<Exception>(() => clients.AnnounceAsync(
            new Uri($"udp://{udp.Client.LocalEndPoint}"), AnnounceRequests.Plain, AddressFamily.Unspecified, Cancel));
        port.Send("out"u8, (IPEndPoint)udp.Client.LocalEndPoint!);
        await udp.SendAsync("in"u8.ToArray(), port.EndPoints[0], Cancel);
        await allowed.SendAsync("hello"u8.ToArray(), port.EndPoints[0], Cancel);
        await TestEngine.UntilAsync(() => heard.All.Contains("hello"));

        Assert.False(http.Pending());
        Assert.Equal(0, udp.Available);
        Assert.DoesNotContain("in", heard.All);
        Assert.True(network.Refused >= 4);
    }

    [Fact]
    public async Task A_trackers_kept_connection_is_closed_when_the_filter_begins_to_block_it()
    {
        var settings = new ClientSettings();
        var network = new FilteredNetwork(new SocketNetwork(IPAddress.Loopback), () => settings);
        using var http = new TcpListener(IPAddress.Parse("127.0.0.2"), 0);
        http.Start();
        using IConnection kept = await network.ConnectAsync((IPEndPoint)http.LocalEndpoint, NetworkUse.Trackers, Cancel);

        settings = settings with { Filter = Blocks("127.0.0.2") };
        network.Changed();

        await Assert.ThrowsAsync<IOException>(() => kept.ReceiveAsync(new byte[1]).AsTask());
    }

    [Fact]
    public void A_name_resolved_by_a_proxy_is_allowed_by_a_block_list_and_not_by_an_allow_list()
    {
        var settings = new ClientSettings { Filter = Blocks("0.0.0.0/0") };
        var network = new FilteredNetwork(new SocketNetwork(), () => settings);

        Assert.True(network.Allows(new HostAddress("tracker.example")));
        settings = settings with { Filter = new AddressFilter(null, Ranges("0.0.0.0/0")) };
        Assert.False(network.Allows(new HostAddress("tracker.example")));
    }

    public async ValueTask DisposeAsync()
    {
        foreach (TorrentClient client in _clients)
            await client.DisposeAsync();
        _seedFolder.Dispose();
        _folder.Dispose();
    }

    private static AddressRanges Ranges(params string[] texts) => AddressRanges.Of(texts.Select(text =>
    {
        Assert.True(AddressRange.TryParse(text, out AddressRange range), text);
        return range;
    }));

    private static AddressFilter Blocks(params string[] texts) => new(Ranges(texts), null);

    private TorrentStatus? Status(TorrentClient client) => client.GetStatus(_torrent.Metainfo.TorrentId);

    private TorrentClient Start(string address, AddressFilter? filter = null, long download = 0)
    {
        var client = new TorrentClient(new ClientSettings
        {
            BindAddress = IPAddress.Parse(address),
            DiskThreads = 1,
            Filter = filter,
            Limits = new RateLimits(download, 0),
        });
        _clients.Add(client);
        return client;
    }

    private async Task<TorrentClient> SeedAsync(string address, AddressFilter? filter = null)
    {
        TorrentClient client = Start(address, filter);
        string folder = Path.Combine(_seedFolder.Path, address);
        Directory.CreateDirectory(folder);
        _torrent.WriteTo(folder);
        Add(client, folder);
        await TestEngine.UntilAsync(() => Status(client) is { State: TorrentState.Seeding });
        return client;
    }

    private void Add(TorrentClient client, string folder, params IPEndPoint[] peers) =>
        client.Post(new CreateNewTorrent(1, _torrent.Metainfo, folder) { ResumeStore = new MemoryResumeStore(), Peers = peers });

    private sealed class RecordingDatagrams : IDatagramHandler
    {
        private readonly System.Collections.Concurrent.ConcurrentQueue<string> _all = new();

        public string[] All => [.. _all];

        public bool TryHandle(ReadOnlyMemory<byte> datagram, IPEndPoint remote)
        {
            _all.Enqueue(System.Text.Encoding.ASCII.GetString(datagram.Span));
            return true;
        }
    }
}

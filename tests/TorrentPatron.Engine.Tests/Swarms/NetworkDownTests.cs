using System.Net;
using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Network;
using TorrentPatron.Engine.Tests.Network;
using TorrentPatron.Engine.Tests.Storage;

namespace TorrentPatron.Engine.Tests.Swarms;

/// <summary>An engine bound to a network interface that disappears and returns, over real sockets on loopback addresses.</summary>
public sealed class NetworkDownTests : IAsyncDisposable
{
    private const int Piece = 32 * 1024;

    private readonly TempFolder _seedFolder = new(), _folder = new();
    private readonly FakeInterfaces _interfaces = new();
    private readonly SwarmTorrent _torrent = new(140, Piece, 40 * Piece);
    private readonly TorrentClient _seed;
    private readonly NetworkBinding _binding;
    private readonly TorrentClient _leecher;

    public NetworkDownTests()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "The loopback interface has one address, or another name.");
        _interfaces.Have(FakeInterfaces.Of("lo", "127.0.0.5"));
        _seed = new TorrentClient(Settings with { BindAddress = IPAddress.Loopback, Limits = new RateLimits(0, 256 * 1024) });
        _binding = new NetworkBinding(new BindTarget("lo", null), _interfaces, TimeProvider.System);
        _leecher = new TorrentClient(
            Settings with { BindInterface = "lo", Dht = new DhtSettings { IsEnabled = true }, LocalDiscovery = true }, _binding, TimeProvider.System);
    }

    private static ClientSettings Settings => new() { DiskThreads = 1, StatusInterval = TimeSpan.FromSeconds(1) };

    private TorrentStatus Status => _leecher.GetStatus(_torrent.Metainfo.TorrentId)!;

    [Fact]
    public async Task A_download_whose_interface_disappears_reports_NetworkDown_and_continues_when_it_returns_with_another_address()
    {
        await StartAsync();
        await TestEngine.UntilAsync(() => Status is { ConnectedPeers: 1, CompletedSize: > 0 });
        int port = Assert.Single(_leecher.GetClientStatus().ListenEndPoints).Port;
        Assert.Equal(["127.0.0.5"], Addresses());

        _interfaces.Change();
        await TestEngine.UntilAsync(() => Status.ConnectedPeers == 0 && _leecher.GetClientStatus() is { ListenEndPoints.Count: 0, Dht.EndPoints.Count: 0 });

        Assert.Equal(TorrentState.Downloading, Status.State);
        TorrentError warning = Assert.Single(Status.Warnings);
        Assert.Equal(TorrentErrorId.NetworkDown, warning.Id);
        Assert.Equal(warning, _leecher.GetClientStatus().Warning);
        ClosedPeer closed = _leecher.GetClosedPeers(_torrent.Metainfo.TorrentId)[0];
        Assert.Contains("network", closed.Reason, StringComparison.OrdinalIgnoreCase);
        long before = Status.CompletedSize;
        Assert.True(before < _torrent.Metainfo.ContentSize);

        _interfaces.Change(FakeInterfaces.Of("lo", "127.0.0.6"));
        await TestEngine.UntilAsync(() => Status.State == TorrentState.Seeding);

        Assert.Empty(Status.Warnings);
        Assert.Null(_leecher.GetClientStatus().Warning);
        Assert.Equal(["127.0.0.6"], Addresses());
        Assert.Equal(port, Assert.Single(_leecher.GetClientStatus().ListenEndPoints).Port);
        _torrent.AssertIsIn(_folder.Path);
    }

    [Fact]
    public async Task A_torrent_started_while_the_interface_is_missing_waits_for_it()
    {
        _interfaces.Change();
        await TestEngine.UntilAsync(() => _leecher.GetClientStatus().ListenEndPoints.Count == 0);
        await StartAsync();
        await TestEngine.UntilAsync(() => Status.State == TorrentState.Downloading);
        Assert.Equal((TorrentErrorId.NetworkDown, 0), (Assert.Single(Status.Warnings).Id, Status.ConnectedPeers));

        _interfaces.Change(FakeInterfaces.Of("lo", "127.0.0.6"));

        await TestEngine.UntilAsync(() => Status is { Warnings.Count: 0, ConnectedPeers: 1 } or { State: TorrentState.Seeding });
    }

    [Fact]
    public async Task A_suspended_torrent_neither_warns_nor_continues_when_the_interface_returns()
    {
        await StartAsync();
        await TestEngine.UntilAsync(() => Status.ConnectedPeers == 1);
        _leecher.Post(new SuspendTorrent(2, _torrent.Metainfo.TorrentId));
        await TestEngine.UntilAsync(() => Status.State == TorrentState.Suspended);

        _interfaces.Change();
        await TestEngine.UntilAsync(() => _leecher.GetClientStatus().ListenEndPoints.Count == 0);
        Assert.Empty(Status.Warnings);
        _interfaces.Change(FakeInterfaces.Of("lo", "127.0.0.5"));
        await TestEngine.UntilAsync(() => _leecher.GetClientStatus().ListenEndPoints.Count == 1);

        Assert.Equal((TorrentState.Suspended, 0), (Status.State, Status.ConnectedPeers));
    }

    [Fact]
    public async Task The_bound_interface_can_be_changed_while_an_engine_runs()
    {
        _interfaces.Have(FakeInterfaces.Of("lo", "127.0.0.5", "127.0.0.7"));
        await StartAsync();
        await TestEngine.UntilAsync(() => Status.ConnectedPeers == 1);

        Assert.Empty(await _leecher.ApplyAsync(_leecher.Settings with { BindInterface = "127.0.0.7" }, TestContext.Current.CancellationToken));
        Assert.Equal(["127.0.0.7"], Addresses());
        await TestEngine.UntilAsync(() => Status.ConnectedPeers == 1 || Status.State == TorrentState.Seeding);
        Assert.All(_seed.GetPeers(_torrent.Metainfo.TorrentId), peer => Assert.Equal("127.0.0.7", peer.EndPoint.Address.ToString()));

        Assert.Empty(await _leecher.ApplyAsync(_leecher.Settings with { BindInterface = "nosuch0" }, TestContext.Current.CancellationToken));
        Assert.Equal(TorrentErrorId.NetworkDown, _leecher.GetClientStatus().Warning?.Id);
    }

    public async ValueTask DisposeAsync()
    {
        await _leecher.DisposeAsync();
        await _seed.DisposeAsync();
        Assert.False(_interfaces.IsWatched);
        _seedFolder.Dispose();
        _folder.Dispose();
    }

    private string[] Addresses() => [.. _leecher.GetClientStatus().ListenEndPoints
        .Concat(_leecher.GetClientStatus().Dht!.EndPoints).Select(endPoint => endPoint.Address.ToString()).Distinct()];

    private async Task StartAsync()
    {
        _torrent.WriteTo(_seedFolder.Path);
        _seed.Post(new CreateNewTorrent(1, _torrent.Metainfo, _seedFolder.Path) { ResumeStore = new MemoryResumeStore() });
        await TestEngine.UntilAsync(() => _seed.GetStatus(_torrent.Metainfo.TorrentId) is { State: TorrentState.Seeding });
        _leecher.Post(new CreateNewTorrent(1, _torrent.Metainfo, _folder.Path)
        {
            ResumeStore = new MemoryResumeStore(),
            Peers = [_seed.GetClientStatus().ListenEndPoints[0]],
        });
        await TestEngine.UntilAsync(() => _leecher.GetStatus(_torrent.Metainfo.TorrentId) is not null);
    }
}

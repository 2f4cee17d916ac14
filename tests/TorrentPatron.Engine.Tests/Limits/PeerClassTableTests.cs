using System.Net;
using Microsoft.Extensions.Time.Testing;
using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Limits;
using TorrentPatron.Engine.Network;
using TorrentPatron.Protocol.Proxies;

namespace TorrentPatron.Engine.Tests.Limits;

public sealed class PeerClassTableTests : IDisposable
{
    private readonly FakeTimeProvider _time = new();
    private readonly RateLimiter _download, _upload;
    private readonly PeerClassTable _table;

    public PeerClassTableTests()
    {
        (_download, _upload) = (new RateLimiter(_time, 1000), new RateLimiter(_time, 1000));
        _table = new PeerClassTable(new ClientSettings(), _download, _upload, _time);
    }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("10.1.2.3", true)]
    [InlineData("172.16.0.1", true)]
    [InlineData("172.31.255.255", true)]
    [InlineData("172.32.0.1", false)]
    [InlineData("192.168.1.1", true)]
    [InlineData("::ffff:192.168.1.1", true)]
    [InlineData("169.254.7.7", true)]
    [InlineData("fe80::1%3", true)]
    [InlineData("fd12::1", true)]
    [InlineData("100.64.0.1", false)]
    [InlineData("8.8.8.8", false)]
    [InlineData("2001:db8::1", false)]
    public void Private_and_link_local_addresses_are_the_local_network_and_exempt_from_the_overall_limits(string address, bool isLocal)
    {
        PeerClassLimits found = _table.Of(IPAddress.Parse(address));

        Assert.Equal(isLocal ? PeerClass.Local : "", found.Name);
        Assert.Equal(isLocal, found.IsPreferred);
        Assert.Equal(isLocal, found.Download.Rate == 0 && found.Upload.Rate == 0);
        Assert.Equal(!isLocal, found.Download == _download && found.Upload == _upload);
    }

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("127.8.0.1")]
    [InlineData("::1")]
    public void The_addresses_of_this_machine_are_not_its_local_network(string address)
    {
        PeerClassLimits found = _table.Of(IPAddress.Parse(address));

        Assert.Equal("", found.Name);
        Assert.Same(_upload, found.Upload);
    }

    [Fact]
    public void The_local_network_can_be_limited_and_stays_preferred()
    {
        _table.Apply(new ClientSettings { LimitLocalPeers = true });
        PeerClassLimits found = _table.Of(IPAddress.Parse("10.0.0.1"));

        Assert.Equal((PeerClass.Local, true), (found.Name, found.IsPreferred));
        Assert.Same(_download, found.Download);
        Assert.Same(_upload, found.Upload);
    }

    [Fact]
    public void Addresses_reached_through_a_proxy_are_not_local()
    {
        Assert.True(ProxySettings.TryParse("socks5://127.0.0.1:1080", out ProxySettings? proxy, out _));
        Assert.Equal("", _table.Of(new HostAddress("printer")).Name);

        _table.Apply(new ClientSettings { Proxy = proxy with { Uses = ProxyUses.Trackers } });
        Assert.Equal(PeerClass.Local, _table.Of(IPAddress.Parse("10.0.0.1")).Name);
        _table.Apply(new ClientSettings { Proxy = proxy });
        Assert.Equal("", _table.Of(IPAddress.Parse("10.0.0.1")).Name);
    }

    [Fact]
    public void A_peer_belongs_to_the_first_class_that_contains_its_address()
    {
        _table.Apply(new ClientSettings
        {
            PeerClasses =
            [
                Class("server", "10.0.0.5") with { MaxUploadRate = 500 },
                Class("office", "10.0.0.0/8, 2001:db8::/32") with { MaxUploadRate = 0, MaxDownloadRate = 300, IsPreferred = true },
            ],
        });

        PeerClassLimits server = _table.Of(IPAddress.Parse("10.0.0.5")), office = _table.Of(IPAddress.Parse("2001:db8::9"));
        Assert.Equal(("server", false, 500), (server.Name, server.IsPreferred, server.Upload.Rate));
        Assert.Same(_download, server.Download);
        Assert.Equal(("office", true, 0, 300), (office.Name, office.IsPreferred, office.Upload.Rate, office.Download.Rate));
        Assert.Same(office, _table.Of(IPAddress.Parse("10.0.0.6")));
        Assert.Equal(PeerClass.Local, _table.Of(IPAddress.Parse("192.168.0.1")).Name);
    }

    [Fact]
    public void A_class_keeps_its_limiter_when_its_limit_changes_and_has_a_different_one_from_the_patron()
    {
        _table.Apply(new ClientSettings { PeerClasses = [Class("office", "10.0.0.0/8") with { MaxUploadRate = 500 }] });
        RateLimiter before = _table.Of(IPAddress.Parse("10.0.0.1")).Upload;
        _table.Apply(new ClientSettings { PeerClasses = [Class("office", "10.0.0.0/8") with { MaxUploadRate = 700 }] });

        Assert.Same(before, _table.Of(IPAddress.Parse("10.0.0.1")).Upload);
        Assert.Equal(700, before.Rate);
        Assert.NotSame(_upload, before);
    }

    [Fact]
    public async Task A_connected_peer_follows_changed_classes_and_leaves_the_old_classes_limit()
    {
        using RateLimiter download = new(_time, 0), upload = new(_time, 0);
        var peer = new PeerLimits(download, upload, _table, IPAddress.Parse("80.1.1.1"));
        await peer.Upload.AcquireAsync(100_000, Cancel);
        Task waiting = peer.Upload.AcquireAsync(1, Cancel).AsTask();
        Assert.False(waiting.IsCompleted);

        _table.Apply(new ClientSettings { PeerClasses = [Class("friends", "80.1.1.0/24") with { MaxUploadRate = 50 }] });
        await waiting.WaitAsync(TimeSpan.FromSeconds(30), Cancel);
        Assert.Equal("friends", peer.Class.Name);
        await peer.Upload.AcquireAsync(100_000, Cancel);
        waiting = peer.Upload.AcquireAsync(1, Cancel).AsTask();
        Assert.False(waiting.IsCompleted);

        _table.Apply(new ClientSettings());
        await waiting.WaitAsync(TimeSpan.FromSeconds(30), Cancel);
        Assert.Equal("", peer.Class.Name);
        Assert.Same(_upload, peer.Upload.Shared);
    }

    [Fact]
    public async Task A_torrents_own_limit_also_applies_to_the_local_network()
    {
        using RateLimiter download = new(_time, 0), upload = new(_time, 1000);
        var peer = new PeerLimits(download, upload, _table, IPAddress.Parse("192.168.1.1"));
        Assert.True(peer.Download.IsUnlimited);
        Assert.False(peer.Upload.IsUnlimited);
        await peer.Upload.AcquireAsync(10_000, Cancel);
        Assert.False(peer.Upload.AcquireAsync(1, Cancel).AsTask().IsCompleted);
    }

    [Fact]
    public void Settings_that_do_not_change_the_classes_invalidate_nothing()
    {
        var settings = new ClientSettings { PeerClasses = [Class("office", "10.0.0.0/8")] };
        _table.Apply(settings);
        PeerClassLimits before = _table.Of(IPAddress.Parse("10.0.0.1"));
        _table.Apply(settings with { MaxPeers = 7, Limits = new RateLimits(1, 1) });
        _table.Apply(new ClientSettings { PeerClasses = [Class("office", "10.0.0.0/8")] });

        Assert.False(before.IsOutdated);
        Assert.Same(before, _table.Of(IPAddress.Parse("10.0.0.1")));
    }

    public void Dispose()
    {
        _table.Dispose();
        _download.Dispose();
        _upload.Dispose();
    }

    private static PeerClass Class(string name, string range)
    {
        Assert.True(PeerClass.TryMake(name, [range], out PeerClass? made, out TorrentError? error), error?.Message);
        return made;
    }
}

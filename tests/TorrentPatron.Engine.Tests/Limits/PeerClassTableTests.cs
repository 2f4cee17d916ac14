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
    public void Private_and_link_local_addresses_are_the_local_network_which_the_limits_of_all_do_not_hold_for(string address, bool isLocal)
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
    public void This_machine_is_not_its_own_local_network(string address)
    {
        PeerClassLimits found = _table.Of(IPAddress.Parse(address));

        Assert.Equal("", found.Name);
        Assert.Same(_upload, found.Upload);
    }

    [Fact]
    public void The_local_network_is_limited_where_it_is_to_be_and_stays_preferred()
    {
        _table.Apply(new ClientSettings { LimitLocalPeers = true });
        PeerClassLimits found = _table.Of(IPAddress.Parse("10.0.0.1"));

        Assert.Equal((PeerClass.Local, true), (found.Name, found.IsPreferred));
        Assert.Same(_download, found.Download);
        Assert.Same(_upload, found.Upload);
    }

    [Fact]
    public void Addresses_reached_by_a_proxy_are_not_local()
    {
        Assert.True(ProxySettings.TryParse("socks5://127.0.0.1:1080", out ProxySettings? proxy, out _));
        Assert.Equal("", _table.Of(new HostAddress("printer")).Name);

        _table.Apply(new ClientSettings { Proxy = proxy with { Uses = ProxyUses.Trackers } });
        Assert.Equal(PeerClass.Local, _table.Of(IPAddress.Parse("10.0.0.1")).Name);
        _table.Apply(new ClientSettings { Proxy = proxy });
        Assert.Equal("", _table.Of(IPAddress.Parse("10.0.0.1")).Name);
    }

    [Fact]
    public void The_first_class_that_has_an_address_has_the_peer()
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
    public void A_class_keeps_what_it_has_taken_when_its_limit_changes_and_the_patrons_is_another()
    {
        _table.Apply(new ClientSettings { PeerClasses = [Class("office", "10.0.0.0/8") with { MaxUploadRate = 500 }] });
        RateLimiter before = _table.Of(IPAddress.Parse("10.0.0.1")).Upload;
        _table.Apply(new ClientSettings { PeerClasses = [Class("office", "10.0.0.0/8") with { MaxUploadRate = 700 }] });

        Assert.Same(before, _table.Of(IPAddress.Parse("10.0.0.1")).Upload);
        Assert.Equal(700, before.Rate);
        Assert.NotSame(_upload, before);
    }

    [Fact]
    public async Task A_connected_peer_follows_the_classes_and_waits_no_longer_in_a_limit_that_is_not_its_own()
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
    public async Task A_torrents_own_limit_holds_for_the_local_network_too()
    {
        using RateLimiter download = new(_time, 0), upload = new(_time, 1000);
        var peer = new PeerLimits(download, upload, _table, IPAddress.Parse("192.168.1.1"));
        Assert.True(peer.Download.IsUnlimited);
        Assert.False(peer.Upload.IsUnlimited);
        await peer.Upload.AcquireAsync(10_000, Cancel);
        Assert.False(peer.Upload.AcquireAsync(1, Cancel).AsTask().IsCompleted);
    }

    [Fact]
    public void Settings_that_leave_the_classes_as_they_are_outdate_nothing()
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

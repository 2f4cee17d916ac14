using System.Collections.ObjectModel;
using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Time.Testing;
using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Network;
using TorrentPatron.Engine.PortMapping;

namespace TorrentPatron.Engine.Tests.PortMapping;

public sealed class PortMapperTests
{
    private static readonly MappablePort[] Both = [new(ProtocolType.Tcp, 6881), new(ProtocolType.Udp, 6882)];

    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 11, 29, 12, 0, 0, TimeSpan.Zero));
    private readonly List<Exception> _faults = [];
    private MappablePort[] _wanted = Both;
    private int _changes;

    private static ReadOnlyCollection<NetworkGateway> Gateways6 => new([new NetworkGateway(FakeRouter.Address6, FakeRouter.Local6)]);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Ports_are_mapped_by_PCP_and_unmapped_at_the_end()
    {
        var router = new FakeRouter(_time) { SpeaksPcp = true };
        PortMapper mapper = Start(router);

        await UntilAsync(() => mapper.Mappings.Count == 2);
        Assert.Equal("TCP 6881 as 203.0.113.7:6881 by PCP", mapper.Mappings[0].ToString());
        Assert.Equal("UDP 6882 as 203.0.113.7:6882 by PCP", mapper.Mappings[1].ToString());
        Assert.Equal(PortMappingMeans.Pcp, mapper.Mappings[0].Means);
        Assert.Equal(FakeRouter.Address, mapper.Mappings[0].Gateway);
        Assert.InRange(mapper.Mappings[0].ExpiresAt!.Value - _time.GetUtcNow(), TimeSpan.FromMinutes(59), TimeSpan.FromMinutes(60));
        Assert.Null(mapper.Problem);
        Assert.Equal(2, router.Mapped.Count);
        Assert.NotEqual(router.Mapped[(ProtocolType.Tcp, 6881)].Nonce, router.Mapped[(ProtocolType.Udp, 6882)].Nonce);
        Assert.All(router.Asked, asked => Assert.Equal(FakeRouter.Address, asked.To.Address));

        await EndAsync(mapper);
        Assert.Empty(router.Mapped);
    }

    [Fact]
    public async Task A_router_with_NAT_PMP_only_is_asked_by_NAT_PMP()
    {
        var router = new FakeRouter(_time) { SpeaksNatPmp = true };
        PortMapper mapper = Start(router);

        await UntilAsync(() => mapper.Mappings.Count == 2);
        Assert.Equal("TCP 6881 as 203.0.113.7:6881 by NAT-PMP", mapper.Mappings[0].ToString());

        await EndAsync(mapper);
        Assert.Empty(router.Mapped);
    }

    [Fact]
    public async Task A_router_with_UPnP_only_is_found_and_asked_by_UPnP()
    {
        var router = new FakeRouter(_time) { Description = "http://192.168.1.1:5000/rootDesc.xml" };
        PortMapper mapper = Start(router);

        await UntilAsync(() => mapper.Mappings.Count == 2);
        Assert.Equal("TCP 6881 as 203.0.113.7:6881 by UPnP", mapper.Mappings[0].ToString());
        Assert.Equal((6881, "192.168.1.5"), router.Mapped[(ProtocolType.Tcp, 6881)]);

        await EndAsync(mapper);
        Assert.Empty(router.Mapped);
    }

    [Theory]
    [InlineData(true, PortMappingMeans.Pcp)]
    [InlineData(false, PortMappingMeans.Upnp)]
    public async Task Over_IPv6_the_firewall_is_opened_for_each_port_until_the_end(bool speaksPcp, PortMappingMeans means)
    {
        _wanted = [.. Both.Select(port => port with { Family = AddressFamily.InterNetworkV6 })];
        var router = new FakeRouter(_time) { SpeaksPcp = speaksPcp, HasFirewall = !speaksPcp, Gateways = Gateways6 };
        PortMapper mapper = Start(router);

        await UntilAsync(() => mapper.Mappings.Count == 2);
        Assert.Equal($"TCP 6881 as [2001:db8::5]:6881 by {(speaksPcp ? "PCP" : "UPnP")}", mapper.Mappings[0].ToString());
        Assert.Equal($"UDP 6882 as [2001:db8::5]:6882 by {(speaksPcp ? "PCP" : "UPnP")}", mapper.Mappings[1].ToString());
        Assert.Equal((means, FakeRouter.Address6), (mapper.Mappings[0].Means, mapper.Mappings[0].Gateway));
        Assert.Equal([(ProtocolType.Tcp, 6881), (ProtocolType.Udp, 6882)], router.Holes.Keys.OrderBy(hole => hole.Port));
        // Trackers receive the router's port over IPv4 only.
        Assert.Equal(0, mapper.ExternalPort(ProtocolType.Tcp, 6881));
        Assert.Null(mapper.Problem);
        Assert.All(router.Dialled, dialled => Assert.Equal(FakeRouter.Outside6, dialled.Address));

        await EndAsync(mapper);
        Assert.Empty(router.Holes);
    }

    [Fact]
    public async Task A_hole_in_the_firewall_is_renewed_and_created_again_if_the_router_has_lost_it()
    {
        _wanted = [new MappablePort(ProtocolType.Tcp, 6881, AddressFamily.InterNetworkV6)];
        var router = new FakeRouter(_time) { HasFirewall = true, Gateways = Gateways6 };
        await using PortMapper mapper = Start(router);
        await UntilAsync(() => mapper.Mappings.Count == 1);
        DateTimeOffset first = mapper.Mappings[0].ExpiresAt!.Value;

        await UntilAsync(() => mapper.Mappings is [{ ExpiresAt: { } renewed }] && renewed > first);
        DateTimeOffset second = mapper.Mappings[0].ExpiresAt!.Value;
        router.Holes.Clear();
        await UntilAsync(() => mapper.Mappings is [{ ExpiresAt: { } renewed }] && renewed > second);

        Assert.Single(router.Holes);
    }

    [Theory]
    [InlineData("http://[2001:db8:1::1]:5000/rootDesc.xml")]
    [InlineData("http://[::1]:5000/rootDesc.xml")]
    [InlineData("http://[2001:db8::5]:5000/rootDesc.xml")]
    [InlineData("http://192.168.1.1:5000/rootDesc.xml")]
    public async Task A_firewall_is_asked_only_at_other_addresses_of_our_own_network(string description)
    {
        _wanted = [new MappablePort(ProtocolType.Tcp, 6881, AddressFamily.InterNetworkV6)];
        var router = new FakeRouter(_time) { HasFirewall = true, Description6 = description, Gateways = Gateways6 };
        await using PortMapper mapper = Start(router);

        await UntilAsync(() => mapper.Problem is not null);

        Assert.Equal("The router answers neither PCP nor UPnP over IPv6.", mapper.Problem);
        Assert.Empty(router.Dialled);
    }

    [Fact]
    public async Task A_router_without_a_firewall_to_ask_does_not_hide_that_IPv4_is_mapped()
    {
        _wanted = [.. Both, .. Both.Select(port => port with { Family = AddressFamily.InterNetworkV6 })];
        var router = new FakeRouter(_time) { SpeaksNatPmp = true, Gateways = new([new(FakeRouter.Address, FakeRouter.Local), .. Gateways6]) };
        await using PortMapper mapper = Start(router);

        await UntilAsync(() => mapper.Mappings.Count == 2);
        await PassAsync(TimeSpan.FromMinutes(1));

        Assert.Null(mapper.Problem);
        Assert.Equal(6881, mapper.ExternalPort(ProtocolType.Tcp, 6881));
    }

    [Fact]
    public async Task An_external_port_other_than_ours_is_reported_and_kept()
    {
        var router = new FakeRouter(_time) { SpeaksPcp = true, PortShift = 100 };
        await using PortMapper mapper = Start(router);

        await UntilAsync(() => mapper.Mappings.Count == 2);
        Assert.Equal(6981, mapper.ExternalPort(ProtocolType.Tcp, 6881));
        Assert.Equal(6982, mapper.ExternalPort(ProtocolType.Udp, 6882));
        Assert.Equal(0, mapper.ExternalPort(ProtocolType.Tcp, 6882));
        Assert.InRange(_changes, 1, 2);

        await PassAsync(TimeSpan.FromMinutes(25));
        Assert.Equal([6981, 6982], router.Mapped.Keys.Select(key => key.External).Order());
    }

    [Fact]
    public async Task A_mapping_is_renewed_with_its_nonce_after_half_of_its_lifetime()
    {
        var router = new FakeRouter(_time) { SpeaksPcp = true, Lifetime = 600 };
        await using PortMapper mapper = Start(router);
        await UntilAsync(() => mapper.Mappings.Count == 2);
        string nonce = router.Mapped[(ProtocolType.Tcp, 6881)].Nonce;
        DateTimeOffset before = mapper.Mappings[0].ExpiresAt!.Value;
        int asked = router.Asked.Count;

        await PassAsync(TimeSpan.FromMinutes(4));
        Assert.Equal(asked, router.Asked.Count);
        await UntilAsync(() => mapper.Mappings.Count == 2 && mapper.Mappings[0].ExpiresAt > before);

        Assert.Equal(nonce, router.Mapped[(ProtocolType.Tcp, 6881)].Nonce);
        Assert.InRange(before - _time.GetUtcNow(), TimeSpan.FromMinutes(3), TimeSpan.FromMinutes(5));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_restarted_router_is_asked_again(bool isSaid)
    {
        var router = new FakeRouter(_time) { SpeaksPcp = true };
        await using PortMapper mapper = Start(router);
        await UntilAsync(() => mapper.Mappings.Count == 2);
        await PassAsync(TimeSpan.FromMinutes(2));
        DateTimeOffset restarted = _time.GetUtcNow();

        router.Restart(isSaid);
        await UntilAsync(() => router.Mapped.Count == 2);

        // At once after an announcement; else at the next renewal.
        Assert.InRange(_time.GetUtcNow() - restarted, TimeSpan.Zero, isSaid ? TimeSpan.FromSeconds(30) : TimeSpan.FromMinutes(21));
    }

    [Fact]
    public async Task A_restart_reported_by_others_is_ignored()
    {
        var router = new FakeRouter(_time) { SpeaksPcp = true };
        await using PortMapper mapper = Start(router);
        await UntilAsync(() => mapper.Mappings.Count == 2);
        await PassAsync(TimeSpan.FromMinutes(2));
        int asked = router.Asked.Count;

        router.Restart(isSaid: true, by: FakeRouter.Stranger);
        await PassAsync(TimeSpan.FromMinutes(2));

        Assert.Equal(asked, router.Asked.Count);
    }

    [Fact]
    public async Task Answers_from_others_or_to_other_requests_are_ignored()
    {
        var router = new FakeRouter(_time)
        {
            SpeaksPcp = true,
            Say = answer =>
            {
                byte[] forged = [.. answer];
                (forged[^1], forged[42]) = (66, 0x50);
                byte[] guessed = [.. forged];
                guessed[24] ^= 1;
                return [(FakeRouter.Stranger, forged), (FakeRouter.Address, guessed), (FakeRouter.Address, [2, 0x81]), (FakeRouter.Address, answer)];
            },
        };
        await using PortMapper mapper = Start(router);

        await UntilAsync(() => mapper.Mappings.Count == 2);
        Assert.All(mapper.Mappings, mapping => Assert.Equal(IPAddress.Parse("203.0.113.7"), mapping.ExternalAddress));
        Assert.Equal([6881, 6882], mapper.Mappings.Select(mapping => mapping.ExternalPort));
    }

    [Theory]
    [InlineData("http://127.0.0.1:631/printers")]
    [InlineData("http://192.168.1.66/rootDesc.xml")]
    [InlineData("http://router.example/rootDesc.xml")]
    [InlineData("http://[::1]/")]
    public async Task Only_the_router_is_asked_for_a_description(string location)
    {
        var router = new FakeRouter(_time) { Description = location };
        await using PortMapper mapper = Start(router);

        await UntilAsync(() => mapper.Problem is not null);

        Assert.Empty(router.Dialled);
        Assert.Empty(mapper.Mappings);
    }

    [Fact]
    public async Task A_search_answer_from_a_host_other_than_the_router_is_ignored()
    {
        var router = new FakeRouter(_time)
        {
            Description = "http://192.168.1.1:5000/rootDesc.xml",
            Say = answer => [(FakeRouter.Stranger, answer)],
        };
        await using PortMapper mapper = Start(router);

        await UntilAsync(() => mapper.Problem is not null);

        Assert.Empty(router.Dialled);
    }

    [Fact]
    public async Task A_permanent_mapping_is_requested_from_a_router_that_supports_no_others()
    {
        var router = new FakeRouter(_time) { Description = "http://192.168.1.1:5000/rootDesc.xml", UpnpFault = (_, lease) => lease == 0 ? null : 725 };
        PortMapper mapper = Start(router);

        await UntilAsync(() => mapper.Mappings.Count == 2);
        Assert.Null(mapper.Mappings[0].ExpiresAt);

        await EndAsync(mapper);
        Assert.Empty(router.Mapped);
    }

    [Fact]
    public async Task If_the_external_port_is_in_use_a_different_one_is_requested()
    {
        var router = new FakeRouter(_time) { Description = "http://192.168.1.1:5000/rootDesc.xml", UpnpFault = (external, _) => external == 6881 ? 718 : null };
        await using PortMapper mapper = Start(router);

        await UntilAsync(() => mapper.Mappings.Count == 2);

        Assert.InRange(mapper.ExternalPort(ProtocolType.Tcp, 6881), 10_000, 60_000);
    }

    [Fact]
    public async Task A_port_no_longer_needed_is_unmapped_and_its_successor_is_mapped()
    {
        var router = new FakeRouter(_time) { SpeaksPcp = true };
        await using PortMapper mapper = Start(router);
        await UntilAsync(() => mapper.Mappings.Count == 2);

        _wanted = [new(ProtocolType.Tcp, 7001), Both[1]];
        mapper.Refresh();
        await UntilAsync(() => mapper.ExternalPort(ProtocolType.Tcp, 7001) == 7001);

        Assert.Equal([6882, 7001], router.Mapped.Keys.Select(key => key.External).Order());
        _wanted = [];
        mapper.Refresh();
        await UntilAsync(() => router.Mapped.IsEmpty && mapper.Mappings.Count == 0);
    }

    [Fact]
    public async Task No_router_is_asked_without_a_port_to_map()
    {
        var router = new FakeRouter(_time) { SpeaksPcp = true };
        _wanted = [];
        await using PortMapper mapper = Start(router);

        await PassAsync(TimeSpan.FromMinutes(5));

        Assert.Empty(router.Asked);
        Assert.Null(mapper.Problem);
    }

    [Fact]
    public async Task A_machine_that_moves_to_a_different_router_asks_the_new_one()
    {
        var router = new FakeRouter(_time) { SpeaksPcp = true, Gateways = [] };
        await using PortMapper mapper = Start(router);
        await PassAsync(TimeSpan.FromMinutes(3));
        Assert.Empty(router.Asked);

        router.Gateways = [new(FakeRouter.Address, FakeRouter.Local)];
        await UntilAsync(() => mapper.Mappings.Count == 2);
    }

    [Fact]
    public async Task A_silent_router_is_asked_rarely_and_does_not_delay_the_end()
    {
        var router = new FakeRouter(_time);
        PortMapper mapper = Start(router);
        await UntilAsync(() => mapper.Problem is not null);
        Assert.Equal("The router does not answer PCP, NAT-PMP or UPnP.", mapper.Problem);
        int asked = router.Asked.Count;
        await PassAsync(TimeSpan.FromMinutes(4));
        Assert.InRange(router.Asked.Count, asked + 1, 3 * asked);

        router.SpeaksPcp = true;
        mapper.Refresh();
        await UntilAsync(() => mapper.Mappings.Count == 2);
        router.SpeaksPcp = false;
        DateTimeOffset before = _time.GetUtcNow();
        await EndAsync(mapper);
        Assert.InRange(_time.GetUtcNow() - before, TimeSpan.Zero, TimeSpan.FromSeconds(5));
    }

    private PortMapper Start(FakeRouter router) =>
        new(router, () => _wanted, _time, () => Interlocked.Increment(ref _changes), fault => { lock (_faults) _faults.Add(fault); });

    private async Task EndAsync(PortMapper mapper)
    {
        Task ended = mapper.DisposeAsync().AsTask();
        await UntilAsync(() => ended.IsCompleted);
        await ended;
    }

    /// <summary>Advances the clock until a condition holds.</summary>
    private async Task UntilAsync(Func<bool> condition)
    {
        for (int i = 0; !condition(); i++)
        {
            Assert.True(i < 20_000, "It never was so.");
            await Task.Delay(i < 20 ? 1 : 2, Cancel);
            _time.Advance(TimeSpan.FromMilliseconds(250));
        }

        Assert.Empty(_faults);
    }

    private async Task PassAsync(TimeSpan span)
    {
        for (TimeSpan passed = TimeSpan.Zero; passed < span; passed += TimeSpan.FromSeconds(1))
        {
            await Task.Delay(1, Cancel);
            _time.Advance(TimeSpan.FromSeconds(1));
        }

        Assert.Empty(_faults);
    }
}

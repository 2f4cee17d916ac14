using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Time.Testing;
using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Network;

namespace TorrentPatron.Engine.Tests.Network;

/// <summary>The binding of sockets as interfaces and addresses come and go.</summary>
public sealed class NetworkBindingTests
{
    private readonly FakeInterfaces _interfaces = new();
    private readonly FakeTimeProvider _time = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public void Without_a_target_everything_is_allowed_and_the_system_is_not_asked()
    {
        NetworkBinding binding = Bind(null);

        Assert.False(binding.IsUsed);
        Assert.Equal([IPAddress.Any, IPAddress.IPv6Any], binding.Current.Addresses);
        Assert.Null(binding.Current.Down);
        Assert.Equal(0, _interfaces.Asked);
    }

    [Fact]
    public void An_interface_gives_one_address_per_IP_version_and_no_link_local_one()
    {
        _interfaces.Have(FakeInterfaces.Of("eth0", "192.0.2.1"), FakeInterfaces.Of("tun0", "fe80::1", "169.254.1.1", "10.8.0.2", "10.8.0.3", "fd00::2"));

        Assert.Equal(["10.8.0.2", "fd00::2"], Bind("tun0").Current.Addresses.Select(address => address.ToString()));
    }

    [Fact]
    public void An_address_leads_to_the_interface_that_has_it_and_the_other_IP_version_is_not_used()
    {
        _interfaces.Have(FakeInterfaces.Of("eth0", "192.0.2.1"), FakeInterfaces.Of("tun0", "10.8.0.2", "fd00::2"));

        foreach (NetworkBinding binding in new[] { Bind("10.8.0.2"), Bind(null, "10.8.0.2") })
            Assert.Equal(("tun0", "10.8.0.2", null), (binding.Current.Interface?.Name, binding.Current.IPv4?.ToString(), binding.Current.IPv6));
    }

    [Theory]
    [InlineData("tun9", null, "There is no network interface 'tun9'; there are eth0, tun0, tun1, tun2.")]
    [InlineData("tun1", null, "The network interface 'tun1' is down.")]
    [InlineData("tun2", null, "The network interface 'tun2' has no address.")]
    [InlineData("tun0", "10.8.0.9", "The network interface 'tun0' does not have the address 10.8.0.9.")]
    [InlineData(null, "10.8.0.9", "No network interface has the address 10.8.0.9.")]
    [InlineData("10.8.1.2", null, "The network interface 'tun1', which has the address 10.8.1.2, is down.")]
    public void A_missing_interface_or_address_is_reported_and_nothing_is_allowed(string? name, string? address, string message)
    {
        _interfaces.Have(
            FakeInterfaces.Of("eth0", "192.0.2.1"), FakeInterfaces.Of("tun0", "10.8.0.2"),
            FakeInterfaces.Of("tun1", "10.8.1.2") with { IsUp = false }, FakeInterfaces.Of("tun2", "fe80::1"));

        BoundAddresses bound = Bind(name, address).Current;

        Assert.Equal((TorrentErrorId.NetworkDown, message), (bound.Down?.Id, bound.Down?.Message));
        Assert.Empty(bound.Addresses);
    }

    [Fact]
    public void A_change_is_found_at_the_systems_event_or_seconds_later_and_reported_once()
    {
        _interfaces.Have(FakeInterfaces.Of("tun0", "10.8.0.2"));
        NetworkBinding binding = Bind("tun0");
        int told = 0;
        binding.Changed += () => told++;
        binding.Watch();
        Assert.Null(binding.Current.Down);

        _interfaces.Change();
        Assert.Equal((1, TorrentErrorId.NetworkDown), (told, binding.Latest.Down?.Id));
        _interfaces.Change();
        Assert.Equal(1, told);

        _interfaces.Have(FakeInterfaces.Of("tun0", "10.8.0.7"));
        Assert.NotNull(binding.Current.Down);
        _time.Advance(NetworkBinding.LongestAge);
        Assert.Equal("10.8.0.7", binding.Current.IPv4?.ToString());
        Assert.Equal((2, 2), (told, binding.Changes));

        binding.Dispose();
        Assert.False(_interfaces.IsWatched);
    }

    [Fact]
    public void The_address_in_use_stays_while_the_interface_has_it()
    {
        _interfaces.Have(FakeInterfaces.Of("tun0", "10.8.0.2"));
        NetworkBinding binding = Bind("tun0");
        Assert.Equal("10.8.0.2", binding.Check().IPv4?.ToString());

        _interfaces.Have(FakeInterfaces.Of("tun0", "10.8.0.1", "10.8.0.2"));
        Assert.Equal("10.8.0.2", binding.Check().IPv4?.ToString());
        _interfaces.Have(FakeInterfaces.Of("tun0", "10.8.0.1"));
        Assert.Equal("10.8.0.1", binding.Check().IPv4?.ToString());
    }

    [Fact]
    public void If_the_system_lists_no_interfaces_the_last_result_is_kept_and_without_one_nothing_is_allowed()
    {
        _interfaces.Have(FakeInterfaces.Of("tun0", "10.8.0.2"));
        NetworkBinding known = Bind("tun0"), unknown = Bind("tun0");
        Assert.Null(known.Check().Down);
        _interfaces.Have(null);

        Assert.Null(known.Check().Down);
        Assert.NotNull(unknown.Check().Down);
        known.Bind(new BindTarget("tun1", null));
        Assert.NotNull(known.Latest.Down);
    }

    [Fact]
    public async Task When_the_interface_disappears_sockets_are_closed_and_nothing_is_dialled_opened_or_looked_up()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "The loopback interface has one address, or another name.");
        _interfaces.Have(FakeInterfaces.Of("lo", "127.0.0.5"));
        NetworkBinding binding = Bind("lo");
        var network = new SocketNetwork(binding);
        using IListener other = new SocketNetwork().Listen(new IPEndPoint(IPAddress.Loopback, 0));
        IConnection dialled = await network.ConnectAsync(other.LocalEndPoint, NetworkUse.Peers, Cancel);
        using IConnection accepted = await other.AcceptAsync(Cancel);
        Assert.Equal("127.0.0.5", accepted.RemoteEndPoint.Address.ToString());
        IListener listener = network.Listen(new IPEndPoint(network.LocalAddresses[0], 0));
        IDatagramSocket datagrams = network.OpenDatagrams(new IPEndPoint(network.LocalAddresses[0], 0), NetworkUse.Peers);
        Assert.Equal(3, network.OpenCount);
        Task<int> receiving = dialled.ReceiveAsync(new byte[1]).AsTask();
        Task<IConnection> accepting = listener.AcceptAsync(Cancel);

        _interfaces.Have();
        binding.Check();

        Assert.Equal(0, network.OpenCount);
        await Assert.ThrowsAsync<IOException>(() => receiving);
        await Assert.ThrowsAsync<IOException>(() => accepting);
        await EndAsync(accepted);
        await Assert.ThrowsAsync<IOException>(() => datagrams.SendAsync(new byte[1], other.LocalEndPoint, Cancel).AsTask());
        IOException refused = await Assert.ThrowsAsync<IOException>(() => network.ConnectAsync(other.LocalEndPoint, NetworkUse.Peers, Cancel));
        Assert.Contains("There is no network interface 'lo'", refused.Message, StringComparison.Ordinal);
        Assert.Throws<IOException>(() => network.Listen(new IPEndPoint(IPAddress.Loopback, 0)));
        Assert.Throws<IOException>(() => network.OpenDatagrams(new IPEndPoint(IPAddress.Loopback, 0), NetworkUse.Peers));
        Assert.Throws<IOException>(() => network.JoinGroup(new IPEndPoint(IPAddress.Parse("239.192.152.143"), 6771), IPAddress.Loopback));
        Assert.Equal(
            SocketError.NetworkDown,
            (await Assert.ThrowsAsync<SocketException>(() => network.ResolveAsync("localhost", NetworkUse.Trackers, Cancel))).SocketErrorCode);
        Assert.Empty(network.LocalAddresses);
        Assert.Empty(network.GroupAddresses);

        _interfaces.Have(FakeInterfaces.Of("lo", "127.0.0.6"));
        Assert.NotEmpty(await network.ResolveAsync("localhost", NetworkUse.Trackers, Cancel));
        using IConnection again = await network.ConnectAsync(other.LocalEndPoint, NetworkUse.Peers, Cancel);
        using IConnection seen = await other.AcceptAsync(Cancel);
        Assert.Equal("127.0.0.6", seen.RemoteEndPoint.Address.ToString());
    }

    [Fact]
    public async Task A_closed_connection_is_forgotten()
    {
        var network = new SocketNetwork(Bind(null));
        IListener listener = network.Listen(new IPEndPoint(IPAddress.Loopback, 0));
        IConnection dialled = await network.ConnectAsync(listener.LocalEndPoint, NetworkUse.Peers, Cancel), accepted = await listener.AcceptAsync(Cancel);
        Assert.Equal(3, network.OpenCount);

        dialled.Dispose();
        accepted.Dispose();
        listener.Dispose();

        Assert.Equal(0, network.OpenCount);
    }

    [Fact]
    public async Task A_socket_on_a_missing_interface_is_not_opened()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Interfaces are bound by number on this system.");
        _interfaces.Have(FakeInterfaces.Of("nosuch0", "127.0.0.5"));
        var network = new SocketNetwork(Bind("nosuch0"));

        await Assert.ThrowsAsync<IOException>(() => network.ConnectAsync(new IPEndPoint(IPAddress.Loopback, 9), NetworkUse.Peers, Cancel));
        Assert.Throws<IOException>(() => network.OpenDatagrams(new IPEndPoint(IPAddress.Parse("127.0.0.5"), 0), NetworkUse.Peers));
        Assert.Equal(0, network.OpenCount);
    }

    /// <summary>The other end is closed, orderly or by a reset.</summary>
    private static async Task EndAsync(IConnection connection)
    {
        try
        {
            Assert.Equal(0, await connection.ReceiveAsync(new byte[1]));
        }
        catch (IOException)
        {
            // Reset.
        }
    }

    private NetworkBinding Bind(string? name, string? address = null) =>
        new(BindTarget.Of(name, address is null ? null : IPAddress.Parse(address)), _interfaces, _time);
}

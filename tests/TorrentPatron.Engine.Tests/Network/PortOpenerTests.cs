using System.Net;
using System.Net.Sockets;
using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Network;
using TorrentPatron.Engine.Peers;

namespace TorrentPatron.Engine.Tests.Network;

public sealed class PortOpenerTests
{
    private readonly HashSet<IPEndPoint> _taken = [];
    private readonly List<Listener> _open = [];
    private bool _hasIPv6 = true;
    private int _nextFree = 50_000;

    [Theory]
    [InlineData(6881)]
    [InlineData(0)]
    public void Both_IP_versions_have_the_same_port(int port)
    {
        (ListenPorts ports, TorrentError? warning) = Open(port);

        Assert.Null(warning);
        Assert.Equal(port == 0 ? 50_000 : port, ports.Of(AddressFamily.InterNetwork));
        Assert.Equal(ports.Of(AddressFamily.InterNetwork), ports.Of(AddressFamily.InterNetworkV6));
    }

    [Fact]
    public void If_any_port_is_allowed_one_that_is_free_in_both_IP_versions_is_used()
    {
        _taken.Add(new IPEndPoint(IPAddress.IPv6Any, 50_000));
        _taken.Add(new IPEndPoint(IPAddress.IPv6Any, 50_001));

        (ListenPorts ports, TorrentError? warning) = Open(0);

        Assert.Null(warning);
        Assert.Equal((50_002, 50_002), (ports.Of(AddressFamily.InterNetwork), ports.Of(AddressFamily.InterNetworkV6)));
        Assert.Equal(2, _open.Count);
    }

    [Theory]
    [InlineData(false, "IPv4")]
    [InlineData(true, "IPv6")]
    public void A_port_used_by_another_program_is_not_announced_over_that_IP_version(bool isIPv6, string over)
    {
        _taken.Add(new IPEndPoint(isIPv6 ? IPAddress.IPv6Any : IPAddress.Any, 6881));
        (AddressFamily lost, AddressFamily kept) = isIPv6
            ? (AddressFamily.InterNetworkV6, AddressFamily.InterNetwork) : (AddressFamily.InterNetwork, AddressFamily.InterNetworkV6);

        (ListenPorts ports, TorrentError? warning) = Open(6881);

        Assert.Equal((0, 6881), (ports.Of(lost), ports.Of(kept)));
        Assert.Equal((1, 6881), (ports.ForTracker(lost), ports.ForTracker(kept)));
        Assert.Equal([kept], ports.Families);
        Assert.Equal(TorrentErrorId.ListenFailed, warning!.Id);
        Assert.StartsWith($"Port 6881 cannot be opened over {over}: ", warning.Message, StringComparison.Ordinal);
        Assert.Contains("Another program is using it", warning.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_a_listener_no_tracker_receives_port_0()
    {
        _taken.Add(new IPEndPoint(IPAddress.Any, 6881));
        _taken.Add(new IPEndPoint(IPAddress.IPv6Any, 6881));

        (ListenPorts ports, TorrentError? warning) = Open(6881);

        Assert.Empty(ports.Families);
        Assert.Contains("IPv4 and IPv6", warning!.Message, StringComparison.Ordinal);
        Assert.All(
            [AddressFamily.InterNetwork, AddressFamily.InterNetworkV6, AddressFamily.Unspecified],
            family => Assert.Equal(1, ports.ForTracker(family)));
    }

    [Fact]
    public void A_machine_without_IPv6_causes_no_warning()
    {
        _hasIPv6 = false;

        (ListenPorts ports, TorrentError? warning) = Open(0);

        Assert.Null(warning);
        Assert.Equal([AddressFamily.InterNetwork], ports.Families);
    }

    [Fact]
    public void It_does_not_listen_if_told_not_to()
    {
        (ListenPorts ports, TorrentError? warning) = Open(-1);

        Assert.Null(warning);
        Assert.Empty(ports.Families);
    }

    private (ListenPorts Ports, TorrentError? Warning) Open(int port)
    {
        (IReadOnlyList<Listener> listeners, TorrentError? warning) =
            PortOpener.Open(port, [IPAddress.Any, IPAddress.IPv6Any], Listen, listener => listener.EndPoint);
        return (new ListenPorts(listeners.Select(listener => listener.EndPoint)), warning);
    }

    private Listener Listen(IPEndPoint endPoint)
    {
        if (endPoint.AddressFamily == AddressFamily.InterNetworkV6 && !_hasIPv6)
            throw Failure(SocketError.AddressFamilyNotSupported);
        var local = new IPEndPoint(endPoint.Address, endPoint.Port == 0 ? _nextFree++ : endPoint.Port);
        if (_taken.Contains(local))
            throw Failure(SocketError.AddressAlreadyInUse);
        var listener = new Listener(local, _open);
        _open.Add(listener);
        return listener;
    }

    private static IOException Failure(SocketError error) => new("It is refused.", new SocketException((int)error));

    private sealed class Listener(IPEndPoint endPoint, List<Listener> open) : IDisposable
    {
        public IPEndPoint EndPoint => endPoint;

        public void Dispose() => open.Remove(this);
    }
}

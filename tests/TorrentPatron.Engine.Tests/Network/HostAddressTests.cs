using System.Net;
using TorrentPatron.Engine.Network;
using TorrentPatron.Protocol;
using Xunit;

namespace TorrentPatron.Engine.Tests.Network;

public sealed class HostAddressTests
{
    [Fact]
    public void A_name_equals_itself_in_any_case_but_never_an_address()
    {
        var name = new HostAddress("tracker.example");
        Assert.Equal<IPAddress>(new HostAddress("Tracker.EXAMPLE"), name);
        Assert.NotEqual<IPAddress>(new HostAddress("other.example"), name);
        Assert.False(name.Equals(new IPAddress(name.GetAddressBytes())));
        var known = new HashSet<IPEndPoint> { new(name, 80) };
        Assert.DoesNotContain(new IPEndPoint(new IPAddress(name.GetAddressBytes()), 80), known);
        Assert.Contains(new IPEndPoint(new HostAddress("TRACKER.example"), 80), known);
    }

    [Fact]
    public void An_end_point_shows_the_name() => Assert.Equal("tracker.example:80", new IPEndPoint(new HostAddress("tracker.example"), 80).ToString());

    [Theory]
    [InlineData("localhost", AddressReach.Loopback)]
    [InlineData("x.LOCALHOST.", AddressReach.Loopback)]
    [InlineData("router", AddressReach.Private)]
    [InlineData("nas.local", AddressReach.Private)]
    [InlineData("tracker.example", AddressReach.Global)]
    public void A_names_reach_depends_on_the_name(string name, AddressReach reach) => Assert.Equal(reach, AddressReaches.Of(new HostAddress(name)));
}

using TorrentPatron.Engine.Client;

namespace TorrentPatron.Service.Tests;

public sealed class DiscoveryDefaultsTests
{
    [Theory]
    [InlineData("off")]
    [InlineData("OFF")]
    public void Off_is_no_DHT(string value) => Assert.False(DiscoveryDefaults.DhtOf(value).IsEnabled);

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    public void Where_nothing_is_said_the_public_nodes_are_the_first(string? value)
    {
        DhtSettings settings = DiscoveryDefaults.DhtOf(value);
        Assert.True(settings.IsEnabled);
        Assert.Equal(DhtSettings.PublicBootstrapNodes, settings.BootstrapNodes);
    }

    [Fact]
    public void Nodes_that_are_named_are_the_only_ones_to_begin_with()
    {
        DhtSettings settings = DiscoveryDefaults.DhtOf("192.0.2.1:6881, [2001:db8::1]:1,");
        Assert.True(settings.IsEnabled);
        Assert.Equal(["192.0.2.1:6881", "[2001:db8::1]:1"], settings.BootstrapNodes);
    }

    [Fact]
    public void Tests_speak_to_nobody_outside()
    {
        Assert.False(DiscoveryDefaults.Dht.IsEnabled);
        Assert.False(DiscoveryDefaults.LocalDiscovery);
    }
}

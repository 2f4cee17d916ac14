using TorrentPatron.Engine.Client;

namespace TorrentPatron.Service.Tests;

public sealed class DiscoveryDefaultsTests
{
    [Theory]
    [InlineData("off")]
    [InlineData("OFF")]
    public void The_value_off_disables_the_DHT(string value) => Assert.False(DiscoveryDefaults.DhtOf(value).IsEnabled);

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    public void Without_the_variable_the_public_nodes_are_used(string? value)
    {
        DhtSettings settings = DiscoveryDefaults.DhtOf(value);
        Assert.True(settings.IsEnabled);
        Assert.Equal(DhtSettings.PublicBootstrapNodes, settings.BootstrapNodes);
    }

    [Fact]
    public void Only_the_named_bootstrap_nodes_are_used()
    {
        DhtSettings settings = DiscoveryDefaults.DhtOf("192.0.2.1:6881, [2001:db8::1]:1,");
        Assert.True(settings.IsEnabled);
        Assert.Equal(["192.0.2.1:6881", "[2001:db8::1]:1"], settings.BootstrapNodes);
    }

    [Fact]
    public void Tests_contact_no_public_nodes()
    {
        Assert.False(DiscoveryDefaults.Dht.IsEnabled);
        Assert.False(DiscoveryDefaults.LocalDiscovery);
    }
}

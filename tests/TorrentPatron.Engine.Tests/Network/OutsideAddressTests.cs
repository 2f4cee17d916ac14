using System.Net;
using System.Net.Sockets;
using TorrentPatron.Engine.Network;

namespace TorrentPatron.Engine.Tests.Network;

public sealed class OutsideAddressTests
{
    private static readonly IPAddress Ours = IPAddress.Parse("81.2.69.142");
    private static readonly IPAddress Other = IPAddress.Parse("81.2.69.143");

    private readonly OutsideAddress _outside = new();

    [Fact]
    public void An_address_counts_when_three_networks_agree()
    {
        Assert.False(Vote("1.1.0.1", Ours));
        Assert.False(Vote("1.2.0.1", Ours));
        Assert.Null(_outside.Of(AddressFamily.InterNetwork));
        Assert.True(Vote("1.3.0.1", Ours));
        Assert.Equal(Ours, _outside.Of(AddressFamily.InterNetwork));
        Assert.False(Vote("1.4.0.1", Ours));
        Assert.Null(_outside.Of(AddressFamily.InterNetworkV6));
    }

    [Fact]
    public void Many_hosts_of_one_network_have_one_vote()
    {
        for (int i = 1; i < 100; i++)
            Assert.False(Vote($"1.1.{i}.1", Ours));
        Assert.Null(_outside.Of(AddressFamily.InterNetwork));
    }

    [Fact]
    public void A_minority_of_liars_changes_nothing_and_a_new_address_is_believed_in_time()
    {
        for (int i = 1; i <= 10; i++)
            Vote($"1.{i}.0.1", Ours);
        for (int i = 11; i <= 19; i++)
            Assert.False(Vote($"1.{i}.0.1", Other));
        Assert.Equal(Ours, _outside.Of(AddressFamily.InterNetwork));

        for (int i = 20; i <= 40; i++)
            Vote($"1.{i}.0.1", Other);
        Assert.Equal(Other, _outside.Of(AddressFamily.InterNetwork));
    }

    [Theory]
    [InlineData("10.0.0.1", "81.2.69.142")]
    [InlineData("127.0.0.1", "81.2.69.142")]
    [InlineData("1.1.1.1", "192.168.1.2")]
    [InlineData("1.1.1.1", "127.0.0.1")]
    [InlineData("1.1.1.1", "224.0.0.1")]
    [InlineData("2a01:db8::1", "81.2.69.142")]
    public void Local_addresses_and_reports_over_the_other_IP_version_do_not_count(string source, string address)
    {
        for (int i = 0; i < 5; i++)
        {
            byte[] bytes = IPAddress.Parse(source).GetAddressBytes();
            bytes[1] += (byte)(AddressIsLocal(bytes) ? 0 : i);
            Assert.False(_outside.Vote(new IPAddress(bytes), IPAddress.Parse(address)));
        }

        Assert.Null(_outside.Of(AddressFamily.InterNetwork));
    }

    [Fact]
    public void IPv4_and_IPv6_are_distinguished_however_they_are_written()
    {
        var ours6 = IPAddress.Parse("2a01:db8:7::1");
        for (int i = 1; i <= 3; i++)
        {
            Vote($"::ffff:1.{i}.0.1", Ours.MapToIPv6());
            Vote($"2a0{i}:db8::1", ours6);
        }

        Assert.Equal(Ours, _outside.Of(AddressFamily.InterNetwork));
        Assert.Equal(ours6, _outside.Of(AddressFamily.InterNetworkV6));
    }

    private static bool AddressIsLocal(byte[] bytes) => bytes[0] is 10 or 127;

    private bool Vote(string source, IPAddress address) => _outside.Vote(IPAddress.Parse(source), address);
}

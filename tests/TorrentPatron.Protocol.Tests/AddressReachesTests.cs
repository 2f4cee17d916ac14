using System.Net;

namespace TorrentPatron.Protocol.Tests;

public sealed class AddressReachesTests
{
    [Theory]
    [InlineData("8.8.8.8", "9.9.9.9", true)]
    [InlineData("192.168.1.1", "9.9.9.9", false)]
    [InlineData("127.0.0.1", "9.9.9.9", false)]
    [InlineData("::ffff:127.0.0.1", "9.9.9.9", false)]
    [InlineData("127.0.0.1", "192.168.1.1", false)]
    [InlineData("192.168.1.2", "192.168.1.1", true)]
    [InlineData("8.8.8.8", "127.0.0.1", true)]
    [InlineData("127.0.0.2", "127.0.0.1", true)]
    [InlineData("0.0.0.0", "127.0.0.1", false)]
    [InlineData("239.1.1.1", "192.168.1.1", false)]
    [InlineData("255.255.255.255", "192.168.1.1", false)]
    [InlineData("ff02::1", "fe80::1", false)]
    [InlineData("::", "::1", false)]
    [InlineData("::1", "2001:db8::1", false)]
    [InlineData("2001:db8::2", "2001:db8::1", true)]
    public void A_source_may_not_name_nearer_addresses_than_its_own_or_those_of_no_host(string address, string namedBy, bool may) =>
        Assert.Equal(may, AddressReaches.MayBeNamed(IPAddress.Parse(address), IPAddress.Parse(namedBy)));
}

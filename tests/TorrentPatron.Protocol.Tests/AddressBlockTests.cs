using System.Net;

namespace TorrentPatron.Protocol.Tests;

public sealed class AddressBlockTests
{
    [Theory]
    [InlineData("192.0.2.1", "192.0.2.1", true)]
    [InlineData("192.0.2.1", "192.0.2.2", false)]
    [InlineData("192.0.2.1", "::ffff:192.0.2.1", true)]
    [InlineData("2001:db8:1:2::1", "2001:db8:1:2:ffff:ffff:ffff:ffff", true)]
    [InlineData("2001:db8:1:2::1", "2001:db8:1:3::1", false)]
    [InlineData("fe80::1", "fe80::2", false)]
    [InlineData("fd00:1:2:3::1", "fd00:1:2:3::2", false)]
    [InlineData("::", "0.0.0.0", false)]
    public void Addresses_of_one_host_or_customer_are_one_block(string one, string other, bool isSame) =>
        Assert.Equal(isSame, AddressBlock.Of(IPAddress.Parse(one)) == AddressBlock.Of(IPAddress.Parse(other)));
}

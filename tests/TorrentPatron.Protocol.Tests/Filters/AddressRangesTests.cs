using System.Net;
using TorrentPatron.Protocol.Filters;

namespace TorrentPatron.Protocol.Tests.Filters;

public class AddressRangesTests
{
    [Theory]
    [InlineData("::/0", "::", true)]
    [InlineData("::/0", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", true)]
    [InlineData("::/0", "192.0.2.1", false)]
    [InlineData("0.0.0.0/0", "255.255.255.255", true)]
    [InlineData("0.0.0.0/0", "::1", false)]
    [InlineData("2001:db8::/32", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff", true)]
    [InlineData("2001:db8::/32", "2001:db9::", false)]
    [InlineData("2001:db8::/32", "2001:db7:ffff:ffff:ffff:ffff:ffff:ffff", false)]
    [InlineData("2001:db8::/64", "2001:db8::ffff:ffff:ffff:ffff", true)]
    [InlineData("2001:db8::/64", "2001:db8:0:1::", false)]
    [InlineData("2001:db8::8/125", "2001:db8::f", true)]
    [InlineData("2001:db8::8/125", "2001:db8::10", false)]
    [InlineData("2001:db8::1-2001:db8:0:1::", "2001:db8::8000:0:0:0", true)]
    [InlineData("2001:db8::1-2001:db8:0:1::", "2001:db8::", false)]
    [InlineData("192.0.2.0/24", "::ffff:192.0.2.9", true)]
    public void A_range_contains_the_addresses_between_its_ends(string range, string address, bool isIn)
    {
        Assert.Equal(isIn, AddressRanges.Parse(range).Contains(IPAddress.Parse(address)));
        Assert.True(AddressRange.TryParse(range, out AddressRange read));
        Assert.Equal(isIn, read.Contains(IPAddress.Parse(address)));
    }

    [Theory]
    [InlineData(1, "2001:db8:0:0::/64", "2001:db8:0:1::/64")] // The carry goes into the upper half.
    [InlineData(2, "2001:db8:0:0::/64", "2001:db8:0:2::/64")]
    [InlineData(1, "2001:db8::5-2001:db8::9", "2001:db8::1-2001:db8::4")]
    [InlineData(2, "2001:db8::6-2001:db8::9", "2001:db8::1-2001:db8::4")]
    [InlineData(1, "2001:db8::/32", "2001:db8:1::/48")]
    [InlineData(2, "::-::5", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff")]
    [InlineData(1, "::/1", "8000::/1")]
    [InlineData(2, "10.0.0.0/8", "a00::/8")]
    public void Ranges_that_touch_or_overlap_are_one(int count, string first, string second)
    {
        Assert.Equal(count, AddressRanges.Parse(first, second).Count);
        Assert.Equal(count, AddressRanges.Parse(second, first).Count);
    }

    [Fact]
    public void A_text_that_is_not_a_range_is_refused() => Assert.Throws<FormatException>(() => AddressRanges.Parse("10.0.0.0/8", "nowhere"));
}

using System.Net;
using TorrentPatron.Protocol.Filters;

namespace TorrentPatron.Protocol.Tests.Filters;

public class AddressRangesBytesTests
{
    [Fact]
    public void Ranges_survive_a_round_trip_through_bytes()
    {
        AddressRanges ranges = Make("10.0.0.0/8", "192.0.2.7", "255.255.255.255", "2001:db8::/32", "ff00::-ff00::9");

        Assert.True(AddressRanges.TryRead(ranges.ToBytes(), out AddressRanges? read));

        Assert.Equal(ranges.Count, read.Count);
        Assert.Equal(ranges.ToBytes(), read.ToBytes());
        Assert.All(
            new[] { ("10.1.2.3", true), ("11.0.0.0", false), ("192.0.2.7", true), ("2001:db8::1", true), ("2001:db9::", false), ("ff00::9", true) },
            one => Assert.Equal(one.Item2, read.Contains(IPAddress.Parse(one.Item1))));
    }

    [Fact]
    public void The_example_of_the_documentation_is_192_0_2_0_to_255() =>
        Assert.Equal("AAAAAcAAAgDAAAL/", Convert.ToBase64String(Make("192.0.2.0/24").ToBytes()));

    [Theory]
    [InlineData("")]
    [InlineData("000000")]
    [InlineData("00000001")]
    [InlineData("ffffffff")]
    [InlineData("7fffffff00000000ffffffff")]
    [InlineData("000000010000000900000001")] // ends before it begins
    [InlineData("00000002000000010000000500000005000000060")] // half a byte
    [InlineData("0000000200000001000000050000000500000006")] // overlap
    [InlineData("00000002000000090000000a0000000100000002")] // not sorted
    [InlineData("00000000000000000000000000000000")] // half a range of IPv6
    public void Bytes_that_are_not_ranges_are_refused(string hex) =>
        Assert.False(AddressRanges.TryRead(hex.Length % 2 == 0 ? Convert.FromHexString(hex) : Convert.FromHexString(hex + "0")[..^1], out _));

    [Fact]
    public void Ranges_that_are_only_counted_hold_no_address()
    {
        AddressRanges counted = AddressRanges.Counted(7);
        Assert.Equal((7, true), (counted.Count, counted.IsCounted));
        Assert.False(Make("10.0.0.0/8").IsCounted);
        Assert.False(counted.Contains(IPAddress.Loopback));
    }

    private static AddressRanges Make(params string[] texts) => AddressRanges.Of(texts.Select(text =>
    {
        Assert.True(AddressRange.TryParse(text, out AddressRange range));
        return range;
    }));
}

using TorrentPatron.PowerShell.Output;

namespace TorrentPatron.PowerShell.Tests.Output;

public sealed class HumanTextTests
{
    [Theory]
    [InlineData(0, "0 B")]
    [InlineData(-5, "0 B")]
    [InlineData(double.NaN, "0 B")]
    [InlineData(999, "999 B")]
    [InlineData(1023, "1.00 KiB")]
    [InlineData(1024, "1.00 KiB")]
    [InlineData(10 * 1024, "10.0 KiB")]
    [InlineData(1536 * 1024, "1.50 MiB")]
    [InlineData(1023.0 * 1024 * 1024, "1.00 GiB")]
    [InlineData(123.4 * 1024 * 1024, "123 MiB")]
    [InlineData((double)long.MaxValue, "8.00 EiB")]
    public void A_size_has_three_digits_and_its_unit(double bytes, string expected) => Assert.Equal(expected, HumanText.Size(bytes));

    [Fact]
    public void No_size_is_longer_than_its_column()
    {
        for (double bytes = 1; bytes < long.MaxValue; bytes *= 1.07)
            Assert.InRange(HumanText.Size(bytes).Length, 3, 8);
    }

    [Fact]
    public void A_rate_of_zero_is_empty()
    {
        Assert.Equal("", HumanText.Rate(0));
        Assert.Equal("1.00 MiB/s", HumanText.Rate(1 << 20));
    }

    [Theory]
    [InlineData(0, "0s")]
    [InlineData(-3, "0s")]
    [InlineData(0.2, "1s")]
    [InlineData(59, "59s")]
    [InlineData(60, "1m 00s")]
    [InlineData(3599, "59m 59s")]
    [InlineData(7500, "2h 05m")]
    [InlineData(90000, "1d 01h")]
    [InlineData(86400.0 * 1000, "> 999d")]
    public void A_duration_has_its_two_largest_units(double seconds, string expected) =>
        Assert.Equal(expected, HumanText.Duration(TimeSpan.FromSeconds(seconds)));

    [Fact]
    public void A_null_duration_is_empty() => Assert.Equal("", HumanText.Duration(null));

    [Theory]
    [InlineData(99.99, "99.9")]
    [InlineData(100, "100.0")]
    [InlineData(120, "100.0")]
    [InlineData(-1, "0.0")]
    public void Only_a_complete_share_is_shown_as_100_percent(double percent, string expected) =>
        Assert.Equal(expected, HumanText.Percent(percent));

    [Fact]
    public void One_peer_is_singular()
    {
        Assert.Equal("1 peer", HumanText.Peers(1));
        Assert.Equal("0 peers", HumanText.Peers(0));
    }
}

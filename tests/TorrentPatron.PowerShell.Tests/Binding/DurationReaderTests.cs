using TorrentPatron.PowerShell.Binding;

namespace TorrentPatron.PowerShell.Tests.Binding;

public sealed class DurationReaderTests
{
    private static readonly TimeSpan Longest = TimeSpan.FromDays(24);

    [Theory]
    [InlineData(10, 10)]
    [InlineData(0, 0)]
    [InlineData(1.5, 1.5)]
    [InlineData(7L, 7)]
    [InlineData("90", 90)]
    [InlineData("90s", 90)]
    [InlineData(" 5m ", 300)]
    [InlineData("2H", 7200)]
    [InlineData("1.5h", 5400)]
    [InlineData("1d", 86400)]
    [InlineData("00:01:30", 90)]
    public void Numbers_are_seconds_and_texts_may_have_a_unit(object value, double seconds)
    {
        Assert.True(DurationReader.TryRead(value, Longest, out TimeSpan timeout));
        Assert.Equal(seconds, timeout.TotalSeconds, 3);
    }

    [Fact]
    public void A_TimeSpan_is_accepted_unchanged()
    {
        Assert.True(DurationReader.TryRead(TimeSpan.FromMinutes(3), Longest, out TimeSpan timeout));
        Assert.Equal(TimeSpan.FromMinutes(3), timeout);
    }

    [Fact]
    public void A_decimal_is_refused_because_it_could_mean_days() =>
        Assert.False(DurationReader.TryRead(1m, Longest, out _));

    [Theory]
    [InlineData(null)]
    [InlineData(-1)]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    [InlineData(1e12)]
    [InlineData("")]
    [InlineData("s")]
    [InlineData("soon")]
    [InlineData("-5m")]
    [InlineData("1e9")]
    [InlineData("25d")]
    [InlineData(true)]
    public void An_invalid_wait_is_refused(object? value) => Assert.False(DurationReader.TryRead(value, Longest, out _));
}

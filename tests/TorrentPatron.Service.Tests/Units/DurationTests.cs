using TorrentPatron.Service.Units;

namespace TorrentPatron.Service.Tests.Units;

public sealed class DurationTests
{
    [Theory]
    [InlineData("90", 90)]
    [InlineData("90s", 90)]
    [InlineData("1.5m", 90)]
    [InlineData("2h", 7200)]
    [InlineData("1d", 86400)]
    [InlineData(" 5M ", 300)]
    [InlineData("0", 0)]
    [InlineData("00:01:30", 90)]
    public void A_time_is_a_number_of_seconds_or_has_a_unit(string text, double seconds)
    {
        Assert.True(Duration.TryParse(text, out TimeSpan duration));
        Assert.Equal(seconds, duration.TotalSeconds);
    }

    [Theory]
    [InlineData("")]
    [InlineData("s")]
    [InlineData("-5s")]
    [InlineData("5 weeks")]
    [InlineData("-00:00:05")]
    [InlineData("1e9")]
    [InlineData("99999999999999d")]
    public void An_invalid_duration_is_refused(string text) => Assert.False(Duration.TryParse(text, out _));

    [Theory]
    [InlineData(0.25, "1s")]
    [InlineData(42, "42s")]
    [InlineData(125, "2m 05s")]
    [InlineData(3900, "1h 05m")]
    [InlineData(180000, "2d 02h")]
    public void A_time_is_shown_in_two_units_at_most(double seconds, string text) =>
        Assert.Equal(text, Duration.Format(TimeSpan.FromSeconds(seconds)));
}

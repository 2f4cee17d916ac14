using TorrentPatron.Engine.Timing;

namespace TorrentPatron.Engine.Tests.Timing;

public sealed class InstantTests
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    private readonly SettableClock _clock = new();

    [Theory]
    [InlineData(-7200)]
    [InlineData(86400)]
    public void Setting_the_clock_changes_no_duration(int seconds)
    {
        var before = Instant.Now(_clock);
        _clock.Set(TimeSpan.FromSeconds(seconds));
        Assert.Equal(before, Instant.Now(_clock));
        _clock.Advance(Minute);
        Assert.Equal(Minute, Instant.Now(_clock) - before);
    }

    [Fact]
    public void An_instant_is_shown_by_the_clock_as_it_is_set_now()
    {
        DateTimeOffset start = WallTime.Now(_clock);
        var before = Instant.Now(_clock);
        _clock.Advance(Minute);
        _clock.Set(TimeSpan.FromHours(-2));

        Assert.Equal(start - TimeSpan.FromHours(2), WallTime.At(before, _clock));
        Assert.Equal(start - TimeSpan.FromHours(2) + Minute * 3, WallTime.At(before + Minute * 3, _clock));
    }

    [Fact]
    public void The_default_is_before_every_instant_and_Never_is_after_all()
    {
        var now = Instant.Now(TimeProvider.System);
        Assert.True(default(Instant) < now && now < Instant.Never);
        Assert.True(now >= now - Minute && now <= now + Minute && now + Minute > now);
        Assert.Equal(-1, now.CompareTo(now + Minute));
    }
}

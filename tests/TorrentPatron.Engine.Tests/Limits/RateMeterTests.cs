using TorrentPatron.Engine.Limits;

namespace TorrentPatron.Engine.Tests.Limits;

public sealed class RateMeterTests
{
    [Fact]
    public void A_steady_flow_reads_as_its_rate()
    {
        var meter = new RateMeter(0);
        for (int now = 100; now <= 60_000; now += 100)
        {
            meter.Add(1000);
            Assert.InRange(meter.Rate(now), now <= 200 ? 4000 : 9900, 10_100);
        }

        Assert.Equal(600_000, meter.Total);
    }

    [Fact]
    public void After_a_pause_the_rate_is_right_at_once()
    {
        var meter = new RateMeter(0);
        for (int now = 500; now <= 60_000; now += 500)
            Assert.Equal(0, meter.Rate(now));
        meter.Add(1_000_000);
        Assert.InRange(meter.Rate(60_500), 1_900_000, 2_100_000);
    }

    [Fact]
    public void After_the_last_byte_the_rate_falls_to_nothing_within_the_window()
    {
        var meter = new RateMeter(0);
        meter.Add(5_000_000);
        long last = meter.Rate(1000);
        for (int now = 1500; now <= 7000; now += 500)
        {
            long rate = meter.Rate(now);
            Assert.True(rate <= last);
            last = rate;
        }

        Assert.Equal(0, last);
    }

    [Fact]
    public void Rare_reads_give_the_mean_and_repeated_reads_the_same_rate()
    {
        var meter = new RateMeter(1000);
        meter.Add(60_000);
        Assert.Equal(2000, meter.Rate(31_000));
        Assert.Equal(2000, meter.Rate(31_000));
    }
}

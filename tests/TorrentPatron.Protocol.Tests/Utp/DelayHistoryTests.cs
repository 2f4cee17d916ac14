using TorrentPatron.Protocol.Utp;
using Xunit;

namespace TorrentPatron.Protocol.Tests.Utp;

public sealed class DelayHistoryTests
{
    private const long Minute = 60_000_000;

    [Fact]
    public void The_delay_is_measured_above_the_minimum_even_if_the_clocks_differ_extremely()
    {
        var history = new DelayHistory();
        history.Add(uint.MaxValue - 10_000, 1);
        history.Add(unchecked(uint.MaxValue - 10_000 + 50_000), 2);
        history.Add(unchecked(uint.MaxValue - 10_000 + 50_000), 3);
        history.Add(unchecked(uint.MaxValue - 10_000 + 50_000), 4);
        Assert.Equal(50_000u, history.Current);
    }

    [Fact]
    public void A_single_late_packet_is_noise()
    {
        var history = new DelayHistory();
        history.Add(1_000, 1);
        history.Add(900_000, 2);
        Assert.Equal(0u, history.Current);
    }

    [Fact]
    public void The_smallest_delay_is_forgotten_when_the_path_has_changed()
    {
        var history = new DelayHistory();
        history.Add(1_000, 0);
        for (int minute = 1; minute < 12; minute++)
        {
            for (int i = 0; i < 5; i++)
                history.Add(500_000, (minute * Minute) + i);
        }

        Assert.Equal(499_000u, history.Current);
        for (int minute = 12; minute < 15; minute++)
            history.Add(500_000, minute * Minute);
        Assert.Equal(0u, history.Current);
    }
}

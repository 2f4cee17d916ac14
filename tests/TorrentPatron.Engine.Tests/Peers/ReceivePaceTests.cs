using Microsoft.Extensions.Time.Testing;
using TorrentPatron.Engine.Peers;

namespace TorrentPatron.Engine.Tests.Peers;

public sealed class ReceivePaceTests
{
    private const long Plenty = 8 << 20;

    private readonly FakeTimeProvider _time = new();

    [Theory]
    [InlineData(1_000, 1)]
    [InlineData(5_000_000, 1)]
    [InlineData(10_000_000, 32 * 1024)]
    [InlineData(100_000_000, 256 * 1024)]
    [InlineData(1_000_000_000, 1024 * 1024)]
    [InlineData(100_000_000_000, 1024 * 1024)]
    public void It_is_the_amount_that_a_fast_peer_sends_in_four_milliseconds(long bytesPerSecond, int expected)
    {
        ReceivePace pace = Paced(bytesPerSecond);
        Assert.Equal(expected, pace.Threshold(Plenty));
    }

    [Fact]
    public void Only_part_of_a_peers_pending_blocks_is_waited_for()
    {
        ReceivePace pace = Paced(1_000_000_000);
        for (long owed = Plenty; owed > 0; owed /= 2)
            Assert.InRange(pace.Threshold(owed), 1, Math.Max(1, owed / 2));
        Assert.Equal(1, pace.Threshold(0));
        Assert.Equal(1, pace.Threshold(64 * 1024));
    }

    [Fact]
    public void A_peer_that_becomes_slow_is_not_waited_for()
    {
        ReceivePace pace = Paced(1_000_000_000);
        _time.Advance(TimeSpan.FromSeconds(1));
        pace.Add(16 * 1024);
        Assert.Equal(1, pace.Threshold(Plenty));
    }

    private ReceivePace Paced(long bytesPerSecond)
    {
        var pace = new ReceivePace(_time);
        for (int i = 0; i < 100; i++)
        {
            _time.Advance(TimeSpan.FromMilliseconds(1));
            pace.Add((int)Math.Min(bytesPerSecond / 1000, int.MaxValue));
        }

        return pace;
    }
}

using TorrentPatron.Engine.Limits;
using TorrentPatron.Engine.Timing;

namespace TorrentPatron.Engine.Tests.Limits;

public sealed class MixedModeTests
{
    private const long Line = 200_000;
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(1);

    private readonly MixedMode _mode = new();
    private Instant _now = default(Instant) + TimeSpan.FromHours(1);

    [Fact]
    public void TCP_alone_is_not_bounded()
    {
        for (int second = 0; second < 100; second++)
            Assert.Equal(0, Update(new TransportLoad(5, Line), default, Long));
    }

    [Fact]
    public void TCP_is_not_bounded_while_uTP_does_not_wait()
    {
        for (int second = 0; second < 100; second++)
            Assert.Equal(0, Update(new TransportLoad(1, 190_000), new TransportLoad(1, 10_000), TimeSpan.FromMilliseconds(50)));
    }

    [Theory]
    [InlineData(1, 1, 0.5)]
    [InlineData(3, 1, 0.25)]
    [InlineData(1, 4, 0.8)]
    public void UTP_gets_its_share_of_a_line_that_TCP_fills(int tcpPeers, int utpPeers, double share)
    {
        var line = new SharedLine();
        double tcp = 0, utp = 0;
        for (int second = 0; second < 240; second++)
        {
            line.Pass(Update(new TransportLoad(tcpPeers, line.Tcp), new TransportLoad(utpPeers, line.Utp), line.Delay));
            if (second >= 120)
                (tcp, utp) = (tcp + line.Tcp / 120.0, utp + line.Utp / 120.0);
        }

        Assert.InRange(utp, Line * share * 0.6, Line * share * 1.15);
        // The line is nearly fully used.
        Assert.InRange(tcp + utp, Line * 0.88, Line);
    }

    [Fact]
    public void UTP_that_waits_elsewhere_hardly_slows_TCP()
    {
        long tcp = Line, moved = 0;
        const int seconds = 1_800;
        for (int second = 0; second < seconds; second++)
        {
            long limit = Update(new TransportLoad(1, tcp), new TransportLoad(1, 10_000), TimeSpan.FromMilliseconds(150));
            tcp = limit == 0 ? Line : Math.Min(limit, Line);
            moved += tcp;
        }

        Assert.InRange(moved, (long)(0.985 * Line * seconds), Line * seconds);
    }

    [Fact]
    public void TCP_takes_back_the_share_that_uTP_does_not_use()
    {
        var line = new SharedLine();
        for (int second = 0; second < 60; second++)
            line.Pass(Update(new TransportLoad(1, line.Tcp), new TransportLoad(1, line.Utp), line.Delay));
        Assert.NotEqual(0, _mode.Limit);

        line.MostUtp = 20_000;
        double tcp = 0;
        for (int second = 0; second < 240; second++)
        {
            line.Pass(Update(new TransportLoad(1, line.Tcp), new TransportLoad(1, line.Utp), line.Delay));
            if (second >= 60)
                tcp += line.Tcp / 180.0;
        }

        Assert.InRange(tcp, Line * 0.75, Line);
    }

    [Fact]
    public void The_limit_ends_when_no_uTP_connection_is_left_but_not_between_two_requests()
    {
        var line = new SharedLine();
        for (int second = 0; second < 60; second++)
            line.Pass(Update(new TransportLoad(1, line.Tcp), new TransportLoad(1, line.Utp), line.Delay));
        long limit = _mode.Limit;
        Assert.NotEqual(0, limit);
        Assert.Equal(limit, Update(new TransportLoad(1, limit), default, Long));
        Assert.Equal(limit, Update(new TransportLoad(1, limit), default, Long));
        Assert.Equal(0, Update(new TransportLoad(1, limit), default, Long));
    }

    [Fact]
    public void TCP_is_never_bounded_to_less_than_a_slow_line_gives()
    {
        long tcp = 30_000;
        for (int second = 0; second < 100; second++)
        {
            long limit = Update(new TransportLoad(1, tcp), new TransportLoad(50, 20_000), Long);
            Assert.True(limit is 0 or >= MixedMode.Least, $"{limit}");
            tcp = limit == 0 ? 30_000 : limit;
        }
    }

    private long Update(TransportLoad tcp, TransportLoad utp, TimeSpan delay)
    {
        _now += TimeSpan.FromSeconds(1);
        return _mode.Update(tcp, utp, delay, _now);
    }

    /// <summary>A line with a long queue: unbounded TCP fills it; uTP uses the rest, a little more each second.</summary>
    private sealed class SharedLine
    {
        private const long Bloat = 200_000;

        private long _queue = Bloat;

        public long Tcp { get; private set; } = Line - 5_000;

        public long Utp { get; private set; } = 5_000;

        public long MostUtp { get; set; } = Line;

        public TimeSpan Delay => TimeSpan.FromSeconds((double)_queue / Line);

        public void Pass(long limit)
        {
            long wanted = limit == 0 ? Line * 2 : limit;
            Utp = Math.Min(MostUtp, Delay < TimeSpan.FromMilliseconds(100) ? Utp + 10_000 : Math.Max(5_000, Utp * 3 / 4));
            long queue = Math.Clamp(_queue + wanted + Utp - Line, 0, Bloat);
            Tcp = Math.Min(wanted, Line - Utp);
            // uTP itself keeps no more than a tenth of a second in the queue.
            _queue = limit == 0 || Utp < MostUtp ? queue : Math.Min(queue, Line / 10);
            if (_queue > 0 && limit != 0 && wanted + Utp > Line && _queue < Bloat / 2)
                Utp = Math.Max(5_000, Line - wanted);
        }
    }
}

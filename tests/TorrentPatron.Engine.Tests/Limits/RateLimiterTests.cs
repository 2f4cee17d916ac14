using Microsoft.Extensions.Time.Testing;
using TorrentPatron.Engine.Limits;

namespace TorrentPatron.Engine.Tests.Limits;

public sealed class RateLimiterTests
{
    private readonly FakeTimeProvider _time = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public void Without_a_limit_no_request_waits()
    {
        using var limiter = new RateLimiter(_time, 0);
        for (int i = 0; i < 1000; i++)
            Assert.True(limiter.AcquireAsync(1 << 30, Cancel).AsTask().IsCompletedSuccessfully);
    }

    [Fact]
    public async Task In_the_long_run_the_rate_is_the_limit()
    {
        using var limiter = new RateLimiter(_time, 100_000);
        DateTimeOffset start = _time.GetUtcNow();
        for (int i = 0; i < 200; i++)
        {
            Task acquired = limiter.AcquireAsync(16_384, Cancel).AsTask();
            while (!acquired.IsCompleted)
                _time.Advance(TimeSpan.FromMilliseconds(7));
            await acquired;
        }

        double seconds = (_time.GetUtcNow() - start).TotalSeconds;
        Assert.InRange(200 * 16_384 / seconds, 98_000, 102_000);
    }

    [Fact]
    public async Task A_request_larger_than_a_second_gets_through_and_the_next_one_waits_it_out()
    {
        using var limiter = new RateLimiter(_time, 1000);
        await limiter.AcquireAsync(10_000, Cancel);
        Task second = limiter.AcquireAsync(1, Cancel).AsTask();

        _time.Advance(TimeSpan.FromSeconds(9.5));
        Assert.False(second.IsCompleted);
        _time.Advance(TimeSpan.FromSeconds(1));
        await second.WaitAsync(TimeSpan.FromSeconds(30), Cancel);
    }

    [Fact]
    public async Task Waiters_are_served_in_order_and_cancelled_ones_are_skipped()
    {
        using var limiter = new RateLimiter(_time, 1000);
        await limiter.AcquireAsync(1250, Cancel);
        using var cancelled = new CancellationTokenSource();
        Task first = limiter.AcquireAsync(1000, Cancel).AsTask();
        Task gone = limiter.AcquireAsync(1_000_000, cancelled.Token).AsTask();
        Task third = limiter.AcquireAsync(1000, Cancel).AsTask();
        await cancelled.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => gone);

        _time.Advance(TimeSpan.FromSeconds(1.1));
        await first.WaitAsync(TimeSpan.FromSeconds(30), Cancel);
        Assert.False(third.IsCompleted);
        _time.Advance(TimeSpan.FromSeconds(1.1));
        await third.WaitAsync(TimeSpan.FromSeconds(30), Cancel);
    }

    [Fact]
    public async Task Waiters_are_released_when_the_limit_is_removed()
    {
        using var limiter = new RateLimiter(_time, 10);
        await limiter.AcquireAsync(1_000_000, Cancel);
        Task[] waiting = [.. Enumerable.Range(0, 10).Select(_ => limiter.AcquireAsync(1000, Cancel).AsTask())];
        Assert.DoesNotContain(waiting, task => task.IsCompleted);

        limiter.Rate = 0;
        await Task.WhenAll(waiting).WaitAsync(TimeSpan.FromSeconds(30), Cancel);
    }

    [Fact]
    public async Task A_waiter_can_be_released_uncounted()
    {
        using var limiter = new RateLimiter(_time, 1000);
        await limiter.AcquireAsync(1250, Cancel);
        Task[] waiting = [.. Enumerable.Range(0, 10).Select(_ => limiter.AcquireAsync(1_000_000, Cancel).AsTask())];
        Assert.DoesNotContain(waiting, task => task.IsCompleted);

        limiter.LetThrough();
        await Task.WhenAll(waiting).WaitAsync(TimeSpan.FromSeconds(30), Cancel);
        Task next = limiter.AcquireAsync(1, Cancel).AsTask();
        Assert.False(next.IsCompleted);
        _time.Advance(TimeSpan.FromSeconds(1.1));
        await next.WaitAsync(TimeSpan.FromSeconds(30), Cancel);
    }

    [Fact]
    public async Task A_new_limit_applies_to_callers_already_waiting()
    {
        using var limiter = new RateLimiter(_time, 10);
        await limiter.AcquireAsync(10_000, Cancel);
        Task waiting = limiter.AcquireAsync(1, Cancel).AsTask();
        limiter.Rate = 10_000;
        _time.Advance(TimeSpan.FromSeconds(1.1));
        await waiting.WaitAsync(TimeSpan.FromSeconds(30), Cancel);
    }

    [Fact]
    public async Task A_token_cancelled_before_acquires_nothing()
    {
        using var limiter = new RateLimiter(_time, 1000);
        var cancelled = new CancellationToken(canceled: true);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => limiter.AcquireAsync(1_000_000, cancelled).AsTask());
        Assert.True(limiter.AcquireAsync(1, Cancel).AsTask().IsCompletedSuccessfully);
    }

    [Fact]
    public async Task The_lower_of_two_limits_applies()
    {
        using var torrent = new RateLimiter(_time, 0);
        using var global = new RateLimiter(_time, 1000);
        var both = new RateLimiterPair(torrent, global);
        Assert.False(both.IsUnlimited);
        await both.AcquireAsync(2000, Cancel);
        Task second = both.AcquireAsync(1, Cancel).AsTask();
        Assert.False(second.IsCompleted);
        _time.Advance(TimeSpan.FromSeconds(3));
        await second.WaitAsync(TimeSpan.FromSeconds(30), Cancel);

        global.Rate = 0;
        torrent.Rate = 1000;
        await both.AcquireAsync(2000, Cancel);
        Assert.False(both.AcquireAsync(1, Cancel).AsTask().IsCompleted);
        torrent.Rate = 0;
        Assert.True(both.IsUnlimited);
    }

    [Fact]
    public async Task A_transports_limit_applies_to_its_peers()
    {
        using var unlimited = new RateLimiter(_time, 0);
        using var tcp = new RateLimiter(_time, 0);
        RateLimiterPair utpPeer = new(unlimited, unlimited), tcpPeer = utpPeer with { Transport = tcp };
        Assert.True(tcpPeer.IsUnlimited);
        tcp.Rate = 1000;
        Assert.Equal((true, false), (utpPeer.IsUnlimited, tcpPeer.IsUnlimited));
        await tcpPeer.AcquireAsync(2000, Cancel);
        Task second = tcpPeer.AcquireAsync(1, Cancel).AsTask();
        Assert.False(second.IsCompleted);
        Assert.True(utpPeer.AcquireAsync(1, Cancel).AsTask().IsCompletedSuccessfully);
        _time.Advance(TimeSpan.FromSeconds(3));
        await second.WaitAsync(TimeSpan.FromSeconds(30), Cancel);
    }

    [Fact]
    public void Each_transfer_is_a_small_part_of_the_lowest_limit()
    {
        using var low = new RateLimiter(_time, 1_000_000);
        using var high = new RateLimiter(_time, 100_000_000);
        using var none = new RateLimiter(_time, 0);
        Assert.Equal(50_000, new RateLimiterPair(high, low).Portion);
        Assert.Equal(5_000_000, new RateLimiterPair(none, high).Portion);
        Assert.Equal(50_000, new RateLimiterPair(none, high, low).Portion);
        Assert.Equal(int.MaxValue, new RateLimiterPair(none, none).Portion);
        low.Rate = 1;
        Assert.Equal(16 * 1024, new RateLimiterPair(low, none).Portion);
    }
}

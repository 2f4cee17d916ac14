using Microsoft.Extensions.Time.Testing;
using TorrentPatron.Engine.Peers;
using TorrentPatron.Engine.Timing;

namespace TorrentPatron.Engine.Tests.Peers;

public sealed class FutileWorkTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly FutileWork _work;

    public FutileWorkTests() => _work = new FutileWork(Now);

    private Instant Now => Instant.Now(_time);

    [Fact]
    public void The_allowance_can_be_used_at_once_but_not_exceeded()
    {
        _work.Charge(FutileWork.Allowance);
        Assert.False(_work.IsSpent);

        _work.Charge(FutileWork.Message);
        Assert.True(_work.IsSpent);
    }

    [Fact]
    public void A_connection_that_has_spent_its_allowance_waits_until_a_seconds_worth_has_come_back()
    {
        _work.Charge(FutileWork.Allowance + 500);
        Assert.Equal(TimeSpan.FromSeconds(1.5), _work.Settle(Now));

        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(TimeSpan.FromSeconds(0.5), _work.Settle(Now));
        _time.Advance(TimeSpan.FromSeconds(0.5));
        Assert.Equal(TimeSpan.Zero, _work.Settle(Now));
        Assert.False(_work.IsSpent);
        _work.Charge(FutileWork.PerSecond + 1);
        Assert.True(_work.IsSpent);
    }

    [Fact]
    public void Charging_as_fast_as_the_allowance_refills_never_makes_a_connection_wait()
    {
        for (int second = 0; second < 1000; second++)
        {
            _work.Charge(FutileWork.PerSecond);
            if (_work.IsSpent)
                Assert.Equal(TimeSpan.Zero, _work.Settle(Now));
            _time.Advance(TimeSpan.FromSeconds(1));
        }
    }

    [Fact]
    public void A_long_pause_accumulates_only_one_allowance()
    {
        _work.Charge(FutileWork.Allowance + 1);
        _work.Settle(Now);
        _time.Advance(TimeSpan.FromDays(1));
        Assert.Equal(TimeSpan.Zero, _work.Settle(Now));

        _work.Charge(FutileWork.Allowance + 1);
        Assert.NotEqual(TimeSpan.Zero, _work.Settle(Now));
    }

    [Fact]
    public void A_connection_that_always_uses_up_its_allowance_is_eventually_closed()
    {
        TimeSpan passed = TimeSpan.Zero;
        _work.Charge(FutileWork.Allowance + 1);
        while (_work.Settle(Now) is { } wait)
        {
            if (wait == TimeSpan.Zero)
                _work.Charge(FutileWork.PerSecond + 1);
            passed += wait;
            _time.Advance(wait);
            Assert.InRange(passed, TimeSpan.Zero, FutileWork.Patience + TimeSpan.FromSeconds(2));
        }

        Assert.InRange(passed, FutileWork.Patience, FutileWork.Patience + TimeSpan.FromSeconds(2));
    }

    [Fact]
    public void Bursts_with_pauses_between_them_are_always_tolerated()
    {
        for (int burst = 0; burst < 100; burst++)
        {
            _work.Charge(FutileWork.Allowance + 1);
            while (_work.Settle(Now) is { } wait && wait > TimeSpan.Zero)
                _time.Advance(wait);
            Assert.NotNull(_work.Settle(Now));
            _time.Advance(TimeSpan.FromSeconds(FutileWork.Allowance / FutileWork.PerSecond));
        }
    }

    [Fact]
    public void The_cost_of_a_useless_message_grows_with_its_length()
    {
        Assert.Equal(FutileWork.Message, FutileWork.Of(10));
        Assert.Equal(FutileWork.Message + 128, FutileWork.Of(128 * 1024));
        Assert.Equal(FutileWork.Change + 400, FutileWork.OfField(400_000));
    }
}

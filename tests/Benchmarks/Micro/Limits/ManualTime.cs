namespace TorrentPatron.Benchmarks.Micro.Limits;

/// <summary>A clock that is moved by hand, with one timer, and costs next to nothing.</summary>
internal sealed class ManualTime : TimeProvider, ITimer
{
    private TimerCallback? _callback;
    private object? _state;
    private long _now;
    private long _due = long.MaxValue;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => _now;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        (_callback, _state) = (callback, state);
        return this;
    }

    public void Advance(TimeSpan time)
    {
        _now += time.Ticks;
        if (_now < _due)
            return;
        _due = long.MaxValue;
        _callback!(_state);
    }

    bool ITimer.Change(TimeSpan dueTime, TimeSpan period)
    {
        _due = dueTime == Timeout.InfiniteTimeSpan ? long.MaxValue : _now + dueTime.Ticks;
        return true;
    }

    void IDisposable.Dispose()
    {
    }

    ValueTask IAsyncDisposable.DisposeAsync() => default;
}

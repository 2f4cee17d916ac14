namespace TorrentPatron.Simulation.Simulator;

/// <summary>The clock of a world, as programs see it.</summary>
internal sealed class SimulatedTime(World world) : TimeProvider
{
    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

    public override DateTimeOffset GetUtcNow() => world.UtcNow;

    // Never 0: some code uses 0 for "never".
    public override long GetTimestamp() => world.Now + TimeSpan.TicksPerDay;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new Timer(world, () => callback(state));
        timer.Change(dueTime, period);
        return timer;
    }

    private sealed class Timer(World world, Action callback) : ITimer
    {
        private int _version;
        private TimeSpan _period;

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            if (_version < 0)
                return false;
            int version = ++_version;
            _period = period;
            if (dueTime != Timeout.InfiniteTimeSpan)
                world.Schedule(dueTime, () => Fire(version));
            return true;
        }

        public void Dispose() => _version = int.MinValue;

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }

        private void Fire(int version)
        {
            if (version != _version)
                return;
            if (_period > TimeSpan.Zero)
                world.Schedule(_period, () => Fire(version));
            callback();
        }
    }
}

namespace TorrentPatron.Engine.Discovery;

/// <summary>
/// Limits the bytes that a DHT node sends: a token bucket of two seconds. Answers may use at most half of it, so that others
/// cannot prevent our own queries. Times come from one monotonic clock.
/// </summary>
/// <param name="bytesPerSecond">The limit.</param>
/// <param name="now">The time.</param>
internal sealed class DhtBudget(int bytesPerSecond, TimeSpan now)
{
    private const double BurstSeconds = 2;

    private readonly double _capacity = bytesPerSecond * BurstSeconds;
    private double _tokens = bytesPerSecond * BurstSeconds;
    private TimeSpan _filledAt = now;

    /// <summary>Whether a query may be sent now.</summary>
    public bool CanAsk(TimeSpan now)
    {
        Refill(now);
        return _tokens > 0;
    }

    /// <summary>Whether an answer may be sent now.</summary>
    public bool CanAnswer(TimeSpan now)
    {
        Refill(now);
        return _tokens > _capacity / 2;
    }

    /// <summary>Time until a query may be sent.</summary>
    public TimeSpan UntilCanAsk(TimeSpan now)
    {
        Refill(now);
        return _tokens > 0 ? TimeSpan.Zero : TimeSpan.FromSeconds((-_tokens + 1) / bytesPerSecond);
    }

    /// <summary>Counts sent bytes; the bucket may go into debt.</summary>
    public void Spend(int bytes) => _tokens -= bytes;

    private void Refill(TimeSpan now)
    {
        _tokens = Math.Min(_capacity, _tokens + (now - _filledAt).TotalSeconds * bytesPerSecond);
        _filledAt = now;
    }
}

namespace TorrentPatron.Engine.Discovery;

/// <summary>
/// Bounds the bytes that a DHT node sends: a token bucket of two seconds. Answers to others may take no more than half of it,
/// so that nobody can keep us from our own questions. Times are those of one monotonic clock.
/// </summary>
/// <param name="bytesPerSecond">The bound.</param>
/// <param name="now">The time.</param>
internal sealed class DhtBudget(int bytesPerSecond, TimeSpan now)
{
    private const double BurstSeconds = 2;

    private readonly double _capacity = bytesPerSecond * BurstSeconds;
    private double _tokens = bytesPerSecond * BurstSeconds;
    private TimeSpan _filledAt = now;

    /// <summary>Whether a question may be sent now.</summary>
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

    /// <summary>Time until a question may be sent.</summary>
    public TimeSpan UntilCanAsk(TimeSpan now)
    {
        Refill(now);
        return _tokens > 0 ? TimeSpan.Zero : TimeSpan.FromSeconds((-_tokens + 1) / bytesPerSecond);
    }

    /// <summary>Counts what is sent; the bucket may go into debt by it.</summary>
    public void Spend(int bytes) => _tokens -= bytes;

    private void Refill(TimeSpan now)
    {
        _tokens = Math.Min(_capacity, _tokens + (now - _filledAt).TotalSeconds * bytesPerSecond);
        _filledAt = now;
    }
}

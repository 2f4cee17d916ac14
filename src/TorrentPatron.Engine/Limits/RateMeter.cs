namespace TorrentPatron.Engine.Limits;

/// <summary>
/// Measures a rate over the last five seconds or, if the flow began later, since then: so it is right at once after a start and
/// steady afterwards.
/// </summary>
/// <remarks>
/// Counting is one interlocked addition and reads no clock; the time comes with <see cref="Rate(long)"/>. A meter without traffic takes
/// little more than its count. Thread-safe.
/// </remarks>
internal sealed class RateMeter
{
    private const long WindowMilliseconds = 5000;
    private const long SampleMilliseconds = 200;

    /// <summary>
    /// Samples of the count, at least <see cref="SampleMilliseconds"/> apart, oldest first; null until the first reading with a
    /// count. Locked while in use.
    /// </summary>
    private List<Sample>? _samples;
    private long _idleAt;
    private long _total;

    /// <summary>Creates a meter with a count of 0.</summary>
    /// <param name="now">A monotonic clock's milliseconds.</param>
    public RateMeter(long now) => _idleAt = now;

    /// <summary>All bytes counted so far.</summary>
    public long Total => Interlocked.Read(ref _total);

    /// <summary>Counts bytes.</summary>
    /// <param name="bytes">Number of bytes.</param>
    public void Add(long bytes) => Interlocked.Add(ref _total, bytes);

    /// <summary>
    /// The rate in bytes/s. Read it every few seconds, and before a flow begins: between two readings only the mean is known.
    /// </summary>
    /// <param name="now">Milliseconds of the clock given to the constructor.</param>
    public long Rate(long now)
    {
        if (Volatile.Read(ref _samples) is not { } samples)
        {
            if (Total == 0)
            {
                Volatile.Write(ref _idleAt, now);
                return 0;
            }

            var first = new List<Sample> { new(Volatile.Read(ref _idleAt), 0) };
            samples = Interlocked.CompareExchange(ref _samples, first, null) ?? first;
        }

        lock (samples)
            return Rate(samples, now);
    }

    private long Rate(List<Sample> samples, long now)
    {
        // The oldest remaining sample is the last one outside the window, or the last one before the flow began.
        int old = 0;
        while (old + 1 < samples.Count
            && (now - samples[old + 1].Time >= WindowMilliseconds || samples[old + 1].Total == samples[old].Total))
        {
            old++;
        }

        samples.RemoveRange(0, old);
        Sample oldest = samples[0];
        long total = Total;
        long elapsed = now - oldest.Time;
        if (now - samples[^1].Time >= SampleMilliseconds)
            samples.Add(new Sample(now, total));
        return (total - oldest.Total) * 1000 / Math.Max(elapsed, SampleMilliseconds);
    }

    private readonly record struct Sample(long Time, long Total);
}

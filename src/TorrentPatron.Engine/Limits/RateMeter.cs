namespace TorrentPatron.Engine.Limits;

/// <summary>
/// Measures a rate over the last five seconds or, where the bytes began to flow later, since then: so it is right at once
/// after a start and quiet afterwards.
/// </summary>
/// <remarks>Counting is one interlocked addition and knows no time; time comes with the reading. Thread-safe.</remarks>
internal sealed class RateMeter
{
    private const long WindowMilliseconds = 5000;
    private const long SampleMilliseconds = 200;

    private readonly Lock _gate = new();

    /// <summary>The count at moments at least <see cref="SampleMilliseconds"/> apart, oldest first.</summary>
    private readonly List<Sample> _samples = [];
    private long _total;

    /// <summary>Makes a meter that has counted nothing.</summary>
    /// <param name="now">A monotonic clock's milliseconds.</param>
    public RateMeter(long now) => _samples.Add(new Sample(now, 0));

    /// <summary>All bytes counted so far.</summary>
    public long Total => Interlocked.Read(ref _total);

    /// <summary>Counts bytes.</summary>
    /// <param name="bytes">Number of bytes.</param>
    public void Add(long bytes) => Interlocked.Add(ref _total, bytes);

    /// <summary>The rate in bytes/s. To be read every few seconds: what happened in between is known only as a mean.</summary>
    /// <param name="now">Milliseconds of the clock given to the constructor.</param>
    public long Rate(long now)
    {
        lock (_gate)
        {
            // The oldest sample left is the last one outside the window, or the last one before bytes began to flow.
            int old = 0;
            while (old + 1 < _samples.Count
                && (now - _samples[old + 1].Time >= WindowMilliseconds || _samples[old + 1].Total == _samples[old].Total))
            {
                old++;
            }

            _samples.RemoveRange(0, old);
            Sample oldest = _samples[0];
            long total = Total;
            long elapsed = now - oldest.Time;
            if (now - _samples[^1].Time >= SampleMilliseconds)
                _samples.Add(new Sample(now, total));
            return (total - oldest.Total) * 1000 / Math.Max(elapsed, SampleMilliseconds);
        }
    }

    private readonly record struct Sample(long Time, long Total);
}

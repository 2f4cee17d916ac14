namespace TorrentPatron.Engine.Storage;

/// <summary>
/// Measures how long a disk takes per call, to decide whether others must not wait for it. Thread-safe; of simultaneous calls one
/// may be missed.
/// </summary>
internal sealed class DiskSpeed
{
    /// <summary>
    /// The mean time per call above which a disk counts as slow: a disk that seeks nearly every time, or a network share.
    /// </summary>
    private static readonly TimeSpan Slow = TimeSpan.FromMilliseconds(5);

    /// <summary>The most that one call counts: a single long one does not make a disk slow.</summary>
    private static readonly TimeSpan Most = Slow * 4;

    /// <summary>The number of calls over which the mean is taken, roughly.</summary>
    private const int Weight = 16;

    private long _mean;
    private volatile bool _isSlow;

    /// <summary>Whether the disk has turned out to be slow. It stays so.</summary>
    public bool IsSlow => _isSlow;

    /// <summary>Records a system call.</summary>
    /// <param name="took">How long it took.</param>
    public void Note(TimeSpan took)
    {
        long mean = Volatile.Read(ref _mean);
        mean += (Math.Min(took.Ticks, Most.Ticks) - mean) / Weight;
        Volatile.Write(ref _mean, mean);
        if (mean > Slow.Ticks)
            _isSlow = true;
    }
}

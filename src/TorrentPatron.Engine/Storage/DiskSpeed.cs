namespace TorrentPatron.Engine.Storage;

/// <summary>How long a disk takes for a call: whether others must not wait for it. Thread-safe; of calls at the same moment one may be missed.</summary>
internal sealed class DiskSpeed
{
    /// <summary>Mean time of a call beyond which a disk is slow: that of a disk that must seek nearly each time, or of a share on the network.</summary>
    private static readonly TimeSpan Slow = TimeSpan.FromMilliseconds(5);

    /// <summary>Most that one call counts: a single long one makes no disk slow.</summary>
    private static readonly TimeSpan Most = Slow * 4;

    /// <summary>Calls of which about the mean is taken.</summary>
    private const int Weight = 16;

    private long _mean;
    private volatile bool _isSlow;

    /// <summary>Whether the disk has turned out slow. It stays so.</summary>
    public bool IsSlow => _isSlow;

    /// <summary>Notes a call to the system.</summary>
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

namespace TorrentPatron.Protocol.Utp;

/// <summary>The time that a packet and its acknowledgement take, and how long to wait for one (RFC 6298). All times in microseconds.</summary>
internal sealed class RoundTripTimer
{
    /// <summary>The shortest wait for an acknowledgement.</summary>
    public const long LeastTimeout = 500_000;

    /// <summary>The longest wait.</summary>
    public const long MostTimeout = 60_000_000;

    /// <summary>The wait before anything was measured.</summary>
    public const long FirstTimeout = 1_000_000;

    /// <summary>The smoothed time; 0: nothing was measured yet.</summary>
    public long Smoothed { get; private set; }

    /// <summary>The mean deviation.</summary>
    public long Deviation { get; private set; }

    /// <summary>How long to wait for an acknowledgement.</summary>
    /// <param name="failures">Waits in a row that were in vain; each doubles the next.</param>
    public long Timeout(int failures)
    {
        long timeout = Smoothed == 0 ? FirstTimeout : Math.Max(LeastTimeout, Smoothed + 4 * Deviation);
        return Math.Min(MostTimeout, timeout << Math.Min(failures, 10));
    }

    /// <summary>Takes a measurement.</summary>
    public void Add(long sample)
    {
        sample = Math.Clamp(sample, 1, MostTimeout);
        if (Smoothed == 0)
        {
            (Smoothed, Deviation) = (sample, sample / 2);
            return;
        }

        Deviation += (Math.Abs(sample - Smoothed) - Deviation) / 4;
        Smoothed = Math.Max(1, Smoothed + (sample - Smoothed) / 8);
    }
}

namespace TorrentPatron.Protocol.Utp;

/// <summary>
/// Measures the round-trip time, and computes the retransmission timeout (RFC 6298). All times in microseconds.
/// </summary>
internal sealed class RoundTripTimer
{
    /// <summary>The shortest timeout.</summary>
    public const long LeastTimeout = 500_000;

    /// <summary>The longest timeout.</summary>
    public const long MostTimeout = 60_000_000;

    /// <summary>The timeout before the first measurement.</summary>
    public const long FirstTimeout = 1_000_000;

    /// <summary>The smoothed time; 0 before the first measurement.</summary>
    public long Smoothed { get; private set; }

    /// <summary>The mean deviation.</summary>
    public long Deviation { get; private set; }

    /// <summary>The retransmission timeout.</summary>
    /// <param name="failures">Consecutive timeouts; each doubles the next.</param>
    public long Timeout(int failures)
    {
        long timeout = Smoothed == 0 ? FirstTimeout : Math.Max(LeastTimeout, Smoothed + 4 * Deviation);
        return Math.Min(MostTimeout, timeout << Math.Min(failures, 10));
    }

    /// <summary>Adds a measurement.</summary>
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

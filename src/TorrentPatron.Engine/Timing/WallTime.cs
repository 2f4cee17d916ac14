namespace TorrentPatron.Engine.Timing;

/// <summary>
/// The time of day in UTC, for display and for what outlives the process. It jumps when the clock is set, so nothing is measured
/// with it; see <see cref="Instant"/>.
/// </summary>
public static class WallTime
{
    /// <summary>Reads the time of day.</summary>
    public static DateTimeOffset Now(TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(time);
#pragma warning disable RS0030 // The one place that may.
        return time.GetUtcNow();
#pragma warning restore RS0030
    }

    /// <summary>The time of day at an instant, past or future, by the current setting of the clock.</summary>
    public static DateTimeOffset At(Instant instant, TimeProvider time) => Now(time) + (instant - Instant.Now(time));
}

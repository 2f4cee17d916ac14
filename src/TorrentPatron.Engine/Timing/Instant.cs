namespace TorrentPatron.Engine.Timing;

/// <summary>
/// A moment on the monotonic clock of a <see cref="TimeProvider"/>, for durations, deadlines and ages: unlike wall time, it does
/// not jump when the clock is set. It has no meaning outside this process, or with another clock. The default is earlier than
/// every reading.
/// </summary>
public readonly record struct Instant : IComparable<Instant>
{
    private readonly TimeSpan _reading;

    private Instant(TimeSpan reading) => _reading = reading;

    /// <summary>Later than every reading: a deadline that is never reached.</summary>
    public static Instant Never => new(TimeSpan.MaxValue);

    /// <summary>Reads the clock.</summary>
    public static Instant Now(TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(time);
        return new Instant(time.GetElapsedTime(0));
    }

    /// <summary>The instant a duration after another.</summary>
    public static Instant operator +(Instant instant, TimeSpan duration) => new(instant._reading + duration);

    /// <summary>The instant a duration before another.</summary>
    public static Instant operator -(Instant instant, TimeSpan duration) => new(instant._reading - duration);

    /// <summary>The time from the second instant to the first; negative if the first is earlier.</summary>
    public static TimeSpan operator -(Instant later, Instant earlier) => later._reading - earlier._reading;

    /// <summary>Whether the first is earlier.</summary>
    public static bool operator <(Instant left, Instant right) => left._reading < right._reading;

    /// <summary>Whether the first is later.</summary>
    public static bool operator >(Instant left, Instant right) => left._reading > right._reading;

    /// <summary>Whether the first is not later.</summary>
    public static bool operator <=(Instant left, Instant right) => left._reading <= right._reading;

    /// <summary>Whether the first is not earlier.</summary>
    public static bool operator >=(Instant left, Instant right) => left._reading >= right._reading;

    /// <inheritdoc/>
    public int CompareTo(Instant other) => _reading.CompareTo(other._reading);

    /// <summary>The clock's reading, for a debugger.</summary>
    public override string ToString() => _reading.ToString();
}

using Microsoft.Extensions.Time.Testing;

namespace TorrentPatron.Engine.Tests.Timing;

/// <summary>A fake clock whose time of day can be set, forward and back, as a person or NTP does: no timer and no timestamp notices.</summary>
internal sealed class SettableClock : FakeTimeProvider
{
    private long _shift;

    public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + TimeSpan.FromTicks(Volatile.Read(ref _shift));

    // The base class takes it from the time of day.
    public override long GetTimestamp() => base.GetUtcNow().Ticks;

    /// <summary>Sets the time of day.</summary>
    /// <param name="by">How far; negative: back.</param>
    public void Set(TimeSpan by) => Interlocked.Add(ref _shift, by.Ticks);
}

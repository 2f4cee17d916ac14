using TorrentPatron.Engine.Diagnostics;

namespace TorrentPatron.Engine.Network;

/// <summary>
/// One timer for all uTP connections: a wheel of short time spans, each with the connections that are due in it. A connection
/// whose time has moved is found early, and put further along. Nothing is armed while nothing is due. Thread-safe.
/// </summary>
internal sealed class UtpTimers : IDisposable
{
    /// <summary>The length of a span, microseconds.</summary>
    private const long Span = 10_000;

    private const int Spans = 512;

    /// <summary>
    /// The number of spans merged into one beyond the wheel: hundreds of idle connections, each of which must be visited before
    /// its time can be checked, are visited together.
    /// </summary>
    private const int FarSpans = 64;

    private readonly Lock _gate = new();
    private readonly List<UtpStream>?[] _wheel = new List<UtpStream>?[Spans];
    private readonly UtpTransport _transport;
    private readonly ITimer _timer;
    private long _next;
    private long _armed = long.MaxValue;
    private bool _isDisposed;

    /// <summary>Creates the timers.</summary>
    public UtpTimers(UtpTransport transport, TimeProvider time)
    {
        _transport = transport;
        _timer = time.CreateTimer(static timers => ((UtpTimers)timers!).Fire(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Schedules a call of a connection, at the given time at the latest.</summary>
    /// <param name="stream">The connection.</param>
    /// <param name="at">The time, microseconds.</param>
    /// <param name="now">The current time.</param>
    public void Arm(UtpStream stream, long at, long now)
    {
        if (at == long.MaxValue)
            return;
        lock (_gate)
        {
            if (_armed == long.MaxValue)
                _next = now / Span;
            long last = _next + Spans - 1;
            long span = Math.Max(at / Span + 1, _next);
            if (span > last)
                span = last - (last % FarSpans);
            if (_isDisposed || (stream.TimerSpan >= _next && stream.TimerSpan <= span))
                return;
            stream.TimerSpan = span;
            (_wheel[span % Spans] ??= []).Add(stream);
            if (span < _armed)
                ArmTimer(span, now);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_gate)
            _isDisposed = true;
        _timer.Dispose();
    }

    private void ArmTimer(long span, long now)
    {
        _armed = span;
        _timer.Change(TimeSpan.FromMicroseconds(Math.Max(0, (span * Span) - now)), Timeout.InfiniteTimeSpan);
    }

    private void Fire()
    {
        try
        {
            List<UtpStream> due = TakeDue(_transport.Now);
            using DatagramGathering gathering = _transport.Port.Gather();
            foreach (UtpStream stream in due)
                stream.Tick();
        }
#pragma warning disable CA1031 // The root of a timer.
        catch (Exception e)
#pragma warning restore CA1031
        {
            EngineEvents.Log.FaultCaught(null, "uTP timer", e);
        }
    }

    private List<UtpStream> TakeDue(long now)
    {
        List<UtpStream> due = [];
        lock (_gate)
        {
            if (_isDisposed)
                return due;
            long current = now / Span;
            for (long span = _next; span <= Math.Min(current, _next + Spans - 1); span++)
            {
                if (_wheel[span % Spans] is not { } slot)
                    continue;
                foreach (UtpStream stream in slot)
                {
                    // Connections that were rescheduled to an earlier time have already been called.
                    if (stream.TimerSpan != span)
                        continue;
                    stream.TimerSpan = -1;
                    due.Add(stream);
                }

                slot.Clear();
            }

            _next = Math.Max(_next, current + 1);
            _armed = long.MaxValue;
            for (long span = _next; span < _next + Spans; span++)
            {
                if (_wheel[span % Spans] is not { Count: > 0 })
                    continue;
                ArmTimer(span, now);
                break;
            }
        }

        return due;
    }
}

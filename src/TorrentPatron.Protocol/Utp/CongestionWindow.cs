namespace TorrentPatron.Protocol.Utp;

/// <summary>
/// Limits the bytes in flight (LEDBAT, RFC 6817, with TCP's slow start and LEDBAT++'s proportional decrease): the window grows
/// while the queuing delay is below 100 ms, and shrinks to make room for others when it is higher.
/// </summary>
/// <param name="packet">Bytes of a packet's payload; the smallest window.</param>
internal sealed class CongestionWindow(int packet)
{
    /// <summary>The target delay, microseconds.</summary>
    public const long Target = 100_000;

    /// <summary>The largest window; further bytes would only wait in our memory.</summary>
    public const int Most = 2 * 1024 * 1024;

    /// <summary>Bytes by which it grows per round trip without any delay.</summary>
    private const double Gain = 3_000;

    private const int FirstPackets = 4;
    private const double LossFactor = 0.5;
    private const double MostDecrease = 0.25;

    private double _window = FirstPackets * packet;
    private double _threshold = Most;

    /// <summary>Bytes of a packet's payload.</summary>
    public int Packet { get; set; } = packet;

    /// <summary>The most bytes in flight.</summary>
    public int Bytes => (int)_window;

    /// <summary>Whether it doubles in each round trip.</summary>
    public bool IsSlowStart { get; private set; } = true;

    /// <summary>Records acknowledged bytes.</summary>
    /// <param name="acked">Their number.</param>
    /// <param name="inFlight">Bytes that were in flight, including these.</param>
    /// <param name="delay">The queuing delay, microseconds; null if unknown.</param>
    public void Acknowledged(int acked, int inFlight, long? delay)
    {
        if (delay >= Target * 3 / 4 && IsSlowStart)
            EndSlowStart();
        double room = delay is { } known ? (double)(Target - known) / Target : 0;
        double share = acked / Math.Max(_window, acked);
        if (room < 0)
        {
            double decrease = Math.Max(Gain, _window * MostDecrease) * Math.Min(-room, 1);
            Set(_window - (decrease * share));
        }
        else if (inFlight + Packet > _window)
        {
            // A sender that does not fill the window learns nothing about a larger one.
            if (IsSlowStart && _window + acked <= _threshold)
                Set(_window + acked);
            else
                (IsSlowStart, _window) = (false, Bounded(_window + (Gain * (delay is null ? 1 : room) * share)));
        }
    }

    /// <summary>Records lost packets; called once per round trip.</summary>
    public void Lost()
    {
        Set(_window * LossFactor);
        (_threshold, IsSlowStart) = (_window, false);
    }

    /// <summary>Records a timeout.</summary>
    public void TimedOut()
    {
        _threshold = Math.Max(_window / 2, 2 * Packet);
        Set(Packet);
        IsSlowStart = true;
    }

    /// <summary>Records an idle time: the learned window is outdated.</summary>
    public void Idle()
    {
        _threshold = Math.Max(_threshold, _window * 3 / 4);
        Set(Math.Max(Math.Min(_window, FirstPackets * Packet), _window / 2));
        IsSlowStart = true;
    }

    private void EndSlowStart()
    {
        _threshold = _window;
        IsSlowStart = false;
    }

    private void Set(double bytes) => _window = Bounded(bytes);

    private double Bounded(double bytes) => Math.Clamp(bytes, Packet, Most);
}

namespace TorrentPatron.Protocol.Utp;

/// <summary>
/// How many bytes may be on their way (LEDBAT, RFC 6817, with the slow start of TCP and the proportional decrease of LEDBAT++): it grows while
/// packets wait less than 100 ms in the queues of the path, and makes room for others when they wait longer.
/// </summary>
/// <param name="packet">Bytes of a packet's payload; the least window.</param>
internal sealed class CongestionWindow(int packet)
{
    /// <summary>The delay that we aim at; microseconds.</summary>
    public const long Target = 100_000;

    /// <summary>The largest window; further bytes would only wait in our memory.</summary>
    public const int Most = 2 * 1024 * 1024;

    /// <summary>Bytes by which it grows in a round trip without any delay.</summary>
    private const double Gain = 3_000;

    private const int FirstPackets = 4;
    private const double LossFactor = 0.5;
    private const double MostDecrease = 0.25;

    private double _window = FirstPackets * packet;
    private double _threshold = Most;

    /// <summary>Bytes of a packet's payload.</summary>
    public int Packet { get; set; } = packet;

    /// <summary>Bytes that may be on their way.</summary>
    public int Bytes => (int)_window;

    /// <summary>Whether it doubles in each round trip.</summary>
    public bool IsSlowStart { get; private set; } = true;

    /// <summary>Bytes have arrived.</summary>
    /// <param name="acked">How many.</param>
    /// <param name="inFlight">Bytes that were on their way, these included.</param>
    /// <param name="delay">What packets wait in queues; microseconds. Null: not known.</param>
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
            // Who does not fill the window learns nothing about a larger one.
            if (IsSlowStart && _window + acked <= _threshold)
                Set(_window + acked);
            else
                (IsSlowStart, _window) = (false, Bounded(_window + (Gain * (delay is null ? 1 : room) * share)));
        }
    }

    /// <summary>Packets were lost; called once in a round trip.</summary>
    public void Lost()
    {
        Set(_window * LossFactor);
        (_threshold, IsSlowStart) = (_window, false);
    }

    /// <summary>Nothing arrived in time.</summary>
    public void TimedOut()
    {
        _threshold = Math.Max(_window / 2, 2 * Packet);
        Set(Packet);
        IsSlowStart = true;
    }

    /// <summary>Nothing was sent for some time: what was learnt is old.</summary>
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

namespace TorrentPatron.Protocol.Tests.Utp;

/// <summary>A TCP-like flow: slow start, then one packet more per round trip, half the window at a loss, detected by duplicate acknowledgements.</summary>
internal sealed class RenoFlow(SimulatedClock clock, SimulatedPath path, long backDelay)
{
    private const int Packet = 1_448;

    private readonly SortedDictionary<long, long> _inFlight = [];
    private double _window = 4;
    private double _threshold = double.MaxValue;
    private long _next;
    private long _recovery;
    private long _timerAt;

    public long Delivered { get; private set; }

    public void Start()
    {
        Send();
        Timer();
    }

    private void Send()
    {
        while (_inFlight.Count < (int)_window)
        {
            long number = _next++;
            _inFlight[number] = clock.Now;
            _timerAt = clock.Now + 1_000_000;
            path.Send(Packet + 20, () => clock.At(clock.Now + backDelay, () => Acknowledged(number)));
        }
    }

    private void Acknowledged(long number)
    {
        if (!_inFlight.Remove(number))
            return;
        Delivered += Packet;
        _timerAt = clock.Now + 1_000_000;
        _window += _window < _threshold ? 1 : 1 / _window;
        // Packets more than three before this one are lost; they are sent again as new ones.
        while (_inFlight.Count > 0 && _inFlight.First().Key < number - 3)
        {
            long lost = _inFlight.First().Key;
            _inFlight.Remove(lost);
            if (lost < _recovery)
                continue;
            _recovery = _next;
            _threshold = _window = Math.Max(2, _window / 2);
        }

        Send();
    }

    private void Timer()
    {
        if (clock.Now >= _timerAt && _inFlight.Count > 0)
        {
            _inFlight.Clear();
            (_threshold, _window) = (Math.Max(2, _window / 2), 1);
            Send();
        }

        clock.At(clock.Now + 100_000, Timer);
    }
}

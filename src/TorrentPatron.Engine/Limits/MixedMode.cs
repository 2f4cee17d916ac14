using TorrentPatron.Engine.Timing;

namespace TorrentPatron.Engine.Limits;

/// <summary>
/// Keeps TCP from starving uTP in one direction of one line: uTP makes room for whatever fills the queue, and TCP fills it. While both move bytes
/// and uTP waits in the queue, TCP is bounded by its share, by the number of peers of each.
/// </summary>
/// <remarks>
/// TCP is slowed down a step at a time, and only as long as that helps: where uTP waits in a queue of its own, somewhere else, its delay does not
/// fall, and TCP has all again after a few seconds, for longer each time. Where uTP does not take what it is left, TCP takes it back. Not
/// thread-safe; it knows no time but that which it is told.
/// </remarks>
internal sealed class MixedMode
{
    /// <summary>The time that uTP waits in queues from which on others hold it back: more than the 100 ms that it aims at when it is alone.</summary>
    public static readonly TimeSpan HeldBack = TimeSpan.FromMilliseconds(125);

    /// <summary>TCP is never bounded to less; bytes/s.</summary>
    public const long Least = 16 * 1024;

    /// <summary>How long a step may be without effect.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <summary>How long TCP is left alone after a step without effect; twice as long each time.</summary>
    public static readonly TimeSpan FirstRest = TimeSpan.FromSeconds(15);

    /// <summary>The longest time that TCP is left alone.</summary>
    public static readonly TimeSpan LongestRest = TimeSpan.FromMinutes(10);

    /// <summary>The least part of what flows that the first step leaves to uTP: so much that a long queue is seen to become shorter.</summary>
    private const double FirstLeft = 0.2;

    /// <summary>The least part that further steps leave to it, and what they leave for each byte that it has moved.</summary>
    private const double LeastLeft = 0.05, LeftForByte = 1.5;

    /// <summary>The part of what a step leaves to uTP that it must take for the next step.</summary>
    private const double Taken = 0.3;

    private const double Growth = 1.05;

    /// <summary>How fast what the line carries is learnt and forgotten: a buffer that is filled in a moment is not what it carries.</summary>
    private const double Learning = 0.2, Forgetting = 0.995;

    /// <summary>The part of it from which on the line counts as full.</summary>
    private const double Full = 0.9;

    /// <summary>How many times what the line carries a limit must be to be no limit any more: what is known of it may be too little.</summary>
    private const double Enough = 1.15;

    /// <summary>Looks in a row without peers of one protocol after which there are none: between two requests there may be nothing under way.</summary>
    private const int LooksWithout = 3;

    /// <summary>Looks in a row at which uTP is held back before TCP is slowed down: what begins fills the queues for a moment.</summary>
    private const int LooksHeldBack = 3;

    /// <summary>Looks in a row with both protocols until it is known what the line carries.</summary>
    private const int LooksToLearn = 10;

    /// <summary>What has flowed of late, and the most of it: what the line carries, as far as is known; bytes/s.</summary>
    private double _average, _capacity;
    private int _with;
    private int _without;
    private int _heldBack;

    /// <summary>The delay when TCP was last slowed down, or the least since.</summary>
    private TimeSpan _delay;

    /// <summary>When a step last had effect, and when uTP last grew.</summary>
    private Instant _helped, _grew;
    private Instant _restUntil;
    private TimeSpan _rest = FirstRest;

    /// <summary>The most that uTP has moved since it was left something, and what it moved at the last step.</summary>
    private double _utp, _utpAtStep;
    private bool _wasRelieved;

    /// <summary>What TCP may move; bytes/s. 0: no limit.</summary>
    public long Limit { get; private set; }

    /// <summary>Decides anew; called about once a second.</summary>
    /// <param name="tcp">What moves by TCP.</param>
    /// <param name="utp">What moves by uTP.</param>
    /// <param name="delay">How long the packets of uTP wait in queues.</param>
    /// <param name="now">The time.</param>
    /// <returns>What TCP may move; bytes/s. 0: no limit.</returns>
    public long Update(TransportLoad tcp, TransportLoad utp, TimeSpan delay, Instant now)
    {
        _average += Learning * (tcp.Rate + utp.Rate - _average);
        _capacity = Math.Max(_average, _capacity * Forgetting);
        _without = tcp.Peers > 0 && utp.Peers > 0 ? 0 : _without + 1;
        _heldBack = delay >= HeldBack ? _heldBack + 1 : 0;
        if (_without > 0)
        {
            if (_without >= LooksWithout)
                (Limit, _with) = (0, 0);
            return Limit;
        }

        _with++;

        double fair = Math.Max(Least, _capacity * tcp.Peers / (tcp.Peers + utp.Peers));
        if (Limit == 0)
        {
            if (_heldBack >= LooksHeldBack && _with >= LooksToLearn && tcp.Rate > fair && now >= _restUntil)
            {
                (_utp, _grew) = (utp.Rate, now);
                SlowDown(tcp.Rate, utp.Rate, FirstLeft, fair, delay, now);
            }

            return Limit;
        }

        Follow(tcp.Rate, utp.Rate, fair, delay, now);
        if (Limit >= Enough * _capacity)
            Limit = 0;
        return Limit;
    }

    private void Follow(long tcp, long utp, double fair, TimeSpan delay, Instant now)
    {
        if (utp > (_utp * Growth) + 1000)
            (_utp, _grew) = (utp, now);
        bool isHeldBack = delay >= HeldBack;
        if (!isHeldBack)
            (_wasRelieved, _helped) = (true, now);
        else if (delay < _delay * 0.9)
            (_delay, _helped) = (delay, now);
        if (!isHeldBack || (_wasRelieved && tcp + utp < Full * _capacity))
        {
            // It does not take what it is left, or waits in a queue of its own.
            if (now - _grew >= Patience)
                (_utp, Limit) = (utp, (long)(Limit * Growth));
            return;
        }

        double left = _capacity - Limit;
        bool isTaken = Limit <= fair ? utp >= left / 2 : utp - _utpAtStep >= Taken * (left - _utpAtStep);
        if (isTaken)
            _rest = FirstRest;
        if (isTaken || _wasRelieved)
        {
            SlowDown(Math.Min(tcp, Limit), Math.Max(utp, _utp), LeastLeft, fair, delay, now);
        }
        else if (now - _helped >= Patience)
        {
            (Limit, _restUntil) = (0, now + _rest);
            _rest = _rest * 2 < LongestRest ? _rest * 2 : LongestRest;
        }
    }

    private void SlowDown(double tcp, double utp, double least, double fair, TimeSpan delay, Instant now)
    {
        double total = Math.Min(tcp + utp, _capacity);
        Limit = (long)Math.Max(fair, total - Math.Max(least * total, LeftForByte * utp));
        (_delay, _helped, _utpAtStep, _wasRelieved) = (delay, now, utp, false);
    }
}

using TorrentPatron.Engine.Timing;

namespace TorrentPatron.Engine.Limits;

/// <summary>
/// Keeps TCP from starving uTP in one direction: uTP yields to whatever fills the network's queue, and TCP fills it. While both
/// carry data and uTP packets are delayed, TCP is limited to its share, by the number of peers of each protocol.
/// </summary>
/// <remarks>
/// TCP is slowed down in steps, and only while that helps. If uTP waits in some other queue, its delay does not fall, and TCP
/// gets its full rate back after a few seconds, for longer each time. If uTP does not use what it is left, TCP takes it back. Not
/// thread-safe; times come only from the caller.
/// </remarks>
internal sealed class MixedMode
{
    /// <summary>
    /// The queuing delay of uTP packets above which others hold uTP back: more than the 100 ms that uTP alone aims at.
    /// </summary>
    public static readonly TimeSpan HeldBack = TimeSpan.FromMilliseconds(125);

    /// <summary>The lowest limit for TCP, bytes/s.</summary>
    public const long Least = 16 * 1024;

    /// <summary>How long a step may have no effect.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <summary>How long TCP is unlimited after a step without effect; doubles each time.</summary>
    public static readonly TimeSpan FirstRest = TimeSpan.FromSeconds(15);

    /// <summary>The longest time that TCP is unlimited.</summary>
    public static readonly TimeSpan LongestRest = TimeSpan.FromMinutes(10);

    /// <summary>
    /// The least share of the rate that the first step leaves to uTP: enough for a visible drop of a long queue.
    /// </summary>
    private const double FirstLeft = 0.2;

    /// <summary>The least share that further steps leave to uTP, and what they leave for each byte that it has carried.</summary>
    private const double LeastLeft = 0.05, LeftForByte = 1.5;

    /// <summary>The share of what a step leaves to uTP that it must use before the next step.</summary>
    private const double Taken = 0.3;

    private const double Growth = 1.05;

    /// <summary>How fast the estimate of the line's capacity rises and falls: a burst into a buffer is not capacity.</summary>
    private const double Learning = 0.2, Forgetting = 0.995;

    /// <summary>The share of the capacity above which the line counts as full.</summary>
    private const double Full = 0.9;

    /// <summary>A limit above the capacity times this factor is lifted: the estimate may be too low.</summary>
    private const double Enough = 1.15;

    /// <summary>
    /// Consecutive updates without peers of one protocol after which there are none: between two requests nothing may be in
    /// progress.
    /// </summary>
    private const int LooksWithout = 3;

    /// <summary>
    /// Consecutive updates with uTP held back before TCP is slowed down: a new flow fills the queues for a moment.
    /// </summary>
    private const int LooksHeldBack = 3;

    /// <summary>Consecutive updates with both protocols before the line's capacity is known.</summary>
    private const int LooksToLearn = 10;

    /// <summary>The recent rate and its maximum, the estimated capacity of the line; bytes/s.</summary>
    private double _average, _capacity;
    private int _with;
    private int _without;
    private int _heldBack;

    /// <summary>The delay when TCP was last slowed down, or the lowest since.</summary>
    private TimeSpan _delay;

    /// <summary>When a step last had an effect, and when uTP last grew.</summary>
    private Instant _helped, _grew;
    private Instant _restUntil;
    private TimeSpan _rest = FirstRest;

    /// <summary>uTP's highest rate since it was left a share, and its rate at the last step.</summary>
    private double _utp, _utpAtStep;
    private bool _wasRelieved;

    /// <summary>The limit for TCP, bytes/s; 0 means no limit.</summary>
    public long Limit { get; private set; }

    /// <summary>Updates the limit; called about once a second.</summary>
    /// <param name="tcp">TCP's load.</param>
    /// <param name="utp">uTP's load.</param>
    /// <param name="delay">The queuing delay of uTP packets.</param>
    /// <param name="now">The time.</param>
    /// <returns>The limit for TCP, bytes/s; 0 means no limit.</returns>
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
            // uTP does not use what it is left, or waits in some other queue.
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

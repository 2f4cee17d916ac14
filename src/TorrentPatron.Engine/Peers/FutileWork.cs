using TorrentPatron.Engine.Timing;

namespace TorrentPatron.Engine.Peers;

/// <summary>
/// The work that one connection has made us do for nothing: messages that repeat what is known, that must be refused, or that we have no use
/// for. Each connection has an allowance of it, which refills; past it the connection is not read for a while, and one that
/// goes on like that is closed. What brings something costs nothing.
/// </summary>
/// <remarks>
/// <see cref="Charge"/> is thread-safe, the rest is the receive loop's. A charge is one interlocked addition and knows no time; the clock is
/// read when the allowance looks spent.
/// <para>
/// Honest peers stay far below: the most that one sends for nothing at once are the requests that cross with a choke, some hundreds and at
/// most 2,000 (<see cref="UploadQueue"/>), and as many cancels at the end of a download. Pieces told one by one are news, however many.
/// </para>
/// </remarks>
/// <param name="now">The time it begins.</param>
internal sealed class FutileWork(Instant now)
{
    /// <summary>Why a connection is closed that stays past its allowance.</summary>
    public const string Fault = "It keeps sending useless messages.";

    /// <summary>Units that may be charged at once. A unit is about a microsecond of the processor.</summary>
    public const int Allowance = 10_000;

    /// <summary>Units that come back each second.</summary>
    public const int PerSecond = 1000;

    /// <summary>Cost of a message that is only looked at.</summary>
    public const int Message = 1;

    /// <summary>Cost of a message that is answered, or looked for in a queue.</summary>
    public const int Answer = 2;

    /// <summary>Cost of a piece taken back (BEP 54): what we want of the peer is decided anew.</summary>
    public const int Loss = 4;

    /// <summary>Cost of a change about which the other peers are asked, or of a message that allocates.</summary>
    public const int Change = 10;

    /// <summary>Cost of a choke or an unchoke: a queue of requests is given up or made.</summary>
    public const int Choke = 50;

    /// <summary>Bytes that cost as much as a message.</summary>
    private const int BytesPerUnit = 1024;

    /// <summary>Pieces that cost as much as a message where a whole field is gone through.</summary>
    private const int PiecesPerUnit = 1000;

    /// <summary>How long a connection may stay past its allowance.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private int _charged;
    private double _left = Allowance;
    private Instant _settled = now;
    private Instant? _spentSince;

    /// <summary>Whether more has been charged than there was when the account was last settled. Costs nothing to ask.</summary>
    public bool IsSpent => Volatile.Read(ref _charged) > _left;

    /// <summary>Whether the connection has gone past its allowance, and has not rested long enough since. Asked by the thread that settles the account.</summary>
    public bool IsSuspect(TimeProvider time) => _spentSince is not null && !HasRested(Instant.Now(time));

    /// <summary>Cost of bytes that we have no use for.</summary>
    public static int Of(int bytes) => Message + (bytes / BytesPerUnit);

    /// <summary>Cost of going through all pieces of a torrent.</summary>
    public static int OfField(int pieces) => Change + (pieces / PiecesPerUnit);

    /// <summary>Notes work that brought nothing. Thread-safe.</summary>
    /// <param name="units">What it cost, 1 or more.</param>
    public void Charge(int units) => Interlocked.Add(ref _charged, units);

    /// <summary>Settles the account.</summary>
    /// <param name="now">The time.</param>
    /// <returns>How long the connection must wait; zero: it may go on; null: it has been past its allowance for too long.</returns>
    public TimeSpan? Settle(Instant now)
    {
        // A rest clears the record.
        if (HasRested(now))
            _spentSince = null;
        _left = Math.Min(Allowance, _left - Interlocked.Exchange(ref _charged, 0) + Refill(now));
        _settled = now;
        // It waits until a second's worth is there: one message after the other, each with a timer of its own, would cost us more.
        if (_left >= PerSecond)
            return TimeSpan.Zero;
        _spentSince ??= now;
        return now - _spentSince.Value >= Patience ? null : TimeSpan.FromSeconds((PerSecond - _left) / PerSecond);
    }

    private double Refill(Instant now) => (now - _settled).TotalSeconds * PerSecond;

    private bool HasRested(Instant now) => _left + Refill(now) >= Allowance / 2;
}

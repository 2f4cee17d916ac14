using TorrentPatron.Engine.Timing;

namespace TorrentPatron.Engine.Peers;

/// <summary>
/// Measures the useless work that one connection causes: messages that repeat what is known, that must be rejected, or that we
/// cannot use. Each connection has an allowance, which refills. Beyond it the connection is not read for a while, and if it
/// continues it is closed. Useful messages cost nothing.
/// </summary>
/// <remarks>
/// <see cref="Charge"/> is thread-safe, the rest belongs to the receive loop. A charge is one interlocked addition and reads no
/// clock; the clock is read when the allowance seems to be spent.
/// <para>
/// Honest peers stay far below it: their largest useless bursts are requests that cross with a choke, a few hundred and at most
/// 2,000 (<see cref="UploadQueue"/>), and as many cancels at the end of a download. Announcements of single pieces are useful,
/// however many.
/// </para>
/// </remarks>
/// <param name="now">The start time.</param>
internal sealed class FutileWork(Instant now)
{
    /// <summary>The reason for closing a connection that stays beyond its allowance.</summary>
    public const string Fault = "It keeps sending useless messages.";

    /// <summary>Units that may be charged at once. A unit is about a microsecond of processor time.</summary>
    public const int Allowance = 10_000;

    /// <summary>Units that are refilled each second.</summary>
    public const int PerSecond = 1000;

    /// <summary>Cost of a message that is only read.</summary>
    public const int Message = 1;

    /// <summary>Cost of a message that is answered, or looked up in a queue.</summary>
    public const int Answer = 2;

    /// <summary>Cost of a withdrawn piece (BEP 54): our interest in the peer is recomputed.</summary>
    public const int Loss = 4;

    /// <summary>Cost of a change that involves other peers, or of a message that allocates.</summary>
    public const int Change = 10;

    /// <summary>Cost of a choke or unchoke: a request queue is dropped or built.</summary>
    public const int Choke = 50;

    /// <summary>Bytes that cost as much as a message.</summary>
    private const int BytesPerUnit = 1024;

    /// <summary>Pieces that cost as much as a message when a whole bitfield is processed.</summary>
    private const int PiecesPerUnit = 1000;

    /// <summary>How long a connection may stay beyond its allowance.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private int _charged;
    private double _left = Allowance;
    private Instant _settled = now;
    private Instant? _spentSince;

    /// <summary>Whether more was charged than was left at the last settlement. Cheap.</summary>
    public bool IsSpent => Volatile.Read(ref _charged) > _left;

    /// <summary>
    /// Whether the connection has exceeded its allowance and has not been quiet for long enough since. Called by the thread that
    /// settles the account.
    /// </summary>
    public bool IsSuspect(TimeProvider time) => _spentSince is not null && !HasRested(Instant.Now(time));

    /// <summary>Cost of bytes that we cannot use.</summary>
    public static int Of(int bytes) => Message + (bytes / BytesPerUnit);

    /// <summary>Cost of processing all pieces of a torrent.</summary>
    public static int OfField(int pieces) => Change + (pieces / PiecesPerUnit);

    /// <summary>Charges useless work. Thread-safe.</summary>
    /// <param name="units">Its cost, 1 or more.</param>
    public void Charge(int units) => Interlocked.Add(ref _charged, units);

    /// <summary>Settles the account.</summary>
    /// <param name="now">The time.</param>
    /// <returns>
    /// How long the connection must wait; zero to continue; null if it has been beyond its allowance for too long.
    /// </returns>
    public TimeSpan? Settle(Instant now)
    {
        // A quiet period clears the record.
        if (HasRested(now))
            _spentSince = null;
        _left = Math.Min(Allowance, _left - Interlocked.Exchange(ref _charged, 0) + Refill(now));
        _settled = now;
        // It waits for a whole second's worth: single messages, each with its own timer, would cost us more.
        if (_left >= PerSecond)
            return TimeSpan.Zero;
        _spentSince ??= now;
        return now - _spentSince.Value >= Patience ? null : TimeSpan.FromSeconds((PerSecond - _left) / PerSecond);
    }

    private double Refill(Instant now) => (now - _settled).TotalSeconds * PerSecond;

    private bool HasRested(Instant now) => _left + Refill(now) >= Allowance / 2;
}

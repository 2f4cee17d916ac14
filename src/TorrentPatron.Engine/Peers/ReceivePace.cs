using System.Numerics;

namespace TorrentPatron.Engine.Peers;

/// <summary>
/// How many bytes to wait for before a receive is worthwhile: what the peer sends in four milliseconds. A fast peer would
/// otherwise wake us for each segment, some ten thousand times a second. Not thread-safe.
/// </summary>
internal sealed class ReceivePace(TimeProvider time)
{
    /// <summary>The number of bytes below which waiting gains nothing.</summary>
    private const int Least = 32 * 1024;

    /// <summary>The most bytes to wait for.</summary>
    private const int Most = 1024 * 1024;

    /// <summary>
    /// Only a fraction of the requested bytes is waited for: a peer that stops midway must not delay what has arrived.
    /// </summary>
    private const int OwedParts = 4;

    /// <summary>Silence after which waiting ends.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(200);

    private static readonly TimeSpan Wait = TimeSpan.FromMilliseconds(4);
    private static readonly TimeSpan Window = TimeSpan.FromMilliseconds(20);

    private long _began = time.GetTimestamp();
    private long _received;
    private double _worthwhile;

    /// <summary>Counts received bytes.</summary>
    public void Add(int bytes)
    {
        _received += bytes;
        TimeSpan elapsed = time.GetElapsedTime(_began);
        if (elapsed < Window)
            return;
        _worthwhile = _received * (Wait / elapsed);
        _received = 0;
        _began = time.GetTimestamp();
    }

    /// <summary>The least number of bytes to wait for, a power of two.</summary>
    /// <param name="owed">Requested bytes that are outstanding.</param>
    public int Threshold(long owed)
    {
        int bytes = (int)Math.Min(Math.Min(_worthwhile, Most), owed / OwedParts);
        return bytes < Least ? 1 : (int)BitOperations.RoundUpToPowerOf2((uint)(bytes / 2 + 1));
    }
}

using System.Numerics;

namespace TorrentPatron.Engine.Peers;

/// <summary>
/// How much should have come from a peer before it is worth waking up for: what it sends in four milliseconds. A fast one would
/// wake us for each segment, some ten thousand times a second. Not thread-safe.
/// </summary>
internal sealed class ReceivePace(TimeProvider time)
{
    /// <summary>Below this waiting gains nothing, bytes.</summary>
    private const int Least = 32 * 1024;

    /// <summary>Most that is waited for, bytes.</summary>
    private const int Most = 1024 * 1024;

    /// <summary>Only a part of what the peer owes is waited for: who stops in the middle must not keep back what has come.</summary>
    private const int OwedParts = 4;

    /// <summary>Silence after which nothing more is waited for.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(200);

    private static readonly TimeSpan Wait = TimeSpan.FromMilliseconds(4);
    private static readonly TimeSpan Window = TimeSpan.FromMilliseconds(20);

    private long _began = time.GetTimestamp();
    private long _received;
    private double _worthwhile;

    /// <summary>Counts bytes that have come.</summary>
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

    /// <summary>How many bytes to wait for at least, a power of two.</summary>
    /// <param name="owed">Bytes that the peer has been asked for.</param>
    public int Threshold(long owed)
    {
        int bytes = (int)Math.Min(Math.Min(_worthwhile, Most), owed / OwedParts);
        return bytes < Least ? 1 : (int)BitOperations.RoundUpToPowerOf2((uint)(bytes / 2 + 1));
    }
}

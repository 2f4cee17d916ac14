namespace TorrentPatron.Engine.Network;

/// <summary>
/// Pinned memory for datagrams that wait to leave or have just come. What was given back is used again while there is traffic; at rest
/// nothing but the garbage collector holds it. Thread-safe.
/// </summary>
internal static class DatagramMemory
{
    /// <summary>Bytes of one piece: as many as the system puts together, or takes apart, at most.</summary>
    public const int Length = 64 * 1024;

    /// <summary>Pieces kept for the next one that needs them.</summary>
    private const int Most = 64;

    private static readonly Lock _gate = new();
    private static readonly WeakReference<Stack<byte[]>> _spare = new(new Stack<byte[]>());

    /// <summary>A piece, with any bytes in it.</summary>
    public static byte[] Rent()
    {
        lock (_gate)
        {
            if (_spare.TryGetTarget(out Stack<byte[]>? spare) && spare.TryPop(out byte[]? piece))
                return piece;
        }

        return Make(Length);
    }

    /// <summary>Gives a piece back.</summary>
    public static void Return(byte[] piece)
    {
        lock (_gate)
        {
            if (!_spare.TryGetTarget(out Stack<byte[]>? spare))
                _spare.SetTarget(spare = new Stack<byte[]>());
            if (spare.Count < Most)
                spare.Push(piece);
        }
    }

    /// <summary>Makes memory that never moves. Pages of it that nobody uses are never touched.</summary>
    public static byte[] Make(int length) => GC.AllocateUninitializedArray<byte>(length, pinned: true);
}

namespace TorrentPatron.Engine.Network;

/// <summary>
/// A pool of pinned memory for datagrams. Returned memory is reused while there is traffic; otherwise the garbage collector may
/// free it. Thread-safe.
/// </summary>
internal static class DatagramMemory
{
    /// <summary>The length of one piece, bytes: the most that the system coalesces or splits.</summary>
    public const int Length = 64 * 1024;

    /// <summary>The most pieces kept for reuse.</summary>
    private const int Most = 64;

    private static readonly Lock _gate = new();
    private static readonly WeakReference<Stack<byte[]>> _spare = new(new Stack<byte[]>());

    /// <summary>Rents a piece with arbitrary contents.</summary>
    public static byte[] Rent()
    {
        lock (_gate)
        {
            if (_spare.TryGetTarget(out Stack<byte[]>? spare) && spare.TryPop(out byte[]? piece))
                return piece;
        }

        return Make(Length);
    }

    /// <summary>Returns a piece.</summary>
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

    /// <summary>Allocates pinned memory. Unused pages are never touched.</summary>
    public static byte[] Make(int length) => GC.AllocateUninitializedArray<byte>(length, pinned: true);
}

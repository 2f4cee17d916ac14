using System.Collections.Concurrent;

namespace TorrentPatron.Engine.Pieces;

/// <summary>Lends slabs in two sizes: small ones to peers that send little, large ones to peers that fill them.</summary>
internal sealed class SlabPool
{
    /// <summary>Size of a small slab, bytes: one block message and what comes with it.</summary>
    public const int SmallLength = 32 * 1024;

    /// <summary>Size of a large slab, bytes.</summary>
    public const int LargeLength = 256 * 1024;

    private const int KeptSmall = 256;
    private const int KeptLarge = 64;

    private readonly ConcurrentQueue<Slab> _small = new();
    private readonly ConcurrentQueue<Slab> _large = new();

    /// <summary>Lends a slab, held once by the caller.</summary>
    /// <param name="length">Bytes needed; above <see cref="LargeLength"/> the slab is made for this once.</param>
    public Slab Rent(int length)
    {
        Slab? slab;
        if (length <= SmallLength)
            slab = _small.TryDequeue(out slab) ? slab : new Slab(this, SmallLength);
        else if (length <= LargeLength)
            slab = _large.TryDequeue(out slab) ? slab : new Slab(this, LargeLength);
        else
            slab = new Slab(pool: null, length);
        slab.Take();
        return slab;
    }

    internal void Return(Slab slab)
    {
        (ConcurrentQueue<Slab> queue, int kept) = slab.Length == SmallLength ? (_small, KeptSmall) : (_large, KeptLarge);
        if (queue.Count < kept)
            queue.Enqueue(slab);
    }
}

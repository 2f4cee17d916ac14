namespace TorrentPatron.Engine.Pieces;

/// <summary>
/// A pooled receive buffer, from which blocks are hashed and written. Reference-counted: the receiver retains it while filling
/// it, each stored block retains it too, and the last release returns it to the pool.
/// </summary>
internal sealed class Slab(SlabPool? pool, int length)
{
    private int _holders;

    /// <summary>The memory; pinned, so that gather writes cost no pinning.</summary>
    public byte[] Bytes { get; } = GC.AllocateUninitializedArray<byte>(length, pinned: true);

    /// <summary>Size in bytes.</summary>
    public int Length => Bytes.Length;

    /// <summary>Adds a reference.</summary>
    public void Retain() => Interlocked.Increment(ref _holders);

    /// <summary>Removes a reference.</summary>
    public void Release()
    {
        if (Interlocked.Decrement(ref _holders) == 0)
            pool?.Return(this);
    }

    /// <summary>Makes the caller the only holder of an unused slab.</summary>
    internal void Take() => _holders = 1;
}

namespace TorrentPatron.Engine.Pieces;

/// <summary>
/// A pooled buffer that is received into, and that the blocks in it are hashed and written from. It is counted: the
/// receiver holds it while it fills it, each block that a piece keeps holds it too, and the last to let go gives it back.
/// </summary>
internal sealed class Slab(SlabPool? pool, int length)
{
    private int _holders;

    /// <summary>The memory; pinned, so that gather writes cost no pinning.</summary>
    public byte[] Bytes { get; } = GC.AllocateUninitializedArray<byte>(length, pinned: true);

    /// <summary>Size in bytes.</summary>
    public int Length => Bytes.Length;

    /// <summary>Holds the slab once more.</summary>
    public void Retain() => Interlocked.Increment(ref _holders);

    /// <summary>Lets go once.</summary>
    public void Release()
    {
        if (Interlocked.Decrement(ref _holders) == 0)
            pool?.Return(this);
    }

    /// <summary>Makes the caller the one holder of a slab that nobody holds.</summary>
    internal void Take() => _holders = 1;
}

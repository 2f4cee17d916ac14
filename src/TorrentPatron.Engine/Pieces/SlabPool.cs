namespace TorrentPatron.Engine.Pieces;

/// <summary>
/// A pool of slabs in four sizes: the smallest for idle peers, the next for peers that send no blocks, small ones for those that
/// do, large ones for those that fill them.
/// </summary>
internal sealed class SlabPool
{
    /// <summary>Size of an idle peer's slab, bytes: it announces a piece now and then.</summary>
    public const int IdleLength = 256;

    /// <summary>
    /// Size of the least slab, bytes: some messages without a block. A torrent may have hundreds of peers that send no more.
    /// </summary>
    public const int LeastLength = 2 * 1024;

    /// <summary>
    /// Size of a small slab, bytes: two block messages with some others. A slow peer's blocks arrive one by one, and each retains
    /// its slab.
    /// </summary>
    public const int SmallLength = 33 * 1024;

    /// <summary>Size of a large slab, bytes.</summary>
    public const int LargeLength = 256 * 1024;

    private const int KeptIdle = 1024;
    private const int KeptLeast = 256;
    private const int KeptSmall = 256;
    private const int KeptLarge = 64;

    private readonly SlabStack _idle = new(IdleLength, KeptIdle);
    private readonly SlabStack _least = new(LeastLength, KeptLeast);
    private readonly SlabStack _small = new(SmallLength, KeptSmall);
    private readonly SlabStack _large = new(LargeLength, KeptLarge);

    /// <summary>Rents a slab with one reference.</summary>
    /// <param name="length">Bytes needed; above <see cref="LargeLength"/> the slab is allocated for this use only.</param>
    public Slab Rent(int length)
    {
        Slab slab = length <= IdleLength ? _idle.Take(this)
            : length <= LeastLength ? _least.Take(this)
            : length <= SmallLength ? _small.Take(this)
            : length <= LargeLength ? _large.Take(this)
            : new Slab(pool: null, length);
        slab.Take();
        return slab;
    }

    internal void Return(Slab slab) => (slab.Length switch
    {
        IdleLength => _idle,
        LeastLength => _least,
        SmallLength => _small,
        _ => _large,
    }).Put(slab);

    /// <summary>Slabs of one size; the last returned is the first rented, while it is still in the processor's cache.</summary>
    private sealed class SlabStack(int length, int kept)
    {
        private readonly Lock _gate = new();
        private readonly Stack<Slab> _slabs = new();

        public Slab Take(SlabPool pool)
        {
            lock (_gate)
            {
                if (_slabs.TryPop(out Slab? slab))
                    return slab;
            }

            return new Slab(pool, length);
        }

        public void Put(Slab slab)
        {
            lock (_gate)
            {
                if (_slabs.Count < kept)
                    _slabs.Push(slab);
            }
        }
    }
}

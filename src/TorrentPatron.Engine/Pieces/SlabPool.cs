namespace TorrentPatron.Engine.Pieces;

/// <summary>
/// Lends slabs in four sizes: the least to peers that send no blocks, and less to idle ones, small slabs to those that do, large ones to those that
/// fill them.
/// </summary>
internal sealed class SlabPool
{
    /// <summary>Size of an idle peer's slab, bytes: it says that it has a piece now and then.</summary>
    public const int IdleLength = 256;

    /// <summary>Size of the least slab, bytes: some messages without a block. A torrent may have hundreds of peers that send no more.</summary>
    public const int LeastLength = 2 * 1024;

    /// <summary>Size of a small slab, bytes: two block messages and what comes with them. A slow peer's blocks come one by one, and each holds its slab.</summary>
    public const int SmallLength = 33 * 1024;

    /// <summary>Size of a large slab, bytes.</summary>
    public const int LargeLength = 256 * 1024;

    private const int KeptIdle = 1024;
    private const int KeptLeast = 256;
    private const int KeptSmall = 256;
    private const int KeptLarge = 64;

    private readonly Shelf _idle = new(IdleLength, KeptIdle);
    private readonly Shelf _least = new(LeastLength, KeptLeast);
    private readonly Shelf _small = new(SmallLength, KeptSmall);
    private readonly Shelf _large = new(LargeLength, KeptLarge);

    /// <summary>Lends a slab, held once by the caller.</summary>
    /// <param name="length">Bytes needed; above <see cref="LargeLength"/> the slab is made for this once.</param>
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

    /// <summary>Slabs of one size; the last to come back is the first to go out, while it is still in the processor's cache.</summary>
    private sealed class Shelf(int length, int kept)
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

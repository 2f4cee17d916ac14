using TorrentPatron.Engine.Pieces;

namespace TorrentPatron.Engine.Tests.Pieces;

public sealed class SlabTests
{
    [Theory]
    [InlineData(1, SlabPool.IdleLength)]
    [InlineData(SlabPool.IdleLength, SlabPool.IdleLength)]
    [InlineData(SlabPool.IdleLength + 1, SlabPool.LeastLength)]
    [InlineData(SlabPool.LeastLength, SlabPool.LeastLength)]
    [InlineData(SlabPool.LeastLength + 1, SlabPool.SmallLength)]
    [InlineData(SlabPool.SmallLength, SlabPool.SmallLength)]
    [InlineData(SlabPool.SmallLength + 1, SlabPool.LargeLength)]
    [InlineData(SlabPool.LargeLength, SlabPool.LargeLength)]
    [InlineData(SlabPool.LargeLength + 1, SlabPool.LargeLength + 1)]
    public void A_slab_is_small_large_or_of_a_custom_size(int needed, int length) =>
        Assert.Equal(length, new SlabPool().Rent(needed).Length);

    [Fact]
    public void The_last_holder_returns_a_slab()
    {
        var pool = new SlabPool();
        Slab slab = pool.Rent(1);
        slab.Retain();
        slab.Release();
        Assert.NotSame(slab, pool.Rent(1));
        slab.Release();
        Assert.Same(slab, pool.Rent(1));
        Assert.NotSame(slab, pool.Rent(1));
    }

    [Fact]
    public void A_slab_of_a_custom_size_is_not_kept()
    {
        var pool = new SlabPool();
        Slab slab = pool.Rent(SlabPool.LargeLength + 1);
        slab.Release();
        Assert.NotSame(slab, pool.Rent(SlabPool.LargeLength + 1));
    }
}

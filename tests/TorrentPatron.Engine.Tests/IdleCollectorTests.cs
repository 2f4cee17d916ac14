using TorrentPatron.Engine.Shared;

namespace TorrentPatron.Engine.Tests;

public sealed class IdleCollectorTests : IdleCollector.IHeap
{
    private readonly IdleCollector _collector;
    private int _collected;
    private int _compacted;

    public IdleCollectorTests() => _collector = new IdleCollector(this);

    public long Allocated { get; private set; }

    public long Length { get; private set; } = IdleCollector.LargestHeap;

    public int Collections { get; private set; }

    [Fact]
    public void Memory_left_from_a_busy_time_is_returned_once()
    {
        Work(3);
        Assert.Equal(0, _compacted);

        Look(3);
        Assert.Equal(1, _compacted);

        Work(2);
        Look(3);
        Assert.Equal((2, 0), (_compacted, _collected));
    }

    [Fact]
    public void A_large_heap_is_not_compacted()
    {
        Length = IdleCollector.LargestHeap + 1;
        Work(2);
        Look(3);

        Assert.Equal(0, _compacted);
    }

    [Fact]
    public void Objects_allocated_while_idle_are_collected_as_soon_as_it_is_worthwhile()
    {
        Look(1);
        Allocated = IdleCollector.Worth - 1;
        Look(1);
        Assert.Equal(0, _collected);

        Allocated = IdleCollector.Worth;
        Look(2);
        Assert.Equal(1, _collected);

        Allocated += IdleCollector.Worth;
        Look(2);
        Assert.Equal((2, 1), (_collected, _compacted));
    }

    [Fact]
    public void A_busy_process_collects_by_itself()
    {
        Work(10);

        Assert.Equal((0, 0), (_collected, _compacted));
    }

    [Fact]
    public void It_checks_rarely()
    {
        for (int beat = 1; beat < IdleCollector.Interval; beat++)
            _collector.Tick();
        Assert.Equal(0, _compacted);

        _collector.Tick();
        Assert.Equal(1, _compacted);
    }

    void IdleCollector.IHeap.Collect()
    {
        _collected++;
        Collections++;
    }

    void IdleCollector.IHeap.Compact()
    {
        _compacted++;
        Collections++;
    }

    private void Work(int looks)
    {
        for (int look = 0; look < looks; look++)
        {
            Allocated += 100 * IdleCollector.Worth;
            Collections++;
            Look(1);
        }
    }

    private void Look(int looks)
    {
        for (int beat = 0; beat < looks * IdleCollector.Interval; beat++)
            _collector.Tick();
    }
}

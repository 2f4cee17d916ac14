using Microsoft.Extensions.Time.Testing;
using TorrentPatron.Engine.Shared;

namespace TorrentPatron.Engine.Tests;

public sealed class ProcessMemoryTests : ProcessMemory.IHeap
{
    private static readonly TimeSpan Beat = TimeSpan.FromSeconds(1);

    private readonly FakeTimeProvider _time = new();
    private ProcessMemory _memory;
    private long _compiled;
    private int _trims;
    private int _collected;
    private int _compacted;

    public ProcessMemoryTests() => _memory = Create(ownsProcess: true);

    public long Allocated { get; private set; }

    public long Length { get; private set; } = ProcessMemory.LargestHeap;

    public int Collections { get; private set; }

    [Fact]
    public void The_heap_is_compacted_once_after_a_busy_time()
    {
        Work(3);
        Assert.Equal(0, _compacted);

        Check(3);
        Assert.Equal(1, _compacted);

        Work(2);
        Check(3);
        Assert.Equal((2, 0), (_compacted, _collected));
    }

    [Fact]
    public void A_large_heap_is_not_compacted_after_a_busy_time()
    {
        Length = ProcessMemory.LargestHeap + 1;
        Work(2);
        Check(3);

        Assert.Equal(0, _compacted);
    }

    [Fact]
    public void Objects_allocated_while_idle_are_collected_when_it_is_worthwhile()
    {
        Check(1);
        Allocated = ProcessMemory.CollectionWorth - 1;
        Check(1);
        Assert.Equal(0, _collected);

        Allocated = ProcessMemory.CollectionWorth;
        Check(2);
        Assert.Equal(1, _collected);

        Allocated += ProcessMemory.CollectionWorth;
        Check(2);
        Assert.Equal((2, 1), (_collected, _compacted));
    }

    [Fact]
    public void A_busy_process_is_left_to_the_runtime()
    {
        Work(10);

        Assert.Equal((0, 0), (_collected, _compacted));
    }

    [Fact]
    public void Several_engines_cause_one_check_per_interval()
    {
        Check(1);
        Assert.Equal(1, _compacted);

        const int engines = 3, checks = 4;
        for (TimeSpan passed = TimeSpan.Zero; passed < checks * ProcessMemory.Interval; passed += Beat)
        {
            Allocated += ProcessMemory.CollectionWorth;
            _time.Advance(Beat);
            for (int engine = 0; engine < engines; engine++)
                _memory.Tick();
        }

        Assert.Equal(checks, _collected);
    }

    [Fact]
    public void A_shell_only_returns_the_memory_of_its_compiler()
    {
        _memory = Create(ownsProcess: false);
        Start(10_000);
        Work(2);
        _compiled = 5;
        Check(5);

        Assert.Equal((0, 0, 1), (_collected, _compacted, _trims));
    }

    [Fact]
    public void A_service_compacts_a_heap_of_any_size_once_after_many_starts()
    {
        _memory = Create(ownsProcess: false);
        _memory.ServiceStarted();
        Length = 100 * ProcessMemory.LargestHeap;

        Assert.Equal(0, After(0));
        Assert.Equal(0, After(ProcessMemory.CompactionWorth - 1));
        Assert.Equal(0, After(0));
        Assert.Equal(0, After(5_000));
        Assert.Equal(0, After(5_000));
        Assert.Equal(1, After(0));
        Assert.Equal(1, After(0));
        Assert.Equal(1, After(ProcessMemory.CompactionWorth - 1));
        Assert.Equal(1, After(0));
        Assert.Equal(1, After(1));
        Assert.Equal(2, After(0));

        int After(int starts)
        {
            Start(starts);
            Check(1);
            return _compacted;
        }
    }

    [Fact]
    public void A_shell_whose_service_has_ended_is_not_compacted()
    {
        _memory = Create(ownsProcess: false);
        _memory.ServiceStarted();
        Start(ProcessMemory.CompactionWorth);
        _memory.ServiceEnded();
        Check(3);

        Assert.Equal(0, _compacted);
    }

    [Fact]
    public void A_service_that_owns_its_process_compacts_a_small_heap_once_after_many_starts()
    {
        _memory.ServiceStarted();
        Start(10_000);
        Work(1);
        Check(5);

        Assert.Equal((1, 0), (_compacted, _collected));
    }

    [Fact]
    public void A_requested_compaction_is_not_repeated()
    {
        Work(2);
        _memory.Compact();
        Check(3);

        Assert.Equal(1, _compacted);
    }

    void ProcessMemory.IHeap.Collect()
    {
        _collected++;
        Collections++;
    }

    void ProcessMemory.IHeap.Compact()
    {
        _compacted++;
        Collections++;
    }

    private ProcessMemory Create(bool ownsProcess) => new(this, new CompilerMemory(() => _compiled, Trim), _time, ownsProcess);

    private bool Trim()
    {
        _trims++;
        return true;
    }

    private void Start(int torrents)
    {
        for (int torrent = 0; torrent < torrents; torrent++)
            _memory.TorrentStarted();
    }

    private void Work(int checks)
    {
        for (int check = 0; check < checks; check++)
        {
            Allocated += 100 * ProcessMemory.CollectionWorth;
            Collections++;
            Check(1);
        }
    }

    private void Check(int checks)
    {
        for (int check = 0; check < checks; check++)
        {
            for (TimeSpan passed = TimeSpan.Zero; passed < ProcessMemory.Interval; passed += Beat)
            {
                _time.Advance(Beat);
                _memory.Tick();
            }
        }
    }
}

namespace TorrentPatron.Engine.Shared;

/// <summary>
/// Returns memory that the process no longer needs to the system. One per process, as the heap is; all engines report to it.
/// Thread-safe.
/// </summary>
/// <remarks>
/// Every process returns the JIT's scratch memory. A process that runs a service also compacts its heap when many torrents have
/// started: with idle torrents it allocates next to nothing, so the garbage collector would never run again. A program that owns
/// its process (`patron`) sets a gen0 budget that suits the start of thousands of torrents. It compacts the heap after each busy
/// time, and collects the new objects of idle peers before they fill that budget.
/// </remarks>
/// <param name="heap">The garbage collector.</param>
/// <param name="compiler">The JIT's memory.</param>
/// <param name="time">The clock.</param>
/// <param name="ownsProcess">Whether to collect while idle; in a shell, the runtime decides.</param>
internal sealed class ProcessMemory(ProcessMemory.IHeap heap, CompilerMemory compiler, TimeProvider time, bool ownsProcess)
{
    /// <summary>Bytes of new objects that are worth a collection of them, which takes a millisecond.</summary>
    public const long CollectionWorth = 512 << 10;

    /// <summary>Started torrents that are worth a compaction, a pause of some hundredths of a second or more.</summary>
    public const int CompactionWorth = 100;

    /// <summary>
    /// The largest heap to compact after any busy time, in bytes. A few megabytes are a small part of a larger one, and compacting
    /// it takes more than some hundredths of a second.
    /// </summary>
    public const long LargestHeap = 64 << 20;

    /// <summary>Turned on by programs that own their process.</summary>
    private const string Switch = "TorrentPatron.CollectsWhenIdle";

    private readonly Lock _gate = new(); // a leaf
    private int _services;
    private int _starts;
    private long _checked = time.GetTimestamp();
    private int _startsAtCheck;
    private int _startsAtCompaction;
    private int _collections;
    private long _collected;
    private bool _wasBusy = true;

    /// <summary>A garbage collector.</summary>
    internal interface IHeap
    {
        /// <summary>Bytes allocated so far.</summary>
        long Allocated { get; }

        /// <summary>Size of the heap in bytes.</summary>
        long Length { get; }

        /// <summary>Number of collections so far.</summary>
        int Collections { get; }

        /// <summary>Collects recently allocated objects.</summary>
        void Collect();

        /// <summary>Collects everything, and returns free memory to the system.</summary>
        void Compact();
    }

    /// <summary>The instance for this process.</summary>
    public static ProcessMemory Instance { get; } = new(
        new GarbageCollector(), CompilerMemory.OfProcess(), TimeProvider.System, AppContext.TryGetSwitch(Switch, out bool isOn) && isOn);

    /// <summary>Shortest time between two checks.</summary>
    public static TimeSpan Interval { get; } = TimeSpan.FromSeconds(5);

    /// <summary>Reports that a service has started in this process.</summary>
    public void ServiceStarted() => Interlocked.Increment(ref _services);

    /// <summary>Reports that a service has ended.</summary>
    public void ServiceEnded() => Interlocked.Decrement(ref _services);

    /// <summary>Reports that a torrent has started.</summary>
    public void TorrentStarted() => Interlocked.Increment(ref _starts);

    /// <summary>Checks now and then which memory can be returned. Every engine calls it about once a second.</summary>
    public void Tick()
    {
        // Another engine's call is enough.
        if (!_gate.TryEnter())
            return;
        try
        {
            if (time.GetElapsedTime(_checked) < Interval)
                return;
            _checked = time.GetTimestamp();
            compiler.Check();
            if (HaveStartsEnded())
                CompactHeap();
            else if (ownsProcess)
                CollectIfIdle();
        }
        finally
        {
            _gate.Exit();
        }
    }

    /// <summary>Compacts the heap at once: little will happen for a long time from here on.</summary>
    public void Compact()
    {
        lock (_gate)
            CompactHeap();
    }

    private bool HaveStartsEnded()
    {
        int starts = Volatile.Read(ref _starts);
        bool haveEnded = starts == _startsAtCheck;
        _startsAtCheck = starts;
        return haveEnded && starts - _startsAtCompaction >= CompactionWorth && Volatile.Read(ref _services) > 0;
    }

    private void CollectIfIdle()
    {
        if (heap.Collections != _collections)
        {
            // While it is busy, the runtime's collector needs no help.
            _wasBusy = true;
            Remember();
        }
        else if (_wasBusy && heap.Length <= LargestHeap)
        {
            CompactHeap();
        }
        else if (heap.Allocated - _collected >= CollectionWorth)
        {
            heap.Collect();
            Remember();
        }
    }

    private void CompactHeap()
    {
        heap.Compact();
        _wasBusy = false;
        _startsAtCompaction = Volatile.Read(ref _starts);
        Remember();
    }

    private void Remember() => (_collections, _collected) = (heap.Collections, heap.Allocated);

    private sealed class GarbageCollector : IHeap
    {
        public long Allocated => GC.GetTotalAllocatedBytes();

        public long Length => GC.GetTotalMemory(forceFullCollection: false);

        public int Collections => GC.CollectionCount(0);

        public void Collect() => GC.Collect(0, GCCollectionMode.Forced, blocking: true);

        public void Compact() => GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
    }
}

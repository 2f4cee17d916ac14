namespace TorrentPatron.Engine.Shared;

/// <summary>
/// Compacts the heap after a busy time, and collects the objects that an idle process allocates before they fill the collector's
/// whole budget. A process that starts thousands of torrents needs a budget that fits the processor's cache; with hundreds of
/// idle peers, those megabytes would be half of the memory used. Not thread-safe.
/// </summary>
/// <param name="heap">The collector of the process.</param>
internal sealed class IdleCollector(IdleCollector.IHeap heap)
{
    /// <summary>Ticks between two checks.</summary>
    public const int Interval = 5;

    /// <summary>Bytes of new objects that are worth a collection of them, which takes a millisecond.</summary>
    public const long Worth = 512 << 10;

    /// <summary>
    /// The largest heap to compact. A few megabytes are a small part of a larger one, and compacting it takes more than some
    /// hundredths of a second.
    /// </summary>
    public const long LargestHeap = 64 << 20;

    /// <summary>Turned on by programs that own their whole process; in a shell, the host decides when to collect.</summary>
    private const string Switch = "TorrentPatron.CollectsWhenIdle";

    private int _beats;
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

    /// <summary>The collector for this process; null if the process is not ours.</summary>
    public static IdleCollector? OfProcess() => AppContext.TryGetSwitch(Switch, out bool isOn) && isOn ? new(new ProcessHeap()) : null;

    /// <summary>
    /// Checks from time to time whether the process is idle and a collection is worthwhile. Called about once a second.
    /// </summary>
    public void Tick()
    {
        if (++_beats < Interval)
            return;
        _beats = 0;
        if (heap.Collections != _collections)
        {
            // While it is busy, the runtime's collector needs no help.
            _wasBusy = true;
        }
        else if (_wasBusy && heap.Length <= LargestHeap)
        {
            _wasBusy = false;
            heap.Compact();
        }
        else if (heap.Allocated - _collected >= Worth)
        {
            heap.Collect();
        }
        else
        {
            return;
        }

        (_collections, _collected) = (heap.Collections, heap.Allocated);
    }

    private sealed class ProcessHeap : IHeap
    {
        public long Allocated => GC.GetTotalAllocatedBytes();

        public long Length => GC.GetTotalMemory(forceFullCollection: false);

        public int Collections => GC.CollectionCount(0);

        public void Collect() => GC.Collect(0, GCCollectionMode.Forced, blocking: true);

        public void Compact() => GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
    }
}

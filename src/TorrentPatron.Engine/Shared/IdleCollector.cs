namespace TorrentPatron.Engine.Shared;

/// <summary>
/// Gives back what a busy time has left behind, and collects what an idle process allocates before it fills the collector's whole budget. A process that
/// starts thousands of torrents needs a budget that fits the processor's cache; of hundreds of idle peers, those megabytes would be half of what they take.
/// Not thread-safe.
/// </summary>
/// <param name="heap">The process' collector.</param>
internal sealed class IdleCollector(IdleCollector.IHeap heap)
{
    /// <summary>Beats between two looks.</summary>
    public const int Interval = 5;

    /// <summary>Bytes that are worth a collection of what was allocated last, which takes a millisecond.</summary>
    public const long Worth = 512 << 10;

    /// <summary>Of a heap that is larger, a few megabytes are a small part; and to compact it takes more than some hundredths of a second.</summary>
    public const long LargestHeap = 64 << 20;

    /// <summary>Programs whose whole process is ours turn it on; in a shell it is the host's affair when to collect.</summary>
    private const string Switch = "TorrentPatron.CollectsWhenIdle";

    private int _beats;
    private int _collections;
    private long _collected;
    private bool _wasBusy = true;

    /// <summary>A garbage collector.</summary>
    internal interface IHeap
    {
        /// <summary>Bytes that were allocated so far.</summary>
        long Allocated { get; }

        /// <summary>Bytes that the heap has.</summary>
        long Length { get; }

        /// <summary>How often it has collected so far.</summary>
        int Collections { get; }

        /// <summary>Collects what was allocated last.</summary>
        void Collect();

        /// <summary>Collects all, and gives what is free back to the system.</summary>
        void Compact();
    }

    /// <summary>That of this process; null: the process is not ours.</summary>
    public static IdleCollector? OfProcess() => AppContext.TryGetSwitch(Switch, out bool isOn) && isOn ? new(new ProcessHeap()) : null;

    /// <summary>Looks now and then whether the process is idle, and has left enough behind. Called about once a second.</summary>
    public void Tick()
    {
        if (++_beats < Interval)
            return;
        _beats = 0;
        if (heap.Collections != _collections)
        {
            // The collector works by itself.
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

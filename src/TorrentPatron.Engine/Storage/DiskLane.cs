namespace TorrentPatron.Engine.Storage;

/// <summary>
/// The disk threads of one torrent: those that all share, until its disk turns out slow. Then it has two of <see cref="SlowDiskThreads"/>, so
/// that nobody else waits for that disk: one for its pieces, in their order, and one for what is read for peers. It stays there. Thread-safe.
/// </summary>
/// <param name="workers">The engine's threads.</param>
/// <param name="affinity">Chooses the threads.</param>
/// <param name="isSlow">Tells whether the disk has turned out slow.</param>
internal sealed class DiskLane(DiskWorkers workers, int affinity, Func<bool> isSlow)
{
    /// <summary>Guards the order of jobs, and the move. A job is posted under it, and begun only where the threads have ended already.</summary>
    private readonly Lock _gate = new();
    private volatile SlowDiskThreads? _slow;

    /// <summary>Jobs that wait until those before them are done by the thread that was left; null: the torrent is not on its way.</summary>
    private Queue<IDiskJob>? _waiting;

    /// <summary>Whether it has threads for slow disks.</summary>
    public bool IsSlow => _slow is not null;

    /// <summary>Queues a job; those of the torrent run one after the other.</summary>
    public void Post(IDiskJob job)
    {
        lock (_gate)
        {
            SlowDiskThreads? slow = FindSlow();
            if (_waiting is not null)
                _waiting.Enqueue(job);
            else if (slow is not null)
                slow.Pieces.Post(job);
            else
                workers.Post(affinity, job);
        }
    }

    /// <summary>To be awaited: what follows runs on a thread that may wait for the torrent's disk.</summary>
    public DiskThreadAwaitable Enter()
    {
        if (_slow is null && isSlow())
        {
            lock (_gate)
                FindSlow();
        }

        return _slow is { } slow ? new(workers, slow.Reads) : workers.Enter();
    }

    /// <summary>Completes when what has been posted before is done.</summary>
    public Task DrainAsync()
    {
        var job = new DiskWorkers.TaskJob<bool>(static () => true, CancellationToken.None);
        Post(job);
        return job.Task;
    }

    private SlowDiskThreads? FindSlow()
    {
        if (_slow is null && isSlow() && workers.ThreadsForSlow(affinity) is { } slow)
        {
            (_slow, _waiting) = (slow, new Queue<IDiskJob>());
            workers.Post(affinity, new Move(this));
        }

        return _slow;
    }

    /// <summary>The last job of the thread that is left.</summary>
    private sealed class Move(DiskLane lane) : IDiskJob
    {
        public void Execute()
        {
            lock (lane._gate)
            {
                foreach (IDiskJob job in lane._waiting!)
                    lane._slow!.Pieces.Post(job);
                lane._waiting = null;
            }
        }
    }
}

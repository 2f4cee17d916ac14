namespace TorrentPatron.Engine.Storage;

/// <summary>
/// The disk threads of one torrent: the shared ones, until its disk turns out to be slow. Then it uses two of
/// <see cref="SlowDiskThreads"/>, so that nobody else waits for that disk: one for its pieces, in order, and one for reads for
/// peers. It stays there. Thread-safe.
/// </summary>
/// <param name="workers">The engine's threads.</param>
/// <param name="affinity">Chooses the threads.</param>
/// <param name="isSlow">Returns whether the disk has turned out to be slow.</param>
internal sealed class TorrentDiskQueue(DiskWorkers workers, int affinity, Func<bool> isSlow)
{
    /// <summary>
    /// Guards the order of jobs, and the move. Jobs are posted under it, and run under it only if the threads have already ended.
    /// </summary>
    private readonly Lock _gate = new();
    private volatile SlowDiskThreads? _slow;

    /// <summary>Jobs that wait until the old thread has done those before them; null if no move is in progress.</summary>
    private Queue<IDiskJob>? _waiting;

    /// <summary>Whether it uses threads for slow disks.</summary>
    public bool IsSlow => _slow is not null;

    /// <summary>Queues a job; jobs of the torrent run one after another.</summary>
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

    /// <summary>Await this to continue on a thread that may wait for the torrent's disk.</summary>
    public DiskThreadAwaitable Enter()
    {
        if (_slow is null && isSlow())
        {
            lock (_gate)
                FindSlow();
        }

        return _slow is { } slow ? new(workers, slow.Reads) : workers.Enter();
    }

    /// <summary>Completes when everything posted before is done.</summary>
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

    /// <summary>The last job on the old thread.</summary>
    private sealed class Move(TorrentDiskQueue queue) : IDiskJob
    {
        public void Execute()
        {
            lock (queue._gate)
            {
                foreach (IDiskJob job in queue._waiting!)
                    queue._slow!.Pieces.Post(job);
                queue._waiting = null;
            }
        }
    }
}

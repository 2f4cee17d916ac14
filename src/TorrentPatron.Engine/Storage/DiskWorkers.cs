using TorrentPatron.Engine.Diagnostics;

namespace TorrentPatron.Engine.Storage;

/// <summary>The threads on which an engine hashes and touches files, so that nothing else ever waits for a disk.</summary>
/// <remarks>
/// Jobs of one affinity run on one thread, in the order in which they were posted; what belongs to a piece needs no lock
/// then. Posting to a thread that is at work is an enqueue and nothing more. Thread-safe.
/// </remarks>
internal sealed class DiskWorkers : IAsyncDisposable
{
    private const int MostThreadsByDefault = 4;

    /// <summary>Pairs of threads for slow disks, at most; then torrents share them.</summary>
    private const int MostSlow = 8;

    private readonly IDiskWorker[] _workers;

    /// <summary>Makes a thread for a slow disk; null: there are none.</summary>
    private readonly Func<IDiskWorker>? _makeSlow;

    /// <summary>Guards the threads for slow disks, which are made when they are needed and stay.</summary>
    private readonly Lock _gate = new();
    private readonly Dictionary<int, SlowDiskThreads> _slow = [];
    private bool _isEnding;

    /// <summary>Starts the threads.</summary>
    /// <param name="threads">Number of threads; 0: one for each processor, at most four.</param>
    /// <param name="onFailure">Is told of exceptions that a job let through; null: they are recorded only.</param>
    public DiskWorkers(int threads = 0, Action<Exception>? onFailure = null)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(threads);
        if (threads == 0)
            threads = Math.Min(Environment.ProcessorCount, MostThreadsByDefault);
        onFailure ??= static e => EngineEvents.Log.FaultCaught(null, "disk worker", e);
        _workers = new IDiskWorker[threads];
        for (int i = 0; i < threads; i++)
            _workers[i] = new DiskWorker($"TorrentPatron disk {i + 1}", onFailure);
        _makeSlow = () => new DiskWorker("TorrentPatron slow disk", onFailure);
    }

    /// <summary>Takes workers that somebody else has made, such as those of a simulation.</summary>
    /// <param name="workers">The workers.</param>
    /// <param name="makeSlow">Makes one for a slow disk; null: there are none.</param>
    public DiskWorkers(IEnumerable<IDiskWorker> workers, Func<IDiskWorker>? makeSlow = null) => (_workers, _makeSlow) = ([.. workers], makeSlow);

    /// <summary>Number of threads.</summary>
    public int ThreadCount => _workers.Length;

    /// <summary>Queues a job. After disposal it runs on the caller's thread, so that no job is ever lost.</summary>
    /// <param name="affinity">Jobs with the same number run one after the other; any number will do.</param>
    /// <param name="job">What to do.</param>
    public void Post(int affinity, IDiskJob job) => _workers[(uint)affinity % (uint)_workers.Length].Post(job);

    /// <summary>Does something on the thread that has least to do.</summary>
    /// <param name="work">What to do.</param>
    /// <param name="cancellationToken">Keeps it from being begun.</param>
    /// <typeparam name="T">What comes of it.</typeparam>
    public Task<T> RunAsync<T>(Func<T> work, CancellationToken cancellationToken = default)
    {
        var job = new TaskJob<T>(work, cancellationToken);
        LeastBusy().Post(job);
        return job.Task;
    }

    /// <summary>Does something on the thread that has least to do.</summary>
    /// <param name="work">What to do.</param>
    /// <param name="cancellationToken">Keeps it from being begun.</param>
    public Task RunAsync(Action work, CancellationToken cancellationToken = default) => RunAsync(() =>
    {
        work();
        return true;
    }, cancellationToken);

    /// <summary>Does something behind what is queued with the same affinity.</summary>
    /// <param name="affinity">As in <see cref="Post(int, IDiskJob)"/>.</param>
    /// <param name="work">What to do.</param>
    public Task RunAsync(int affinity, Action work)
    {
        var job = new TaskJob<bool>(
            () =>
            {
                work();
                return true;
            },
            CancellationToken.None);
        Post(affinity, job);
        return job.Task;
    }

    /// <summary>
    /// To be awaited: what follows runs on the thread that has least to do; or on this one, without a wait, where it is one of
    /// them and nobody else waits for it.
    /// </summary>
    public DiskThreadAwaitable Enter() => new(this);

    /// <summary>Whether this is one of the threads and nobody waits for it.</summary>
    internal bool IsFreeHere => DiskWorker.Current is { HasNothingQueued: true } current && Array.IndexOf(_workers, current) >= 0;

    /// <summary>Queues a job for the thread that has least to do. As with any job, none is lost.</summary>
    /// <param name="job">What to do.</param>
    internal void Post(IDiskJob job) => LeastBusy().Post(job);

    /// <summary>The threads for slow disks that torrents of an affinity use; null: there are none.</summary>
    internal SlowDiskThreads? ThreadsForSlow(int affinity)
    {
        if (_makeSlow is null)
            return null;
        int pair = (int)((uint)affinity % MostSlow);
        lock (_gate)
        {
            if (_slow.TryGetValue(pair, out SlowDiskThreads? threads) || _isEnding)
                return threads;
            return _slow[pair] = new SlowDiskThreads(_makeSlow(), _makeSlow());
        }
    }

    /// <summary>Completes when each thread has done what is queued now.</summary>
    public async Task DrainAsync()
    {
        await DrainAsync(_workers).ConfigureAwait(false);
        // After the others: these may be given what waited for them.
        await DrainAsync(Slow()).ConfigureAwait(false);
    }

    /// <summary>Ends the threads once everything queued is done, and what is queued by that.</summary>
    public async ValueTask DisposeAsync()
    {
        lock (_gate)
            _isEnding = true;
        await StopAsync(_workers).ConfigureAwait(false);
        await StopAsync(Slow()).ConfigureAwait(false);
    }

    private static async Task StopAsync(IDiskWorker[] workers)
    {
        foreach (IDiskWorker worker in workers)
            worker.Stop();
        foreach (IDiskWorker worker in workers)
            await worker.Ended.ConfigureAwait(false);
    }

    private static Task<bool[]> DrainAsync(IDiskWorker[] workers) => Task.WhenAll(workers.Select(static worker =>
    {
        var job = new TaskJob<bool>(static () => true, CancellationToken.None);
        worker.Post(job);
        return job.Task;
    }));

    private IDiskWorker[] Slow()
    {
        lock (_gate)
            return [.. _slow.Values.SelectMany(static threads => (IDiskWorker[])[threads.Pieces, threads.Reads])];
    }

    private IDiskWorker LeastBusy()
    {
        IDiskWorker best = _workers[0];
        foreach (IDiskWorker worker in _workers)
        {
            if (worker.Pending < best.Pending)
                best = worker;
        }

        return best;
    }

    /// <summary>A job that is a task.</summary>
    internal sealed class TaskJob<T>(Func<T> work, CancellationToken cancellationToken)
        : TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously), IDiskJob
    {
        public void Execute()
        {
            if (cancellationToken.IsCancellationRequested)
            {
                SetCanceled(cancellationToken);
                return;
            }

            try
            {
                SetResult(work());
            }
            catch (OperationCanceledException e) when (e.CancellationToken == cancellationToken)
            {
                SetCanceled(cancellationToken);
            }
#pragma warning disable CA1031 // Whatever it was belongs to the one who awaits the task.
            catch (Exception e)
#pragma warning restore CA1031
            {
                SetException(e);
            }
        }
    }
}

using TorrentPatron.Engine.Diagnostics;

namespace TorrentPatron.Engine.Storage;

/// <summary>An engine's threads for hashing and file access, so that nothing else ever waits for a disk.</summary>
/// <remarks>
/// Jobs with the same affinity run on one thread, in the order they were posted, so the work on a piece needs no lock. Posting to
/// a busy thread is only an enqueue. Thread-safe.
/// </remarks>
internal sealed class DiskWorkers : IAsyncDisposable
{
    private const int MostThreadsByDefault = 4;

    /// <summary>The most pairs of threads for slow disks; beyond that torrents share them.</summary>
    private const int MostSlow = 8;

    private readonly IDiskWorker[] _workers;

    /// <summary>Creates a thread for a slow disk; null if there are none.</summary>
    private readonly Func<IDiskWorker>? _makeSlow;

    /// <summary>Guards the threads for slow disks, which are created on demand and kept.</summary>
    private readonly Lock _gate = new();
    private readonly Dictionary<int, SlowDiskThreads> _slow = [];
    private bool _isEnding;

    /// <summary>Starts the threads.</summary>
    /// <param name="threads">Number of threads; 0 means one for each processor, at most four.</param>
    /// <param name="onFailure">Called with exceptions that a job did not handle; null only records them.</param>
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

    /// <summary>Uses workers that the caller created, such as those of a simulation.</summary>
    /// <param name="workers">The workers.</param>
    /// <param name="makeSlow">Creates one for a slow disk; null if there are none.</param>
    public DiskWorkers(IEnumerable<IDiskWorker> workers, Func<IDiskWorker>? makeSlow = null) => (_workers, _makeSlow) = ([.. workers], makeSlow);

    /// <summary>Number of threads.</summary>
    public int ThreadCount => _workers.Length;

    /// <summary>Queues a job. After disposal it runs on the caller's thread, so no job is ever lost.</summary>
    /// <param name="affinity">Jobs with the same number run one after another; any number will do.</param>
    /// <param name="job">The job.</param>
    public void Post(int affinity, IDiskJob job) => _workers[(uint)affinity % (uint)_workers.Length].Post(job);

    /// <summary>Runs a function on the least busy thread.</summary>
    /// <param name="work">The function.</param>
    /// <param name="cancellationToken">Prevents its start.</param>
    /// <typeparam name="T">The result.</typeparam>
    public Task<T> RunAsync<T>(Func<T> work, CancellationToken cancellationToken = default)
    {
        var job = new TaskJob<T>(work, cancellationToken);
        LeastBusy().Post(job);
        return job.Task;
    }

    /// <summary>Runs an action on the least busy thread.</summary>
    /// <param name="work">The action.</param>
    /// <param name="cancellationToken">Prevents its start.</param>
    public Task RunAsync(Action work, CancellationToken cancellationToken = default) => RunAsync(() =>
    {
        work();
        return true;
    }, cancellationToken);

    /// <summary>Runs an action after the jobs queued with the same affinity.</summary>
    /// <param name="affinity">As in <see cref="Post(int, IDiskJob)"/>.</param>
    /// <param name="work">The action.</param>
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
    /// Await this to continue on the least busy thread; or without a wait on the current one, if it is a disk thread and nothing
    /// else waits for it.
    /// </summary>
    public DiskThreadAwaitable Enter() => new(this);

    /// <summary>
    /// Runs a step of a job: on this thread, without waiting, if it is a disk thread; otherwise like
    /// <see cref="RunAsync{T}(Func{T}, CancellationToken)"/>. Saves a change of threads between the steps of one job.
    /// </summary>
    /// <param name="work">The step.</param>
    /// <typeparam name="T">The type of its result.</typeparam>
    public ValueTask<T> ContinueAsync<T>(Func<T> work) => DiskWorker.Current is null ? new ValueTask<T>(RunAsync(work)) : new ValueTask<T>(work());

    /// <summary>Whether this is a disk thread and nothing waits for it.</summary>
    internal bool IsFreeHere => DiskWorker.Current is { HasNothingQueued: true } current && Array.IndexOf(_workers, current) >= 0;

    /// <summary>Queues a job on the least busy thread. No job is ever lost.</summary>
    /// <param name="job">The job.</param>
    internal void Post(IDiskJob job) => LeastBusy().Post(job);

    /// <summary>The threads for slow disks for an affinity; null if there are none.</summary>
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

    /// <summary>Completes when each thread has done its currently queued jobs.</summary>
    public async Task DrainAsync()
    {
        await DrainAsync(_workers).ConfigureAwait(false);
        // After the others, which may hand over waiting jobs to these.
        await DrainAsync(Slow()).ConfigureAwait(false);
    }

    /// <summary>Ends the threads once everything queued is done, including jobs queued by other jobs.</summary>
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

    /// <summary>A job with a task for its result.</summary>
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

using System.Collections.Concurrent;

namespace TorrentPatron.Engine.Storage;

/// <summary>One thread and its queue.</summary>
internal sealed class DiskWorker : IDiskWorker
{
    private readonly ConcurrentQueue<IDiskJob> _queue = new();
    private readonly Action<Exception> _onFailure;
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    [ThreadStatic]
    private static DiskWorker? s_current;

    /// <summary>Guards the sleep and, once the thread has ended, the queue's order.</summary>
    private readonly object _gate = new();
    private volatile bool _isAsleep;
    private volatile bool _isStopping;
    private volatile bool _hasEnded;
    private volatile bool _isBusy;

    public DiskWorker(string name, Action<Exception> onFailure)
    {
        _onFailure = onFailure;
        new Thread(Run) { Name = name, IsBackground = true }.Start();
    }

    /// <summary>The worker of the current thread; null on any other thread.</summary>
    public static DiskWorker? Current => s_current;

    /// <summary>Whether nothing is queued besides the running job.</summary>
    public bool HasNothingQueued => _queue.IsEmpty;

    /// <inheritdoc/>
    public Task Ended => _ended.Task;

    /// <inheritdoc/>
    public int Pending => _queue.Count + (_isBusy ? 1 : 0);

    /// <inheritdoc/>
    public void Post(IDiskJob job)
    {
        _queue.Enqueue(job);

        // Either this sees that the thread sleeps, or the thread, which checks once more before it does, sees the job.
        Interlocked.MemoryBarrier();
        if (_isAsleep)
            Wake();
        if (_hasEnded)
            ExecuteAll();
    }

    /// <inheritdoc/>
    public void Stop()
    {
        _isStopping = true;
        Wake();
    }

    private void Wake()
    {
        lock (_gate)
        {
            _isAsleep = false;
            Monitor.Pulse(_gate);
        }
    }

    private void Run()
    {
        s_current = this;
        while (true)
        {
            while (_queue.TryDequeue(out IDiskJob? job))
                Execute(job);
            if (_isStopping)
                break;
            Sleep();
        }

        // As in Post: a job that came too late for the loop above is seen by this thread or by the one that posted it.
        _hasEnded = true;
        Interlocked.MemoryBarrier();
        ExecuteAll();
        _ended.SetResult();
    }

    private void Sleep()
    {
        _isBusy = false;
        lock (_gate)
        {
            _isAsleep = true;
            Interlocked.MemoryBarrier();
            if (_queue.IsEmpty && !_isStopping)
            {
                while (_isAsleep)
                    Monitor.Wait(_gate);
            }

            _isAsleep = false;
        }

        _isBusy = true;
    }

    private void ExecuteAll()
    {
        // A job posted by another job here is already inside the loop below.
        if (Monitor.IsEntered(_gate))
            return;
        lock (_gate)
        {
            while (_queue.TryDequeue(out IDiskJob? job))
                Execute(job);
        }
    }

    private void Execute(IDiskJob job)
    {
        try
        {
            job.Execute();
        }
#pragma warning disable CA1031 // One job's mistake must not end the thread on which all others run.
        catch (Exception e)
#pragma warning restore CA1031
        {
            _onFailure(e);
        }
    }
}

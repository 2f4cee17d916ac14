using TorrentPatron.Engine.Storage;

namespace TorrentPatron.Engine.Tests.Storage;

/// <summary>A disk thread that runs its jobs on request, on the test's own thread.</summary>
internal sealed class QueuedDiskWorker : IDiskWorker
{
    private readonly Queue<IDiskJob> _jobs = new();
    private bool _isStopped;

    public Task Ended => Task.CompletedTask;

    public int Pending => _jobs.Count;

    public void Post(IDiskJob job)
    {
        if (_isStopped)
            job.Execute();
        else
            _jobs.Enqueue(job);
    }

    /// <summary>Runs everything that is queued, including jobs queued meanwhile.</summary>
    public void Run()
    {
        while (_jobs.TryDequeue(out IDiskJob? job))
            job.Execute();
    }

    public void Stop()
    {
        Run();
        _isStopped = true;
    }
}

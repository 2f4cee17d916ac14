using TorrentPatron.Engine.Storage;

namespace TorrentPatron.Simulation.Simulator;

/// <summary>A disk that does one job after the other, each in its time, when the simulation comes to it.</summary>
internal sealed class SimulatedDisk(World world, TimeSpan jobTime) : IDiskWorker
{
    private readonly Queue<IDiskJob> _jobs = new();
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool _isBusy;
    private bool _isStopping;

    public Task Ended => _ended.Task;

    public int Pending => _jobs.Count;

    public void Post(IDiskJob job)
    {
        if (_ended.Task.IsCompleted)
        {
            job.Execute();
            return;
        }

        _jobs.Enqueue(job);
        if (!_isBusy)
            Next();
    }

    public void Stop()
    {
        _isStopping = true;
        if (!_isBusy)
            _ended.TrySetResult();
    }

    private void Next()
    {
        _isBusy = true;
        world.Schedule(jobTime, () =>
        {
            _jobs.Dequeue().Execute();
            _isBusy = false;
            if (_jobs.Count > 0)
                Next();
            else if (_isStopping)
                _ended.TrySetResult();
        });
    }
}

using TorrentPatron.Engine.Storage;

namespace TorrentPatron.Simulation.Simulator;

/// <summary>
/// A disk thread that runs one job after the other in simulated time. A job's use of a
/// <see cref="SimulatedDrive"/> keeps the thread busy for as long as the drive takes.
/// </summary>
internal sealed class SimulatedDisk(World world, TimeSpan jobTime) : IDiskWorker
{
    private static SimulatedDisk? s_current;

    private readonly Queue<IDiskJob> _jobs = new();
    private TimeSpan _waits;
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

    /// <summary>Makes the thread of the running job wait.</summary>
    public static void Wait(TimeSpan time)
    {
        if (s_current is { } current)
            current._waits += time;
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
            (SimulatedDisk? before, s_current, _waits) = (s_current, this, TimeSpan.Zero);
            _jobs.Dequeue().Execute();
            s_current = before;
            if (_waits > TimeSpan.Zero)
                world.Schedule(_waits, GoOn);
            else
                GoOn();
        });
    }

    private void GoOn()
    {
        _isBusy = false;
        if (_jobs.Count > 0)
            Next();
        else if (_isStopping)
            _ended.TrySetResult();
    }
}

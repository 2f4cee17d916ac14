using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;
using TorrentPatron.Engine.Timing;

namespace TorrentPatron.PowerShell.Pipeline;

/// <summary>
/// Runs asynchronous work while the pipeline thread waits for it, and lets the work run code on that thread, the only one that may write to
/// the pipeline.
/// </summary>
/// <remarks>
/// An exception on the pipeline thread (the pipeline was stopped, a later command needs no more, <c>-ErrorAction Stop</c>) cancels the
/// work, is thrown into it where it waits, and is thrown again by <see cref="Run"/>.
/// </remarks>
internal sealed class PipelinePump(Action onBeat) : IDisposable
{
    private static readonly TimeSpan Beat = TimeSpan.FromMilliseconds(150);

    /// <summary>How long work may continue once it is cancelled; it needs a few milliseconds.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(1);

    private readonly CancellationTokenSource _stop = new();
    private BlockingCollection<Job> _jobs = [];

    /// <summary>Cancelled with the work.</summary>
    public CancellationToken Cancelled => _stop.Token;

    /// <summary>Runs work to its end. On the pipeline thread only.</summary>
    /// <param name="work">The work; it runs on the pool.</param>
    /// <exception cref="OperationCanceledException">The pump has been cancelled.</exception>
    public void Run(Func<CancellationToken, Task> work)
    {
        _stop.Token.ThrowIfCancellationRequested();
        var jobs = new BlockingCollection<Job>();
        _jobs = jobs;
        Task task = Task.Run(() => work(_stop.Token), CancellationToken.None);
        task.ContinueWith(
            static (_, state) => ((BlockingCollection<Job>)state!).CompleteAdding(), jobs,
            CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);

        ExceptionDispatchInfo? fault = null;
        Instant nextBeat = Now + Beat;
        Instant giveUp = Instant.Never;
        while (!jobs.IsCompleted && Now < giveUp)
        {
            if (jobs.TryTake(out Job? job, Beat))
                Guarded(job.Do, job, ref fault);
            if (Now >= nextBeat)
            {
                Guarded(onBeat, job: null, ref fault);
                nextBeat = Now + Beat;
            }

            if (_stop.IsCancellationRequested && giveUp == Instant.Never)
                giveUp = Now + Grace;
        }

        PipelineHold.Pass();
        fault?.Throw();
        if (!task.IsCompleted)
            throw new OperationCanceledException(_stop.Token);
        task.GetAwaiter().GetResult();
    }

    /// <summary>Runs a function on the pipeline thread. The work calls and awaits it.</summary>
    /// <param name="what">The function.</param>
    /// <returns>Its result; its exception is thrown again.</returns>
    public async Task<T> OnPipelineThreadAsync<T>(Func<T> what)
    {
        var job = new Job(() => what());
        _stop.Token.ThrowIfCancellationRequested();
        _jobs.Add(job, _stop.Token);
        using CancellationTokenRegistration stopped = _stop.Token.Register(static j => ((Job)j!).Cancel(), job);
        return (T)(await job.Done.ConfigureAwait(false))!;
    }

    /// <summary>Cancels the work, from any thread.</summary>
    public void Cancel()
    {
        try
        {
            _stop.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // The cmdlet has just ended by itself.
        }
    }

    public void Dispose() => _stop.Dispose();

    private static Instant Now => Instant.Now(TimeProvider.System);

    private void Guarded(Action action, Job? job, ref ExceptionDispatchInfo? fault)
    {
        PipelineHold.Pass();
        // Once the pipeline has refused an object it accepts nothing more.
        if (fault is not null)
        {
            job?.Cancel();
            return;
        }

        try
        {
            action();
        }
#pragma warning disable CA1031 // Exceptions of the pipeline are thrown again after the work has ended.
        catch (Exception thrown)
#pragma warning restore CA1031
        {
            fault = ExceptionDispatchInfo.Capture(thrown);
            job?.Fail(thrown);
            Cancel();
        }
    }

    private sealed class Job(Func<object?> what)
    {
        private readonly TaskCompletionSource<object?> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task<object?> Done => _done.Task;

        public void Do()
        {
            if (!_done.Task.IsCompleted)
                _done.TrySetResult(what());
        }

        public void Fail(Exception fault) => _done.TrySetException(fault);

        public void Cancel() => _done.TrySetCanceled();
    }
}

using System.Runtime.CompilerServices;

namespace TorrentPatron.Engine.Storage;

/// <summary>Continues the awaiting method on a disk thread; see <see cref="DiskWorkers.Enter"/>.</summary>
/// <param name="workers">The threads.</param>
/// <param name="worker">The wanted thread; null means any shared one.</param>
internal readonly struct DiskThreadAwaitable(DiskWorkers workers, IDiskWorker? worker = null) : ICriticalNotifyCompletion
{
    /// <summary>Whether the caller is already on such a thread.</summary>
    public bool IsCompleted => worker is null
        ? workers.IsFreeHere
        : DiskWorker.Current is { HasNothingQueued: true } current && ReferenceEquals(current, worker);

    /// <summary>Returns itself: it is its own awaiter.</summary>
    public DiskThreadAwaitable GetAwaiter() => this;

    /// <summary>There is no result.</summary>
    public void GetResult()
    {
    }

    /// <inheritdoc/>
    public void OnCompleted(Action continuation) => UnsafeOnCompleted(continuation);

    /// <inheritdoc/>
    public void UnsafeOnCompleted(Action continuation)
    {
        var job = new Continuation(continuation);
        if (worker is null)
            workers.Post(job);
        else
            worker.Post(job);
    }

    private sealed class Continuation(Action action) : IDiskJob
    {
        public void Execute() => action();
    }
}

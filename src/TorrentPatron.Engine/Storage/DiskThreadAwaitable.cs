using System.Runtime.CompilerServices;

namespace TorrentPatron.Engine.Storage;

/// <summary>Brings who awaits it onto a disk thread; see <see cref="DiskWorkers.Enter"/>.</summary>
/// <param name="workers">The threads.</param>
/// <param name="worker">The one that is wanted; null: any that all share.</param>
internal readonly struct DiskThreadAwaitable(DiskWorkers workers, IDiskWorker? worker = null) : ICriticalNotifyCompletion
{
    /// <summary>Whether one is there already.</summary>
    public bool IsCompleted => worker is null
        ? workers.IsFreeHere
        : DiskWorker.Current is { HasNothingQueued: true } current && ReferenceEquals(current, worker);

    /// <summary>Itself: it is its own awaiter.</summary>
    public DiskThreadAwaitable GetAwaiter() => this;

    /// <summary>Nothing comes of it.</summary>
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

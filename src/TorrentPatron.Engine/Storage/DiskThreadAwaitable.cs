using System.Runtime.CompilerServices;

namespace TorrentPatron.Engine.Storage;

/// <summary>Brings who awaits it onto a disk thread; see <see cref="DiskWorkers.Enter"/>.</summary>
internal readonly struct DiskThreadAwaitable(DiskWorkers workers) : ICriticalNotifyCompletion
{
    /// <summary>Whether one is there already.</summary>
    public bool IsCompleted => workers.IsFreeHere;

    /// <summary>Itself: it is its own awaiter.</summary>
    public DiskThreadAwaitable GetAwaiter() => this;

    /// <summary>Nothing comes of it.</summary>
    public void GetResult()
    {
    }

    /// <inheritdoc/>
    public void OnCompleted(Action continuation) => UnsafeOnCompleted(continuation);

    /// <inheritdoc/>
    public void UnsafeOnCompleted(Action continuation) => workers.Post(new Continuation(continuation));

    private sealed class Continuation(Action action) : IDiskJob
    {
        public void Execute() => action();
    }
}

using TorrentPatron.Engine.Diagnostics;

namespace TorrentPatron.Remote.Rpc;

/// <summary>A request of the other side that has not been answered.</summary>
#pragma warning disable CA1001 // The source has no timer and no wait handle; a cancellation may come after the answer.
internal sealed class ServedRequest
#pragma warning restore CA1001
{
    private readonly CancellationTokenSource _source = new();

    /// <summary>Cancelled when nobody waits for the answer any more.</summary>
    public CancellationToken Token => _source.Token;

    /// <summary>Cancels it; callbacks run on the thread pool.</summary>
    public void Cancel() => Faults.Watch(_source.CancelAsync(), "cancellation of a request");
}

/// <summary>Tasks that nobody awaits.</summary>
internal static class Faults
{
    /// <summary>Records the exception of a task, unless it is expected.</summary>
    /// <param name="work">The task.</param>
    /// <param name="root">A description for people.</param>
    public static void Watch(Task work, string root)
    {
        if (!work.IsCompletedSuccessfully)
        {
            _ = work.ContinueWith(
                static (done, state) => EngineEvents.Log.FaultCaught(null, (string)state!, done.Exception!.InnerException ?? done.Exception),
                root, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted | TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        }
    }
}

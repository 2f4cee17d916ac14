using TorrentPatron.Engine.Diagnostics;

namespace TorrentPatron.Remote.Rpc;

/// <summary>A request of the other side's, until it is answered.</summary>
#pragma warning disable CA1001 // The source has no timer and nobody waits on its handle; who cancels may come after the answer.
internal sealed class ServedRequest
#pragma warning restore CA1001
{
    private readonly CancellationTokenSource _source = new();

    /// <summary>Cancelled when nobody waits for the answer any more.</summary>
    public CancellationToken Token => _source.Token;

    /// <summary>Cancels it; what hears of that runs on the pool.</summary>
    public void Cancel() => Faults.Watch(_source.CancelAsync(), "cancellation of a request");
}

/// <summary>Work that nobody awaits.</summary>
internal static class Faults
{
    /// <summary>Records what it ends with, unless that is expected.</summary>
    /// <param name="work">The work.</param>
    /// <param name="root">What it is, for people.</param>
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
